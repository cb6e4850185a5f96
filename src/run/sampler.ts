import type { SeriesKey } from "../catalog/index.ts";
import type { Axis, Clock } from "../clock.ts";
import { ABSENT, type Collector } from "../collect/collector.ts";
import { ForbiddenError, ParseError } from "../errors.ts";
import { keepFileLimit } from "../os/limits.ts";
import type { RowSink } from "../recording/recording.ts";
import type { Ending } from "./child.ts";
import { PhaseMarks } from "./phase-marks.ts";
import { CommandEndCollector, RecorderCollector, type TimedCollector } from "./run-series.ts";

/** A collector and its part of the row. */
interface Slot extends TimedCollector {
  /** Of the row itself, but from its description to the next layout. */
  values: Float64Array;
  keys: readonly SeriesKey[];
  described: boolean;
  /** Whether it was described since its facts were last read. */
  factsDue: boolean;
}

/** When the files of a sample were read. */
export interface CaptureTime {
  /** The sample's stamp. */
  readonly atMs: number;
  /** Since the axis' start, in milliseconds with fractions. */
  readonly elapsedMs: number;
  /** How long the reading took. */
  readonly seconds: number;
}

/** A collector whose set of series changes more often within one sample has no values in that. */
const MOST_DESCRIPTIONS = 3;

/**
 * So many milliseconds after the command's start collectors may peek, until the first tick: so a run that is shorter than
 * the interval has a peak, too. The first time is for what can wait until then, and is to be known as early as possible.
 */
const PEEKS_MS = [0, 10, 30, 100, 300];

/** Takes samples: one row each, from all collectors, at absolute deadlines or on request. */
export class Sampler {
  private readonly recorder: RecorderCollector;
  private readonly command = new CommandEndCollector();
  private readonly phases: PhaseMarks;
  private readonly slots: Slot[];
  private row = new Float64Array(0);
  private changed = true;
  /** When the last sample was taken, by the axis' elapsed time. */
  private sampledAt = Number.NEGATIVE_INFINITY;
  private readonly wall: WallWatch;
  private cancelTick: (() => void) | undefined;
  private cancelPeek: (() => void) | undefined;
  /** Of the ticks; infinite before they start. */
  private intervalMs = Number.POSITIVE_INFINITY;
  private between: (() => void) | undefined;

  constructor(
    collectors: readonly Collector[],
    readonly sink: RowSink,
    readonly clock: Clock,
    readonly axis: Axis,
    /** Receives each error; sampling continues. */
    readonly report: (error: unknown) => void,
  ) {
    const slots = collectors.map(newSlot);
    this.recorder = new RecorderCollector(slots);
    this.phases = new PhaseMarks(sink, axis);
    this.slots = [...slots, newSlot(this.command), newSlot(this.phases), newSlot(this.recorder)];
    this.wall = new WallWatch(clock, axis);
  }

  /** The command's phase: 0 before it, 1 while it runs, 2 after it. */
  set status(status: 0 | 1 | 2) {
    this.recorder.status = status;
  }

  /** Takes one sample now and returns its stamp. */
  sample(): number {
    const atMs = this.axis.stamp();
    this.take(atMs, this.axis.elapsed(), 0);
    return atMs;
  }

  /**
   * Takes a sample whose files were captured a little earlier; what was not captured is read now. `between` is called
   * after each collector.
   */
  complete({ atMs, elapsedMs, seconds }: CaptureTime, between: () => void): void {
    this.between = between;
    try {
      this.take(atMs, elapsedMs, seconds);
    } finally {
      this.between = undefined;
    }
  }

  private take(atMs: number, elapsedMs: number, seconds: number): void {
    keepFileLimit();
    const recorder = this.recorder;
    this.sampledAt = elapsedMs;
    recorder.sinceStartSeconds = (atMs - this.axis.startMs) / 1000;
    recorder.durationSeconds = seconds;
    recorder.journalBytes = this.sink.writtenBytes ?? ABSENT;
    this.clear();
    let began = this.clock.now();
    for (const slot of this.slots) began = this.measure(slot, began);
    if (this.changed) this.layOut();
    this.sink.row(atMs, this.row);
    const jump = this.wall.jump();
    if (jump !== undefined) this.sink.event({ atMs: this.axis.now(), event: "clock_jumped", text: jump });
  }

  /** Removes the values of the last sample. */
  private clear(): void {
    if (!this.changed) this.row.fill(ABSENT);
    else for (const slot of this.slots) slot.values.fill(ABSENT);
  }

  /** Fills in one collector's values; returns when that was done, which is when the next one begins. */
  private measure(slot: Slot, began: number): number {
    this.fill(slot);
    const ended = this.clock.now();
    const seconds = (ended - began) / 1000;
    slot.seconds += seconds;
    this.recorder.durationSeconds += seconds;
    this.between?.();
    return ended;
  }

  /** Tells every collector that the next sample is the one at the command's start. */
  commandStarting(): void {
    for (const { collector } of this.slots) this.tell(() => collector.commandStarting?.());
  }

  /** Tells every collector that the command has been started. */
  commandStarted(pid: number): void {
    const stamp = () => this.axis.lastStamp;
    for (const { collector } of this.slots) this.tell(() => collector.commandStarted?.(pid, stamp));
    this.awaitPeek(this.clock.now(), 0);
  }

  /** Tells every collector that the command has ended, `seconds` after its start. */
  commandEnded(ending: Ending, seconds: number): void {
    this.cancelPeek?.();
    this.command.ended(ending, seconds);
    for (const { collector } of this.slots) this.tell(() => collector.commandEnded?.());
  }

  private awaitPeek(startedAt: number, next: number): void {
    const afterMs = PEEKS_MS[next];
    this.cancelPeek = undefined;
    if (afterMs === undefined || afterMs >= this.intervalMs) return;
    this.cancelPeek = this.clock.at(startedAt + afterMs, () => {
      // Their time is not counted: by how long each collector took for a sample it is known when it read its files.
      for (const { collector } of this.slots) if (collector.peek) this.tell(() => collector.peek?.(this.axis.now()));
      this.awaitPeek(startedAt, next + 1);
    });
  }

  private tell(news: () => void): void {
    try {
      news();
    } catch (error) {
      this.report(error);
    }
  }

  /** Samples at each multiple of the interval since the start, from the next one on. Ticks missed since the last sample are counted. */
  start(intervalMs: number): void {
    if (this.cancelTick) return;
    this.intervalMs = intervalMs;
    const passed = () => Math.floor(this.axis.elapsed() / intervalMs);
    const schedule = (due: number) => {
      this.cancelTick = this.clock.at(this.axis.deadline(due * intervalMs), () => tick(due));
    };
    const tick = (due: number) => {
      // A timer may fire a little early: it is still the tick that was due.
      const reached = Math.max(due, passed());
      this.recorder.ticksMissed += reached - due;
      try {
        // A sample on request at or after this tick's time replaces it.
        if (this.sampledAt < due * intervalMs) this.sample();
        this.recordFacts();
      } catch (error) {
        this.report(error);
      }
      const following = Math.max(reached, passed()) + 1;
      this.recorder.ticksMissed += following - reached - 1;
      schedule(following);
    };
    const first = passed();
    // Loading the collectors, or a slow first sample, may have taken some ticks' time.
    if (this.sampledAt >= 0) this.recorder.ticksMissed += first - Math.floor(this.sampledAt / intervalMs);
    schedule(first + 1);
  }

  /** Records the facts of collectors that were described again. It may take longer than a sample. */
  recordFacts(): void {
    for (const slot of this.slots) {
      if (!slot.factsDue) continue;
      slot.factsDue = false;
      try {
        for (const fact of slot.collector.facts?.() ?? []) this.sink.fact(fact);
      } catch (error) {
        this.report(error);
      }
    }
  }

  stop(): void {
    this.cancelTick?.();
    this.cancelPeek?.();
    this.tell(() => this.phases.end());
  }

  /** Fills in one collector's values, `ABSENT` where it failed before it had them. It never throws. */
  private fill(slot: Slot): void {
    try {
      for (let tries = 0; tries < MOST_DESCRIPTIONS; tries++) {
        if (!slot.described) this.describe(slot);
        if (slot.collector.sample(slot.values)) return;
        slot.described = false;
      }
      slot.values.fill(ABSENT);
    } catch (error) {
      this.failed(slot, error);
    }
  }

  private describe(slot: Slot): void {
    slot.keys = slot.collector.describe();
    slot.values = new Float64Array(slot.keys.length).fill(ABSENT);
    slot.described = true;
    slot.factsDue = true;
    this.changed = true;
  }

  private layOut(): void {
    const keys: SeriesKey[] = [];
    for (const slot of this.slots) for (const key of slot.keys) keys.push(key);
    this.row = new Float64Array(keys.length);
    let end = 0;
    for (const slot of this.slots) {
      const { values } = slot;
      slot.values = this.row.subarray(end, end + values.length);
      slot.values.set(values);
      end += values.length;
    }
    this.sink.layout(keys);
    this.changed = false;
  }

  private failed(slot: Slot, error: unknown): void {
    if (!(error instanceof ForbiddenError) && !(error instanceof ParseError)) {
      this.report(error);
      return;
    }
    const kind = error instanceof ForbiddenError ? "forbidden" : "malformed";
    if (this.recorder.countFailure(slot.collector.name, kind))
      this.sink.event({
        atMs: this.axis.now(),
        event: "collector_failed",
        text: `Collector ${slot.collector.name} failed: ${error.message}`,
      });
  }
}

function newSlot(collector: Collector): Slot {
  return {
    collector,
    seconds: 0,
    values: new Float64Array(0),
    keys: [],
    described: false,
    factsDue: false,
  };
}

/** A wall clock that moved by this much against the monotonic one was set, or the machine slept. */
const JUMP_MS = 1000;

/** Notices from sample to sample that the wall clock was set, or that the machine slept. */
class WallWatch {
  /** The wall clock's lead over the axis. */
  private leadMs: number;

  constructor(
    readonly clock: Clock,
    readonly axis: Axis,
  ) {
    this.leadMs = clock.wall() - axis.elapsed();
  }

  /** Returns the jump since the last call, in words; undefined: none. */
  jump(): string | undefined {
    const leadMs = this.clock.wall() - this.axis.elapsed();
    const jumpMs = leadMs - this.leadMs;
    this.leadMs = leadMs;
    if (Math.abs(jumpMs) <= JUMP_MS) return undefined;
    return `The wall clock jumped by ${jumpMs > 0 ? "+" : ""}${(jumpMs / 1000).toFixed(1)} s`;
  }
}
