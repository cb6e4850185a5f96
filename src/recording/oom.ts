import { COMMAND, CONTAINER, MACHINE } from "../catalog/index.ts";
import { durationText, plainQuantity } from "./quantities.ts";
import type { RecordedSeries } from "./recording.ts";
import { lastValue, pointsWithin, type SeriesByName } from "./span.ts";

/** A process and the memory that it held. */
export interface HeldMemory {
  readonly pid: number;
  readonly comm: string;
  readonly bytes: number;
}

/** What is known of the processes that the kernel killed for memory. */
export interface OomKill {
  /** Those that were killed; none: it is not known who. */
  readonly victims: readonly HeldMemory[];
  /** Who held most: when the kernel killed, or else at the peak, as samples saw it. */
  readonly holder: (HeldMemory & { readonly isAtPeak: boolean }) | undefined;
  /** `isLikely`: the lowest that holds; nothing says which one was reached. */
  readonly limit: { readonly group: string; readonly bytes: number; readonly isLikely: boolean } | undefined;
  /** How what counts against the limit rose in the last seconds. */
  readonly rise: { readonly fromBytes: number; readonly toBytes: number; readonly seconds: number } | undefined;
}

/** The group of a limit that is the machine's memory. */
const MACHINE_GROUP = "machine";

/** So long before the kill its rise is looked for, and a smaller one is none. */
const RISE_MS = 10_000;
const LEAST_RISE = 1.05;

/** Returns what a recording knows of OOM kills; undefined: nothing. `hasKills`: the kernel counted some. */
export function oomKillOf(all: SeriesByName, hasKills: boolean): OomKill | undefined {
  const victims = heldIn(all.get(COMMAND.oomVictim.name));
  const limit = limitIn(all);
  if (victims.length === 0 && !limit && !hasKills) return undefined;
  const [logged] = heldIn(all.get(COMMAND.oomHolder.name));
  const holder = logged ? { ...logged, isAtPeak: false } : largestAtPeak(all);
  if (victims.length === 0 && !limit && !holder) return undefined;
  return { victims, holder, limit, rise: riseOf(all, limit) };
}

/** The largest process at the peak, as samples saw it; undefined: they saw none. */
function largestAtPeak(all: SeriesByName): OomKill["holder"] {
  const holders = heldIn(all.get(COMMAND.memoryHolder.name), 2).filter(({ pid }) => pid > 0);
  const [first] = holders.toSorted((a, b) => b.bytes - a.bytes);
  return first && { ...first, isAtPeak: true };
}

/** A holder of the peak, as the record of processes has it. */
interface RecordedHolder {
  readonly pid: number | null;
  readonly parent: number | null;
  readonly name: string;
  readonly bytes: number;
  readonly source: string;
}

/** The highest memory of the command's processes, as the record of processes has it: its time in seconds, and who held it. */
export interface RecordedPeak {
  readonly at: number;
  readonly holders: readonly RecordedHolder[];
}

/** Returns who held the memory at the peak; undefined: no sample saw anyone. */
export function peakOf(series: Iterable<RecordedSeries>): RecordedPeak | undefined {
  const holders: RecordedHolder[] = [];
  let at = Number.NaN;
  for (const one of series) {
    if (one.metric.name !== COMMAND.memoryHolder.name) continue;
    const [pid = "", parent = "", name = "", source = ""] = one.labels;
    const numberIn = (text: string) => (text === "" ? null : Number(text));
    at = lastTime(one) / 1000;
    const bytes = lastValue(one.blocks());
    holders.push({ pid: numberIn(pid), parent: numberIn(parent), name, bytes, source });
  }
  return holders.length === 0 ? undefined : { at, holders };
}

/** The pid is the first label, the name another. */
function heldIn(all: readonly RecordedSeries[] = [], comm = 1): HeldMemory[] {
  return all.map(({ labels, blocks }) => {
    return { pid: Number(labels[0]), comm: labels[comm] ?? "", bytes: lastValue(blocks()) };
  });
}

function limitIn(all: SeriesByName): OomKill["limit"] {
  const [one] = all.get(COMMAND.oomLimit.name) ?? [];
  if (!one) return undefined;
  const [group = "", known] = one.labels;
  return { group, bytes: lastValue(one.blocks()), isLikely: known === "likely" };
}

/** The rise of the memory that counts against the limit, or of the command's where that was not recorded. */
function riseOf(all: SeriesByName, limit: OomKill["limit"]): OomKill["rise"] {
  if (!limit) return undefined;
  const atMs = lastTime(all.get(COMMAND.oomLimit.name)?.[0]);
  const isOfMachine = limit.group === MACHINE_GROUP;
  const containerLimit = lastOf(all, CONTAINER.memoryLimit.name);
  const isContainers = containerLimit === limit.bytes;
  const metric = isOfMachine ? MACHINE.memoryUsed : isContainers ? CONTAINER.memoryUsed : COMMAND.memoryAnonymous;
  const [used] = all.get(metric.name) ?? [];
  if (!used || Number.isNaN(atMs)) return undefined;
  const points = [...pointsWithin(used, { fromMs: atMs - RISE_MS, toMs: atMs })];
  const [first] = points;
  if (!first) return undefined;
  const top = points.reduce((most, point) => (point[1] > most[1] ? point : most), first);
  const bottom = points.reduce((least, point) => (point[0] < top[0] && point[1] < least[1] ? point : least), first);
  if (!(top[1] > bottom[1] * LEAST_RISE)) return undefined;
  return { fromBytes: bottom[1], toBytes: top[1], seconds: (top[0] - bottom[0]) / 1000 };
}

function lastOf(all: SeriesByName, name: string): number {
  const [one] = all.get(name) ?? [];
  return one ? lastValue(one.blocks()) : Number.NaN;
}

function lastTime(one: RecordedSeries | undefined): number {
  let found = Number.NaN;
  for (const { length, times } of one?.blocks() ?? []) if (length > 0) found = times[length - 1]!;
  return found;
}

/** More victims are counted only. */
const MOST_NAMED = 3;

/** `killed sort (pid 7)`: who was killed, as what the kernel did; undefined: it is not known. */
export function victimsText({ victims }: OomKill): string | undefined {
  if (victims.length === 0) return undefined;
  const named = victims.slice(0, MOST_NAMED).map(({ pid, comm }) => `${comm} (pid ${pid})`);
  const more = victims.length > MOST_NAMED ? ` and ${victims.length - MOST_NAMED} more` : "";
  return `${named.join(", ")}${more}`;
}

/** The limit, who held most, and how memory rose, each as a clause. */
export function oomClauses({ victims, holder, limit, rise }: OomKill): string[] {
  const clauses: string[] = [];
  if (limit) {
    const bytes = plainQuantity(limit.bytes, "bytes");
    const whose = limit.group === MACHINE_GROUP ? `the machine's ${bytes}` : `the ${bytes} of ${limit.group}`;
    clauses.push(limit.isLikely ? `the limit is likely ${whose}, the lowest` : `the limit was ${whose}`);
  }
  if (holder) {
    const isVictim = victims.length === 1 && victims[0]!.pid === holder.pid;
    const who = isVictim ? "it" : `${holder.comm} (pid ${holder.pid})`;
    const when = holder.isAtPeak ? " at the highest sample" : "";
    clauses.push(`${who} held most${when}, ${plainQuantity(holder.bytes, "bytes")}`);
  }
  if (rise) {
    const [from, to] = [rise.fromBytes, rise.toBytes].map((bytes) => plainQuantity(bytes, "bytes"));
    clauses.push(`memory rose from ${from} to ${to} in ${durationText(rise.seconds)}`);
  }
  return clauses;
}
