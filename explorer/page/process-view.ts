import type { LinePoints } from "../data/model.ts";
import type { ProcessBar } from "../processes/process-list.ts";
import type { SharedView } from "./chart.ts";
import { HUES } from "./chart-plan.ts";
import { button, el } from "./dom.ts";
import type { Range } from "./page-state.ts";
import type { Hue } from "./panels.ts";
import { ProcessCurve } from "./process-curve.ts";
import { endOf, HEAD_PX, ProcessDrawing, ROW_PX } from "./process-drawing.ts";
import { childrenOf, type ProcessRows, processRows } from "./process-rows.ts";
import {
  type ProcessContext,
  processFacts,
  processListTable,
  processSentence,
  recordSentence,
} from "./process-texts.ts";
import { placeAt, thenText } from "./process-use-text.ts";
import { duration, elapsed } from "./time-format.ts";

export interface ProcessViewParts extends ProcessContext {
  /** The name of the run, where several are shown; else empty. */
  readonly title: string;
  readonly cpus: number;
  readonly shared: () => SharedView;
  readonly onWheel: (range: Range) => void;
  readonly onHover: (x: number | undefined) => void;
  /** Returns the idle cores in a range; undefined: the run does not say. */
  readonly idle: (range: Range, pixels: number) => Promise<LinePoints | undefined>;
}

/** Rows scroll within this height. */
const MOST_HEIGHT_PX = 460;
const WHEEL_IN = 0.75;
/** A zoom to a process shows this part of its time on either side. */
const MARGIN = 0.05;

/** The processes of a run: a bar for each from its start to its end, below its parent. */
export class ProcessView {
  readonly element: HTMLElement;
  /** For measurements: how long the last frame took, and how many bars it drew. */
  frame = { ms: 0, bars: 0 };
  private readonly parts: ProcessViewParts;
  private readonly canvas = el("canvas", { "aria-hidden": "true" });
  private readonly drawing = new ProcessDrawing(this.canvas);
  private readonly spacer = el("div");
  private readonly scroller: HTMLElement;
  private readonly tooltip = el("div", { class: "tooltip", hidden: "", "aria-hidden": "true" });
  private readonly curve = new ProcessCurve();
  private readonly told = el("p", { class: "visually-hidden", role: "status" });
  private readonly matches = el("span", { class: "hint" });
  private readonly hues: ReadonlyMap<string, Hue>;
  private readonly collapsed = new Set<number>();
  private rows: ProcessRows;
  private found: ReadonlySet<number> | undefined;
  private selected = -1;
  private cursor: number | undefined;
  private idle: LinePoints | undefined;
  private idleOf = "";
  private requested = 0;

  constructor(parts: ProcessViewParts) {
    this.parts = parts;
    const { list, run, title } = parts;
    this.hues = huesOf(list.bars);
    this.rows = processRows(list.bars, this.collapsed, run.endMs);
    const label = `Processes${title ? ` of ${title}` : ""}: arrows move to parent, child and siblings, Enter collapses, z zooms${list.use ? ", comma and full stop go through its time" : ""}`;
    this.scroller = el(
      "div",
      { class: "swim", tabindex: 0, role: "application", "aria-label": label },
      this.canvas,
      this.spacer,
    );
    const field = el("input", { type: "search", placeholder: "Find a process", "aria-label": "Find a process" });
    field.addEventListener("input", () => this.search(field.value));
    const all = el("details", { class: "foldable" }, el("summary", {}, "Processes as a table"));
    all.addEventListener("toggle", () => all.childElementCount === 1 && all.append(processListTable(parts)));
    this.element = el(
      "article",
      { class: "panel", "aria-label": `Processes ${title}` },
      el("h3", {}, title || "Every process"),
      el(
        "p",
        { class: "hint" },
        `${recordSentence(list)} Fuller bars used more of a core; the underlined ones the run waited for.`,
      ),
      el(
        "div",
        { class: "tools" },
        field,
        this.matches,
        button("Expand all", () => this.expand()),
      ),
      el("div", { class: "plot" }, this.scroller, this.tooltip, this.told),
      this.curve.element,
      this.legend(),
      all,
    );
    this.listen();
  }

  /** Draws at the next frame. */
  update(): void {
    if (this.requested === 0) this.requested = requestAnimationFrame(() => this.draw());
  }

  showCursor(x: number | undefined): void {
    if (x === this.cursor) return;
    this.cursor = x;
    this.update();
  }

  private draw(): void {
    this.requested = 0;
    const width = this.scroller.clientWidth;
    if (width === 0) return;
    const start = performance.now();
    const shared = this.parts.shared();
    this.loadIdle(shared.range, width);
    const whole = HEAD_PX + this.rows.count * ROW_PX + 4;
    const height = Math.min(MOST_HEIGHT_PX, whole);
    this.canvas.style.height = `${height}px`;
    this.spacer.style.height = `${whole - height}px`;
    const { list, run, originMs, cpus } = this.parts;
    const { rows, hues, found, collapsed, selected, cursor, idle } = this;
    const scene = { ...shared, list, rows, hues, found, collapsed, selected, cursor, idle, cpus };
    // The charts have no scroll bar: the time axis is to be as wide as theirs.
    const barPx = this.scroller.offsetWidth - width;
    const places = { originMs, untilMs: run.endMs, scrolledPx: this.scroller.scrollTop, barPx };
    this.drawing.draw({ ...scene, ...places }, width, height);
    const own = list.bars[selected];
    this.curve.draw(own, list.use, hues.get(own?.name ?? "") ?? "grey", this.drawing.curvePlace);
    this.frame = { ms: performance.now() - start, bars: this.drawing.drawnBars };
  }

  /** Requests the idle cores of another range than the last one. */
  private loadIdle(range: Range, pixels: number): void {
    const wanted = `${range.from}~${range.to}`;
    if (wanted === this.idleOf) return;
    this.idleOf = wanted;
    this.parts.idle(range, pixels).then(
      (idle) => {
        if (wanted !== this.idleOf) return;
        this.idle = idle;
        this.update();
      },
      // The page shows the failure of its own requests to the same source.
      () => undefined,
    );
  }

  private legend(): HTMLElement {
    const byName = Map.groupBy(this.parts.list.bars, ({ name }) => name);
    const items = [...this.hues].map(([name, hue]) => {
      const own = byName.get(name) ?? [];
      const seconds = own.reduce((sum, { cpuSeconds }) => sum + (cpuSeconds ?? 0), 0);
      const mark = el("span", { class: `swatch block ${hue}`, "aria-hidden": "true" });
      return el(
        "li",
        {},
        mark,
        el("span", { class: "name" }, `${name} × ${own.length}`),
        el("b", {}, duration(seconds)),
      );
    });
    const others = [...byName.keys()].filter((name) => !this.hues.has(name)).length;
    if (others > 0) {
      const mark = el("span", { class: "swatch block grey", "aria-hidden": "true" });
      items.push(el("li", {}, mark, el("span", { class: "name" }, others === 1 ? "1 other" : `${others} others`)));
    }
    return el("ul", { class: "legend" }, ...items);
  }

  private search(text: string): void {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const { bars } = this.parts.list;
    if (words.length === 0) this.found = undefined;
    else {
      const texts = bars.map(({ name, pid, others }) => [name, pid, ...Object.values(others)].join(" ").toLowerCase());
      const hits = texts.flatMap((one, index) => (words.every((word) => one.includes(word)) ? [index] : []));
      this.found = new Set(hits);
      if (hits[0] !== undefined) this.scrollTo(hits[0]);
    }
    this.matches.textContent = this.found ? `${this.found.size} of ${bars.length}` : "";
    this.update();
  }

  private expand(): void {
    this.collapsed.clear();
    this.arrange();
  }

  private arrange(): void {
    this.rows = processRows(this.parts.list.bars, this.collapsed, this.parts.run.endMs);
    this.update();
  }

  private toggle(index: number): void {
    if (!this.parts.list.bars.some(({ up }) => up === index)) return;
    if (!this.collapsed.delete(index)) this.collapsed.add(index);
    this.arrange();
  }

  private select(index: number): void {
    const bar = this.parts.list.bars[index];
    if (!bar) return;
    this.selected = index;
    this.told.textContent = processSentence(bar, this.parts);
    this.scrollTo(index);
    this.update();
  }

  private scrollTo(index: number): void {
    const top = this.rows.rows[index]! * ROW_PX;
    const { scrollTop, clientHeight } = this.scroller;
    const room = clientHeight - HEAD_PX - ROW_PX;
    if (top < scrollTop) this.scroller.scrollTop = top;
    else if (top > scrollTop + room) this.scroller.scrollTop = top - room;
  }

  private zoomTo(index: number): void {
    const bar = this.parts.list.bars[index];
    if (!bar) return;
    const { originMs, run, onWheel } = this.parts;
    const [from, to] = [(bar.startMs - originMs) / 1000, (endOf(bar, run.endMs) - originMs) / 1000];
    onWheel({ from: from - (to - from) * MARGIN, to: to + (to - from) * MARGIN });
  }

  private listen(): void {
    const { scroller } = this;
    const place = ({ clientX, clientY }: MouseEvent): [x: number, y: number] => {
      const box = scroller.getBoundingClientRect();
      return [clientX - box.left, clientY - box.top];
    };
    scroller.addEventListener("scroll", () => this.update());
    scroller.addEventListener("mousemove", (event) => this.hover(place(event)));
    scroller.addEventListener("mouseleave", () => {
      this.tooltip.hidden = true;
      this.parts.onHover(undefined);
    });
    scroller.addEventListener("click", (event) => this.select(this.drawing.barAt(...place(event))));
    scroller.addEventListener("dblclick", (event) => this.zoomTo(this.drawing.barAt(...place(event))));
    scroller.addEventListener("wheel", (event) => this.wheel(event, place(event)[0]), { passive: false });
    scroller.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || !this.key(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  private wheel(event: WheelEvent, x: number): void {
    // Without a modifier, the wheel scrolls the rows.
    if (!event.ctrlKey && !event.metaKey && !event.shiftKey) return;
    event.preventDefault();
    const turned = event.deltaY || event.deltaX;
    if (turned === 0) return;
    const { from, to } = this.parts.shared().range;
    const [at, scale] = [this.drawing.timeAt(x), turned < 0 ? WHEEL_IN : 1 / WHEEL_IN];
    this.parts.onWheel({ from: at - (at - from) * scale, to: at + (to - at) * scale });
  }

  /** Returns whether the key is one of ours. */
  private key(key: string): boolean {
    const { bars } = this.parts.list;
    const own = bars[this.selected];
    if (!own) {
      if (!key.startsWith("Arrow")) return false;
      this.select(0);
      return true;
    }
    const below = childrenOf(bars);
    const siblings = own.up < 0 ? bars.flatMap(({ up }, index) => (up < 0 ? [index] : [])) : (below[own.up] ?? []);
    const at = siblings.indexOf(this.selected);
    const next: Readonly<Record<string, number | undefined>> = {
      ArrowUp: own.up,
      ArrowDown: this.collapsed.has(this.selected) ? undefined : below[this.selected]?.[0],
      ArrowLeft: siblings[at - 1],
      ArrowRight: siblings[at + 1],
      Home: 0,
    };
    if (key in next) this.select(next[key] ?? -1);
    else if (key === "Enter" || key === " ") this.toggle(this.selected);
    else if (key === "z") this.zoomTo(this.selected);
    else if (key === "," || key === ".") this.step(own, key === "." ? 1 : -1);
    else return false;
    return true;
  }

  /** Goes to the next time of samples, or to the one before, and says what a process used then. */
  private step(bar: ProcessBar, by: number): void {
    const { list, run, originMs, onHover } = this.parts;
    const { use } = list;
    if (!use) return;
    const before = placeAt(use, this.cursor === undefined ? bar.startMs : originMs + this.cursor * 1000);
    const atMs = use.timesMs[Math.min(use.timesMs.length - 1, Math.max(0, before + by))]!;
    onHover((atMs - originMs) / 1000);
    const then = thenText(bar, use, atMs, run.endMs) ?? "it did not live";
    this.told.textContent = `${bar.name} ${bar.pid} at ${elapsed((atMs - originMs) / 1000, 0.001)}: ${then}`;
  }

  private hover([x, y]: [x: number, y: number]): void {
    this.parts.onHover(this.drawing.timeAt(x));
    const index = this.drawing.barAt(x, y);
    const bar = this.parts.list.bars[index];
    this.tooltip.hidden = bar === undefined;
    if (!bar) return;
    const { list, run, originMs } = this.parts;
    const seconds = this.drawing.timeAt(x);
    const then = thenText(bar, list.use, originMs + seconds * 1000, run.endMs);
    const now: [string, string][] = then === undefined ? [] : [[`at ${elapsed(seconds, 0.1)}`, then]];
    const facts = [...now, ...processFacts(bar, this.parts)].map(([name, value]) =>
      el("div", {}, el("span", { class: "name" }, name), el("span", { class: "value" }, value)),
    );
    this.tooltip.replaceChildren(el("b", {}, `${bar.name} ${bar.pid}`), ...facts);
    const isLeft = x > this.scroller.clientWidth / 2;
    this.tooltip.style.left = isLeft ? "" : `${x + 14}px`;
    this.tooltip.style.right = isLeft ? `${this.scroller.clientWidth - x + 14}px` : "";
    this.tooltip.style.top = `${Math.max(0, Math.min(y, this.scroller.clientHeight - 160))}px`;
  }
}

/** The programs with the most CPU time have colours of their own; the last one of the palette is for the others. */
function huesOf(bars: readonly ProcessBar[]): Map<string, Hue> {
  const seconds = new Map<string, number>();
  for (const { name, cpuSeconds } of bars) seconds.set(name, (seconds.get(name) ?? 0) + (cpuSeconds ?? 0));
  const most = [...seconds].sort(([, a], [, b]) => b - a).slice(0, HUES.length - 1);
  return new Map(most.map(([name], at) => [name, HUES[at]!]));
}
