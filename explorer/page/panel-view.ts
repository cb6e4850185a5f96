import { quantity } from "../../src/recording/quantities.ts";
import { CHART_HEIGHT, Chart, type Scene } from "./chart.ts";
import { el } from "./dom.ts";
import { type ChartPoints, highestIn, isStepped, valueAt } from "./lines-data.ts";
import type { Marks } from "./marks.ts";
import type { PlannedChart, PlannedLine } from "./plan.ts";
import type { Range } from "./state.ts";

/** A chart, where it is on the time axis, and what it does when it is used. */
export interface PanelParts {
  readonly plan: PlannedChart;
  readonly marks: () => Marks;
  readonly originMs: number;
  readonly scene: () => Scene;
  readonly onZoom: (range: Range) => void;
  readonly onReset: () => void;
  readonly onPin: (x: number) => void;
  readonly onHover: (x: number | undefined) => void;
}

/** One chart with its legend. It is made when it comes into sight, and keeps its place until then. */
export class PanelView {
  readonly element: HTMLElement;
  readonly plan: PlannedChart;
  /** Whether it is in sight, or about to be. */
  near = false;
  /** Whether what it shows is of another range than the page's. */
  stale = true;
  private readonly parts: PanelParts;
  private readonly mount: HTMLElement;
  private readonly values: readonly HTMLElement[];
  private readonly summary: HTMLElement;
  private chart: Chart | undefined;

  constructor(parts: PanelParts) {
    this.parts = parts;
    this.plan = parts.plan;
    this.mount = el("div", { class: "plot" });
    this.mount.style.minHeight = `${CHART_HEIGHT}px`;
    this.values = this.plan.lines.map(() => el("span", { class: "value" }, "–"));
    this.summary = el("p", { class: "unseen" });
    const { title } = this.plan;
    this.element = el("div", { class: "chart", role: "group", "aria-label": this.name() });
    if (title !== "") this.element.append(el("h4", {}, title));
    this.element.append(this.mount, this.legend(), this.summary);
  }

  get points(): ChartPoints | undefined {
    return this.chart?.points;
  }

  /** What the chart draws, as it was given to the library. */
  get drawn() {
    return this.chart?.plot.data;
  }

  /** The time axis as it is drawn. */
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
    this.showValues(this.parts.scene().pin);
    this.describe();
  }

  update(): void {
    this.chart?.update();
  }

  /** Fits the chart into its place, or into a width. */
  resize(width = this.width): void {
    this.chart?.resize(width);
  }

  destroy(): void {
    this.chart?.destroy();
  }

  /** The legend's values at a time; without one the highest in sight. */
  showValues(x: number | undefined): void {
    const points = this.chart?.points;
    if (!points) return;
    const { from, to } = this.parts.scene().range;
    for (const [at, element] of this.values.entries()) {
      const own = points.own[at];
      const line = this.plan.lines[at] as PlannedLine;
      if (!own) continue;
      const value = x === undefined ? highestIn(own, from, to) : valueAt(own, x, isStepped(line));
      element.textContent = quantity(value, this.plan.spec.unit);
    }
  }

  private legend(): HTMLElement {
    const items = this.plan.lines.map((line, at) =>
      el("li", {}, swatch(line), el("span", { class: "name" }, line.label), this.values[at]),
    );
    const limits = this.plan.limits.map(({ label, value }) =>
      el(
        "li",
        {},
        el("span", { class: "swatch limit", "aria-hidden": "true" }),
        el("span", { class: "name" }, label),
        el("span", { class: "value" }, quantity(value, this.plan.spec.unit)),
      ),
    );
    return el("ul", { class: "legend" }, ...items, ...limits);
  }

  private name(): string {
    const { spec, title } = this.plan;
    return title === "" ? spec.title : `${spec.title}, ${title}`;
  }

  /** The chart in words, for who does not see it. */
  private describe(): void {
    const { from, to } = this.parts.scene().range;
    const highest = this.plan.lines.map((line, at) => {
      const own = this.chart?.points?.own[at];
      return `${line.label} ${own ? quantity(highestIn(own, from, to), this.plan.spec.unit) : "–"}`;
    });
    this.summary.textContent = `${this.name()}, highest in sight: ${highest.join(", ")}`;
  }
}

function swatch({ hue, dash, layer }: PlannedLine): HTMLElement {
  const kind = layer ? "area" : (["solid", "dashed", "dotted"][dash] ?? "dashed");
  return el("span", { class: `swatch ${kind} ${hue}`, "aria-hidden": "true" });
}
