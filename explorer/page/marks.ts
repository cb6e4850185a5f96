import type uPlot from "uplot";
import type { Colours } from "./colours.ts";

/** What is drawn into every chart beside its lines; all times in seconds from the start. */
export interface Marks {
  /** When the command ran; undefined: it never did. */
  readonly running: { readonly from: number; readonly to: number } | undefined;
  readonly events: readonly Mark[];
}

export interface Mark {
  readonly at: number;
  readonly event: string;
  readonly text: string;
}

/** What a chart shows of its surroundings at the moment it is drawn. */
export interface Surroundings {
  readonly marks: Marks;
  readonly pin: number | undefined;
  readonly colours: Colours;
}

/** Draws the time outside of the command as a shade, events as thin lines, and the cursor that was put down. */
export function marksPlugin(now: () => Surroundings): uPlot.Plugin {
  return {
    hooks: {
      drawClear: (chart) => shadeOutside(chart, now()),
      draw: (chart) => drawMarks(chart, now()),
    },
  };
}

function shadeOutside(chart: uPlot, { marks: { running }, colours }: Surroundings): void {
  const { ctx, bbox } = chart;
  const from = running ? clamped(chart, running.from) : bbox.left + bbox.width;
  const to = running ? clamped(chart, running.to) : bbox.left + bbox.width;
  ctx.save();
  ctx.fillStyle = colours.outside;
  ctx.fillRect(bbox.left, bbox.top, from - bbox.left, bbox.height);
  ctx.fillRect(to, bbox.top, bbox.left + bbox.width - to, bbox.height);
  ctx.restore();
}

function clamped(chart: uPlot, x: number): number {
  const { left, width } = chart.bbox;
  return Math.min(left + width, Math.max(left, chart.valToPos(x, "x", true)));
}

function drawMarks(chart: uPlot, { marks, pin, colours }: Surroundings): void {
  const { min = 0, max = 0 } = chart.scales.x ?? {};
  const isInside = (x: number) => x >= (min ?? 0) && x <= (max ?? 0);
  for (const { at } of marks.events) if (isInside(at)) upright(chart, at, { colour: colours.mark, dash: [3, 3] });
  if (pin !== undefined && isInside(pin)) upright(chart, pin, { colour: colours.text, dash: [] });
}

function upright(chart: uPlot, x: number, { colour, dash }: { colour: string; dash: number[] }): void {
  const { ctx, bbox } = chart;
  const left = Math.round(chart.valToPos(x, "x", true)) + 0.5;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash(dash.map((length) => length * devicePixelRatio));
  ctx.beginPath();
  ctx.moveTo(left, bbox.top);
  ctx.lineTo(left, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}
