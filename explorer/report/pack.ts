import type { Runs } from "../data/model.ts";
import type { Run } from "../data/run.ts";
import { NumberWriter } from "./bytes.ts";
import { AS_THEY_ARE, MOST_DECIMALS, type ReportData } from "./unpack.ts";

/**
 * All runs as bytes: what is told of them as JSON, then for each its times, which most series share, and its values,
 * both as differences between neighbours. To be compressed by what is made for that.
 */
export function packReport({ runs, problems }: ReportData): Uint8Array<ArrayBuffer> {
  const out = new NumberWriter();
  const told: Runs = { runs: runs.map(({ info }) => info), problems };
  const text = new TextEncoder().encode(JSON.stringify(told));
  out.putNatural(text.length);
  out.putBytes(text);
  for (const run of runs) packRun(run, out);
  return out.bytes();
}

function packRun({ info, columns }: Run, out: NumberWriter): void {
  const grids = new Grids();
  const present = info.series.map((_, index) => presentPoints(columns.series(index)));
  const places = present.map(({ times }) => grids.place(times));
  const samples = columns.samples ? grids.place(columns.samples) + 1 : 0;
  out.putNatural(grids.all.length);
  for (const grid of grids.all) packTimes(grid, out);
  out.putNatural(samples);
  for (const [index, { values }] of present.entries()) {
    out.putNatural(places[index] as number);
    packValues(values, out);
  }
}

/** What a column has points for; a file has no others either. */
function presentPoints({ times, values }: { times: Float64Array; values: Float64Array }) {
  if (!values.some(Number.isNaN)) return { times, values };
  const isThere = (_: number, at: number) => !Number.isNaN(values[at]);
  return { times: times.filter(isThere), values: values.filter(isThere) };
}

/** The different rows of times of a run, each once. */
class Grids {
  readonly all: Float64Array[] = [];
  private readonly known = new Map<string, number>();

  place(times: Float64Array): number {
    const key = `${times.length} ${Bun.hash(new Uint8Array(times.buffer, times.byteOffset, times.byteLength))}`;
    const known = this.known.get(key) ?? this.all.push(times) - 1;
    this.known.set(key, known);
    return known;
  }
}

/** Milliseconds: how much longer each distance is than the one before it, which is nearly always 0. */
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
  if (decimals === AS_THEY_ARE) {
    out.putBytes(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return;
  }
  const whole = values.map((value) => Math.round(value * 10 ** decimals));
  const differences = whole.map((value, at) => value - (at === 0 ? 0 : (whole[at - 1] as number)));
  // What is counted in pages or KiB is a multiple of that.
  const step = differences.subarray(1).reduce((a, b) => commonDivisor(a, Math.abs(b)), 0) || 1;
  out.putNatural(step);
  for (const [at, difference] of differences.entries()) out.put(at === 0 ? difference : difference / step);
}

/** The fewest decimals that hold all values exactly. */
function decimalsOf(values: Float64Array): number {
  for (let decimals = 0; decimals <= MOST_DECIMALS; decimals++) {
    const scale = 10 ** decimals;
    const isExact = (value: number) => {
      const whole = Math.round(value * scale);
      return Math.abs(whole) < 2 ** 51 && whole / scale === value && !Object.is(value, -0);
    };
    if (values.every(isExact)) return decimals;
  }
  return AS_THEY_ARE;
}

function commonDivisor(a: number, b: number): number {
  let [larger, smaller] = [a, b];
  while (smaller !== 0) [larger, smaller] = [smaller, larger % smaller];
  return larger;
}
