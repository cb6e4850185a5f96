import type { ProcessesThen } from "../../src/load/process-samples.ts";
import type { ProcessUse } from "./process-list.ts";

/** A longer record has several samples in one time of these. */
const MOST_TIMES = 500;

/** In place of an amount of memory: the process is not listed. */
const NOT_LISTED = -1;

/** One process, until all samples are read. */
interface Own {
  /** As in `ProcessBar.use`. */
  readonly use: number[];
  milliCores: number;
  kib: number;
}

/** Collects what processes used in the course of a run, in a bounded number of times. */
export class UseOfProcesses {
  private readonly own = new Map<number, Own>();
  /** Those that used CPU time or were listed in the last time: of all others there is nothing to say. */
  private readonly active = new Map<number, Own>();
  private readonly timesMs: number[] = [];
  private readonly all: { milliCores: number[]; kib: number[] } = { milliCores: [], kib: [] };
  private fromMs = Number.NaN;
  private beganMs = Number.NaN;
  /** CPU time of the time that is being collected, and what the last sample said. */
  private readonly seconds = new Map<number, number>();
  private allSeconds = 0;
  private last: ProcessesThen | undefined;

  /** `untilMs`: the end of the run. `lives`: when the process of a number started and ended, for the ends of its bar. */
  constructor(
    private readonly untilMs: number,
    private readonly lives: (id: number) => readonly [startMs: number, endMs: number],
  ) {}

  add(sample: ProcessesThen): void {
    if (Number.isNaN(this.fromMs)) this.fromMs = this.beganMs = sample.fromMs;
    for (const [id, seconds] of sample.cpu) {
      this.seconds.set(id, (this.seconds.get(id) ?? 0) + seconds);
      this.allSeconds += seconds;
    }
    this.allSeconds += sample.rest.cpuSeconds;
    this.last = sample;
    if (sample.atMs - this.beganMs >= (this.untilMs - this.fromMs) / MOST_TIMES) this.close();
  }

  /** The times of all, and what all processes together used; null: there is no sample. */
  times(): ProcessUse | null {
    if (this.last && this.last.atMs > this.beganMs) this.close();
    const { fromMs, timesMs, all } = this;
    return timesMs.length > 0 ? { fromMs, timesMs, milliCores: all.milliCores, kib: all.kib } : null;
  }

  /** What the process of a number used. */
  of(id: number): readonly number[] | undefined {
    return this.own.get(id)?.use;
  }

  private close(): void {
    const { last, seconds, beganMs } = this;
    if (!last || last.atMs <= beganMs) return;
    const place = this.timesMs.length;
    this.timesMs.push(last.atMs);
    let bytes = last.rest.residentBytes;
    for (const held of last.resident.values()) bytes += held;
    this.all.milliCores.push(Math.round((1e6 * this.allSeconds) / (last.atMs - beganMs)));
    this.all.kib.push(Math.round(bytes / 1024));
    for (const id of seconds.keys()) this.activate(id);
    for (const id of last.resident.keys()) this.activate(id);
    for (const [id, own] of this.active) {
      const held = last.resident.get(id);
      const milliCores = this.milliCores(id, last.atMs);
      put(own, place, milliCores, held === undefined ? NOT_LISTED : Math.round(held / 1024));
      if (held === undefined && milliCores === 0) this.active.delete(id);
    }
    seconds.clear();
    this.allSeconds = 0;
    this.beganMs = last.atMs;
  }

  private activate(id: number): void {
    if (this.active.has(id)) return;
    const own = this.own.get(id) ?? { use: [], milliCores: 0, kib: NOT_LISTED };
    this.own.set(id, own);
    this.active.set(id, own);
  }

  /** A process that lived for a part of the time had that part for it. */
  private milliCores(id: number, atMs: number): number {
    const seconds = this.seconds.get(id) ?? 0;
    if (seconds === 0) return 0;
    const [startMs, endMs] = this.lives(id);
    const ms = Math.min(atMs, endMs) - Math.max(this.beganMs, startMs);
    return Math.round((1e6 * seconds) / Math.max(1, ms));
  }
}

function put(own: Own, place: number, milliCores: number, kib: number): void {
  if (own.milliCores === milliCores && own.kib === kib) return;
  own.milliCores = milliCores;
  own.kib = kib;
  own.use.push(place, milliCores, kib);
}
