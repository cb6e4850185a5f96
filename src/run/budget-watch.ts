import type { BudgetedFigure } from "../catalog/choices.ts";
import { COMMAND, type Fact, type SeriesKey } from "../catalog/index.ts";
import type { Clock } from "../clock.ts";
import type { ProcessCollector } from "../collect/processes/process-collector.ts";
import { sendSignal } from "../os/process.ts";
import { isWithin, type Limit } from "../recording/budget-results.ts";
import type { Recording, RunEvent } from "../recording/recording.ts";
import { EndLadder } from "./end-ladder.ts";
import type { Store } from "./session-parts.ts";

/** The series whose sum a budget is for; the clock watches the wall time. */
const WATCHED: Readonly<Record<Exclude<BudgetedFigure, "wall">, string>> = {
  cpu: COMMAND.cpuSeconds.name,
  memory: COMMAND.memoryPeak.name,
  "memory-with-cache": COMMAND.memoryPeakWithCache.name,
  processes: COMMAND.processes.name,
  threads: COMMAND.threads.name,
  read: COMMAND.diskRead.name,
  written: COMMAND.diskWrite.name,
  instructions: COMMAND.instructions.name,
};

/** The series that is taken off that sum. */
const TAKEN_OFF: Partial<Record<BudgetedFigure, string>> = { written: COMMAND.diskWriteCancelled.name };

/** A limit and the columns of a row that count against it. */
interface WatchedLimit {
  readonly limit: Limit;
  columns: number[];
  /** What these columns have is taken off. */
  offColumns: number[];
}

export interface BudgetWatchParts {
  readonly limits: readonly Limit[];
  /** The command's living processes. */
  readonly tree: Pick<ProcessCollector, "pids">;
  readonly clock: Clock;
}

/** Checks each sample on its way to the store, and ends the command at the first one that exceeds a budget. */
export class BudgetWatch implements Store {
  /** Whether the command was told to end. */
  hasActed = false;
  private readonly parts: BudgetWatchParts;
  private readonly watched: readonly WatchedLimit[];
  private store!: Store;
  private isOver = false;
  private lastMs = 0;
  private cancelWall: (() => void) | undefined;
  private ladder: EndLadder | undefined;

  constructor(parts: BudgetWatchParts) {
    this.parts = parts;
    this.watched = parts.limits.map((limit) => ({ limit, columns: [], offColumns: [] }));
  }

  /** Returns itself as the store, which passes everything on to `store`. */
  inFrontOf(store: Store): Store {
    this.store = store;
    return this;
  }

  /** The command has been started: its wall time counts from now on. */
  started(): void {
    const { limits, clock } = this.parts;
    const [first] = limits.filter(({ name }) => name === "wall").toSorted((a, b) => a.value - b.value);
    if (first) this.cancelWall = clock.at(clock.now() + first.value * 1000, () => this.exceeded(first));
  }

  /** The command itself has ended: resolves when its descendants have, too, where they were told to. */
  settled(): Promise<void> | undefined {
    const { tree } = this.parts;
    return this.ladder?.isPending ? this.ladder.settled(() => tree.pids().some(isAlive)) : undefined;
  }

  /** The run has ended: nothing is checked any more, and what is left of a command that was told to end is killed. */
  ended(): void {
    this.isOver = true;
    this.cancelWall?.();
    this.ladder?.kill();
  }

  layout(columns: readonly SeriesKey[]): void {
    for (const one of this.watched) {
      const { name } = one.limit;
      one.columns = placesOf(columns, name === "wall" ? undefined : WATCHED[name]);
      one.offColumns = placesOf(columns, TAKEN_OFF[name]);
    }
    this.store.layout(columns);
  }

  row(atMs: number, values: Float64Array): void {
    this.store.row(atMs, values);
    this.lastMs = atMs;
    if (this.isOver) return;
    for (const { limit, columns, offColumns } of this.watched) {
      let sum = columns.length === 0 ? Number.NaN : 0;
      for (const column of columns) sum += values[column]!;
      // A group's counters have nothing to take off: they count what reached the disks.
      for (const column of offColumns) if (!Number.isNaN(values[column]!)) sum -= values[column]!;
      if (!Number.isNaN(sum) && !isWithin(limit, sum)) this.exceeded(limit);
    }
  }

  get writtenBytes(): number | undefined {
    return this.store.writtenBytes;
  }

  event(event: RunEvent): void {
    this.store.event(event);
  }

  fact(fact: Fact): void {
    this.store.fact(fact);
  }

  end(): void {
    this.store.end();
  }

  recording(): Recording {
    return this.store.recording();
  }

  private exceeded({ text }: Limit): void {
    if (this.isOver) return;
    this.isOver = true;
    this.hasActed = true;
    // At the time of the sample that showed it.
    this.event({
      atMs: this.lastMs,
      event: "budget_exceeded",
      text: `Budget ${text} exceeded: the command is ended`,
    });
    const { tree, clock } = this.parts;
    this.ladder = new EndLadder(clock, (signal) => sendToAll(tree.pids(), signal));
    this.ladder.begin();
  }
}

function placesOf(columns: readonly SeriesKey[], name: string | undefined): number[] {
  return columns.flatMap(({ metric }, place) => (metric.name === name ? [place] : []));
}

/** Leaves alone what is gone, and what belongs to another user by now. */
function sendToAll(pids: readonly number[], signal: number): void {
  for (const pid of pids) {
    try {
      sendSignal(pid, signal);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EPERM")) throw error;
    }
  }
}

/** Whether a process lives, or is a zombie that nobody has waited for. */
function isAlive(pid: number): boolean {
  try {
    return sendSignal(pid, 0);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EPERM") return true;
    throw error;
  }
}
