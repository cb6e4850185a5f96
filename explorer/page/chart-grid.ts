import { isTooShort } from "./answer.ts";
import type { Arrangement } from "./arrangement.ts";
import type { PlannedChart, PlannedPanel } from "./chart-plan.ts";
import type { ChartView } from "./chart-view.ts";
import { el } from "./dom.ts";
import type { RunFigures } from "./run-figures.ts";

/** Whose figures a panel has, before its title. */
const OF = { command: "", machine: "Machine: ", recorder: "statexec: " } as const;

/** On a narrower screen, only the lanes are open at first. */
const NARROW = "(max-width: 640px)";

export interface Grid {
  /** The run comes first, then everything else. */
  readonly sections: readonly HTMLElement[];
  readonly views: readonly ChartView[];
}

/** Makes the charts in their layers, and a view for each chart that is drawn. */
export function chartGrid(
  { lanes, rest, flat, quiet }: Arrangement,
  figures: readonly RunFigures[],
  viewOf: (chart: PlannedChart) => ChartView,
): Grid {
  const views: ChartView[] = [];
  const panelElement = (panel: PlannedPanel) => {
    const own = panel.charts.filter((chart) => !chart.quiet || panel.spec.quiet === undefined).map(viewOf);
    views.push(...own);
    return panelOf(panel, own);
  };
  const isShort = figures.every(isTooShort);
  const isWide = !matchMedia(NARROW).matches && !isShort;
  const run = isShort
    ? fold("run", "The run was too short for charts: show them", false, lanes.map(panelElement), "lanes")
    : section("run", "The run", lanes.map(panelElement));
  const others = rest.length > 0 ? [fold("rest", "Everything else", isWide, rest.map(panelElement))] : [];
  if (flat.length > 0) {
    const text = flat.length === 1 ? "1 chart did not move: show it" : `${flat.length} charts did not move: show them`;
    others.push(fold("flat", text, false, flat.map(panelElement)));
  }
  if (quiet.length > 0) others.push(el("p", { class: "quiet" }, quiet.join(" ")));
  return { sections: [run, ...others], views };
}

function panelOf({ spec }: PlannedPanel, views: readonly ChartView[]): HTMLElement {
  const title = OF[spec.section] + spec.title;
  return el(
    "article",
    { class: "panel", id: `panel-${spec.id}`, "aria-label": title },
    el("h3", {}, title),
    el("p", { class: "hint" }, spec.hint),
    ...views.map(({ element }) => element),
  );
}

const legendNote = () => el("span", { class: "legend-note" });

function section(id: string, title: string, panels: readonly HTMLElement[]): HTMLElement {
  const heading = el("h2", {}, title, legendNote());
  return el("section", { class: "panels", id, "aria-label": title }, heading, el("div", { class: "lanes" }, ...panels));
}

function fold(id: string, title: string, open: boolean, panels: readonly HTMLElement[], grid = "grid"): HTMLElement {
  const heading = el("h2", {}, title);
  const summary = el("summary", {}, heading, legendNote());
  return el("details", { class: "panels", id, open }, summary, el("div", { class: grid }, ...panels));
}
