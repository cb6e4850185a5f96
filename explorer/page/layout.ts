import type { DataSource, Runs } from "../data/model.ts";
import type { PlannedChart, PlannedPanel } from "./chart-plan.ts";
import type { ChartView } from "./chart-view.ts";
import { el } from "./dom.ts";
import { problemsView, titleOf, verdictView } from "./header.ts";
import type { PageState, Range } from "./page-state.ts";
import type { Annotations, RunChoice } from "./run-choice.ts";
import type { RunFigures } from "./run-figures.ts";
import { eventTable, factTable, processTable, seriesTable } from "./tables.ts";
import { elapsed } from "./time-format.ts";
import { Timeline } from "./timeline.ts";
import { Toolbar } from "./toolbar.ts";

/** The content of the page, without its charts. */
export interface Content {
  readonly runs: Runs;
  readonly choice: RunChoice;
  readonly annotations: Annotations;
  readonly all: Range;
  /** Over the whole runs, and over the time of their commands. */
  readonly figures: readonly RunFigures[];
  readonly commandFigures: readonly RunFigures[];
}

export interface LayoutParts {
  readonly source: DataSource;
  readonly set: (change: Partial<PageState>) => void;
  readonly onHelp: () => void;
}

/** The layout of the page: header, toolbar, timeline, the sections of charts, tables. It fills all but the charts. */
export class Layout {
  private readonly parts: LayoutParts;
  private readonly header = el("header", { id: "header" });
  private readonly tools = el("div", { id: "tools" });
  private readonly status = el("p", { class: "status", role: "status" });
  private readonly tables = el("section", { id: "tables", "aria-label": "Tables" });
  /** The headings' notes about the time of the values in the legends. */
  private readonly legendNotes: readonly Element[];
  private content: Content | undefined;
  private toolbar: Toolbar | undefined;
  private timeline: Timeline | undefined;

  constructor(root: HTMLElement, sections: readonly HTMLElement[], parts: LayoutParts) {
    this.parts = parts;
    this.legendNotes = sections.flatMap((section) => [...section.querySelectorAll(".legend-note")]);
    root.replaceChildren(this.header, this.tools, this.status, ...sections, this.tables);
  }

  fill(content: Content, state: PageState): void {
    const { choice, runs, commandFigures } = content;
    this.content = content;
    const problems = problemsView(runs.problems);
    const title = titleOf(choice.runs);
    this.header.replaceChildren(title, ...(problems ? [problems] : []), verdictView(commandFigures, scrollToPanel));
    document.title = `${title.querySelector("h1")?.textContent ?? ""} – statexec`;
    this.showStatus("");
    this.fillTools(state);
    this.fillTables(content);
  }

  fillTools(state: PageState): void {
    const { set, onHelp } = this.parts;
    if (!this.content) return;
    const { choice, runs, annotations, all } = this.content;
    this.toolbar = new Toolbar({ state, choice, all: runs.runs, set, onHelp });
    this.timeline = new Timeline({ annotations, all, onZoom: (zoom) => set({ zoom }), onPin: (pin) => set({ pin }) });
    this.tools.replaceChildren(this.toolbar.element, this.timeline.element);
  }

  showRange(range: Range, cursor: number | undefined, { zoom, pin }: PageState): void {
    this.toolbar?.show(range, cursor, zoom === undefined && pin === undefined);
    this.timeline?.show(range);
    const text = cursor === undefined ? "highest visible values" : `values at ${elapsed(cursor, 0.01)}`;
    for (const note of this.legendNotes) note.textContent = text;
  }

  /** Shows an error that occurred while the page was open; empty: none. */
  showStatus(text: string): void {
    this.status.textContent = text;
  }

  private fillTables({ choice, annotations, figures, commandFigures }: Content): void {
    const wasOpen = new Set([...this.tables.querySelectorAll("details[open]")].map(({ id }) => id));
    const named = ({ run }: RunFigures, title: string) => (choice.view === "one" ? title : `${title}: ${run.name}`);
    const processes = commandFigures.flatMap((one) => tableSection(named(one, "Largest processes"), processTable(one)));
    const events = tableSection(
      "Events",
      eventTable(annotations, (pin) => this.parts.set({ pin })),
    );
    const folds = figures.flatMap((one) => {
      const [facts, series] = [`facts-${one.run.id}`, `series-${one.run.id}`];
      return [
        foldable({ id: facts, title: named(one, "Facts"), open: wasOpen.has(facts) }, () => factTable(one.run)),
        foldable({ id: series, title: named(one, "All series"), open: wasOpen.has(series) }, () =>
          seriesTable(this.parts.source, one),
        ),
      ];
    });
    this.tables.replaceChildren(el("div", { class: "pair" }, ...processes, ...events), ...folds);
  }
}

/** Returns the content of a page without any run. */
export function emptyPage({ problems }: Runs): HTMLElement[] {
  const listed = problemsView(problems);
  return [el("p", { class: "empty" }, "There is no run to show."), ...(listed ? [listed] : [])];
}

const SECTIONS = { command: "Command", machine: "Machine", recorder: "statexec itself" } as const;

/** Makes the sections of the chart grid, and a view for each chart that is drawn. */
export function chartGrid(
  panels: readonly PlannedPanel[],
  viewOf: (chart: PlannedChart) => ChartView,
): { readonly sections: HTMLElement[]; readonly views: ChartView[] } {
  const views: ChartView[] = [];
  const panelElement = ({ spec, charts }: PlannedPanel) => {
    const own = charts.filter(({ quiet }) => !quiet || spec.quiet === undefined).map(viewOf);
    views.push(...own);
    return el(
      "article",
      { class: "panel", id: `panel-${spec.id}`, "aria-label": spec.title },
      el("h3", {}, spec.title, el("span", { class: "hint", title: spec.hint }, spec.hint)),
      ...own.map(({ element }) => element),
    );
  };
  const sections = Object.entries(SECTIONS).flatMap(([id, title]) => {
    const inside = panels.filter(({ spec }) => spec.section === id);
    if (inside.length === 0) return [];
    const drawn = inside.filter(({ spec, charts }) => spec.quiet === undefined || charts.some(({ quiet }) => !quiet));
    const quiet = inside.filter((panel) => !drawn.includes(panel)).map(({ spec }) => spec.quiet);
    return [
      el(
        "section",
        { class: "panels", id, "aria-label": title },
        el("h2", {}, title, el("span", { class: "legend-note" })),
        el("div", { class: "grid" }, ...drawn.map(panelElement)),
        quiet.length > 0 ? el("p", { class: "quiet" }, quiet.join(" ")) : undefined,
      ),
    ];
  });
  return { sections, views };
}

function scrollToPanel(panel: string): void {
  document.getElementById(`panel-${panel}`)?.scrollIntoView({ block: "center" });
}

function tableSection(title: string, table: HTMLElement | undefined): HTMLElement[] {
  if (!table) return [];
  return [el("section", { "aria-label": title }, el("h2", {}, title), el("div", { class: "scroll" }, table))];
}

/** Makes an element whose content is made when the reader opens it. */
function foldable(
  { id, title, open }: { id: string; title: string; open: boolean },
  make: () => HTMLElement,
): HTMLElement {
  const details = el("details", { id, open, class: "foldable" }, el("summary", {}, title));
  const fill = () => {
    if (details.open && details.childElementCount === 1) details.append(el("div", { class: "scroll" }, make()));
  };
  details.addEventListener("toggle", fill);
  fill();
  return details;
}
