import type { DataSource } from "../data/model.ts";
import type { ProcessSource } from "../processes/process-list.ts";
import type { PlannedPanel } from "./chart-plan.ts";
import type { PageState } from "./page-state.ts";
import type { ProcessLanes, ProcessLanesParts } from "./process-lanes.ts";
import type { RunChoice } from "./run-choice.ts";

/** What only some pages need. The report of one run goes without it, to be small. */
export interface Extras {
  /** Makes the source of a page that holds no data. */
  readonly serverSource?: () => DataSource & ProcessSource;
  /** Makes the comparison of several runs; undefined: there is none. */
  readonly comparison?: (
    choice: RunChoice,
    base: PageState["base"],
    set: (change: Partial<PageState>) => void,
  ) => HTMLElement | undefined;
  /** Adds charts of the difference or the spread of several runs to the lanes. */
  readonly withDerivedCharts?: (lanes: readonly PlannedPanel[], choice: RunChoice) => readonly PlannedPanel[];
  /** Makes the place of the records of processes. */
  readonly processLanes?: (parts: ProcessLanesParts) => ProcessLanes;
}
