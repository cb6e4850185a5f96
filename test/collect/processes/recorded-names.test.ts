import { expect, test } from "bun:test";
import { ProcessNames } from "../../../src/collect/processes/process-names.ts";

/** Names with what samples saw: CPU time, peak and number of each. */
function sampled(all: Readonly<Record<string, readonly [cpuSeconds: number, peakBytes: number, processes: number]>>) {
  const names = new ProcessNames();
  for (const [name, [cpuSeconds, peakBytes, processes]] of Object.entries(all)) {
    const bytes = new TextEncoder().encode(name);
    Object.assign(names.at(names.placeOf(bytes, 0, bytes.length, -1))!, { cpuSeconds, peakBytes, processes });
  }
  return names;
}

const shown = (names: ProcessNames) =>
  names.largest(20).named.map(({ name, cpuSeconds, peakBytes, processes }) => [name, cpuSeconds, peakBytes, processes]);

test("what the kernel told takes the place of what samples saw, memory excepted, where it is no less", () => {
  const names = sampled({ make: [1, 50, 1], cc1: [3, 900, 4] });
  const told = new Map([
    ["cc1", { cpuSeconds: 7, processes: 9 }],
    ["true", { cpuSeconds: 0.1, processes: 300 }],
  ]);
  expect(names.takeRecorded(told)).toBe(true);
  expect(shown(names)).toEqual([
    ["cc1", 7, 900, 9],
    ["true", 0.1, Number.NaN, 300],
    ["make", 0, 50, 0],
  ]);
});

test("where it lacks some, samples stay", () => {
  const names = sampled({ make: [1, 50, 1], cc1: [3, 900, 4] });
  const told = new Map([
    ["make", { cpuSeconds: 2, processes: 1 }],
    ["cc1", { cpuSeconds: 0, processes: 9 }],
  ]);
  expect(names.takeRecorded(told)).toBe(false);
  expect(shown(names)).toEqual([
    ["cc1", 3, 900, 4],
    ["make", 1, 50, 1],
  ]);
});
