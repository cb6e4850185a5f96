import { describe, expect, test } from "bun:test";
import { ProcessSample } from "../../src/catalog/process-sample.ts";
import { ByteWriter, MalformedRecord } from "../../src/journal/journal-format.ts";
import { MergedSamples } from "../../src/journal/merged-samples.ts";
import { sampleLines } from "../../src/journal/process-sample-lines.ts";
import { SampleReader, SampleWriter } from "../../src/journal/sample-encoding.ts";
import { SampleStore } from "../../src/journal/sample-store.ts";
import { random } from "./journals.ts";

/** What samples say: of each process its CPU time in all and, by the last sample, its memory. */
class Sums {
  readonly micros = new Map<number, number>();
  readonly kib = new Map<number, number>();
  restMicros = 0;
  samples = 0;
  fromMs = Number.NaN;
  atMs = Number.NaN;
  last = "";

  add({ atMs, fromMs, isWhole, cpu, resident, left, ...rest }: ProcessSample): void {
    if (this.samples++ === 0) this.fromMs = fromMs;
    else expect(fromMs).toBe(this.atMs);
    this.atMs = atMs;
    if (isWhole) this.kib.clear();
    for (let i = 0; i < cpu.length; i++)
      this.micros.set(cpu.ids[i]!, (this.micros.get(cpu.ids[i]!) ?? 0) + cpu.amounts[i]!);
    for (let i = 0; i < left.length; i++) this.kib.delete(left.ids[i]!);
    for (let i = 0; i < resident.length; i++) this.kib.set(resident.ids[i]!, resident.amounts[i]!);
    this.restMicros += rest.restMicros;
    this.last = `${rest.restProcesses} ${rest.restKib} ${rest.aheadMicros}`;
  }

  get allMicros(): number {
    return this.micros.values().reduce((sum, one) => sum + one, this.restMicros);
  }

  /** What merging must keep: all CPU time, and the state at the end. */
  get kept() {
    const { fromMs, atMs, allMicros, last } = this;
    return { fromMs, atMs, allMicros, last, kib: [...this.kib].sort((a, b) => a[0] - b[0]) };
  }
}

/** Processes that come and go, and samples of them at 1 Hz. */
class Made {
  readonly sample = new ProcessSample();
  private readonly next = random(7);
  private readonly alive = new Map<number, number>();
  private ids = 0;

  constructor(private readonly processes: number) {
    this.sample.atMs = 1_700_000_000_000;
  }

  advance(wantsWhole: (atMs: number) => boolean): ProcessSample {
    const { sample } = this;
    sample.clear();
    sample.fromMs = sample.atMs;
    sample.atMs += 990 + this.below(20);
    sample.isWhole = wantsWhole(sample.atMs);
    this.end();
    while (this.alive.size < this.processes) this.alive.set(++this.ids, -1);
    for (const [id, kib] of this.alive) this.use(id, kib);
    sample.restProcesses = this.below(3);
    sample.restKib = 4 * this.below(100);
    sample.restMicros = this.below(2) * this.below(1e6);
    sample.aheadMicros = this.below(8) === 0 ? this.below(9000) : 0;
    return sample;
  }

  private end(): void {
    for (const id of [...this.alive.keys()]) {
      if (this.below(50) > 0) continue;
      this.alive.delete(id);
      if (!this.sample.isWhole) this.sample.left.add(id, 0);
    }
  }

  private use(id: number, before: number): void {
    const { sample } = this;
    if (this.below(3) > 0) sample.cpu.add(id, this.below(4) > 0 ? 10_000 * (1 + this.below(100)) : 1 + this.below(1e6));
    const kib = before < 0 || this.below(4) === 0 ? 4 * this.below(1e6) : before;
    if (kib !== before || sample.isWhole) sample.resident.add(id, kib);
    this.alive.set(id, kib);
  }

  private below(limit: number): number {
    return Math.floor(this.next() * limit);
  }
}

/** Samples of so many processes; all that is wanted whole is whole. */
function* made(count: number, processes: number, wantsWhole: (atMs: number) => boolean): Generator<ProcessSample> {
  const run = new Made(processes);
  for (let i = 0; i < count; i++) yield run.advance(wantsWhole);
}

function sumsOf(samples: Iterable<ProcessSample>): Sums {
  const sums = new Sums();
  for (const sample of samples) sums.add(sample);
  return sums;
}

/** Fills a store, and says what was put in. */
function filled(store: SampleStore, count: number, processes: number): Sums {
  const sums = new Sums();
  for (const sample of made(count, processes, (atMs) => store.wantsWhole(atMs))) {
    sums.add(sample);
    store.take(sample);
  }
  return sums;
}

describe("a store", () => {
  test("gives the samples as they were, over many pieces", () => {
    const store = new SampleStore(false, 1e9, 2000);
    const wanted = filled(store, 400, 30);
    const got = sumsOf(store.samples());
    expect(got.kept).toEqual(wanted.kept);
    expect(got.micros).toEqual(wanted.micros);
    expect([got.samples, store.taken]).toEqual([400, 400]);
  });

  test("of a long run has fewer samples, as many bytes as it may, and all CPU time", () => {
    const store = new SampleStore(false, 40_000, 4000);
    const wanted = filled(store, 3000, 30);
    const got = sumsOf(store.samples());
    expect(got.kept).toEqual(wanted.kept);
    expect(got.micros).toEqual(wanted.micros);
    expect(store.taken).toBe(3000);
    expect(got.samples).toBeWithin(100, 1500);
    expect(store.storedBytes).toBeLessThan(45_000);
    // The newer ones are as fine as those before, or finer.
    const spans = Array.from(store.samples(), ({ atMs, fromMs }) => Math.log2((atMs - fromMs) / 1000));
    const means = [0, 1].map((half) => spans.slice((half * spans.length) / 2, ((half + 1) * spans.length) / 2));
    const mean = (list: number[]) => list.reduce((sum, one) => sum + one, 0) / list.length;
    expect(mean(means[0]!)).toBeGreaterThanOrEqual(mean(means[1]!) - 0.01);
  });

  test("whose processes come and go faster than they can be kept apart stays bounded", () => {
    const store = new SampleStore(false, 20_000, 4000);
    const sample = new ProcessSample();
    const wanted = new Sums();
    for (let i = 0; i < 4000; i++) {
      const isWhole = store.wantsWhole(i * 1000);
      sample.clear();
      Object.assign(sample, { fromMs: i * 1000, atMs: (i + 1) * 1000, isWhole });
      for (let k = 0; k < 100; k++) {
        sample.cpu.add(i * 100 + k + 1, 10_000 + k);
        sample.resident.add(i * 100 + k + 1, 400);
        if (i > 0 && !isWhole) sample.left.add((i - 1) * 100 + k + 1, 0);
      }
      wanted.add(sample);
      store.take(sample);
    }
    const got = sumsOf(store.samples());
    expect(got.kept).toEqual(wanted.kept);
    expect(store.storedBytes).toBeLessThan(25_000);
    for (const { cpu } of store.samples()) expect(cpu.length).toBeLessThanOrEqual(200);
  });

  test("gives each sample to the journal once, and a reader goes on after a part that is lost", () => {
    const store = new SampleStore(true, 1e9, 3000);
    const parts: { first: number; bytes: Uint8Array }[] = [];
    let count = 0;
    for (const sample of made(500, 20, (atMs) => store.wantsWhole(atMs))) {
      store.take(sample);
      if (++count % 3 > 0) continue;
      for (const { first, packed } of store.takeUnsaved())
        parts.push({ first, bytes: Bun.inflateSync(packed.slice()) });
    }
    const reader = new SampleReader();
    const all = sumsOf(parts.values().flatMap(({ bytes }) => reader.read(bytes)));
    expect(all.samples).toBe(count - (count % 3));
    expect(parts.map(({ first }) => first)[1]).toBe(3);
    // Without the second part: the next whole one is some samples later.
    const other = new SampleReader();
    const times: number[] = [];
    for (const [i, { bytes }] of parts.entries()) {
      if (i === 1) other.interrupt();
      else for (const { atMs } of other.read(bytes)) times.push(atMs);
    }
    expect(all.samples - times.length).toBeWithin(3, 61);
    expect(times.at(-1)).toBe(all.atMs);
  });
});

test("bytes that are none of ours are refused", () => {
  const [out, sample] = [new ByteWriter(), new ProcessSample()];
  Object.assign(sample, { atMs: 5000, fromMs: 4000, isWhole: true });
  sample.cpu.add(3, 10_000);
  new SampleWriter().put(out, sample);
  const bytes = out.bytes.slice(0, out.at);
  expect(() => [...new SampleReader().read(bytes.subarray(0, -2))]).toThrow(MalformedRecord);
  const place = bytes.indexOf(6);
  bytes[place] = 1;
  expect(() => [...new SampleReader().read(bytes)]).toThrow(MalformedRecord);
});

test("merged samples add up CPU time, and have the memory of the last", () => {
  const merged = new MergedSamples();
  const one = new ProcessSample();
  const add = (atMs: number, cpu: number[][], resident: number[][], left: number[], restMicros: number) => {
    one.clear();
    Object.assign(one, { fromMs: atMs - 1000, atMs, isWhole: atMs === 1000, restMicros, restKib: atMs });
    for (const [id, amount] of cpu) one.cpu.add(id!, amount!);
    for (const [id, amount] of resident) one.resident.add(id!, amount!);
    for (const id of left) one.left.add(id, 0);
    merged.add(one);
  };
  const taken = () => JSON.parse(new TextDecoder().decode([...sampleLines([merged.take(false)])][0]));
  add(
    1000,
    [[1, 10]],
    [
      [1, 4],
      [2, 8],
    ],
    [],
    1,
  );
  add(
    2000,
    [
      [1, 20],
      [2, 5],
    ],
    [[1, 12]],
    [2],
    2,
  );
  expect(taken()).toMatchObject({
    time: 2,
    used_id: [1, 2],
    used_cpu_seconds: [30e-6, 5e-6],
    held_id: [1],
    left_id: [],
  });
  add(3000, [], [[3, 4]], [], 0);
  add(4000, [[3, 7]], [], [1], 0);
  expect(taken()).toEqual({
    type: "sample",
    time: 4,
    whole: false,
    used_id: [3],
    used_cpu_seconds: [7e-6],
    held_id: [3],
    held_bytes: [4096],
    left_id: [1],
    rest_processes: 0,
    rest_cpu_seconds: 0,
    rest_resident_bytes: 4_096_000,
  });
});

test("what processes had that have no line is in the rest", () => {
  const samples = [...made(60, 10, (atMs) => atMs < 1_700_000_001_500)].length;
  expect(samples).toBe(60);
  const lines = (isKept?: (id: number) => boolean) =>
    [
      ...sampleLines(
        made(60, 10, (atMs) => atMs < 1_700_000_001_500),
        isKept,
      ),
    ]
      .map((piece) => new TextDecoder().decode(piece))
      .join("")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
  const [all, some] = [lines(), lines((id) => id % 2 === 0)];
  const sum = (list: number[]) => list.reduce((a, b) => a + b, 0);
  const held = [new Map<number, number>(), new Map<number, number>()];
  for (const [i, line] of all.entries()) {
    const few = some[i]!;
    expect(few.used_id).toEqual(line.used_id.filter((id: number) => id % 2 === 0));
    expect(sum(few.used_cpu_seconds) + few.rest_cpu_seconds).toBeCloseTo(
      sum(line.used_cpu_seconds) + line.rest_cpu_seconds,
      9,
    );
    for (const [k, each] of [line, few].entries()) {
      for (const id of each.left_id) held[k]!.delete(id);
      for (const [n, id] of each.held_id.entries()) held[k]!.set(id, each.held_bytes[n]);
    }
    const [whole, part] = held.map((map) => sum([...map.values()]));
    expect(part! + few.rest_resident_bytes).toBe(whole! + line.rest_resident_bytes);
    expect(held[1]!.size + few.rest_processes).toBe(held[0]!.size + line.rest_processes);
  }
});
