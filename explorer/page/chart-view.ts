import { quantity } from "../../src/recording/quantities.ts";
import { CHART_HEIGHT, Chart, type ChartParts } from "./chart.ts";
import { type ChartPoints, highestIn, isStepped, valueAt } from "./chart-data.ts";
import type { PlannedChart, PlannedLine } from "./chart-plan.ts";
import { el } from "./dom.ts";

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
  private readonly summary: HTMLElement;
  /** What the hatched times mean, where there are some. */
  private readonly missed: HTMLElement;
  private chart: Chart | undefined;

  constructor(parts: ChartParts) {
    this.parts = parts;
    this.plan = parts.plan;
    this.mount = el("div", { class: "plot" });
    this.mount.style.minHeight = `${CHART_HEIGHT}px`;
    this.values = this.plan.lines.map(() => el("span", { class: "value" }, "–"));
    this.summary = el("p", { class: "visually-hidden" });
    const swatchOfPause = el("span", { class: "swatch hatched", "aria-hidden": "true" });
    this.missed = el("li", { hidden: "" }, swatchOfPause, el("span", { class: "name" }, "no samples"));
    const { title } = this.plan;
    this.element = el("div", { class: "chart", role: "group", "aria-label": this.title() });
    if (title !== "") this.element.append(el("h4", {}, title));
    this.element.append(this.mount, this.legend(), this.summary);
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
    this.showValues(this.parts.shared().pin);
    this.describe();
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
    const { from, to } = this.parts.shared().range;
    for (const [at, element] of this.values.entries()) {
      const own = points.own[at];
      const line = this.plan.lines[at]!;
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
    return el("ul", { class: "legend" }, ...items, ...limits, this.missed);
  }

  private title(): string {
    const { spec, title } = this.plan;
    return title === "" ? spec.title : `${spec.title}, ${title}`;
  }

  /** Describes the chart in words, for screen readers. */
  private describe(): void {
    const { from, to } = this.parts.shared().range;
    const highest = this.plan.lines.map((line, at) => {
      const own = this.chart?.points?.own[at];
      return `${line.label} ${own ? quantity(highestIn(own, from, to), this.plan.spec.unit) : "–"}`;
    });
    this.summary.textContent = `${this.title()}, highest visible values: ${highest.join(", ")}`;
  }
}

function swatch({ hue, dash, layer }: PlannedLine): HTMLElement {
  const kind = layer ? "area" : (["solid", "dashed", "dotted"][dash] ?? "dashed");
  return el("span", { class: `swatch ${kind} ${hue}`, "aria-hidden": "true" });
}
