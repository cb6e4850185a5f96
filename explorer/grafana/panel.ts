import type { Query } from "./query.ts";

/** One query of a panel, and how its lines are called. */
export interface Line {
  readonly query: Query;
  /** Grafana's pattern of a legend: `{{mode}}`. */
  readonly legend: string;
  /** Drawn alone and dashed where the other lines are stacked: a limit, a total. */
  readonly isLimit?: boolean;
}

interface Common {
  readonly title: string;
  /** What people may misread. */
  readonly description?: string;
  /** Of 24 columns. */
  readonly width: number;
  readonly lines: readonly Line[];
}

/** One number of each run, of the end of the time that is shown. */
export interface Tile extends Common {
  readonly kind: "tile";
  readonly unit: Unit;
  readonly decimals?: number;
}

/** Lines over time. */
export interface Graph extends Common {
  readonly kind: "graph";
  readonly unit: Unit;
  readonly stacked?: boolean;
}

/** The label values of series that say something by being there. */
export interface Table extends Common {
  readonly kind: "table";
  /** Labels that become columns, in their order. */
  readonly columns: readonly string[];
}

/** The command's status over time. */
export interface Status extends Common {
  readonly kind: "status";
}

export type Panel = Tile | Graph | Table | Status;

export interface Section {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** Grafana's names of units. Network is in bit/s, as links are sold; disks are in bytes/s. */
export type Unit = "none" | "short" | "bytes" | "bps" | "Bps" | "s" | "percentunit" | "hertz" | "ops" | "cps" | "pps";

/** The source that the stack provides. */
export const DATA_SOURCE = { type: "prometheus", uid: "statexec" } as const;
