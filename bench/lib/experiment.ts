import type { Lab } from "./lab.ts";

/** What a contestant needed, one value a round; or why there are none: `not installed`. */
export type Figures = readonly number[] | string;

/** Some contestants in one interleaved run: value `n` of each was measured in round `n`. */
export interface Experiment {
  /** As `--only` names it. */
  readonly name: string;
  /** The figures by contestant, in the unit of the rows that show them. */
  run(lab: Lab): Promise<ReadonlyMap<string, Figures>>;
}

/** How a figure is written: nanoseconds, bytes, hundredths of a whole, or how often in a second. */
export type Unit = "ns" | "bytes" | "percent" | "perSecond";

/** One line of the table. The ratio is that of the medians of `ours` and `against`. */
export interface Row {
  readonly what: string;
  readonly experiment: Experiment;
  readonly unit: Unit;
  /** The contestant that is measured. */
  readonly ours: string;
  /** The contestant that it is measured against; without one, the goal is for the figure itself. */
  readonly against?: string;
  readonly goal?: Goal;
  /** The goal is for the figure itself although there is one to compare it with. */
  readonly absolute?: true;
}

export type Goal = { readonly atMost: number } | { readonly atLeast: number };
