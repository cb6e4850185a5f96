/*
 * What a user names in options and several folders must understand alike: budgets and collectors.
 */

/** What a budget can limit, by the names that the user writes, each with the unit of its values. */
export const BUDGET_UNITS = {
  wall: "seconds",
  cpu: "seconds",
  memory: "bytes",
  "memory-with-cache": "bytes",
  processes: "count",
  threads: "count",
  read: "bytes",
  written: "bytes",
  instructions: "count",
} as const;

export type BudgetedFigure = keyof typeof BUDGET_UNITS;

/** What is known of a part of a run that `--mark` begins, and so can be limited in it. */
export const PHASE_FIGURES = ["wall", "cpu", "memory", "read", "written"] as const satisfies readonly BudgetedFigure[];

export type PhaseFigure = (typeof PHASE_FIGURES)[number];

/** The event that begins a phase; its text is the phase's name. */
export const PHASE_EVENT = "phase";

/** The most that a run may use of something. */
export interface Budget {
  /** As the user wrote it: `memory<512MiB`. */
  readonly text: string;
  readonly name: BudgetedFigure;
  /** The phase that is meant; undefined: the whole run. */
  readonly phase?: string;
  /** Whether a run that uses exactly this much is within the limit. */
  readonly inclusive: boolean;
  /** A number in the figure's unit; or by how much of itself the baseline, or what is usual, may be exceeded: 0.1 is 10 %. */
  readonly limit: { readonly value: number } | { readonly overBaseline: number } | { readonly overHistory: number };
}

/** How perf events are used: where the kernel allows it, with hardware counters besides, or not at all. */
export const PERF_WAYS = ["auto", "counters", "off"] as const;

/** Which processes of the command are recorded each: none, those that used most CPU time, or all. */
export const PROCESS_CHOICES = ["off", "top", "all"] as const;

/** So many processes, those with the most CPU time, has the record of the choice `top`. */
export const TOP_PROCESSES = 200;

export type ProcessChoice = (typeof PROCESS_CHOICES)[number];

/** Which collectors a run uses. */
export interface CollectorChoice {
  /** Those that are wanted; empty: all. */
  readonly only: readonly string[];
  readonly without: readonly string[];
  /** Those that work in their other way: `cpu=total`. */
  readonly ways: readonly (readonly [name: string, way: string])[];
}

/** Every collector, in its usual way. */
export const ALL_COLLECTORS: CollectorChoice = { only: [], without: [], ways: [] };

/** Where a server listens. */
export interface ListenAddress {
  /** A name or an address; an IPv6 address has no brackets. */
  readonly host: string;
  readonly port: number;
}

/** How `--history` prints runs. */
export const HISTORY_FORMATS = ["table", "json", "markdown", "html"] as const;

/** What the history keeps of a run: what a budget can limit, and switches between tasks. */
export const REMEMBERED_UNITS = { ...BUDGET_UNITS, switches: "count" } as const;

export type RememberedName = keyof typeof REMEMBERED_UNITS;

export type HistoryFormat = (typeof HISTORY_FORMATS)[number];

/** How `--processes-of` prints processes, and by which figure the first ones are chosen. */
export const PROCESS_FORMATS = ["table", "json", "csv"] as const;
export const PROCESS_SORTS = ["cpu", "memory", "io", "wait", "time", "start"] as const;

export type ProcessFormat = (typeof PROCESS_FORMATS)[number];
export type ProcessSort = (typeof PROCESS_SORTS)[number];

/** What `--export` writes: a trace for Chrome and Perfetto, or a table of samples in a shape. */
export const EXPORT_FORMATS = ["trace", "csv", "parquet"] as const;
export const EXPORT_SHAPES = ["long", "wide"] as const;

export type ExportFormat = (typeof EXPORT_FORMATS)[number];
export type ExportShape = (typeof EXPORT_SHAPES)[number];

/** Of a comparison: a smaller difference counts as none, where nobody says otherwise. 5 %. */
export const DEFAULT_NOISE = 0.05;
