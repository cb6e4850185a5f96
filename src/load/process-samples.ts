import type { ProcessLine } from "./process-lines.ts";

/** CPU time and memory of the largest processes at one sample of a record, and of all others together. */
export interface ProcessesThen {
  /** CPU time counts from the first to the second, in milliseconds on the file's axis. */
  readonly fromMs: number;
  readonly atMs: number;
  /** Seconds, by the numbers of processes in samples; who is not there used none. */
  readonly cpu: ReadonlyMap<number, number>;
  /** Bytes of all that are listed. */
  readonly resident: ReadonlyMap<number, number>;
  readonly rest: { readonly processes: number; readonly cpuSeconds: number; readonly residentBytes: number };
}

/** Follows the samples of a record: a line has what differs from the one before. */
export class ProcessSamples {
  private atMs = Number.NaN;
  private readonly resident = new Map<number, number>();

  /** Takes a line; returns what it says of its time, valid until the next call. Undefined: it is no sample, or damaged. */
  add(line: ProcessLine): ProcessesThen | undefined {
    if (line.type !== "sample" || typeof line.time !== "number") return undefined;
    const { resident } = this;
    if (line.whole === true) resident.clear();
    for (const id of numbers(line.left_id)) resident.delete(id);
    for (const [id, bytes] of pairs(line.held_id, line.held_bytes)) resident.set(id, bytes);
    const cpu = new Map(pairs(line.used_id, line.used_cpu_seconds));
    const atMs = Math.round(line.time * 1000);
    const fromMs = typeof line.since === "number" ? Math.round(line.since * 1000) : this.atMs;
    this.atMs = atMs;
    const rest = {
      processes: number(line.rest_processes),
      cpuSeconds: number(line.rest_cpu_seconds),
      residentBytes: number(line.rest_resident_bytes),
    };
    return { fromMs: Number.isNaN(fromMs) ? atMs : fromMs, atMs, cpu, resident, rest };
  }
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function numbers(list: unknown): number[] {
  return Array.isArray(list) ? list.filter((one) => typeof one === "number") : [];
}

function pairs(ids: unknown, amounts: unknown): [id: number, amount: number][] {
  const values = numbers(amounts);
  return numbers(ids).flatMap((id, at) => (values[at] === undefined ? [] : [[id, values[at]]]));
}
