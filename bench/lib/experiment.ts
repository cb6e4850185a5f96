import type { Lab } from "./lab.ts";

/** What a contestant needed, one value a round; or why there are none: `not installed`. */
export type Figures = readonly number[] | string;

/** Why a program that others made has no figures: it is not here, or does not work here. */
export const NOT_INSTALLED = "not installed";

/** Measures some contestants in turns: value `n` of each was measured in round `n`. */
export interface Experiment {
  /** As `--only` names it. */
  readonly name: string;
  /** The figures by contestant, in the unit of the rows that show them. */
  run(lab: Lab): Promise<ReadonlyMap<string, Figures>>;
}

/** How a figure is written: nanoseconds, bytes, per cent, or a rate per second. */
export type Unit = "ns" | "bytes" | "percent" | "perSecond";

/** One line of the table. The ratio is that of the medians of `ours` and `against`. */
export interface Row {
  readonly what: string;
  readonly experiment: Experiment;
  readonly unit: Unit;
  /** The contestant that is measured. */
  readonly ours: string;
  /** The contestant that it is compared with; without one, the goal is for the figure itself. */
  readonly against?: string;
  readonly goal?: Goal;
  /** The goal is for the figure itself although there is a contestant to compare it with. */
  readonly absolute?: true;
  /** It is one of the few that the README shows. */
  readonly forUsers?: true;
}

export type Goal = { readonly atMost: number } | { readonly atLeast: number };

/** Collects the figures of an experiment by contestant, in the order in which they were measured. */
export class FigureCollection {
  private readonly byName = new Map<string, number[]>();
  private readonly reasons = new Map<string, string>();

  add(contestant: string, figure: number): void {
    const figures = this.byName.get(contestant);
    if (figures) figures.push(figure);
    else this.byName.set(contestant, [figure]);
  }

  /** Notes why a contestant has no figures; the table shows the reason. */
  missing(contestant: string, reason: string): void {
    this.reasons.set(contestant, reason);
  }

  get all(): ReadonlyMap<string, Figures> {
    return new Map<string, Figures>([...this.byName, ...this.reasons]);
  }
}
