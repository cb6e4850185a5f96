import { phaseSpans } from "../../src/recording/phases.ts";
import type { DataSource, LimitInfo, RunInfo, Runs } from "../data/model.ts";
import { answerView } from "./answer.ts";
import { el } from "./dom.ts";
import type { Extras } from "./extras.ts";
import { problemsView, titleOf } from "./header.ts";
import type { PageState, Range } from "./page-state.ts";
import { type Annotations, namesOf, positionsOf, type RunChoice } from "./run-choice.ts";
import type { RunFigures } from "./run-figures.ts";
import { eventTable, factTable, phaseTable, processTable, seriesTable } from "./tables.ts";
import { elapsed } from "./time-format.ts";
import { Timeline } from "./timeline.ts";
import { Toolbar } from "./toolbar.ts";

/** More tables of the same kind are folded. */
const MOST_TABLES = 3;

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
  readonly extras: Extras;
  /** The place of the records of processes; undefined: the page shows none. */
  readonly processes: HTMLElement | undefined;
  readonly set: (change: Partial<PageState>) => void;
  readonly onHelp: () => void;
}

/** The layout of the page: the answer, the run, what used most, everything else. It fills all but the charts. */
export class Layout {
  private readonly parts: LayoutParts;
  private readonly header = el("header", { id: "header" });
  private readonly comparison = el("div");
  private readonly tools = el("div", { id: "tools" });
  private readonly status = el("p", { class: "status", role: "status" });
  private readonly tables = el("section", { id: "tables", "aria-label": "Programs and events" });
  private readonly folds = el("section", { id: "folds", "aria-label": "Facts and series" });
  /** The headings' notes about the time of the values in the legends. */
  private readonly legendNotes: readonly Element[];
  private content: Content | undefined;
  private toolbar: Toolbar | undefined;
  private timeline: Timeline | undefined;

  constructor(root: HTMLElement, [run, ...others]: readonly HTMLElement[], parts: LayoutParts) {
    this.parts = parts;
    root.replaceChildren(
      ...[this.header, this.tools, this.status, ...(run ? [run] : [])],
      ...(parts.processes ? [parts.processes] : []),
      ...[this.tables, ...others, this.folds],
    );
    this.legendNotes = [...root.querySelectorAll(".legend-note")];
  }

  fill(content: Content, state: PageState): void {
    const { choice, runs, commandFigures } = content;
    this.content = content;
    const problems = problemsView(runs.problems);
    const title = titleOf(choice.runs);
    const answer = answerView(commandFigures, choice.view, (panel, span) => this.showPanel(panel, span));
    this.header.replaceChildren(title, ...(problems ? [problems] : []), answer, this.comparison);
    this.fillComparison(state);
    document.title = `${title.querySelector("h1")?.textContent ?? ""} – statexec`;
    this.showStatus("");
    this.fillTools(state);
    this.fillTables(content);
  }

  fillComparison({ base }: PageState): void {
    if (!this.content) return;
    const { extras, set } = this.parts;
    const filled = extras.comparison?.(this.content.choice, base, set);
    this.comparison.replaceChildren(...(filled ? [filled] : []));
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

  /** Scrolls to a panel, and zooms to a time; without one, the range stays. */
  private showPanel(panel: string, span: LimitInfo["span"] | undefined): void {
    const [run] = this.content?.choice.runs ?? [];
    if (span && run && this.content) {
      const originMs = positionsOf(this.content.choice).get(run.id)?.originMs ?? 0;
      const zoom = { from: (span.fromMs - originMs) / 1000, to: (span.toMs - originMs) / 1000 };
      this.parts.set({ zoom, pin: undefined });
    }
    const element = document.getElementById(`panel-${panel}`);
    const fold = element?.closest("details");
    if (fold) fold.open = true;
    element?.scrollIntoView({ block: "center" });
  }

  /** Zooms from the first start of a phase to its last end. */
  private zoomToPhase(run: RunInfo, name: string): void {
    const originMs = this.content && positionsOf(this.content.choice).get(run.id)?.originMs;
    const spans = run.command ? phaseSpans(run, run.command).filter(({ phase }) => phase === name) : [];
    if (originMs === undefined || spans.length === 0) return;
    const [from, to] = [spans[0]!.fromMs, spans.at(-1)!.toMs].map((atMs) => (atMs - originMs) / 1000);
    this.parts.set({ zoom: { from: from!, to: to! } });
  }

  private fillTables({ choice, annotations, figures, commandFigures }: Content): void {
    const wasOpen = new Set(
      [...this.folds.querySelectorAll("details[open]"), ...this.tables.querySelectorAll("details[open]")].map(
        ({ id }) => id,
      ),
    );
    const names = namesOf(choice.runs);
    const named = ({ run }: RunFigures, title: string) =>
      choice.view === "one" ? title : `${title}: ${names[choice.runs.findIndex(({ id }) => id === run.id)]}`;
    const largest = commandFigures.flatMap((one) => tableSection(named(one, "Largest processes"), processTable(one)));
    const isMany = largest.length > MOST_TABLES;
    const folded = { id: "largest", title: "Largest processes of each run", open: wasOpen.has("largest") };
    const processes = isMany ? [foldable(folded, () => el("div", { class: "pair" }, ...largest))] : largest;
    const phases = choice.runs.flatMap((run, at) =>
      tableSection(
        choice.view === "one" ? "Phases" : `Phases: ${names[at]}`,
        phaseTable(run, (phase) => this.zoomToPhase(run, phase)),
      ),
    );
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
    this.tables.replaceChildren(
      ...phases,
      ...(isMany ? processes : []),
      el("div", { class: "pair" }, ...(isMany ? [] : processes), ...events),
    );
    this.folds.replaceChildren(...folds);
  }
}

/** Returns the content of a page without any run. */
export function emptyPage({ problems }: Runs): HTMLElement[] {
  const listed = problemsView(problems);
  return [el("p", { class: "empty" }, "There is no run to show."), ...(listed ? [listed] : [])];
}

function tableSection(title: string, table: HTMLElement | undefined): HTMLElement[] {
  if (!table) return [];
  return [
    el("section", { "aria-label": title }, el("h2", {}, title), el("div", { class: "scroll", tabindex: 0 }, table)),
  ];
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
