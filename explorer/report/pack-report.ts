import type { Column } from "../data/lines.ts";
import type { Runs } from "../data/model.ts";
import type { Run } from "../data/run-columns.ts";
import { AS_DOUBLES, MORE, MOST_DECIMALS, type ReportData, SEVEN_BITS } from "./report-source.ts";

/**
 * Packs all runs into bytes, to be compressed: their descriptions as JSON; then for each run its rows of times, which
 * most series share, and its values. Times and values are stored as differences between neighbours.
 */
export function packReport({ runs, ...others }: ReportData): Uint8Array<ArrayBuffer> {
  const out = new NumberWriter();
  const described: Runs & Omit<ReportData, "runs"> = { ...others, runs: runs.map(({ info }) => info) };
  const text = new TextEncoder().encode(JSON.stringify(described));
  out.putNatural(text.length);
  out.putBytes(text);
  for (const run of runs) packRun(run, out);
  return out.bytes();
}

function packRun({ info, columns }: Run, out: NumberWriter): void {
  const timeRows = new TimeRows();
  const present = info.series.map((_, index) => presentPoints(columns.series(index)));
  const rowOf = present.map(({ times }) => timeRows.indexOf(times));
  const samples = columns.samples ? timeRows.indexOf(columns.samples) + 1 : 0;
  out.putNatural(timeRows.all.length);
  for (const times of timeRows.all) packTimes(times, out);
  out.putNatural(samples);
  for (const [index, { values }] of present.entries()) {
    out.putNatural(rowOf[index]!);
    packValues(values, out);
  }
}

/** Drops absent points: a metrics file does not hold them either. */
function presentPoints({ times, values }: Column): Column {
  if (!values.some(Number.isNaN)) return { times, values };
  const isPresent = (_: number, at: number) => !Number.isNaN(values[at]);
  return { times: times.filter(isPresent), values: values.filter(isPresent) };
}

/** The different rows of times of a run, each once. */
class TimeRows {
  readonly all: Float64Array[] = [];
  private readonly known = new Map<string, number>();

  indexOf(times: Float64Array): number {
    const key = `${times.length} ${Bun.hash(new Uint8Array(times.buffer, times.byteOffset, times.byteLength))}`;
    const index = this.known.get(key) ?? this.all.push(times) - 1;
    this.known.set(key, index);
    return index;
  }
}

/** Stores how much each distance, in milliseconds, differs from the one before it. That is nearly always 0. */
function packTimes(times: Float64Array, out: NumberWriter): void {
  out.putNatural(times.length);
  let [last, distance] = [0, 0];
  for (const atMs of times) {
    out.put(atMs - last - distance);
    distance = last === 0 ? 0 : atMs - last;
    last = atMs;
  }
}

function packValues(values: Float64Array, out: NumberWriter): void {
  const decimals = decimalsOf(values);
  out.putNatural(decimals);
  if (decimals === AS_DOUBLES) {
    out.putBytes(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return;
  }
  const whole = values.map((value) => Math.round(value * 10 ** decimals));
  const differences = whole.map((value, at) => value - (at === 0 ? 0 : whole[at - 1]!));
  // The kernel counts many things in pages or KiB: all differences are then multiples of one step.
  const step = differences.subarray(1).reduce((a, b) => commonDivisor(a, Math.abs(b)), 0) || 1;
  out.putNatural(step);
  for (const [at, difference] of differences.entries()) out.put(at === 0 ? difference : difference / step);
}

/** Returns the smallest number of decimals that holds all values exactly. */
function decimalsOf(values: Float64Array): number {
  for (let decimals = 0; decimals <= MOST_DECIMALS; decimals++) {
    const scale = 10 ** decimals;
    const isExact = (value: number) => {
      const whole = Math.round(value * scale);
      return Math.abs(whole) < 2 ** 51 && whole / scale === value && !Object.is(value, -0);
    };
    if (values.every(isExact)) return decimals;
  }
  return AS_DOUBLES;
}

function commonDivisor(a: number, b: number): number {
  let [larger, smaller] = [a, b];
  while (smaller !== 0) [larger, smaller] = [smaller, larger % smaller];
  return larger;
}

/** Writes whole numbers one after the other, small ones in few bytes. */
class NumberWriter {
  private buffer = new Uint8Array(1 << 16);
  private length = 0;

  /** Writes a safe integer of either sign. */
  put(value: number): void {
    // Zigzag: 0, -1, 1, -2, 2 become 0, 1, 2, 3, 4. A doubled safe integer is still a whole number.
    this.putNatural(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** Writes a whole number from 0 to 2^54. */
  putNatural(value: number): void {
    if (this.length + 10 > this.buffer.length) this.grow(10);
    let rest = value;
    while (rest >= SEVEN_BITS) {
      this.buffer[this.length++] = (rest % SEVEN_BITS) | MORE;
      rest = Math.floor(rest / SEVEN_BITS);
    }
    this.buffer[this.length++] = rest;
  }

  putBytes(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.buffer.length) this.grow(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.buffer.slice(0, this.length);
  }

  private grow(by: number): void {
    const larger = new Uint8Array(Math.max(this.buffer.length * 2, this.length + by));
    larger.set(this.buffer);
    this.buffer = larger;
  }
}
