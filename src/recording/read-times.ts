import { COMMAND, CONTAINER, DEVICES, KERNEL, MACHINE, RECORDER } from "../catalog/index.ts";
import type { Block, RecordedSeries } from "./recording.ts";

/*
 * When the files of each collector were read. A sample has one stamp, but its collectors read one after the other, and a
 * recorder that waits for a CPU may do so between any two of them. How long each took is recorded
 * (`recorder_collector_seconds`), and so is known between which two moments its files were read.
 */

/** The collectors in the order in which a sample asks them; those of other names come later. */
export const READ_ORDER = [
  "command_group",
  "tree",
  "cpu",
  "memory",
  "network",
  "disk",
  "pressure",
  "load",
  "paging",
  "tcp",
  "listen",
  "sockets",
  "frequency",
  "thermal",
  "container",
  "self",
] as const;

type Source = (typeof READ_ORDER)[number];

/** Returns the counters of each collector. Those of the command may be its group's or its processes'. */
const counters = (): Readonly<Partial<Record<Source, readonly { readonly name: string }[]>>> => ({
  tree: Object.values(COMMAND),
  cpu: [MACHINE.cpuSeconds, KERNEL.contextSwitches, KERNEL.interrupts, KERNEL.forks],
  network: [
    ...[MACHINE.networkSent, MACHINE.networkReceived],
    ...[DEVICES.networkPackets, DEVICES.networkErrors, DEVICES.networkDrops],
  ],
  disk: [
    ...[MACHINE.diskRead, MACHINE.diskWrite],
    ...[DEVICES.diskOperations, DEVICES.diskWaitSeconds, DEVICES.diskBusySeconds, DEVICES.diskDiscard],
  ],
  pressure: [KERNEL.pressure],
  paging: [
    ...[KERNEL.swapIn, KERNEL.swapOut, KERNEL.refaults, KERNEL.pageFaults],
    ...[KERNEL.oomKills, KERNEL.reclaimStalls],
  ],
  tcp: [DEVICES.tcpSegments, DEVICES.tcpRetransmits, DEVICES.tcpResets, DEVICES.udpErrors],
  listen: [DEVICES.tcpListenDrops, DEVICES.tcpListenOverflows],
  thermal: [DEVICES.cpuThrottles],
  container: Object.values(CONTAINER),
  self: [RECORDER.cpuSeconds],
});

/** The collector of each counter, made when it is first asked for: the end of a short run does not need it. */
let sources: Map<string, Source> | undefined;

function namedSources(): Map<string, Source> {
  const named = new Map<string, Source>();
  const all = counters();
  for (const source of READ_ORDER) for (const { name } of all[source] ?? []) named.set(name, source);
  return named;
}

/** Returns the collector that reads a counter of this name, by its name in the catalogue; undefined: none of these. */
export function collectorOf(metricName: string): string | undefined {
  sources ??= namedSources();
  return sources.get(metricName);
}

/** How much time lies between two readings of one file: between these two, in milliseconds. */
export interface Apart {
  readonly shortestMs: number;
  readonly longestMs: number;
}

/** Stamps are whole milliseconds: two may be so much further apart than they say. */
const STAMP_MS = 1;

/**
 * Returns the growth a second of a counter that cannot grow by more than a second in a second, 0 to 1. It is divided by the
 * longest time that may have passed, so that it is never more than was certain.
 */
export function shareOfTime(grownSeconds: number, { longestMs }: Apart): number {
  const grownMs = grownSeconds * 1000;
  return grownMs / Math.max(longestMs, Math.min(grownMs, longestMs + STAMP_MS));
}

/** Doubt about the time between two readings that is a smaller share of it does not matter. */
const SMALL_DOUBT = 0.1;

/**
 * Returns the growth a second of any other counter: over the middle of what is possible, or, where that is much, over the
 * longest time, so that a stall of the recorder makes no peak.
 */
export function growthPerSecond(grown: number, { shortestMs, longestMs }: Apart): number {
  const isClear = longestMs - shortestMs <= SMALL_DOUBT * longestMs;
  return grown / ((isClear ? (shortestMs + longestMs) / 2 : longestMs) / 1000);
}

/** A clock that counts less than this of the time that has passed leaves some out, as one without idle time does. */
const LEAST_OF_OWN_CLOCK = 0.9;
/** One that counts more than this has a jump in it; each mode is counted in hundredths of a second. */
const MOST_OF_OWN_CLOCK = 1.1;
const OWN_CLOCK_TICKS_MS = 100;

/** The time between two readings of a CPU's times: all of its modes together count it, whenever they were read. */
export function ownClock(allModesSeconds: number, apart: Apart): Apart {
  const ms = allModesSeconds * 1000;
  const isLeast = ms >= LEAST_OF_OWN_CLOCK * apart.shortestMs;
  const isMost = ms <= MOST_OF_OWN_CLOCK * apart.longestMs + OWN_CLOCK_TICKS_MS;
  return isLeast && isMost ? { shortestMs: ms, longestMs: ms } : apart;
}

/** Returns the time that each collector had taken, by its name. */
export function timesTaken(all: readonly RecordedSeries[]): ReadonlyMap<string, Iterable<Block>> {
  return new Map(all.map(({ labels: [source = ""], blocks }) => [source, blocks()]));
}

/** When the files of each collector were read, at some samples of a run. */
export class ReadTimes {
  /** How long after a sample's stamp each collector began and ended, in ms; none: not recorded. */
  private readonly began = new Map<string, Float64Array>();
  private readonly ended = new Map<string, Float64Array>();
  private whole: Float64Array;
  private readonly counters = new Map<string, CounterTimes>();

  /**
   * `taken`: the time that each collector had taken, by name.
   * `stamps`: the samples, ascending.
   * `startMs`: the stamp at the command's start. Its files were read before the collectors took them: at the stamp.
   */
  constructor(
    taken: ReadonlyMap<string, Iterable<Block>>,
    private readonly stamps: Float64Array,
    private readonly startMs: number,
  ) {
    this.whole = new Float64Array(stamps.length);
    for (const source of READ_ORDER) {
      const blocks = taken.get(source);
      if (!blocks) continue;
      this.began.set(source, this.whole);
      this.whole = addDurations(this.whole, blocks, stamps);
      this.ended.set(source, this.whole);
    }
  }

  /** Returns when one counter was read. */
  of(metricName: string): CounterTimes {
    const known = this.counters.get(metricName);
    if (known) return known;
    const source = collectorOf(metricName) ?? "";
    // The tree's figures may be the group's, which is read before it.
    const began = (source === "tree" ? this.began.get("command_group") : undefined) ?? this.began.get(source);
    const times = new CounterTimes(this.stamps, this.startMs, began, this.ended.get(source) ?? this.whole);
    this.counters.set(metricName, times);
    return times;
  }
}

/** When one counter was read, at some samples of a run. */
export class CounterTimes {
  constructor(
    private readonly stamps: Float64Array,
    private readonly startMs: number,
    private readonly began: Float64Array | undefined,
    private readonly ended: Float64Array,
  ) {}

  /** The time between its readings at two samples, by their places in `stamps`. */
  apart(from: number, to: number): Apart {
    const { stamps, ended } = this;
    const ms = stamps[to]! - stamps[from]!;
    const shortestMs = ms + this.beganMs(to) - ended[from]!;
    return { shortestMs: Math.max(0, shortestMs), longestMs: ms + ended[to]! - this.beganMs(from) };
  }

  /** When it had been read at a sample, at the latest. */
  readBy(at: number): number {
    const stamp = this.stamps[at]!;
    return stamp === this.startMs ? stamp : stamp + this.ended[at]!;
  }

  private beganMs(at: number): number {
    return this.began === undefined || this.stamps[at] === this.startMs ? 0 : this.began[at]!;
  }
}

/** Returns at each stamp how long the collectors until then took, with this one added: its growth since the sample before. */
function addDurations(before: Float64Array, blocks: Iterable<Block>, stamps: Float64Array): Float64Array {
  const ended = before.slice();
  let last = 0;
  let at = 0;
  for (const { length, times, values } of blocks) {
    for (let row = 0; row < length; row++) {
      const value = values[row]!;
      if (Number.isNaN(value)) continue;
      const atMs = times[row]!;
      while (at < stamps.length && stamps[at]! < atMs) at++;
      if (stamps[at] === atMs) ended[at] = ended[at]! + Math.max(0, value - last) * 1000;
      last = value;
    }
    if (at === stamps.length) break;
  }
  return ended;
}
