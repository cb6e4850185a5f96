import { PANELS } from "./all-panels.ts";
import { type Choice, namesOf } from "./choice.ts";
import { el } from "./dom.ts";
import type { Figures } from "./figures.ts";
import type { PanelView } from "./panel-view.ts";
import type { PanelSpec } from "./panels.ts";
import { type PlannedChart, planChart, planOverlay } from "./plan.ts";

const SECTIONS = { command: "Command", machine: "Machine", recorder: "statexec itself" } as const;

/** A panel of the page: its spec and its charts, one or one a host. */
export interface PlannedPanel {
  readonly spec: PanelSpec;
  readonly charts: readonly PlannedChart[];
}

/** The panels that have data, for what is chosen of the runs. */
export function planPanels(choice: Choice, figures: readonly Figures[]): PlannedPanel[] {
  const names = namesOf(choice.runs);
  const charts = (spec: PanelSpec): (PlannedChart | undefined)[] => {
    if (choice.view === "overlay")
      return [
        planOverlay(
          spec,
          figures.map((one, at) => ({ figures: one, name: names[at] ?? "" })),
        ),
      ];
    return figures.map((one, at) => planChart(spec, one, choice.view === "hosts" ? names[at] : ""));
  };
  return PANELS.map((spec) => ({ spec, charts: charts(spec).filter((chart) => chart !== undefined) })).filter(
    ({ charts }) => charts.length > 0,
  );
}

/** Whether two plans have the same charts with the same lines: then only their points differ. */
export function isSamePlan(a: readonly PlannedPanel[], b: readonly PlannedPanel[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The sections of panels, and the views of their charts. */
export function boardView(
  panels: readonly PlannedPanel[],
  viewOf: (chart: PlannedChart) => PanelView,
): { elements: HTMLElement[]; views: PanelView[] } {
  const views: PanelView[] = [];
  const panelView = ({ spec, charts }: PlannedPanel) => {
    const own = charts.filter(({ quiet }) => !quiet || spec.quiet === undefined).map(viewOf);
    views.push(...own);
    return el(
      "article",
      { class: "panel", id: `panel-${spec.id}`, "aria-label": spec.title },
      el("h3", {}, spec.title, el("span", { class: "hint", title: spec.hint }, spec.hint)),
      ...own.map(({ element }) => element),
    );
  };
  const elements = Object.entries(SECTIONS).flatMap(([section, title]) => {
    const inside = panels.filter(({ spec }) => spec.section === section);
    if (inside.length === 0) return [];
    const drawn = inside.filter(({ spec, charts }) => spec.quiet === undefined || charts.some(({ quiet }) => !quiet));
    const quiet = inside.filter((panel) => !drawn.includes(panel)).map(({ spec }) => spec.quiet);
    return [
      el(
        "section",
        { class: "panels", id: section, "aria-label": title },
        el("h2", {}, title, el("span", { class: "told" })),
        el("div", { class: "grid" }, ...drawn.map(panelView)),
        quiet.length > 0 ? el("p", { class: "quiet" }, quiet.join(" ")) : undefined,
      ),
    ];
  });
  return { elements, views };
}
