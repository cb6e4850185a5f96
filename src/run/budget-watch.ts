import { COMMAND, type SeriesKey } from "../catalog/index.ts";
import type { Clock } from "../clock.ts";
import type { BudgetedFigure } from "../recording/budget-results.ts";
import { isWithin, type Limit } from "../recording/budget-results.ts";
import type { Fact, Recording, RunEvent } from "../recording/recording.ts";
import { endTree } from "./end-tree.ts";
import type { Store } from "./session-parts.ts";

/** The series whose sum a budget is for; the time that passes is watched by the clock. */
const WATCHED: Readonly<Record<Exclude<BudgetedFigure, "wall">, string>> = {
  cpu: COMMAND.cpuSeconds.name,
  memory: COMMAND.memoryPeak.name,
  "memory-with-cache": COMMAND.memoryPeakWithCache.name,
  processes: COMMAND.processes.name,
  threads: COMMAND.threads.name,
  read: COMMAND.diskRead.name,
  written: COMMAND.diskWrite.name,
};

/** A limit and the columns of a row that count against it. */
interface Watched {
  readonly limit: Limit;
  columns: number[];
}

/** What a watch is made of. */
export interface WatchParts {
  readonly store: Store;
  readonly limits: readonly Limit[];
  readonly clock: Clock;
  /** Told once, of the first limit that is exceeded. */
  readonly exceeded: (limit: Limit) => void;
}

/** Looks at each sample on its way to the store, and tells of the first that is beyond a budget. */
export class BudgetWatch implements Store {
  private readonly _parts: WatchParts;
  private readonly watched: readonly Watched[];
  private isOver = false;
  private lastMs = 0;
  private cancelWall: (() => void) | undefined;

  constructor(parts: WatchParts) {
    this._parts = parts;
    this.watched = parts.limits.map((limit) => ({ limit, columns: [] }));
  }

  get writtenBytes(): number | undefined {
    return this._parts.store.writtenBytes;
  }

  /** The command has been started: from now on its time counts. */
  started(): void {
    const { limits, clock } = this._parts;
    const [first] = limits.filter(({ name }) => name === "wall").toSorted((a, b) => a.value - b.value);
    if (first) this.cancelWall = clock.at(clock.now() + first.value * 1000, () => this._tell(first));
  }

  /** The command has ended: nothing is told any more. */
  ended(): void {
    this.isOver = true;
    this.cancelWall?.();
  }

  layout(columns: readonly SeriesKey[]): void {
    for (const one of this.watched) {
      const name = one.limit.name === "wall" ? undefined : WATCHED[one.limit.name];
      one.columns = columns.flatMap(({ metric }, place) => (metric.name === name ? [place] : []));
    }
    this._parts.store.layout(columns);
  }

  row(atMs: number, values: Float64Array): void {
    this._parts.store.row(atMs, values);
    this.lastMs = atMs;
    if (this.isOver) return;
    for (const { limit, columns } of this.watched) {
      let sum = columns.length === 0 ? Number.NaN : 0;
      for (const column of columns) sum += values[column]!;
      if (!Number.isNaN(sum) && !isWithin(limit, sum)) this._tell(limit);
    }
  }

  /** Notes what was done for a budget, at the sample that showed it. */
  tell(text: string): void {
    this._parts.store.event({ atMs: this.lastMs, event: "budget_exceeded", text });
  }

  event(event: RunEvent): void {
    this._parts.store.event(event);
  }

  fact(fact: Fact): void {
    this._parts.store.fact(fact);
  }

  end(): void {
    this._parts.store.end();
  }

  recording(): Recording {
    return this._parts.store.recording();
  }

  private _tell(limit: Limit): void {
    if (this.isOver) return;
    this.isOver = true;
    this._parts.exceeded(limit);
  }
}

/** What a keeper is made of. */
export interface KeeperParts {
  readonly limits: readonly Limit[];
  /** The command's processes, living ones. */
  readonly tree: { pids(): readonly number[] };
  readonly clock: Clock;
}

/** Ends the command at the first sample beyond a budget. */
export class BudgetKeeper {
  /** The command was told to end. */
  acted = false;
  private _watch: BudgetWatch | undefined;
  private callOff: (() => void) | undefined;

  constructor(readonly parts: KeeperParts) {}

  /** The store with the watch before it. */
  watch(store: Store): Store {
    const { limits, clock } = this.parts;
    this._watch = new BudgetWatch({ store, limits, clock, exceeded: (limit) => this._end(limit) });
    return this._watch;
  }

  started(): void {
    this._watch?.started();
  }

  ended(): void {
    this._watch?.ended();
    this.callOff?.();
  }

  private _end({ text }: Limit): void {
    const { tree, clock } = this.parts;
    this.acted = true;
    this._watch?.tell(`Budget ${text} exceeded: the command is ended`);
    this.callOff = endTree(() => tree.pids(), clock);
  }
}
