import { sampleName } from "../../src/catalog/index.ts";
import type { Clock } from "../../src/clock.ts";
import type { Collector } from "../../src/collect/collector.ts";
import { machineCollectors } from "../../src/collect/registry.ts";
import { ForbiddenError, ParseError } from "../../src/errors.ts";
import type { ProcFs } from "../../src/proc/procfs.ts";

export const GONE = Number.NaN;
const NET_HEADER = "Inter-|   Receive\n face |bytes\n";

export const net = (rows: Record<string, [received: number, sent: number]>) =>
  NET_HEADER +
  Object.entries(rows)
    .map(([name, [received, sent]]) => `${name}: ${received} 0 0 0 0 0 0 0 ${sent} 0 0 0 0 0 0 0\n`)
    .join("");

export const disks = (rows: Record<string, [read: number, written: number]>) =>
  Object.entries(rows)
    .map(([name, [read, written]]) => `8 0 ${name} 0 0 ${read} 0 0 0 ${written} 0 0 0 0\n`)
    .join("");

/** /proc/stat with the given user ticks by CPU; idle ticks are 1000 unless told. */
export const stat = (user: Record<number, number>, idle = 1000) =>
  `cpu  0 0 0 0 0 0 0 0 0 0\n${Object.entries(user)
    .map(([cpu, ticks]) => `cpu${cpu} ${ticks} 0 0 ${idle} 0 0 0 0 0 0\n`)
    .join("")}intr 0\n`;

/** A collector of the machine by its name. */
export function made(name: string, proc: ProcFs, clock?: Clock): Collector {
  return machineCollectors(proc, { only: [name], without: [], ways: [] }, clock)[0]!;
}

/** The series of a collector; the sample that goes with their description is taken, so that the next one reads anew. */
export function labels(collector: Collector): string[] {
  const keys = collector.describe();
  try {
    collector.sample(new Float64Array(keys.length));
  } catch (error) {
    if (!(error instanceof ForbiddenError || error instanceof ParseError)) throw error;
  }
  return keys.map((key) => [sampleName(key.metric), ...key.labels].join(" "));
}

/** A sample by series; undefined: the set of series has changed. */
export function sampled(collector: Collector, keys: readonly string[]): Record<string, number> | undefined {
  const row = new Float64Array(keys.length).fill(-1);
  return collector.sample(row) ? Object.fromEntries(keys.map((key, i) => [key, row[i]!])) : undefined;
}
