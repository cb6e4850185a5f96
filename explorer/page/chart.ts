import uPlot from "uplot";
import { axisLabels, axisSteps } from "../../src/recording/quantities.ts";
import { alignedData, type ChartPoints, drawOrder, isStepped } from "./chart-data.ts";
import {
  type Colours,
  decorationPlugin,
  drawLimits,
  FONT_FAMILY,
  type NamedLine,
  nameLines,
  PHASE_NAME_PX,
} from "./chart-drawing.ts";
import type { PlannedChart, PlannedLine } from "./chart-plan.ts";
import type { PageState, Range } from "./page-state.ts";
import type { Annotations } from "./run-choice.ts";
import { clockTime, elapsed, TIME_STEPS } from "./time-format.ts";

/** What all charts of the page share. */
export interface SharedView {
  readonly range: Range;
  readonly pin: number | undefined;
  readonly clock: PageState["clock"];
  readonly colours: Colours;
}

export interface ChartParts {
  readonly plan: PlannedChart;
  readonly annotations: () => Annotations;
  /** The clock time of 0 s, in milliseconds since the epoch. */
  readonly originMs: number;
  readonly shared: () => SharedView;
  readonly onZoom: (range: Range) => void;
  /** The range that the wheel asks for, which may be wider than the run. */
  readonly onWheel: (range: Range) => void;
  readonly onReset: () => void;
  readonly onPin: (x: number) => void;
  /** Pins the cursor at a time, wherever it was. */
  readonly onMovePin: (x: number) => void;
  readonly onHover: (x: number | undefined) => void;
}

const CHART_HEIGHT = 150;

/** Returns the height of a chart, in pixels. */
export function heightOf({ height = CHART_HEIGHT }: PlannedChart): number {
  return height;
}

const AXIS_WIDTH = 64;
/** Half of the last label of a long run's time axis is there. */
const RIGHT_PX = 26;
/** A step of the wheel scales the visible range by this factor. */
const WHEEL_IN = 0.75;
/** More lines have their names in the legend only, as on a narrow screen. */
const MOST_NAMED = 4;
const LEAST_NAMED_PX = 600;
/** A shorter drag is a click. */
const LEAST_DRAG_PX = 4;
/** A limit above this many times the highest value is only in the legend: drawing it would flatten all lines. */
const FAR_LIMIT = 4;

/** One chart: lines over time. All charts share their cursor and their zoom. */
export class Chart {
  readonly plot: uPlot;
  private readonly parts: ChartParts;
  /** The drawn points; undefined: there are none yet. */
  points: ChartPoints | undefined;

  constructor(parts: ChartParts, mount: HTMLElement, width: number) {
    this.parts = parts;
    const empty = [[0], ...parts.plan.lines.map(() => [null])] as uPlot.AlignedData;
    this.plot = new uPlot(this.options(width), empty, mount);
    this.listen(this.plot.over);
  }

  setPoints(points: ChartPoints): void {
    this.points = points;
    this.plot.batch(() => {
      this.setStrokes(points);
      this.plot.setData(alignedData(this.parts.plan.lines, points), false);
      this.scaleX();
    });
  }

  /** A line with a point at each pixel or two has no dashes, which are not visible, and is thin: all else is slow to draw. */
  private setStrokes({ drawn }: ChartPoints): void {
    const { lines } = this.parts.plan;
    for (const [order, at] of drawOrder(lines).entries()) {
      const series = this.plot.series[order + 1];
      const line = lines[at]!;
      if (!series) continue;
      const points = drawn[at]?.times.length ?? 0;
      const dash = DASHES[line.dash];
      if (dash && points < this.plot.width) series.dash = dash;
      else delete series.dash;
      series.width = line.layer || 2 * points > this.plot.width ? 1 : 1.5;
    }
  }

  /** Redraws the chart after a change of the range, the theme, the clock or the pin. */
  update(): void {
    this.plot.batch(() => {
      this.scaleX();
      this.plot.redraw(false, true);
    });
  }

  /** Shows or hides a line, by its index in the plan. */
  showLine(at: number, isShown: boolean): void {
    this.plot.setSeries(drawOrder(this.parts.plan.lines).indexOf(at) + 1, { show: isShown });
  }

  resize(width: number): void {
    if (width > 0 && Math.abs(width - this.plot.width) >= 1)
      this.plot.setSize({ width, height: heightOf(this.parts.plan) });
  }

  destroy(): void {
    this.plot.destroy();
  }

  private scaleX(): void {
    const { from, to } = this.parts.shared().range;
    this.plot.setScale("x", { min: from, max: to });
  }

  private options(width: number): uPlot.Options {
    const { plan, shared, annotations } = this.parts;
    return {
      width,
      height: heightOf(plan),
      legend: { show: false },
      padding: [8, RIGHT_PX, 0, 0],
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false, dist: LEAST_DRAG_PX },
        // The library shares the movements of the cursor between the charts; the page shares the zoom.
        sync: { key: "statexec", setSeries: false, scales: ["x", null], filters: { pub: isMove, sub: isMove } },
        bind: { dblclick: () => () => null },
      },
      scales: { x: { time: false }, y: { range: (_, min, max) => this.rangeOf(min, max) } },
      axes: this.axes(),
      // Translucent, so that none hides another.
      bands: (plan.bands ?? []).map(({ series, hue }) => ({ series, fill: () => `${shared().colours.area(hue)}99` })),
      series: [{}, ...drawOrder(plan.lines).map((at) => this.seriesOf(plan.lines[at]!))],
      plugins: [decorationPlugin(() => ({ annotations: annotations(), pin: shared().pin, colours: shared().colours }))],
      hooks: {
        setSelect: [() => this.selected()],
        draw: [
          (chart) => drawLimits(chart, plan.limits, plan.spec.unit, shared().colours.limit),
          (chart) => nameLines(chart, this.namedLines(), shared().colours),
        ],
      },
    };
  }

  /** Of an overlay, the lines that are named beside them: a few, which are no layers. */
  private namedLines(): NamedLine[] {
    const { lines } = this.parts.plan;
    if (lines.length > MOST_NAMED || this.plot.width < LEAST_NAMED_PX) return [];
    return drawOrder(lines).flatMap((at, order) => {
      const { kind, label, hue, derived } = lines[at]!;
      return kind === undefined || derived ? [] : [{ name: label, hue, series: order + 1 }];
    });
  }

  private seriesOf(line: PlannedLine): uPlot.Series {
    const colours = () => this.parts.shared().colours;
    const paths = drawnAs(isStepped(line) ? stepped : linear);
    return {
      stroke: () => colours().line(line.hue),
      width: line.layer ? 1 : 1.5,
      spanGaps: false,
      points: { show: (chart, series) => !isStepped(line) && hasFewPoints(chart, series), size: 4 },
      paths,
      ...(line.layer ? { fill: () => colours().area(line.hue) } : {}),
    };
  }

  private axes(): uPlot.Axis[] {
    const { plan, shared, originMs } = this.parts;
    const [stroke, gridStroke] = [() => shared().colours.text, () => shared().colours.grid];
    const common = { stroke, grid: { stroke: gridStroke, width: 1 }, ticks: { show: false }, font: FONT, gap: 4 };
    const isWall = () => shared().clock === "wall";
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
        space: plan.height ? 16 : 28,
        incrs: axisSteps(plan.spec.unit),
        values: (_, splits) => axisLabels(splits, plan.spec.unit),
      },
    ];
  }

  /** Returns the ends of the axis; a difference has its 0 in the middle. */
  private rangeOf(lowest: number | null, highest: number | null): [number, number] {
    if (this.parts.plan.lines[0]?.derived?.how !== "difference") return [0, this.top(highest)];
    const most = Math.max(Math.abs(lowest ?? 0), Math.abs(highest ?? 0)) * 1.08 || 1;
    return [-most, most];
  }

  /** Returns the top of the axis: above the highest visible value and the limits that are not far above it. */
  private top(highest: number | null): number {
    const high = highest ?? 0;
    const near = this.parts.plan.limits.map(({ value }) => value).filter((value) => value <= high * FAR_LIMIT);
    const top = Math.max(high, ...near) * 1.08 || 1;
    // No share is more than the whole.
    return this.parts.plan.spec.unit === "share" ? Math.min(1, top) : top;
  }

  private selected(): void {
    const { left, width } = this.plot.select;
    if (width < LEAST_DRAG_PX) return;
    const [from, to] = [this.plot.posToVal(left, "x"), this.plot.posToVal(left + width, "x")];
    this.plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.parts.onZoom({ from, to });
  }

  /** Scales the visible range; the time `x` stays where it is. */
  private zoomAround(x: number, scale: number): void {
    const { from, to } = this.parts.shared().range;
    this.parts.onWheel({ from: x - (x - from) * scale, to: x + (to - x) * scale });
  }

  private phaseAt(x: number): Range | undefined {
    return this.parts.annotations().phases.find(({ from, to }) => x >= from && x <= to);
  }

  private listen(over: HTMLElement): void {
    const { onReset, onHover, onPin, onZoom } = this.parts;
    let pressedAt = 0;
    const at = (event: MouseEvent) => this.plot.posToVal(event.clientX - this.plot.rect.left, "x");
    over.addEventListener("dblclick", onReset);
    over.addEventListener("mousemove", (event) => onHover(at(event)));
    over.addEventListener("mouseleave", () => onHover(undefined));
    over.addEventListener(
      "wheel",
      (event) => {
        // Without a modifier, the wheel scrolls the page.
        if (!event.ctrlKey && !event.metaKey && !event.shiftKey) return;
        event.preventDefault();
        const turned = event.deltaY || event.deltaX;
        if (turned !== 0) this.zoomAround(at(event), turned < 0 ? WHEEL_IN : 1 / WHEEL_IN);
      },
      { passive: false },
    );
    over.addEventListener("mousedown", (event) => {
      pressedAt = event.clientX;
    });
    over.addEventListener("click", (event) => {
      if (Math.abs(event.clientX - pressedAt) >= LEAST_DRAG_PX) return;
      const phase = event.clientY - this.plot.rect.top < PHASE_NAME_PX ? this.phaseAt(at(event)) : undefined;
      if (phase) onZoom({ from: phase.from, to: phase.to });
      else onPin(at(event));
    });
  }
}

/** The lengths of dashes and of the spaces between them, in pixels; by `PlannedLine.dash`. */
const DASHES: readonly (number[] | undefined)[] = [undefined, [5, 3], [1.5, 2.5], [9, 4, 2, 4]];
const FONT = `11px ${FONT_FAMILY}`;

const linear: uPlot.Series.PathBuilder = uPlot.paths.linear?.() ?? (() => null);
const stepped: uPlot.Series.PathBuilder = uPlot.paths.stepped?.({ align: -1 }) ?? linear;

/** Draws many points as plain lines: steps narrower than a pixel are not visible, and drawn many times more slowly. */
function drawnAs(few: uPlot.Series.PathBuilder): uPlot.Series.PathBuilder {
  return (chart, series, first, last) => {
    if (last - first <= chart.bbox.width) return few(chart, series, first, last);
    const paths = linear(chart, series, first, last);
    if (paths?.fill) paths.fill = columnsBelow(chart, series, first, last);
    return paths;
  };
}

/** Returns the area below the highest values of columns of pixels: with upright edges, it is filled many times faster. */
function columnsBelow(chart: uPlot, series: number, first: number, last: number): Path2D {
  const [times, values] = [chart.data[0], chart.data[series]!];
  const path = new Path2D();
  const base = chart.bbox.top + chart.bbox.height;
  // A path ignores a point that is NaN.
  let [column, high] = [Number.NaN, base];
  const moveTo = (x: number) => {
    path.lineTo(column, high);
    path.lineTo(x, high);
    [column, high] = [x, base];
  };
  for (let at = first; at <= last; at++) {
    const value = values[at];
    if (value === undefined) continue;
    const x = Math.round(chart.valToPos(times[at]!, "x", true));
    if (x !== column) moveTo(x);
    if (value !== null) high = Math.min(high, Math.round(chart.valToPos(value, "y", true)));
  }
  moveTo(column + 1);
  path.lineTo(column, base);
  return path;
}

function isMove(type: string): boolean {
  return type === "mousemove" || type === "mouseleave" || type === "mouseenter";
}

/** Whether the points are few enough to draw a dot at each. */
function hasFewPoints(chart: uPlot, series: number): boolean {
  const values = chart.data[series] as (number | null | undefined)[];
  return values.length <= 40;
}

/** Returns the labelled times of an axis: whole steps from the start, or whole steps of the clock. */
function timeSplits({ from, to }: Range, step: number, originMs: number): number[] {
  const offset = (originMs / 1000) % step;
  const splits: number[] = [];
  for (let n = Math.ceil((from + offset) / step); n * step - offset <= to + step * 1e-6; n++)
    splits.push(Number((n * step - offset).toFixed(6)));
  return splits;
}
