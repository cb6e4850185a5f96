import type { DataSource, Runs } from "../data/model.ts";
import type { Choice } from "./choice.ts";
import { el } from "./dom.ts";
import type { Figures } from "./figures.ts";
import { problemsView, titleOf, verdictView } from "./head.ts";
import type { Marks } from "./marks.ts";
import { rawTable } from "./raw-table.ts";
import type { Range, State } from "./state.ts";
import { eventTable, factTable, processTable } from "./tables.ts";
import { elapsed } from "./time-text.ts";
import { Timeline } from "./timeline.ts";
import { Toolbar } from "./toolbar.ts";

/** What the frame is filled with. */
export interface Content {
  readonly runs: Runs;
  readonly choice: Choice;
  readonly marks: Marks;
  readonly all: Range;
  /** Over the whole runs, and over the time of their commands. */
  readonly figures: readonly Figures[];
  readonly verdicts: readonly Figures[];
}

export interface FrameParts {
  readonly source: DataSource;
  readonly set: (change: Partial<State>) => void;
  readonly onHelp: () => void;
}

/** All of the page but its charts: head, tools, tables. */
export class Frame {
  private readonly parts: FrameParts;
  private readonly head = el("header", { id: "head" });
  private readonly tools = el("div", { id: "tools" });
  private readonly status = el("p", { class: "status", role: "status" });
  private readonly tables = el("section", { id: "tables", "aria-label": "Tables" });
  /** Where it is said of when the values in legends are. */
  private readonly told: readonly Element[];
  private content: Content | undefined;
  private toolbar: Toolbar | undefined;
  private timeline: Timeline | undefined;

  constructor(root: HTMLElement, panels: readonly HTMLElement[], parts: FrameParts) {
    this.parts = parts;
    this.told = panels.flatMap((panel) => [...panel.querySelectorAll(".told")]);
    root.replaceChildren(this.head, this.tools, this.status, ...panels, this.tables);
  }

  fill(content: Content, state: State): void {
    const { choice, runs, verdicts } = content;
    this.content = content;
    const problems = problemsView(runs.problems);
    const title = titleOf(choice.runs);
    this.head.replaceChildren(title, ...(problems ? [problems] : []), verdictView(verdicts, showPanel));
    document.title = `${title.querySelector("h1")?.textContent ?? ""} – statexec`;
    this.say("");
    this.fillTools(state);
    this.fillTables(content);
  }

  fillTools(state: State): void {
    const { set, onHelp } = this.parts;
    if (!this.content) return;
    const { choice, runs, marks, all } = this.content;
    this.toolbar = new Toolbar({ state, choice, all: runs.runs, set, onHelp });
    this.timeline = new Timeline({ marks, all, onZoom: (zoom) => set({ zoom }), onPin: (pin) => set({ pin }) });
    this.tools.replaceChildren(this.toolbar.element, this.timeline.element);
  }

  showRange(range: Range, cursor: number | undefined, { zoom, pin }: State): void {
    this.toolbar?.show(range, cursor, zoom === undefined && pin === undefined);
    this.timeline?.show(range);
    const told = cursor === undefined ? "values: the highest in sight" : `values at ${elapsed(cursor, 0.01)}`;
    for (const place of this.told) place.textContent = told;
  }

  /** What went wrong while the page was open; empty: nothing. */
  say(words: string): void {
    this.status.textContent = words;
  }

  private fillTables({ choice, marks, figures, verdicts }: Content): void {
    const isOpen = new Set([...this.tables.querySelectorAll("details[open]")].map(({ id }) => id));
    const named = ({ run }: Figures, title: string) => (choice.view === "one" ? title : `${title}: ${run.name}`);
    const processes = verdicts.flatMap((one) => section(named(one, "Biggest processes"), processTable(one)));
    const events = section(
      "Events",
      eventTable(marks, (pin) => this.parts.set({ pin })),
    );
    const folds = figures.flatMap((one) => {
      const [facts, raw] = [`facts-${one.run.id}`, `raw-${one.run.id}`];
      return [
        folded({ id: facts, title: named(one, "Facts"), open: isOpen.has(facts) }, () => factTable(one.run)),
        folded({ id: raw, title: named(one, "All series"), open: isOpen.has(raw) }, () =>
          rawTable(this.parts.source, one),
        ),
      ];
    });
    this.tables.replaceChildren(el("div", { class: "pair" }, ...processes, ...events), ...folds);
  }
}

/** What is said where there is no run at all. */
export function nothingToShow({ problems }: Runs): HTMLElement[] {
  const listed = problemsView(problems);
  return [el("p", { class: "empty" }, "There is no run to show."), ...(listed ? [listed] : [])];
}

function showPanel(panel: string): void {
  document.getElementById(`panel-${panel}`)?.scrollIntoView({ block: "center" });
}

function section(title: string, content: HTMLElement | undefined): HTMLElement[] {
  if (!content) return [];
  return [el("section", { "aria-label": title }, el("h2", {}, title), el("div", { class: "scroll" }, content))];
}

/** Something that is made when it is opened: most never look. */
function folded(
  { id, title, open }: { id: string; title: string; open: boolean },
  make: () => HTMLElement,
): HTMLElement {
  const fold = el("details", { id, open, class: "fold" }, el("summary", {}, title));
  const fill = () => {
    if (fold.open && fold.childElementCount === 1) fold.append(el("div", { class: "scroll" }, make()));
  };
  fold.addEventListener("toggle", fill);
  fill();
  return fold;
}
