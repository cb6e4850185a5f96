import { PHASE_EVENT } from "../catalog/choices.ts";
import { RUN, type SeriesKey, series } from "../catalog/index.ts";
import type { Axis } from "../clock.ts";
import type { Collector } from "../collect/collector.ts";
import { MarkFile, originOf } from "../os/mark-file.ts";
import { monotonicMs } from "../os/process.ts";
import type { RowSink } from "../recording/recording.ts";

/** A run has no more phases of different names: each is a series. */
const MOST_PHASES = 200;

/** What `statexec --mark` wrote: when the recorder began, the time, and the phase. */
const MARK = /^(\d+) (\d+(?:\.\d+)?) (.+)$/;

/**
 * The phases of the command, as `statexec --mark` begins them. Each mark is an event at its own time, and a series says at
 * each sample which phase goes on. Where nothing is marked, a sample costs one call, and there is no series.
 */
export class PhaseMarks implements Collector {
  readonly name = "phases";
  private readonly file = new MarkFile();
  private readonly names: string[] = [];
  private readonly keys: SeriesKey[] = [];
  private described = 0;
  /** The place of the phase that goes on; -1: none. */
  private current = -1;
  private isCommandOver = false;
  private isFull = false;
  /** When this process began, in ticks since the machine did; read with the first mark. */
  private startTicks: string | undefined;

  constructor(
    private readonly sink: Pick<RowSink, "event">,
    private readonly axis: Pick<Axis, "now" | "startMs">,
  ) {}

  describe(): readonly SeriesKey[] {
    this.described = this.keys.length;
    return this.keys;
  }

  sample(row: Float64Array): boolean {
    if (!this.isCommandOver && this.file.isThere) this.read();
    if (this.described !== this.keys.length) return false;
    for (let place = 0; place < this.described; place++) row[place] = place === this.current ? 1 : 0;
    return true;
  }

  /** The next sample, that of the command's end, is the last one with a phase. */
  commandEnded(): void {
    if (this.file.isThere) this.read();
    this.isCommandOver = true;
    this.current = -1;
  }

  /** Throws SystemError. */
  end(): void {
    this.file.end();
  }

  private read(): void {
    for (const line of this.file.lines()) {
      const [, startTicks = "", atMs = "", name = ""] = MARK.exec(line) ?? [];
      this.startTicks ??= originOf("self").startTicks;
      // A process that was killed may have left marks for this pid.
      if (name !== "" && startTicks === this.startTicks) this.begin(name, Number(atMs));
    }
  }

  private begin(name: string, atMs: number): void {
    const known = this.names.indexOf(name);
    if (known < 0 && this.isFull) return;
    if (known < 0 && this.names.length === MOST_PHASES) {
      this.isFull = true;
      this.event(this.axis.now(), "phases_lost", `Only the first ${MOST_PHASES} phases are recorded`);
      return;
    }
    if (known < 0) this.keys.push(series(RUN.phase, { value: name }));
    this.current = known < 0 ? this.names.push(name) - 1 : known;
    const ageMs = Math.max(0, monotonicMs() - atMs);
    this.event(Math.max(this.axis.startMs, Math.floor(this.axis.now() - ageMs)), PHASE_EVENT, name);
  }

  private event(atMs: number, event: string, text: string): void {
    this.sink.event({ atMs, event, text });
  }
}
