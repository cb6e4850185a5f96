import type { DataSource, Runs } from "../data/model.ts";
import { boardView, isSamePlan, type PlannedPanel, planPanels } from "./board.ts";
import { type Choice, chooseRuns, marksOf, placeRuns, wholeRange } from "./choice.ts";
import { type Colours, readColours } from "./colours.ts";
import { type Figures, readFigures } from "./figures.ts";
import { Frame, nothingToShow } from "./frame.ts";
import { listenToKeys } from "./keys.ts";
import { Loader, type Placement } from "./loader.ts";
import type { Marks } from "./marks.ts";
import { PanelView } from "./panel-view.ts";
import type { PlannedChart } from "./plan.ts";
import { type Range, readState, type State, writeState } from "./state.ts";
import { isDark } from "./toolbar.ts";

/** Of a chart on paper, two side by side. */
const PRINTED_WIDTH = 340;

/** All that follows from which runs are shown. */
interface Shown {
  readonly choice: Choice;
  readonly places: ReadonlyMap<string, Placement>;
  readonly all: Range;
  readonly marks: Marks;
  /** Over the whole runs, by which charts are planned. */
  readonly figures: readonly Figures[];
  readonly panels: readonly PlannedPanel[];
  readonly views: readonly PanelView[];
}

/** The page: runs and an address in, charts out. */
export class App {
  private readonly _source: DataSource;
  private readonly root: HTMLElement;
  private readonly loader: Loader;
  private readonly seen: IntersectionObserver;
  private readonly resized: ResizeObserver;
  private readonly showHelp: () => void;
  private runs: Runs = { runs: [], problems: [] };
  private _state: State = readState(location.hash);
  private colours: Colours = readColours();
  private shown: Shown | undefined;
  private frame: Frame | undefined;
  private hover: number | undefined;
  private drawing = 0;
  /** Which reading of the runs is the last one: an earlier one that is late changes nothing. */
  private reading = 0;

  constructor(source: DataSource, root: HTMLElement) {
    this._source = source;
    this.root = root;
    this.recolour();
    this.loader = new Loader({
      source,
      placementOf: (run) => this.shown?.places.get(run) ?? { originMs: 0, beginningsMs: [] },
      range: () => this._range(),
      onError: (error) => this.say(error),
    });
    this.seen = new IntersectionObserver((entries) => this.sighted(entries), { rootMargin: "200px" });
    this.resized = new ResizeObserver(() => this.everyPanel((panel) => panel.resize()));
    this.showHelp = listenToKeys({
      state: () => this._state,
      all: () => this.shown?.all ?? { from: 0, to: 1 },
      isDark,
      set: (change) => this._set(change),
    }).showHelp;
    addEventListener("hashchange", () => this.moveTo(readState(location.hash)));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.recolour());
    addEventListener("beforeprint", () => this.print(PRINTED_WIDTH, "light"));
    addEventListener("afterprint", () => this.print());
  }

  /** What charts draw: for who looks into the page from outside, such as a test. */
  get views(): readonly PanelView[] {
    return this.shown?.views ?? [];
  }

  async start(): Promise<void> {
    await this.read();
    this._source.follow?.(() => void this.read());
  }

  /** Reads which runs there are, and shows them. */
  private async read(): Promise<void> {
    const reading = ++this.reading;
    try {
      const runs = await this._source.runs();
      if (reading === this.reading) this.runs = runs;
      if (reading === this.reading) await this.show(reading);
    } catch (error) {
      this.say(error);
    }
  }

  private async show(reading: number): Promise<void> {
    const choice = chooseRuns(this.runs.runs, this._state);
    if (!choice) {
      this.root.replaceChildren(...nothingToShow(this.runs));
      return;
    }
    const read = (over: "command" | "all") =>
      Promise.all(choice.runs.map((run) => readFigures(this._source, run, over)));
    const [figures, verdicts] = await Promise.all([read("all"), read("command")]);
    if (reading !== this.reading) return;
    const panels = planPanels(choice, figures);
    const before = this.shown;
    const isSame = before?.choice.view === choice.view && isSamePlan(before.panels, panels);
    const places = placeRuns(choice);
    const common = {
      choice,
      places,
      all: wholeRange(choice.runs, places),
      marks: marksOf(choice.runs, places),
      figures,
    };
    const views = isSame ? before.views : [];
    this.shown = { ...common, panels, views };
    if (isSame) this.loader.invalidate();
    else this.rebuild(this.shown);
    this.frame?.fill({ ...this.shown, runs: this.runs, verdicts }, this._state);
    this.update();
  }

  /** Makes the page anew: other charts than before. */
  private rebuild(shown: Shown): void {
    this.everyPanel((panel) => panel.destroy());
    this.seen.disconnect();
    this.resized.disconnect();
    const { elements, views } = boardView(shown.panels, (chart) => this.viewOf(chart));
    this.shown = { ...shown, views };
    this.frame = new Frame(this.root, elements, {
      source: this._source,
      set: (change) => this._set(change),
      onHelp: this.showHelp,
    });
    for (const view of views) this.seen.observe(view.element);
    this.resized.observe(this.root);
    this.loader.setPanels(views);
  }

  private viewOf(plan: PlannedChart): PanelView {
    const { places } = this.shown as Shown;
    const run = plan.lines[0]?.run ?? "";
    return new PanelView({
      plan,
      marks: () => this.shown?.marks ?? { running: undefined, events: [] },
      originMs: places.get(run)?.originMs ?? 0,
      scene: () => ({ range: this._range(), pin: this._state.pin, clock: this._state.clock, colours: this.colours }),
      onZoom: (zoom) => this._set({ zoom }),
      onReset: () => this._set({ zoom: undefined }),
      onPin: (x) => this._set({ pin: this._state.pin === undefined ? x : undefined }),
      onHover: (x) => this.hovered(x),
    });
  }

  private _range(): Range {
    return this._state.zoom ?? this.shown?.all ?? { from: 0, to: 1 };
  }

  /** Changes what the address holds, and the page with it. */
  private _set(change: Partial<State>): void {
    const next = { ...this._state, ...change };
    history.replaceState(null, "", `${location.pathname}${location.search}${writeState(next)}`);
    this.moveTo(next);
  }

  private moveTo(next: State): void {
    const before = this._state;
    this._state = next;
    const differs = (...keys: (keyof State)[]) =>
      keys.some((key) => JSON.stringify(before[key]) !== JSON.stringify(next[key]));
    if (differs("theme")) this.recolour();
    if (differs("runs", "view")) {
      void this.show(++this.reading).catch((error) => this.say(error));
      return;
    }
    if (differs("zoom")) this.loader.invalidate();
    if (differs("clock")) this.frame?.fillTools(next);
    this.update();
  }

  /** Brings what is there to the range, the pin and the clock of the moment. */
  private update(): void {
    this.everyPanel((panel) => panel.near && panel.update());
    this.showCursor();
  }

  private hovered(x: number | undefined): void {
    this.hover = x;
    // A mouse moves more often than a screen shows.
    if (this.drawing === 0)
      this.drawing = requestAnimationFrame(() => {
        this.drawing = 0;
        this.showCursor();
      });
  }

  private showCursor(): void {
    const x = this.hover ?? this._state.pin;
    for (const panel of this.views) if (panel.near) panel.showValues(x);
    this.frame?.showRange(this._range(), x, this._state);
  }

  private sighted(entries: readonly IntersectionObserverEntry[]): void {
    const byElement = new Map(this.views.map((panel) => [panel.element, panel]));
    for (const { target, isIntersecting } of entries) {
      const panel = byElement.get(target as HTMLElement);
      if (!panel) continue;
      panel.near = isIntersecting;
      if (!isIntersecting) continue;
      panel.update();
      panel.showValues(this.hover ?? this._state.pin);
    }
    this.loader.wake();
  }

  private everyPanel(action: (panel: PanelView) => void): void {
    for (const panel of this.views) action(panel);
  }

  /** The theme of the address, or one for the moment; undefined: the system's. */
  private recolour(theme = this._state.theme): void {
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    this.colours = readColours();
    this.everyPanel((panel) => panel.update());
  }

  private print(width?: number, theme?: "light"): void {
    this.everyPanel((panel) => panel.resize(width));
    this.recolour(theme ?? this._state.theme);
  }

  private say(error: unknown): void {
    this.frame?.say(error instanceof Error ? error.message : String(error));
  }
}
