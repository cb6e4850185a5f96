import { quantity } from "../../src/recording/quantities.ts";
import type { LinePoints } from "../data/model.ts";
import { Chart, type ChartParts, heightOf } from "./chart.ts";
import { type ChartPoints, highestIn, isStepped, valueAt } from "./chart-data.ts";
import type { PlannedChart, PlannedLine } from "./chart-plan.ts";
import { button, el, table } from "./dom.ts";
import { elapsed } from "./time-format.ts";

/** One chart with its legend. The chart is made when its points arrive; until then its place is empty. */
export class ChartView {
  readonly element: HTMLElement;
  readonly plan: PlannedChart;
  /** Whether it is visible, or nearly. */
  near = false;
  /** Whether its points are those of another range, or fewer than the source has. */
  stale = true;
  private readonly parts: ChartParts;
  private readonly mount: HTMLElement;
  private readonly values: readonly HTMLElement[];
  private readonly items: readonly HTMLElement[];
  /** Names the lines that are zero all the time, which have no place of their own in the legend. */
  private readonly zero: HTMLElement;
  private readonly tooltip = el("div", { class: "tooltip", hidden: "", "aria-hidden": "true" });
  /** What the hatched times mean, where there are some. */
  private readonly missed: HTMLElement;
  /** For readers who cannot see the chart; only its heading is there until someone opens it. */
  private readonly asTable: HTMLDetailsElement;
  private chart: Chart | undefined;

  constructor(parts: ChartParts) {
    this.parts = parts;
    this.plan = parts.plan;
    this.mount = el("div", { class: "plot", tabindex: 0, role: "img" });
    this.mount.style.minHeight = `${heightOf(this.plan)}px`;
    this.values = this.plan.lines.map(() => el("span", { class: "value" }, "–"));
    this.zero = el("li", { class: "zero", hidden: "" });
    this.items = this.plan.lines.map((line, at) => this.legendItem(line, at));
    const swatchOfPause = el("span", { class: "swatch hatched", "aria-hidden": "true" });
    this.missed = el("li", { hidden: "" }, swatchOfPause, el("span", { class: "name" }, "no samples"));
    const { title } = this.plan;
    this.element = el("div", { class: "chart", role: "group", "aria-label": this.title() });
    if (title !== "") this.element.append(el("h4", {}, title));
    this.asTable = el("details", { class: "chart-table" }, el("summary", {}, `${this.title()} as a table`));
    this.asTable.addEventListener("toggle", () => this.fillTable());
    this.element.append(this.mount, this.legend(), this.asTable);
    this.listen();
  }

  get points(): ChartPoints | undefined {
    return this.chart?.points;
  }

  /** The data that the chart library draws. */
  get drawn() {
    return this.chart?.plot.data;
  }

  /** The drawn range of the time axis. */
  get range(): readonly (number | null | undefined)[] {
    return [this.chart?.plot.scales.x?.min, this.chart?.plot.scales.x?.max];
  }

  get width(): number {
    return this.mount.clientWidth;
  }

  setPoints(points: ChartPoints): void {
    this.chart ??= new Chart(this.parts, this.mount, this.width);
    this.chart.setPoints(points);
    this.stale = false;
    this.missed.hidden = this.parts.annotations().pauses.length === 0;
    this.mount.append(this.tooltip);
    this.foldZeros(points);
    this.showValues(this.parts.shared().pin);
    this.describe();
    this.fillTable();
  }

  update(): void {
    this.chart?.update();
  }

  /** Fits the chart to its place, or to a width. */
  resize(width = this.width): void {
    this.chart?.resize(width);
  }

  destroy(): void {
    this.chart?.destroy();
  }

  /** Shows in the legend the values at a time; undefined: the highest visible values. */
  showValues(x: number | undefined): void {
    const points = this.chart?.points;
    if (!points) return;
    for (const [at, element] of this.values.entries()) {
      const own = points.own[at];
      const line = this.plan.lines[at]!;
      if (!own) continue;
      const value = x === undefined ? this.mostOf(line, own) : valueAt(own, x, isStepped(line));
      element.textContent = this.textOf(line, value);
    }
  }

  /** Returns the highest visible value; of a difference, the one farthest from 0. */
  private mostOf({ derived }: PlannedLine, own: LinePoints): number {
    const { from, to } = this.parts.shared().range;
    const highest = highestIn(own, from, to);
    if (derived?.how !== "difference") return highest;
    const lowest = -highestIn({ times: own.times, values: own.values.map((value) => -value) }, from, to);
    return -lowest > highest ? lowest : highest;
  }

  private textOf({ derived }: PlannedLine, value: number): string {
    const text = quantity(Math.abs(value), this.plan.spec.unit);
    const sign = derived?.how === "difference" && value !== 0 ? (value > 0 ? "+" : value < 0 ? "−" : "") : "";
    return sign + text;
  }

  private listen(): void {
    this.mount.addEventListener("mousemove", ({ clientX }) => this.placeTooltip(clientX));
    this.mount.addEventListener("mouseleave", () => {
      this.tooltip.hidden = true;
    });
    this.mount.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (steps === undefined || event.shiftKey) return;
      event.preventDefault();
      event.stopPropagation();
      const { range, pin } = this.parts.shared();
      const step = (range.to - range.from) / CURSOR_STEPS;
      const x = pin === undefined ? (range.from + range.to) / 2 : pin + steps * step;
      this.parts.onMovePin(Math.min(range.to, Math.max(range.from, x)));
    });
  }

  /** Shows all values at the cursor beside it, on the side that has room. */
  private placeTooltip(clientX: number): void {
    const plot = this.chart?.plot;
    if (!plot) return;
    const x = plot.posToVal(clientX - plot.rect.left, "x");
    this.tooltip.replaceChildren(el("b", {}, elapsed(x, 0.01)), ...this.rowsAt(x));
    this.tooltip.hidden = x < (plot.scales.x?.min ?? x) || x > (plot.scales.x?.max ?? x);
    const at = clientX - this.mount.getBoundingClientRect().left;
    const isLeft = at > this.width / 2;
    this.tooltip.style.left = isLeft ? "" : `${at + TOOLTIP_DISTANCE_PX}px`;
    this.tooltip.style.right = isLeft ? `${this.width - at + TOOLTIP_DISTANCE_PX}px` : "";
  }

  private rowsAt(x: number): HTMLElement[] {
    const { spec, lines, limits } = this.plan;
    const values = lines.flatMap((line, at) => {
      const own = this.chart?.points?.own[at];
      if (!own || this.items[at]!.hidden) return [];
      return [row(swatch(line), line.label, this.textOf(line, valueAt(own, x, isStepped(line))))];
    });
    return [...values, ...limits.map(({ label, value }) => row(limitSwatch(), label, quantity(value, spec.unit)))];
  }

  /** Fills the table with values at equal distances over the visible time. */
  private fillTable(): void {
    const own = this.chart?.points?.own;
    if (!own || !this.asTable.open) return;
    const { lines } = this.plan;
    const { from, to } = this.parts.shared().range;
    const times = Array.from({ length: TABLE_ROWS + 1 }, (_, at) => from + (at * (to - from)) / TABLE_ROWS);
    const textAt = (line: PlannedLine, at: number, x: number) => {
      const points = own[at];
      return this.textOf(line, points ? valueAt(points, x, isStepped(line)) : Number.NaN);
    };
    const rows = times.map((x) => [
      elapsed(x, (to - from) / TABLE_ROWS / 10),
      ...lines.map((line, at) => textAt(line, at, x)),
    ]);
    const filled = table(
      ["Time", ...lines.map(({ label }) => label)],
      rows,
      [0, ...lines.keys()].map((at) => at + 1),
    );
    this.asTable.replaceChildren(this.asTable.firstElementChild!, el("div", { class: "scroll", tabindex: 0 }, filled));
  }

  /** Names the lines that are zero in one item, where others are not. */
  private foldZeros({ own }: ChartPoints): void {
    const isZero = own.map(
      ({ values }) => values.some((value) => value === 0) && !values.some((value) => value > 0 || value < 0),
    );
    const fold = isZero.some((zero) => !zero);
    for (const [at, item] of this.items.entries()) item.hidden = fold && isZero[at] === true;
    const names = this.plan.lines.filter((_, at) => this.items[at]!.hidden).map(({ label }) => label);
    this.zero.hidden = names.length === 0;
    this.zero.replaceChildren(el("span", { class: "name" }, `zero: ${names.join(", ")}`));
  }

  /** A plain line's name hides and shows it. A layer stays: those above it contain it. */
  private legendItem(line: PlannedLine, at: number): HTMLElement {
    if (line.layer || this.plan.lines.length === 1)
      return el("li", {}, swatch(line), el("span", { class: "name" }, line.label), this.values[at]);
    const toggle = button(line.label, () => this.toggle(toggle, at), { class: "name", "aria-pressed": "true" });
    return el("li", {}, swatch(line), toggle, this.values[at]);
  }

  private toggle(button: HTMLElement, at: number): void {
    const isShown = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(isShown));
    this.chart?.showLine(at, isShown);
  }

  private legend(): HTMLElement {
    const limits = this.plan.limits.map(({ label, value }) =>
      el(
        "li",
        {},
        limitSwatch(),
        el("span", { class: "name" }, label),
        el("span", { class: "value" }, quantity(value, this.plan.spec.unit)),
      ),
    );
    return el("ul", { class: "legend" }, ...this.items, this.zero, ...limits, this.missed);
  }

  private title(): string {
    const { spec, title } = this.plan;
    return title === "" ? spec.title : `${spec.title}, ${title}`;
  }

  /** Describes the chart in words, for screen readers. */
  private describe(): void {
    const highest = this.plan.lines.map((line, at) => {
      const own = this.chart?.points?.own[at];
      return `${line.label} ${own ? this.textOf(line, this.mostOf(line, own)) : "–"}`;
    });
    const text = `${this.title()}, highest visible values: ${highest.join(", ")}`;
    this.mount.setAttribute("aria-label", text);
  }
}

/** The table of a chart has a row at the start, and so many after it. */
const TABLE_ROWS = 20;

/** An arrow moves the pinned cursor by this part of the visible range. */
const CURSOR_STEPS = 100;
const TOOLTIP_DISTANCE_PX = 12;

function row(mark: HTMLElement, name: string, value: string): HTMLElement {
  return el("div", {}, mark, el("span", { class: "name" }, name), el("span", { class: "value" }, value));
}

function limitSwatch(): HTMLElement {
  return el("span", { class: "swatch limit", "aria-hidden": "true" });
}

function swatch({ hue, dash, layer }: PlannedLine): HTMLElement {
  const kind = layer ? "area" : (["solid", "dashed", "dotted"][dash] ?? "dashed");
  return el("span", { class: `swatch ${kind} ${hue}`, "aria-hidden": "true" });
}
