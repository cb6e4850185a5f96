import { leastRateMs, linePoints } from "../data/lines.ts";
import type { DataSource, LinePoints, PointsRequest, Problem, RunInfo, Runs } from "../data/model.ts";
import { columnsOf } from "../data/rate-clock.ts";
import type { Run } from "../data/run-columns.ts";
import type { ProcessList, ProcessSource } from "../processes/process-list.ts";

/** The content of a report. */
export interface ReportData {
  readonly runs: readonly Run[];
  readonly problems: readonly Problem[];
  /** The processes of runs, by the ids of these, where there is a record of them. */
  readonly processes?: Readonly<Record<string, ProcessList>>;
  /** The help of each metric, by its name, where the page does not have it. */
  readonly helps?: Readonly<Record<string, string>>;
}

/** The source of a report's page: all points are in memory. */
export class ReportSource implements DataSource, ProcessSource {
  private readonly data: ReportData;

  constructor(data: ReportData) {
    this.data = data;
  }

  get helps() {
    return this.data.helps;
  }

  async runs(): Promise<Runs> {
    return { runs: this.data.runs.map(({ info }) => info), problems: this.data.problems };
  }

  async processes(id: string): Promise<ProcessList | null> {
    return this.data.processes?.[id] ?? null;
  }

  async points(id: string, request: PointsRequest): Promise<readonly LinePoints[]> {
    const run = this.data.runs.find(({ info }) => info.id === id);
    if (!run) throw new RangeError(`there is no run ${id}`);
    return linePoints(run.columns, request);
  }
}

/** Reads the data that a report's page holds: gzip in base64. */
export async function readReport(text: string): Promise<ReportSource> {
  const packed = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new ReportSource(unpackReport(new Uint8Array(await new Response(stream).arrayBuffer())));
}

/** Values are stored as whole numbers if at most this many decimals hold all of them exactly. */
export const MOST_DECIMALS = 9;
/** Stands in place of the number of decimals: the values are stored as doubles. */
export const AS_DOUBLES = MOST_DECIMALS + 1;

/** A number is stored in groups of seven bits, the lowest first; the highest bit of a byte says that more follow. */
export const SEVEN_BITS = 0x80;
export const MORE = 0x80;

/**
 * Reverses `packReport`.
 * @throws RangeError or SyntaxError where the bytes are not those of a report
 */
export function unpackReport(bytes: Uint8Array): ReportData {
  const input = new NumberReader(bytes);
  const text = new TextDecoder().decode(input.takeBytes(input.takeNatural()));
  const { runs, ...others } = JSON.parse(text) as Runs & Omit<ReportData, "runs">;
  return { ...others, runs: runs.map((info) => unpackRun(info, input)) };
}

function unpackRun(info: RunInfo, input: NumberReader): Run {
  const timeRows = Array.from({ length: input.takeNatural() }, () => unpackTimes(input));
  // 0: the run does not say when its samples were taken.
  const samples = timeRows[input.takeNatural() - 1];
  const all = info.series.map(({ name }) => {
    const times = timeRows[input.takeNatural()] ?? new Float64Array(0);
    return { times, values: unpackValues(times.length, input), leastRateMs: leastRateMs(name) };
  });
  if (samples) return { info, columns: columnsOf(info, all, samples) };
  return {
    info,
    columns: { series: (index) => all[index] ?? { times: new Float64Array(0), values: new Float64Array(0) } },
  };
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
  if (decimals === AS_DOUBLES) return new Float64Array(input.takeBytes(8 * length).slice().buffer);
  const step = input.takeNatural();
  const values = new Float64Array(length);
  let whole = 0;
  for (let at = 0; at < length; at++) {
    whole += input.take() * (at === 0 ? 1 : step);
    values[at] = whole / 10 ** decimals;
  }
  return values;
}

/** Reads the numbers that `NumberWriter` wrote. Its methods throw RangeError where the bytes end. */
class NumberReader {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  take(): number {
    const natural = this.takeNatural();
    return natural % 2 === 0 ? natural / 2 : -(natural + 1) / 2;
  }

  takeNatural(): number {
    let value = 0;
    for (let factor = 1; ; factor *= SEVEN_BITS) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new RangeError("the data of this report is incomplete");
      value += (byte & ~MORE) * factor;
      if (byte < MORE) return value;
    }
  }

  takeBytes(length: number): Uint8Array {
    if (this.at + length > this.bytes.length) throw new RangeError("the data of this report is incomplete");
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}
