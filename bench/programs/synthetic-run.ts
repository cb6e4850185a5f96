import { closeSync, openSync, statSync, writeSync } from "node:fs";
import { MACHINE, type Metric, RUN, type SeriesKey, sampleName, series } from "../../src/catalog/index.ts";
import { readJournal } from "../../src/journal/journal-reader.ts";
import { fileSource } from "../../src/journal/journal-source.ts";
import { JournalWriter } from "../../src/journal/journal-writer.ts";
import { render } from "../../src/openmetrics/render.ts";
import type { Recording } from "../../src/recording/recording.ts";
import { withSummary } from "../../src/recording/summary-series.ts";
import { cpuNs, peakRss } from "../lib/resource-usage.ts";

/*
 * Writes the journal of a synthetic run, or makes one into a metrics file. Two thirds of the series are counters of
 * hundredths, a fifth are long floats, the rest grow by whole numbers or not at all.
 *
 *   synthetic-run write JOURNAL SERIES ROWS   writes a journal: prints ns in the writer, bytes of the journal, peak RSS in bytes
 *   synthetic-run file JOURNAL INTO           renders as the product does: prints ns, points, peak RSS in bytes, CPU ns
 *   synthetic-run concat JOURNAL INTO         renders by string concatenation, without a summary: prints the same
 */

const START_MS = 1_700_000_000_000;
const LONG_FLOATS = 0.2;
const MODES = ["user", "system", "idle", "iowait", "nice", "irq", "softirq", "steal", "guest", "guestNice"] as const;

const LONG: Metric = { ...MACHINE.memoryUsedPercent, name: "bench_percent", labels: ["comm"] };

function seriesOf(count: number): SeriesKey[] {
  const keys: SeriesKey[] = [series(RUN.commandStatus)];
  for (let i = 0; keys.length < count * (2 / 3); i++) {
    const mode = MODES[i % MODES.length]!;
    keys.push(series(MACHINE.cpuSeconds, { cpu: `cpu${Math.floor(i / MODES.length)}`, mode }));
  }
  for (let i = 0; keys.length < count * (1 - LONG_FLOATS); i++)
    keys.push(series(MACHINE.networkSent, { interface: `eth${i}` }));
  for (let i = 0; keys.length < count; i++) keys.push({ metric: LONG, labels: [`program ${i}`] });
  return keys;
}

/** Returns a function that moves each value on as its kind of series does; the numbers are the same in every run. */
function mover(keys: readonly SeriesKey[]): (row: Float64Array) => void {
  let state = 1;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const kinds = Uint8Array.from(keys, ({ metric, labels }, i) => {
    if (metric === LONG) return 3;
    if (metric === MACHINE.networkSent) return i % 2;
    return MODES.indexOf(labels[1]! as (typeof MODES)[number]) < 5 ? 2 : 0;
  });
  return (row) => {
    for (let i = 1; i < row.length; i++) {
      const was = row[i]!;
      if (kinds[i] === 1) row[i] = was + Math.floor(next() * 1e6);
      else if (kinds[i] === 2) row[i] = (Math.round(was * 100) + Math.floor(next() * 120)) / 100;
      else if (kinds[i] === 3) row[i] = next() * 100;
    }
  };
}

function write(path: string, count: number, rows: number): readonly number[] {
  let now = 0;
  const header = {
    ...{ identity: { instance: "bench", role: "standalone" as const, labels: new Map<string, string>() } },
    ...{ startMs: START_MS, trueStartMs: START_MS, pid: process.pid, target: "run.prom" },
  };
  const clock = { now: () => now, at: () => () => undefined };
  const places = [() => ({ path, fd: openSync(path, "w+") })];
  const writer = new JournalWriter({ header, clock, places, isSynced: false });
  const keys = seriesOf(count);
  const move = mover(keys);
  const row = new Float64Array(keys.length);
  writer.layout(keys);
  let taken = 0;
  for (let i = 0; i < rows; i++) {
    move(row);
    row[0] = i === 0 ? 0 : i === rows - 1 ? 2 : 1;
    now += 1000;
    const start = Bun.nanoseconds();
    writer.row(START_MS + now, row);
    taken += Bun.nanoseconds() - start;
  }
  writer.end();
  if (writer.failure) throw writer.failure.error;
  return [taken, statSync(path).size, peakRss()];
}

type Render = (recording: Recording, write: (bytes: Uint8Array) => void) => void;

/** Reads a journal and renders it into a file. The number of points is that of the rows times that of the series. */
function file(path: string, into: string, render: Render): readonly number[] {
  const fd = openSync(path, "r");
  const out = openSync(into, "w");
  const [start, startCpu] = [Bun.nanoseconds(), cpuNs()];
  const recording = readJournal(fileSource(fd), path);
  render(recording, (bytes) => writeWhole(out, bytes));
  const [taken, cpu] = [Bun.nanoseconds() - start, cpuNs() - startCpu];
  closeSync(out);
  closeSync(fd);
  return [taken, recording.rows * [...recording.series()].length, peakRss(), cpu];
}

function writeWhole(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done);
}

const byProduct: Render = (recording, write) => render(withSummary(recording), write);

const CHUNK_CHARACTERS = 65_536;
const encoder = new TextEncoder();

/** The obvious way: a template for each line. */
const byConcatenation: Render = (recording, write) => {
  let text = "";
  for (const one of recording.series()) {
    const labels = one.metric.labels.map((label, i) => `,${label}="${one.labels[i]}"`).join("");
    const prefix = `${sampleName(one.metric)}{instance="bench",job="statexec",role="standalone"${labels}}`;
    for (const { length, times, values } of one.blocks()) {
      for (let row = 0; row < length; row++) {
        text += `${prefix} ${values[row]} ${(times[row]! / 1000).toFixed(3)}\n`;
        if (text.length < CHUNK_CHARACTERS) continue;
        write(encoder.encode(text));
        text = "";
      }
    }
  }
  write(encoder.encode(text));
};

function run([mode, path, ...rest]: readonly string[]): readonly number[] {
  const [first = "", second = ""] = rest;
  if (path !== undefined && mode === "write") return write(path, Number(first), Number(second));
  if (path !== undefined && mode === "file") return file(path, first, byProduct);
  if (path !== undefined && mode === "concat") return file(path, first, byConcatenation);
  throw new Error(`${mode}: expected write, file or concat, and their operands`);
}

// As the product does in a long run; before that its code is interpreted.
Bun.unsafe.setJITPolicy(1);
console.log(run(process.argv.slice(2)).join(" "));
