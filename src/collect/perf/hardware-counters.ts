import { ACCOUNTING, COMMAND, type Fact, type SeriesKey, series } from "../../catalog/index.ts";
import { ABSENT, type Collector } from "../collector.ts";

/** The counter of one event, of all processes that the command started; see perf_event_open(2). */
export interface CounterSource {
  /** Events, as far as the counter ran. */
  readonly counted: number;
  /** How long it was to run, and how long it did: less where events share the processor's counters. */
  readonly enabledNs: number;
  readonly runningNs: number;
  /** Takes the state of now. Throws SystemError. */
  read(): void;
}

type CounterName = "instructions" | "cycles" | "cache_misses" | "branch_misses";

/** In the order of the row. The first one that is there shows whether the counters count at all. */
const COUNTED: readonly (readonly [name: CounterName, key: SeriesKey])[] = [
  ["instructions", series(COMMAND.instructions)],
  ["cycles", series(COMMAND.cycles)],
  ["cache_misses", series(COMMAND.cacheMisses)],
  ["branch_misses", series(COMMAND.branchMisses)],
];

/** The fact that says why nothing is counted though it was asked for. */
const ABSENT_FACT = "hardware_counters";

export interface HardwareParts {
  /** Returns the counters once the command was started, or why there are none; undefined: it was not started yet. */
  readonly sources: () => ReadonlyMap<CounterName, CounterSource> | string | undefined;
  /** Whether every process that the command started has been counted, when it has ended; undefined: nothing tells. */
  readonly hasAllProcesses: () => boolean | undefined;
}

/**
 * Hardware counters of the process tree, in user mode. What a counter counted is certain, and is all of it if it always ran;
 * where it did not, that is a lower bound, and the share of time that it ran gives an estimate, which is a series of its own.
 */
export class HardwareCounters implements Collector {
  readonly name = "counters";
  private readonly values = new Float64Array(COUNTED.length).fill(ABSENT);
  private hasEnded = false;
  private isUpdated = false;
  /** Series that have their only value at the command's end. */
  private finals: readonly (readonly [key: SeriesKey, value: number])[] = [];

  constructor(private readonly parts: HardwareParts) {}

  describe(): readonly SeriesKey[] {
    return [...COUNTED.map(([, key]) => key), ...this.finals.map(([key]) => key)];
  }

  facts(): readonly Fact[] {
    const sources = this.parts.sources();
    return typeof sources === "string" ? [[ABSENT_FACT, `absent: ${sources}`]] : [];
  }

  commandEnded(): void {
    this.hasEnded = true;
  }

  /** Throws SystemError. */
  sample(row: Float64Array): boolean {
    if (!this.isUpdated) this.update();
    this.isUpdated = true;
    const { values, finals } = this;
    if (row.length !== values.length + finals.length) return false;
    this.isUpdated = false;
    for (let i = 0; i < values.length; i++) row[i] = values[i]!;
    for (let i = 0; i < finals.length; i++) row[values.length + i] = finals[i]![1];
    return true;
  }

  private update(): void {
    const sources = this.parts.sources();
    if (typeof sources !== "object") return;
    let counts: boolean | undefined;
    for (let i = 0; i < COUNTED.length; i++) {
      const source = sources.get(COUNTED[i]![0]);
      if (source === undefined) continue;
      source.read();
      const hasRun = source.runningNs > 0;
      // Some hosts give their guests counters that stay at 0: none of them is believed then.
      if (hasRun) counts ??= source.counted > 0;
      this.values[i] = hasRun && counts ? source.counted : ABSENT;
    }
    if (this.hasEnded && this.finals.length === 0) this.finals = this.finalsOf(sources);
  }

  /** How each figure is known, and the estimates of those that did not always run. */
  private finalsOf(sources: ReadonlyMap<CounterName, CounterSource>): typeof this.finals {
    const isWhole = this.parts.hasAllProcesses();
    const finals: (readonly [SeriesKey, number])[] = [];
    for (const [i, [name]] of COUNTED.entries()) {
      const source = sources.get(name);
      if (!source || Number.isNaN(this.values[i])) continue;
      const { counted, enabledNs, runningNs } = source;
      const isPart = runningNs < enabledNs;
      const known = isPart || isWhole === false ? "perf_lower_bound" : isWhole ? "perf" : "perf_unwatched";
      finals.push([series(ACCOUNTING.info, { resource: name, source: known }), 1]);
      if (isPart)
        finals.push([
          series(COMMAND.counterEstimate, { resource: name }),
          Math.round((counted * enabledNs) / runningNs),
        ]);
    }
    return finals;
  }
}
