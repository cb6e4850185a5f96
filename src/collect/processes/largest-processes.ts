import { ProcessSample } from "../../catalog/process-sample.ts";

/** So many are listed at a time: first those that used most CPU time since the sample before, then those that hold most. */
const MOST_LISTED = 200;
const MOST_BY_CPU = 100;

/** In place of an amount of memory. */
export const NOT_LISTED = -1;

/** What is kept with a process from sample to sample. */
export interface ListedProcess {
  /** Its number in samples; 0: none has listed it. */
  sampleId: number;
  /** What the last sample said that it holds, in KiB; -1: it did not list it. */
  listedKib: number;
  /** The number of the last sample that chose it. */
  chosenIn: number;
}

/** Takes each sample; the object is used again for the next one. */
export interface SampleSink {
  /** When the command started, on the file's time axis. */
  readonly startMs: number;
  /** Whether a sample at this time is to list all. */
  wantsWhole(atMs: number): boolean;
  take(sample: ProcessSample): void;
}

/** What the same sample says of the whole tree. */
export interface TreeFigures {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly processes: number;
}

/**
 * Chooses the largest processes of each sample, and makes up what all others have: the tree's own figures less theirs. It
 * allocates only where there are more processes than ever before.
 */
export class LargestProcesses<T extends ListedProcess> {
  private readonly sample = new ProcessSample();
  /** The processes of this sample, what they used since the last one, and what they hold. */
  private readonly all: T[] = [];
  private micros = new Float64Array(64);
  private kib = new Float64Array(64);
  private sorted = new Float64Array(64);
  private count = 0;
  /** Those that the last sample listed. */
  private listed: T[] = [];
  private others: T[] = [];
  private samples = 0;
  private ids = 0;
  private treeMicros = 0;

  /** `onListed`: a process has got its number. */
  constructor(
    private readonly sink: SampleSink,
    private readonly onListed: (process: T) => void,
  ) {}

  begin(): void {
    this.count = 0;
  }

  /** Takes a process: what it used since the last sample, and what it holds. NaN: it has ended, and holds nothing. */
  add(process: T, micros: number, residentBytes: number): void {
    const { count } = this;
    if (count === this.micros.length) this.grow();
    this.all[count] = process;
    this.micros[count] = micros;
    this.kib[count] = residentBytes / 1024;
    this.count++;
  }

  /** All were added: gives the sample to the sink. */
  end(atMs: number, tree: TreeFigures): void {
    const { sample } = this;
    sample.clear();
    sample.fromMs = this.samples > 0 ? sample.atMs : Math.min(this.sink.startMs, atMs);
    sample.atMs = atMs;
    sample.isWhole = this.sink.wantsWhole(atMs);
    this.samples++;
    this.all.length = this.count;
    this.choose();
    this.list(tree);
    this.sink.take(sample);
  }

  private choose(): void {
    const { count, micros, all, samples } = this;
    if (count <= MOST_LISTED) {
      for (let i = 0; i < count; i++) all[i]!.chosenIn = samples;
      return;
    }
    const left = MOST_LISTED - this.chooseMost(micros, 0, MOST_BY_CPU);
    this.chooseMost(this.kib, NOT_LISTED, left);
  }

  /** Chooses those with the most, above `least`, that are not chosen yet, up to a number. Returns how many. */
  private chooseMost(amounts: Float64Array, least: number, most: number): number {
    const { count, all, sorted, samples } = this;
    let candidates = 0;
    for (let i = 0; i < count; i++)
      if (amounts[i]! > least && all[i]!.chosenIn !== samples) sorted[candidates++] = amounts[i]!;
    let bound = least;
    // Of those that are equal to the bound, the first ones are chosen.
    let equals = 0;
    if (candidates > most) {
      sorted.subarray(0, candidates).sort();
      bound = sorted[candidates - most]!;
      for (let i = candidates - most; i < candidates && sorted[i] === bound; i++) equals++;
    }
    let chosen = 0;
    for (let i = 0; i < count; i++) {
      const amount = amounts[i]!;
      if (all[i]!.chosenIn === samples || amount < bound || amount <= least) continue;
      if (candidates > most && amount === bound && equals-- <= 0) continue;
      all[i]!.chosenIn = samples;
      chosen++;
    }
    return chosen;
  }

  /** Fills in the lists and the rest. */
  private list(tree: TreeFigures): void {
    const { sample, count, all, micros, kib, samples } = this;
    const { listed: before, others: now } = this;
    let [cpuSum, kibSum, living] = [0, 0, 0];
    now.length = 0;
    for (let i = 0; i < count; i++) {
      const process = all[i]!;
      if (process.chosenIn !== samples) continue;
      if (process.sampleId === 0) this.number(process);
      if (micros[i]! > 0) sample.cpu.add(process.sampleId, micros[i]!);
      cpuSum += micros[i]!;
      // What has ended is not a part of the tree's memory.
      if (Number.isNaN(kib[i]!)) {
        process.chosenIn = 0;
        continue;
      }
      living++;
      kibSum += kib[i]!;
      now.push(process);
      if (sample.isWhole || process.listedKib !== kib[i]!) sample.resident.add(process.sampleId, kib[i]!);
      process.listedKib = kib[i]!;
    }
    for (let i = 0; i < before.length; i++) {
      const process = before[i]!;
      if (process.chosenIn === samples) continue;
      process.listedKib = NOT_LISTED;
      if (!sample.isWhole) sample.left.add(process.sampleId, 0);
    }
    this.listed = now;
    this.others = before;
    sample.restProcesses = tree.processes - living;
    sample.restKib = tree.residentBytes / 1024 - kibSum;
    this.settle(Math.round(tree.cpuSeconds * 1e6), cpuSum);
  }

  /** What the tree used and no list has is the rest; where the lists have more, the samples after it make it up. */
  private settle(treeMicros: number, listedMicros: number): void {
    const { sample } = this;
    const rest = treeMicros - this.treeMicros - listedMicros - sample.aheadMicros;
    this.treeMicros = treeMicros;
    sample.restMicros = Math.max(0, rest);
    sample.aheadMicros = Math.max(0, -rest);
  }

  private number(process: T): void {
    process.sampleId = ++this.ids;
    this.onListed(process);
  }

  private grow(): void {
    const length = 2 * this.micros.length;
    const { micros, kib } = this;
    this.micros = new Float64Array(length);
    this.micros.set(micros);
    this.kib = new Float64Array(length);
    this.kib.set(kib);
    this.sorted = new Float64Array(length);
  }
}
