import type { DataSource, Runs } from "../data/model.ts";
import type { ProcessSource } from "../processes/process-list.ts";
import { arranged } from "./arrangement.ts";
import type { SharedView } from "./chart.ts";
import { type Colours, readColours } from "./chart-drawing.ts";
import { chartGrid } from "./chart-grid.ts";
import { isSamePlan, type PlannedChart, type PlannedPanel, planPanels } from "./chart-plan.ts";
import { ChartView } from "./chart-view.ts";
import type { Extras } from "./extras.ts";
import { emptyPage, Layout } from "./layout.ts";
import { type PageState, type Range, readState, within, writeState } from "./page-state.ts";
import { PointLoader } from "./point-loader.ts";
import type { ProcessLanes } from "./process-lanes.ts";
import {
  type Annotations,
  annotationsOf,
  chooseRuns,
  positionsOf,
  type RunChoice,
  type RunPosition,
  wholeRange,
} from "./run-choice.ts";
import { type RunFigures, readFigures } from "./run-figures.ts";
import { listenToKeys } from "./toolbar.ts";

/** The width of a chart on paper: two fit side by side. */
const PRINTED_WIDTH = 340;

/** A reader takes what changes in this time for immediate. */
const LATE_MS = 100;

/** Everything that depends on the chosen runs. */
interface Shown {
  readonly choice: RunChoice;
  readonly positions: ReadonlyMap<string, RunPosition>;
  readonly all: Range;
  readonly annotations: Annotations;
  /** Over the whole runs: the charts are planned by them. */
  readonly figures: readonly RunFigures[];
  readonly panels: readonly PlannedPanel[];
  readonly views: readonly ChartView[];
}

/** The page: shows the runs of a source, as the address says. */
export class App {
  private readonly source: DataSource;
  private readonly extras: Extras;
  private readonly root: HTMLElement;
  private readonly loader: PointLoader;
  private readonly visibility: IntersectionObserver;
  private readonly size: ResizeObserver;
  private readonly showHelp: () => void;
  /** Undefined: the page shows none. */
  readonly processes: ProcessLanes | undefined;
  private runs: Runs = { runs: [], problems: [] };
  private state: PageState = readState(location.hash);
  private colours: Colours = readColours();
  private shown: Shown | undefined;
  private layout: Layout | undefined;
  private hover: number | undefined;
  private cursorFrame = 0;
  private late: ReturnType<typeof setTimeout> | undefined;
  /** The number of the latest update: an earlier one that finishes later has no effect. */
  private latest = 0;

  constructor(source: DataSource & ProcessSource, root: HTMLElement, extras: Extras) {
    this.source = source;
    this.extras = extras;
    this.root = root;
    this.recolour();
    this.loader = new PointLoader({
      source,
      positionOf: (run) => this.shown?.positions.get(run) ?? { originMs: 0, startsMs: [] },
      range: () => this.range(),
      onError: (error) => this.showError(error),
    });
    this.processes = extras.processLanes?.({
      source,
      shared: () => this.sharedView(),
      onWheel: (asked) => this.set({ zoom: within(asked, this.shown?.all ?? asked) }),
      onHover: (x) => this.hovered(x),
      onError: (error) => this.showError(error),
    });
    this.visibility = new IntersectionObserver((entries) => this.visibilityChanged(entries), { rootMargin: "200px" });
    this.size = new ResizeObserver(() => this.eachView((view) => view.resize()));
    this.showHelp = listenToKeys({
      state: () => this.state,
      all: () => this.shown?.all ?? { from: 0, to: 1 },
      set: (change) => this.set(change),
    });
    addEventListener("hashchange", () => this.moveTo(readState(location.hash)));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.recolour());
    addEventListener("beforeprint", () => this.print(PRINTED_WIDTH, "light"));
    addEventListener("afterprint", () => this.print());
  }

  /** The views of all charts, for tests and measurements. */
  get views(): readonly ChartView[] {
    return this.shown?.views ?? [];
  }

  async start(): Promise<void> {
    await this.read();
    this.source.follow?.(() => void this.read());
  }

  /** Reads the list of runs, and shows them. */
  private async read(): Promise<void> {
    const update = ++this.latest;
    try {
      const runs = await this.source.runs();
      if (update !== this.latest) return;
      this.runs = runs;
      await this.show(update);
    } catch (error) {
      this.showError(error);
    }
  }

  private async show(update: number): Promise<void> {
    const choice = chooseRuns(this.runs.runs, this.state);
    if (!choice) {
      this.clear();
      this.root.replaceChildren(...emptyPage(this.runs));
      return;
    }
    const readAll = (over: "command" | "all") =>
      Promise.all(choice.runs.map((run) => readFigures(this.source, run, over)));
    const [figures, commandFigures] = await Promise.all([readAll("all"), readAll("command")]);
    if (update !== this.latest) return;
    const panels = planPanels(choice, figures);
    const before = this.shown;
    const isSame = before?.choice.view === choice.view && isSamePlan(before.panels, panels);
    const positions = positionsOf(choice);
    this.shown = {
      choice,
      positions,
      all: wholeRange(choice.runs, positions),
      annotations: annotationsOf(choice.runs, positions),
      figures,
      panels,
      views: before?.views ?? [],
    };
    if (isSame) this.loader.invalidate();
    else this.rebuild(this.shown);
    this.processes?.show(choice);
    this.layout?.fill({ ...this.shown, runs: this.runs, commandFigures }, this.state);
    this.update();
  }

  /** Builds the page again, with other charts than before. */
  private rebuild(shown: Shown): void {
    this.clear();
    const layers = arranged(shown.panels, shown.figures);
    const lanes = this.extras.withDerivedCharts?.(layers.lanes, shown.choice) ?? layers.lanes;
    const { sections, views } = chartGrid({ ...layers, lanes }, shown.figures, (chart) => this.viewOf(chart, shown));
    this.shown = { ...shown, views };
    this.layout = new Layout(this.root, sections, {
      source: this.source,
      extras: this.extras,
      processes: this.processes?.element,
      set: (change) => this.set(change),
      onHelp: this.showHelp,
    });
    for (const view of views) this.visibility.observe(view.element);
    this.size.observe(this.root);
    this.loader.setCharts(views);
  }

  /** Destroys the charts: a chart that is only removed stays connected to the cursor of the others. */
  private clear(): void {
    this.eachView((view) => view.destroy());
    this.visibility.disconnect();
    this.size.disconnect();
    this.loader.setCharts([]);
    this.shown = undefined;
    this.layout = undefined;
  }

  private viewOf(plan: PlannedChart, { positions }: Shown): ChartView {
    const run = plan.lines[0]?.run ?? "";
    return new ChartView({
      plan,
      annotations: () => this.shown?.annotations ?? { running: undefined, events: [], phases: [], pauses: [] },
      originMs: positions.get(run)?.originMs ?? 0,
      shared: () => this.sharedView(),
      onZoom: (zoom) => this.set({ zoom }),
      onWheel: (asked) => this.set({ zoom: within(asked, this.shown?.all ?? asked) }),
      onReset: () => this.set({ zoom: undefined }),
      onPin: (x) => this.set({ pin: this.state.pin === undefined ? x : undefined }),
      onMovePin: (pin) => this.set({ pin }),
      onHover: (x) => this.hovered(x),
    });
  }

  private sharedView(): SharedView {
    const { pin, clock } = this.state;
    return { range: this.range(), pin, clock, colours: this.colours };
  }

  private range(): Range {
    return this.state.zoom ?? this.shown?.all ?? { from: 0, to: 1 };
  }

  /** Changes the state, and the address with it. */
  private set(change: Partial<PageState>): void {
    const next = { ...this.state, ...change };
    history.replaceState(null, "", `${location.pathname}${location.search}${writeState(next)}`);
    this.moveTo(next);
  }

  private moveTo(next: PageState): void {
    const before = this.state;
    this.state = next;
    const differs = (...keys: (keyof PageState)[]) =>
      keys.some((key) => JSON.stringify(before[key]) !== JSON.stringify(next[key]));
    if (differs("theme")) this.recolour();
    if (differs("runs", "view")) {
      void this.show(++this.latest).catch((error) => this.showError(error));
      return;
    }
    const isZoom = differs("zoom");
    if (isZoom) this.loader.invalidate();
    if (differs("base")) this.layout?.fillComparison(next);
    if (differs("clock")) this.layout?.fillTools(next);
    if (isZoom) this.redrawIfLate();
    else this.redraw();
    this.updateRest();
  }

  /** Shows the current range, pin and clock in all that is visible. */
  private update(): void {
    this.redraw();
    this.updateRest();
  }

  private redraw(): void {
    this.eachView((view) => view.near && view.update());
  }

  /** New points mostly come so soon that drawing the earlier ones in the new range would only hold them up. */
  private redrawIfLate(): void {
    this.late ??= setTimeout(() => {
      this.late = undefined;
      this.eachView((view) => view.near && view.stale && view.update());
    }, LATE_MS);
  }

  private updateRest(): void {
    this.processes?.update();
    this.showCursor();
  }

  private hovered(x: number | undefined): void {
    this.hover = x;
    // The mouse moves more often than the screen is refreshed.
    if (this.cursorFrame === 0)
      this.cursorFrame = requestAnimationFrame(() => {
        this.cursorFrame = 0;
        this.showCursor();
      });
  }

  private showCursor(): void {
    const x = this.hover ?? this.state.pin;
    this.eachView((view) => view.near && view.showValues(x));
    this.processes?.showCursor(x);
    this.layout?.showRange(this.range(), x, this.state);
  }

  private visibilityChanged(entries: readonly IntersectionObserverEntry[]): void {
    const byElement = new Map<Element, ChartView>(this.views.map((view) => [view.element, view]));
    for (const { target, isIntersecting } of entries) {
      const view = byElement.get(target);
      if (!view) continue;
      view.near = isIntersecting;
      if (!isIntersecting) continue;
      view.update();
      view.showValues(this.hover ?? this.state.pin);
    }
    this.loader.wake();
  }

  private eachView(action: (view: ChartView) => void): void {
    for (const view of this.views) action(view);
  }

  /** Applies the theme of the address, or the one for printing; undefined: the theme of the system. */
  private recolour(theme = this.state.theme): void {
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    this.colours = readColours();
    this.processes?.update();
    this.eachView((view) => view.update());
  }

  private print(width?: number, theme?: "light"): void {
    this.eachView((view) => view.resize(width));
    this.recolour(theme ?? this.state.theme);
  }

  private showError(error: unknown): void {
    this.layout?.showStatus(error instanceof Error ? error.message : String(error));
  }
}
