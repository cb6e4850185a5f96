import type { Figures } from "./experiment.ts";

/** Collects the figures of an experiment, by contestant, in the order in which they were measured. */
export class Collected {
  private readonly byName = new Map<string, number[]>();
  private readonly reasons = new Map<string, string>();

  note(contestant: string, figure: number): void {
    const figures = this.byName.get(contestant);
    if (figures) figures.push(figure);
    else this.byName.set(contestant, [figure]);
  }

  /** There are none of this one, for a reason that the table shows. */
  missing(contestant: string, reason: string): void {
    this.reasons.set(contestant, reason);
  }

  get all(): ReadonlyMap<string, Figures> {
    return new Map<string, Figures>([...this.byName, ...this.reasons]);
  }
}
