import { expect, test } from "bun:test";
import { TaskClock } from "../../src/collect/perf/task-clock.ts";
import { ProcessRecord } from "../../src/run/process-record.ts";
import { WrittenRing } from "../collect/perf/ring.ts";

const ROOT = 50;

/** The lines of a command's record on a machine of two CPUs, as the rings have it, and what its programs used. */
function recorded(tasks: WrittenRing, times: readonly WrittenRing[]) {
  const clock = new TaskClock([tasks], times, ROOT);
  const record = new ProcessRecord("all", ROOT, clock, false);
  clock.finish();
  const programs = record.log.programs();
  const text = [...record.lines(undefined, undefined)].map((bytes) => new TextDecoder().decode(bytes)).join("");
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  return { lines, programs };
}

/** A command with two children, of which the second has two threads. All use 9 ms on the first CPU and 8 ms on the second. */
function tasks(): WrittenRing {
  return new WrittenRing()
    .exec(ROOT, "sh", 1000)
    .fork(60, ROOT, 2000)
    .fork(61, ROOT, 2000)
    .fork(61, ROOT, 2500, 62)
    .exit(60, 3000)
    .exit(61, 3000, 62)
    .exit(61, 3000)
    .exit(ROOT, 40_000);
}

function times(): readonly [WrittenRing, WrittenRing] {
  const [first, second] = [new WrittenRing(), new WrittenRing()];
  first.counterNs = 9e6;
  second.counterNs = 8e6;
  return [first, second];
}

const secondsOf = (lines: readonly { pid: number; cpu_seconds: number | null }[]) =>
  Object.fromEntries(lines.slice(0, -1).map(({ pid, cpu_seconds: cpu }) => [pid, cpu]));

test("where records of CPU time are missing of one process, the rest of the time of all is its own", () => {
  const [first, second] = times();
  // Each thread has one record for each CPU: one of the second child's threads lacks one.
  for (const ring of [first, second]) ring.cpu(60, 1e6, 3000).cpu(61, 2e6, 3000).cpu(ROOT, 4e6, 40_000);
  first.cpu(61, 2e6, 3000);
  const { lines, programs } = recorded(tasks(), [first, second]);
  expect(secondsOf(lines)).toEqual({ [ROOT]: 0.008, 60: 0.002, 61: 0.007 });
  // They all have its name, and the parts are the whole.
  expect(programs).toEqual(new Map([["sh", { cpuSeconds: expect.closeTo(0.017, 9), processes: 3 }]]));
  expect(lines.at(-1)).toMatchObject({ complete: true, lost_records: 0, processes: 3, cpu_seconds: 0.017 });
  expect(lines.at(-1).cpu_untold_seconds).toBeCloseTo(0, 9);
});

test("where they are missing of several, the CPU time of each is null, and in the last line", () => {
  const [first, second] = times();
  for (const ring of [first, second]) ring.cpu(61, 2e6, 3000).cpu(ROOT, 4e6, 40_000);
  first.cpu(60, 1e6, 3000).cpu(61, 2e6, 3000);
  const { lines } = recorded(tasks(), [first, second]);
  expect(secondsOf(lines)).toEqual({ [ROOT]: 0.008, 60: null, 61: null });
  expect(lines.at(-1)).toMatchObject({ complete: true, cpu_seconds: 0.017 });
  // All that is in no line: what was told of it in part, and what was not.
  expect(lines.at(-1).cpu_untold_seconds).toBeCloseTo(0.009, 9);
});

test("what a process that lives on uses is not given to one that lacks some", () => {
  const [first, second] = times();
  for (const ring of [first, second]) ring.cpu(ROOT, 4e6, 40_000);
  first.cpu(60, 1e6, 3000);
  const living = new WrittenRing().exec(ROOT, "sh", 1000).fork(60, ROOT, 2000).fork(61, ROOT, 2000);
  living.exit(60, 3000).exit(ROOT, 40_000);
  expect(secondsOf(recorded(living, [first, second]).lines)).toEqual({ [ROOT]: 0.008, 60: null, 61: null });
});
