import type { Problem, RunInfo, Runs } from "../data/model.ts";
import { leastRateMs } from "../data/resolution.ts";
import type { Run } from "../data/run.ts";
import { NumberReader } from "./bytes.ts";

/** What a report holds. */
export interface ReportData {
  readonly runs: readonly Run[];
  readonly problems: readonly Problem[];
}

/** Values are kept as whole numbers where so many decimals hold all of them exactly. */
export const MOST_DECIMALS = 9;
/** In place of the number of decimals: the values are kept as they are, eight bytes each. */
export const AS_THEY_ARE = MOST_DECIMALS + 1;

/** The inverse of `packReport`. Throws RangeError or SyntaxError where the bytes are not of a report. */
export function unpackReport(bytes: Uint8Array): ReportData {
  const input = new NumberReader(bytes);
  const told = JSON.parse(new TextDecoder().decode(input.takeBytes(input.takeNatural()))) as Runs;
  return { runs: told.runs.map((info) => unpackRun(info, input)), problems: told.problems };
}

function unpackRun(info: RunInfo, input: NumberReader): Run {
  const grids = Array.from({ length: input.takeNatural() }, () => unpackTimes(input));
  const samples = input.takeNatural();
  const all = info.series.map(({ name }) => {
    const times = grids[input.takeNatural()] ?? new Float64Array(0);
    return { times, values: unpackValues(times.length, input), leastRateMs: leastRateMs(name) };
  });
  const series = (index: number) => all[index] ?? { times: new Float64Array(0), values: new Float64Array(0) };
  const grid = grids[samples - 1];
  return { info, columns: grid ? { series, samples: grid } : { series } };
}
function unpackTimes(input: NumberReader): Float64Array {
  const times = new Float64Array(input.takeNatural());
  let [last, distance] = [0, 0];
  for (let at = 0; at < times.length; at++) {
    const atMs = last + distance + input.take();
    distance = last === 0 ? 0 : atMs - last;
    times[at] = last = atMs;
  }
  return times;
}

function unpackValues(length: number, input: NumberReader): Float64Array {
  const decimals = input.takeNatural();
  if (decimals === AS_THEY_ARE) return new Float64Array(input.takeBytes(8 * length).slice().buffer);
  const step = input.takeNatural();
  const values = new Float64Array(length);
  let whole = 0;
  for (let at = 0; at < length; at++) {
    whole += input.take() * (at === 0 ? 1 : step);
    values[at] = whole / 10 ** decimals;
  }
  return values;
}
