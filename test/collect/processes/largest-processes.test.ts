import { describe, expect, test } from "bun:test";
import type { ProcessAmounts, ProcessSample } from "../../../src/catalog/process-sample.ts";
import { LargestProcesses, type ListedProcess, NOT_LISTED } from "../../../src/collect/processes/largest-processes.ts";

const START_MS = 5000;

function pairs({ ids, amounts, length }: ProcessAmounts): [id: number, amount: number][] {
  return Array.from({ length }, (_, i) => [ids[i]!, amounts[i]!]);
}

interface Made extends ListedProcess {
  readonly name: string;
}

/** Takes samples of processes, each with what it used since the last sample and its memory in KiB. */
class Trial {
  readonly startMs = START_MS;
  isWholeWanted = false;
  treeMicros = 0;
  readonly made = new Map<string, Made>();
  readonly listed: string[] = [];
  last: Omit<ProcessSample, "clear" | "cpu" | "resident" | "left"> & {
    cpu: [number, number][];
    resident: [number, number][];
    left: number[];
  } = undefined as never;
  private readonly largest = new LargestProcesses<Made>(this, ({ name }) => this.listed.push(name));

  wantsWhole = () => this.isWholeWanted;

  take(sample: ProcessSample): void {
    const { cpu, resident, left } = sample;
    this.last = { ...sample, cpu: pairs(cpu), resident: pairs(resident), left: pairs(left).map(([id]) => id) };
  }

  /** `tree`: what the tree has beside these; processes that end are NaN KiB. */
  sample(
    atMs: number,
    all: Readonly<Record<string, readonly [micros: number, kib: number]>>,
    tree: { micros?: number; kib?: number; processes?: number } = {},
  ) {
    this.largest.begin();
    let [micros, kib, count] = [tree.micros ?? 0, tree.kib ?? 0, tree.processes ?? 0];
    for (const [name, [used, held]] of Object.entries(all)) {
      const process = this.made.get(name) ?? { name, sampleId: 0, listedKib: NOT_LISTED, chosenIn: 0 };
      this.made.set(name, process);
      this.largest.add(process, used, held * 1024);
      micros += used;
      if (Number.isNaN(held)) continue;
      kib += held;
      count++;
    }
    this.treeMicros += micros;
    const cpuSeconds = this.treeMicros / 1e6;
    this.largest.end(atMs, { cpuSeconds, residentBytes: kib * 1024, processes: count });
    return this.last;
  }

  /** The names of those that the last sample has with memory, if it is a whole one. */
  names(): string[] {
    const ids = new Map([...this.made.values()].map(({ name, sampleId }) => [sampleId, name]));
    return this.last.resident.map(([id]) => ids.get(id)!);
  }
}

describe("a sample", () => {
  test("has what changed since the one before, and what left", () => {
    const trial = new Trial();
    const first = trial.sample(6000, { a: [10_000, 40], b: [0, 8] });
    expect(first).toMatchObject({ atMs: 6000, fromMs: START_MS, cpu: [[1, 10_000]], left: [] });
    expect(first.resident).toEqual([
      [1, 40],
      [2, 8],
    ]);
    const second = trial.sample(7000, { a: [0, 40], b: [20_000, 12] });
    expect(second).toMatchObject({ fromMs: 6000, cpu: [[2, 20_000]], resident: [[2, 12]], left: [] });
    expect(trial.sample(8000, { a: [0, 40], b: [0, 12] })).toMatchObject({ cpu: [], resident: [], left: [] });
    expect(trial.sample(9000, { a: [0, 40] })).toMatchObject({ cpu: [], resident: [], left: [2] });
    trial.isWholeWanted = true;
    expect(trial.sample(9500, { a: [0, 40] })).toMatchObject({ isWhole: true, resident: [[1, 40]], left: [] });
  });

  test("of one that has ended has its CPU time, and no memory", () => {
    const trial = new Trial();
    trial.sample(6000, { a: [0, 40], b: [0, 8] });
    const ended = trial.sample(7000, { a: [0, 40], b: [30_000, Number.NaN] });
    expect(ended).toMatchObject({ cpu: [[2, 30_000]], resident: [], left: [2], restProcesses: 0, restKib: 0 });
  });

  test("has in the rest what the tree has and no process", () => {
    const trial = new Trial();
    const sample = trial.sample(6000, { a: [10_000, 40] }, { micros: 2500, kib: 100, processes: 3 });
    expect(sample).toMatchObject({ restMicros: 2500, restKib: 100, restProcesses: 3, aheadMicros: 0 });
  });

  test("whose processes show more than the tree is made up by the next ones", () => {
    const trial = new Trial();
    expect(trial.sample(6000, { a: [10_000, 40] }, { micros: -4000 })).toMatchObject({
      restMicros: 0,
      aheadMicros: 4000,
    });
    expect(trial.sample(7000, { a: [0, 40] }, { micros: 1000 })).toMatchObject({ restMicros: 0, aheadMicros: 3000 });
    expect(trial.sample(8000, { a: [0, 40] }, { micros: 5000 })).toMatchObject({ restMicros: 2000, aheadMicros: 0 });
  });
});

describe("of more than 200 processes", () => {
  const many = (count: number, of: (i: number) => readonly [number, number]) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, of(i)]));

  test("100 are those with the most CPU time, the others those with the most memory", () => {
    const trial = new Trial();
    trial.isWholeWanted = true;
    // The last 150 use CPU time, the later the more; the first hold the most memory.
    const sample = trial.sample(
      6000,
      many(1000, (i) => [i < 850 ? 0 : i, 2000 - i]),
    );
    const names = new Set(trial.names());
    expect(names.size).toBe(200);
    for (let i = 0; i < 100; i++) expect(names.has(`p${i}`) && names.has(`p${999 - i}`)).toBe(true);
    expect(sample.cpu.length).toBe(100);
    let [micros, kib] = [0, 0];
    for (let i = 100; i < 900; i++) [micros, kib] = [micros + (i < 850 ? 0 : i), kib + 2000 - i];
    expect(sample).toMatchObject({ restProcesses: 800, restMicros: micros, restKib: kib });
    // Only those have a number.
    expect(trial.listed.length).toBe(200);
  });

  test("where few use CPU time, more have their place by memory", () => {
    const trial = new Trial();
    trial.isWholeWanted = true;
    trial.sample(
      6000,
      many(500, (i) => [i >= 490 ? 10 : 0, 1000 - i]),
    );
    const names = new Set(trial.names());
    expect([...Array(190).keys()].every((i) => names.has(`p${i}`))).toBe(true);
    expect([490, 499].every((i) => names.has(`p${i}`))).toBe(true);
    expect(names.size).toBe(200);
  });

  test("that are equal there are 200, the same at each sample", () => {
    const trial = new Trial();
    trial.sample(
      6000,
      many(300, () => [10, 50]),
    );
    const again = trial.sample(
      7000,
      many(300, () => [10, 50]),
    );
    expect(again).toMatchObject({ resident: [], left: [], restProcesses: 100 });
    expect(again.cpu.length).toBe(200);
  });

  test("one that is no longer among them leaves, and has its number when it comes back", () => {
    const trial = new Trial();
    const [small, large] = [many(200, () => [0, 10]), many(200, () => [0, 30])];
    const others = Object.fromEntries(Object.entries(large).map(([name, one]) => [`q${name}`, one]));
    trial.sample(6000, small);
    const second = trial.sample(7000, { ...small, ...others });
    expect(second.left.length).toBe(200);
    expect(second).toMatchObject({ restProcesses: 200, restKib: 2000 });
    const third = trial.sample(8000, { ...small, p7: [5, 10], ...others });
    expect(third.cpu).toEqual([[trial.made.get("p7")!.sampleId, 5]]);
    expect(third.left.length).toBe(1);
    expect(trial.listed.length).toBe(400);
  });
});
