import uPlot from "uplot";
import { axisLabels, axisSteps, quantity } from "../../src/recording/quantities.ts";
import type { Colours } from "./colours.ts";
import { aligned, type ChartPoints, drawOrder, isStepped } from "./lines-data.ts";
import { type Marks, marksPlugin } from "./marks.ts";
import type { PlannedChart, PlannedLine } from "./plan.ts";
import type { Range, State } from "./state.ts";
import { clockTime, elapsed, TIME_STEPS } from "./time-text.ts";

/** What all charts of the page have in common at a moment. */
export interface Scene {
  readonly range: Range;
  readonly pin: number | undefined;
  readonly clock: State["clock"];
  readonly colours: Colours;
}

export interface ChartParts {
  readonly plan: PlannedChart;
  readonly marks: () => Marks;
  /** The wall clock at 0 s, milliseconds since the epoch. */
  readonly originMs: number;
  readonly scene: () => Scene;
  readonly onZoom: (range: Range) => void;
  readonly onReset: () => void;
  readonly onPin: (x: number) => void;
  readonly onHover: (x: number | undefined) => void;
}

export const CHART_HEIGHT = 150;
const AXIS_WIDTH = 64;
/** A drag that is shorter is a click. */
const LEAST_DRAG_PX = 4;
/** A limit that is so many times the highest value is told, not drawn: it would flatten all that there is. */
const FAR_LIMIT = 4;

/** One chart: lines over time, with the cursor and the zoom that all charts share. */
export class Chart {
  readonly plot: uPlot;
  private readonly parts: ChartParts;
  private _points: ChartPoints | undefined;

  constructor(parts: ChartParts, mount: HTMLElement, width: number) {
    this.parts = parts;
    const empty = [[0], ...parts.plan.lines.map(() => [null])] as uPlot.AlignedData;
    this.plot = new uPlot(this.options(width), empty, mount);
    this.listen(this.plot.over);
  }

  get points(): ChartPoints | undefined {
    return this._points;
  }

  setPoints(points: ChartPoints): void {
    this._points = points;
    this.plot.batch(() => {
      this.setDashes(points);
      this.plot.setData(aligned(this.parts.plan.lines, points), false);
      this.scaleX();
    });
  }

  /** Dashes of a line that goes up and down at each pixel cannot be told, and cost more than all else. */
  private setDashes({ drawn }: ChartPoints): void {
    const { lines } = this.parts.plan;
    for (const [place, at] of drawOrder(lines).entries()) {
      const series = this.plot.series[place + 1];
      const dash = DASHES[lines[at]?.dash ?? 0];
      if (!series) continue;
      if (dash && (drawn[at]?.times.length ?? 0) < this.plot.width) series.dash = dash;
      else delete series.dash;
    }
  }

  /** Draws it anew: the range, the theme, the clock or the pin has changed. */
  update(): void {
    this.plot.batch(() => {
      this.scaleX();
      this.plot.redraw(false, true);
    });
  }

  resize(width: number): void {
    if (width > 0 && Math.abs(width - this.plot.width) >= 1) this.plot.setSize({ width, height: CHART_HEIGHT });
  }

  destroy(): void {
    this.plot.destroy();
  }

  private scaleX(): void {
    const { from, to } = this.parts.scene().range;
    this.plot.setScale("x", { min: from, max: to });
  }

  private options(width: number): uPlot.Options {
    const { plan, scene, marks } = this.parts;
    return {
      width,
      height: CHART_HEIGHT,
      legend: { show: false },
      padding: [8, 18, 0, 0],
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false, dist: LEAST_DRAG_PX },
        // What is moved over one chart shows on all; what is dragged is told by the page.
        sync: { key: "statexec", setSeries: false, scales: ["x", null], filters: { pub: isMove, sub: isMove } },
        bind: { dblclick: () => () => null },
      },
      scales: { x: { time: false }, y: { range: (_, __, max) => [0, this.top(max)] } },
      axes: this._axes(),
      series: [{}, ...drawOrder(plan.lines).map((at) => this._series(plan.lines[at] as PlannedLine))],
      plugins: [marksPlugin(() => ({ marks: marks(), pin: scene().pin, colours: scene().colours }))],
      hooks: {
        setSelect: [() => this.selected()],
        draw: [() => this.drawLimits()],
      },
    };
  }

  private _series(line: PlannedLine): uPlot.Series {
    const colours = () => this.parts.scene().colours;
    const paths = isStepped(line) ? steps : linear;
    return {
      stroke: () => colours().line(line.hue),
      width: line.layer ? 1 : 1.5,
      spanGaps: false,
      points: { show: (chart, series) => !isStepped(line) && hasFewPoints(chart, series), size: 4 },
      paths,
      ...(line.layer ? { fill: () => colours().area(line.hue) } : {}),
    };
  }

  private _axes(): uPlot.Axis[] {
    const { plan, scene, originMs } = this.parts;
    const [stroke, gridStroke] = [() => scene().colours.text, () => scene().colours.grid];
    const common = { stroke, grid: { stroke: gridStroke, width: 1 }, ticks: { show: false }, font: FONT, gap: 4 };
    const isWall = () => scene().clock === "wall";
    return [
      {
        ...common,
        size: 24,
        space: 64,
        incrs: [...TIME_STEPS],
        splits: (_, __, min, max, step) => timeSplits({ from: min, to: max }, step, isWall() ? originMs : 0),
        values: (_, splits, __, ___, step) =>
          splits.map((x) => (isWall() ? clockTime(originMs + x * 1000, step) : elapsed(x, step))),
      },
      {
        ...common,
        size: AXIS_WIDTH,
        space: 28,
        incrs: axisSteps(plan.spec.unit),
        values: (_, splits) => axisLabels(splits, plan.spec.unit),
      },
    ];
  }

  /** The top of the axis: above the highest value in sight, and a limit that is not far above it. */
  private top(highest: number | null): number {
    const high = highest ?? 0;
    const near = this.parts.plan.limits.map(({ value }) => value).filter((value) => value <= high * FAR_LIMIT);
    return Math.max(high, ...near) * 1.08 || 1;
  }

  private selected(): void {
    const { left, width } = this.plot.select;
    if (width < LEAST_DRAG_PX) return;
    const [from, to] = [this.plot.posToVal(left, "x"), this.plot.posToVal(left + width, "x")];
    this.plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.parts.onZoom({ from, to });
  }

  private listen(over: HTMLElement): void {
    const { onReset, onHover, onPin } = this.parts;
    let pressedAt = 0;
    const at = (event: MouseEvent) => this.plot.posToVal(event.clientX - this.plot.rect.left, "x");
    over.addEventListener("dblclick", onReset);
    over.addEventListener("mousemove", (event) => onHover(at(event)));
    over.addEventListener("mouseleave", () => onHover(undefined));
    over.addEventListener("mousedown", (event) => {
      pressedAt = event.clientX;
    });
    over.addEventListener("click", (event) => {
      if (Math.abs(event.clientX - pressedAt) < LEAST_DRAG_PX) onPin(at(event));
    });
  }

  private drawLimits(): void {
    const { ctx, bbox, scales } = this.plot;
    const { colours } = this.parts.scene();
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.strokeStyle = ctx.fillStyle = colours.limit;
    ctx.lineWidth = 1.5 * ratio;
    ctx.setLineDash([6 * ratio, 4 * ratio]);
    ctx.font = `${11 * ratio}px ${FONT_FAMILY}`;
    ctx.textAlign = "right";
    for (const { label, value } of this.parts.plan.limits) {
      if (value > (scales.y?.max ?? 0)) continue;
      const y = Math.round(this.plot.valToPos(value, "y", true)) + 0.5;
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
      const text = `${label} ${quantity(value, this.parts.plan.spec.unit)}`;
      ctx.fillText(text, bbox.left + bbox.width - 4 * ratio, y + (y - bbox.top < 14 * ratio ? 12 : -4) * ratio);
    }
    ctx.restore();
  }
}

/** What is drawn and what is left out, in pixels. */
const DASHES: readonly (number[] | undefined)[] = [undefined, [5, 3], [1.5, 2.5], [9, 4, 2, 4]];
const FONT_FAMILY = "system-ui, sans-serif";
const FONT = `11px ${FONT_FAMILY}`;

const linear: uPlot.Series.PathBuilder = uPlot.paths.linear?.() ?? (() => null);
const stepped: uPlot.Series.PathBuilder = uPlot.paths.stepped?.({ align: -1 }) ?? linear;

/** Steps that are narrower than a pixel nobody sees, and the library draws a plain line's pixels many times faster. */
const steps: uPlot.Series.PathBuilder = (chart, series, first, last) =>
  (last - first > chart.bbox.width ? linear : stepped)(chart, series, first, last);

function isMove(type: string): boolean {
  return type === "mousemove" || type === "mouseleave" || type === "mouseenter";
}

/** Few enough that each is worth a dot. */
function hasFewPoints(chart: uPlot, series: number): boolean {
  const values = chart.data[series] as (number | null | undefined)[];
  return values.length <= 40;
}

/** Whole steps from the start; by the wall clock, whole steps of that. */
function timeSplits({ from, to }: Range, step: number, originMs: number): number[] {
  const offset = (originMs / 1000) % step;
  const splits: number[] = [];
  for (let n = Math.ceil((from + offset) / step); n * step - offset <= to + step * 1e-6; n++)
    splits.push(Number((n * step - offset).toFixed(6)));
  return splits;
}
