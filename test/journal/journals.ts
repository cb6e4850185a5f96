import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MACHINE, type Metric, RUN, type SeriesKey, series } from "../../src/catalog/index.ts";
import { readJournal } from "../../src/journal/journal-reader.ts";
import type { JournalRecording } from "../../src/journal/journal-recording.ts";
import type { JournalHeader } from "../../src/journal/journal-records.ts";
import { joinedSource } from "../../src/journal/journal-source.ts";
import { JournalWriter } from "../../src/journal/journal-writer.ts";
import type { Recording } from "../../src/recording/recording.ts";
import { FakeClock } from "../helpers/fake-clock.ts";
import { START_MS } from "../helpers/recording.ts";
import { RowStore } from "../helpers/row-store.ts";

export const HEADER: JournalHeader = {
  identity: { instance: "make", role: "standalone", labels: new Map([["os", "debian"]]) },
  startMs: START_MS,
  trueStartMs: START_MS + 12.5,
  pid: 1234,
  target: "out/run.prom",
};

/** A metric that the catalogue does not have. */
const FOREIGN: Metric = {
  ...{ name: "odd_bytes", type: "gauge", unit: "bytes", labels: ["comm", "resource"] },
  ...{ help: 'odd "help"\n', source: "nowhere" },
};

/** Enough series for the layouts of all tests. */
export const KEYS: readonly SeriesKey[] = [
  series(RUN.commandStatus),
  series(MACHINE.memoryFree),
  series(MACHINE.memoryUsedPercent),
  series(MACHINE.cpuSeconds, { cpu: "cpu0", mode: "user" }),
  series(MACHINE.cpuSeconds, { cpu: "cpu10", mode: "idle" }),
  series(MACHINE.networkSent, { interface: 'a"b\\c\n' }),
  series(MACHINE.diskRead, { disk: "é🎉" }),
  { metric: FOREIGN, labels: ["x", ""] },
];

/** A journal in a temporary folder and the same rows in memory. Disposing it removes the folder. */
export class Trial implements Disposable {
  readonly clock = new FakeClock(START_MS);
  readonly store: RowStore;
  readonly writer: JournalWriter;
  readonly folder = mkdtempSync(join(tmpdir(), "statexec-journal-"));
  readonly path = join(this.folder, ".run.prom.1234.journal");
  opened = 0;
  atMs: number;
  private fd: number | undefined;

  /** `path`: a file to write to instead of one in the folder. */
  constructor(path?: string) {
    this.atMs = HEADER.startMs;
    this.store = new RowStore(HEADER.identity, HEADER.startMs);
    const open = () => {
      this.opened++;
      this.fd = openSync(path ?? this.path, "w+");
      return { path: path ?? this.path, fd: this.fd };
    };
    this.writer = new JournalWriter({ header: HEADER, clock: this.clock, places: [open], isSynced: false });
  }

  layout(columns: readonly SeriesKey[]): void {
    this.store.layout(columns);
    this.writer.layout(columns);
  }

  /** Adds a row some milliseconds after the one before it, and moves the clock. */
  row(values: readonly number[], gapMs = 1000): void {
    this.atMs += gapMs;
    this.clock.stall(gapMs);
    const row = Float64Array.from(values);
    this.store.row(this.atMs, row);
    this.writer.row(this.atMs, row);
  }

  event(event: string, text: string): void {
    this.store.event({ atMs: this.atMs, event, text });
    this.writer.event({ atMs: this.atMs, event, text });
  }

  fact(fact: string, value: string): void {
    this.store.fact([fact, value]);
    this.writer.fact([fact, value]);
  }

  /** The bytes of the file. */
  bytes(): Uint8Array {
    return readFileSync(this.path);
  }

  [Symbol.dispose](): void {
    if (this.fd !== undefined) closeSync(this.fd);
    rmSync(this.folder, { recursive: true });
  }
}

export function read(bytes: Uint8Array): JournalRecording {
  return readJournal(joinedSource(undefined, 0, bytes), "test");
}

/** Every point of a recording in order, as text that differs for different doubles. */
export function pointLines(recording: Recording): string[] {
  const lines: string[] = [];
  for (const one of recording.series()) {
    const name = `${one.metric.name}{${one.labels.join()}}`;
    for (const { length, times, values } of one.blocks()) {
      for (let row = 0; row < length; row++) {
        const value = values[row]!;
        if (!Number.isNaN(value)) lines.push(`${name} ${Object.is(value, -0) ? "-0" : value} ${times[row]}`);
      }
    }
  }
  return lines.sort();
}

/** Random numbers from 0 to 1, the same for the same seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A run with changing layouts, gaps, facts and events in several segments, flushed at each row. */
export function variedRun(trial: Trial, rows: number, seed = 1): void {
  const next = random(seed);
  const nextValue = valuesBy(next);
  const columnsOf = (n: number) => KEYS.filter((_, i) => i === 0 || ((n >> i) & 1) === 1);
  let columns = columnsOf(255);
  trial.layout(columns);
  trial.fact("version", "1");
  for (let i = 0; i < rows; i++) {
    if (next() < 0.01) {
      columns = columnsOf(Math.floor(next() * 256));
      trial.layout(columns);
    }
    if (next() < 0.02) trial.event("clock_jumped", `number ${i}`);
    if (next() < 0.02) trial.fact("summed_disk", `disk ${i}`);
    const status = i < 3 ? 0 : i < rows - 3 ? 1 : 2;
    trial.row([status, ...columns.slice(1).map(nextValue)], 1 + Math.floor(next() * 2000));
  }
}

/** The next value of a series: sometimes absent, else whole, in hundredths, or long. A counter does not fall. */
function valuesBy(next: () => number): (key: SeriesKey) => number {
  const counters = new Map<SeriesKey, number>();
  return (key) => {
    if (next() < 0.05) return Number.NaN;
    if (key.metric.type === "gauge") return next() < 0.5 ? next() * 1e9 : Math.round(next() * 1e6) / 100;
    const grown = (counters.get(key) ?? 0) + Math.floor(next() * 200);
    counters.set(key, grown);
    return grown / 100;
  };
}

/** The series and the values of a row of endless.ts. Each value shows its row. */
export function columnsAt(row: number): readonly SeriesKey[] {
  return KEYS.slice(0, 4 + (Math.floor(row / 500) % 5));
}

export function valuesAt(row: number): Float64Array {
  return Float64Array.from(columnsAt(row), (_, column) => (column % 2 ? row * 3 + column : (row + column) / 7));
}
