import type uPlot from "uplot";
import { quantity, type Unit } from "../../src/recording/quantities.ts";
import type { Limit } from "./chart-plan.ts";
import type { Hue } from "./panels.ts";
import type { Annotations } from "./run-choice.ts";

/** The colours of the style sheet in the current theme, for the canvas of a chart. */
export interface Colours {
  readonly text: string;
  readonly strong: string;
  readonly grid: string;
  readonly surface: string;
  readonly outside: string;
  readonly event: string;
  readonly limit: string;
  line(hue: Hue): string;
  /** A pale, opaque colour for the area below a line. */
  area(hue: Hue): string;
}

/** Reads the colours; call it again when the theme has changed. */
export function readColours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const surface = read("surface");
  const areas = new Map<Hue, string>();
  return {
    text: read("dim"),
    strong: read("text"),
    grid: read("grid"),
    surface,
    outside: read("outside"),
    event: read("event"),
    limit: read("limit"),
    line: (hue) => read(hue),
    area(hue) {
      const known = areas.get(hue) ?? mixed(read(hue), surface, 0.45);
      areas.set(hue, known);
      return known;
    },
  };
}

/** Mixes two colours, `#rrggbb` or `#rgb`; `part` is the share of the first. */
function mixed(colour: string, background: string, part: number): string {
  const [over, under] = [channels(colour), channels(background)];
  const mix = over.map((value, at) => Math.round(value * part + under[at]! * (1 - part)));
  return `#${mix.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

function channels(colour: string): number[] {
  const digits = colour.length === 4 ? colour.replace(/[0-9a-f]/gi, "$&$&") : colour;
  return [1, 3, 5].map((at) => Number.parseInt(digits.slice(at, at + 2), 16));
}

/** What a chart draws in addition to its lines. */
export interface Decoration {
  readonly annotations: Annotations;
  readonly pin: number | undefined;
  readonly colours: Colours;
}

/** Returns a plugin that shades the time before and after the command, hatches missed samples, and draws events and the cursor. */
export function decorationPlugin(current: () => Decoration): uPlot.Plugin {
  return {
    hooks: {
      drawClear: (chart) => {
        shadeOutside(chart, current());
        shadePhases(chart, current());
      },
      draw: (chart) => {
        namePhases(chart, current());
        hatchPauses(chart, current());
        drawEvents(chart, current());
      },
    },
  };
}

function shadeOutside(chart: uPlot, { annotations: { running }, colours }: Decoration): void {
  const { ctx, bbox } = chart;
  const from = running ? clampedLeft(chart, running.from) : bbox.left + bbox.width;
  const to = running ? clampedLeft(chart, running.to) : bbox.left + bbox.width;
  ctx.save();
  ctx.fillStyle = colours.outside;
  ctx.fillRect(bbox.left, bbox.top, from - bbox.left, bbox.height);
  ctx.fillRect(to, bbox.top, bbox.left + bbox.width - to, bbox.height);
  ctx.restore();
}

/** Shades every second phase, so that each is a band. */
function shadePhases(chart: uPlot, { annotations: { phases }, colours }: Decoration): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.fillStyle = colours.event;
  ctx.globalAlpha = 0.1;
  for (const [at, { from, to }] of phases.entries()) {
    const left = clampedLeft(chart, from);
    if (at % 2 === 0) ctx.fillRect(left, bbox.top, clampedLeft(chart, to) - left, bbox.height);
  }
  ctx.restore();
}

/** The height of a phase's name at the top of a chart, in CSS pixels: a click there zooms to the phase. */
export const PHASE_NAME_PX = 15;

/** Writes the names of phases at the top of their bands, as far as there is room. */
function namePhases(chart: uPlot, { annotations: { phases }, colours }: Decoration): void {
  const { ctx, bbox } = chart;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = `${11 * ratio}px ${FONT_FAMILY}`;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  for (const { phase, from, to } of phases) {
    const left = clampedLeft(chart, from) + 4 * ratio;
    const room = clampedLeft(chart, to) - left - 4 * ratio;
    const { width } = ctx.measureText(phase);
    if (width > room) continue;
    ctx.fillStyle = colours.surface;
    ctx.globalAlpha = 0.8;
    ctx.fillRect(left - 2 * ratio, bbox.top, width + 4 * ratio, PHASE_NAME_PX * ratio);
    ctx.globalAlpha = 1;
    ctx.fillStyle = colours.event;
    ctx.fillText(phase, left, bbox.top + (PHASE_NAME_PX * ratio) / 2);
  }
  ctx.restore();
}

/** The distance between the lines of a hatched area, in CSS pixels. */
const HATCH_PX = 7;

/** Hatches the times in which samples were missed: rates there are means over the whole of it, gauges are not known. */
function hatchPauses(chart: uPlot, { annotations: { pauses }, colours }: Decoration): void {
  const { ctx, bbox } = chart;
  const [height, distance] = [bbox.height, HATCH_PX * devicePixelRatio];
  ctx.save();
  ctx.strokeStyle = colours.text;
  ctx.globalAlpha = 0.35;
  // The line that was drawn last may have left its dashes.
  ctx.setLineDash([]);
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  for (const pause of pauses) {
    const [from, to] = [clampedLeft(chart, pause.from), clampedLeft(chart, pause.to)];
    if (to <= from) continue;
    // Lines of one grid, so that neighbours fit together; each is cut at the edges of its pause.
    for (let x = Math.ceil(from / distance) * distance; x < to + height; x += distance) {
      const [left, right] = [Math.max(from, x - height), Math.min(to, x)];
      if (right <= left) continue;
      ctx.moveTo(left, bbox.top + (x - left));
      ctx.lineTo(right, bbox.top + (x - right));
    }
  }
  ctx.stroke();
  ctx.restore();
}

function clampedLeft(chart: uPlot, x: number): number {
  const { left, width } = chart.bbox;
  return Math.min(left + width, Math.max(left, chart.valToPos(x, "x", true)));
}

function drawEvents(chart: uPlot, { annotations, pin, colours }: Decoration): void {
  const { min = 0, max = 0 } = chart.scales.x ?? {};
  const isVisible = (x: number) => x >= (min ?? 0) && x <= (max ?? 0);
  for (const { at } of annotations.events)
    if (isVisible(at)) drawVertical(chart, at, { colour: colours.event, dash: [3, 3] });
  if (pin !== undefined && isVisible(pin)) drawVertical(chart, pin, { colour: colours.text, dash: [] });
}

function drawVertical(chart: uPlot, x: number, { colour, dash }: { colour: string; dash: number[] }): void {
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

export const FONT_FAMILY = "system-ui, sans-serif";

/** Draws the limits that are on the axis as dashed lines with their names and values. */
export function drawLimits(chart: uPlot, limits: readonly Limit[], unit: Unit, colour: string): void {
  const { ctx, bbox, scales } = chart;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.strokeStyle = ctx.fillStyle = colour;
  ctx.lineWidth = 1.5 * ratio;
  ctx.setLineDash([6 * ratio, 4 * ratio]);
  ctx.font = `${11 * ratio}px ${FONT_FAMILY}`;
  ctx.textAlign = "right";
  for (const { label, value } of limits) {
    if (value > (scales.y?.max ?? 0)) continue;
    const y = Math.round(chart.valToPos(value, "y", true)) + 0.5;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    const text = `${label} ${quantity(value, unit)}`;
    ctx.fillText(text, bbox.left + bbox.width - 4 * ratio, y + (y - bbox.top < 14 * ratio ? 12 : -4) * ratio);
  }
  ctx.restore();
}

/** A line of a chart that is named beside it. */
export interface NamedLine {
  readonly name: string;
  readonly hue: Hue;
  /** Its place in the data of the chart library. */
  readonly series: number;
}

/** The height of a name, in CSS pixels. */
const NAME_PX = 13;

/** The number of places at which lines may be named. */
const PLACES = 24;

/** Writes the name of each line above it, where the lines are farthest apart, so that no reader needs to look them up. */
export function nameLines(chart: uPlot, lines: readonly NamedLine[], colours: Colours): void {
  const shown = lines.filter(({ series }) => chart.series[series]?.show !== false);
  const places = Array.from({ length: PLACES - 1 }, (_, at) => placesAt(chart, shown, (at + 1) / PLACES));
  const best = places.reduce((a, b) => (nearestOf(b) > nearestOf(a) ? b : a), []);
  // Names closer to each other would overlap.
  const ratio = devicePixelRatio;
  if (nearestOf(best) < NAME_PX * ratio) return;
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.font = `600 ${11 * ratio}px ${FONT_FAMILY}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.lineJoin = "round";
  ctx.lineWidth = 3 * ratio;
  ctx.strokeStyle = colours.surface;
  for (const { name, hue, x, y } of best) {
    const place = [x, Math.max(bbox.top + 6 * ratio, y - 8 * ratio)] as const;
    ctx.strokeText(name, ...place);
    ctx.fillStyle = colours.line(hue);
    ctx.fillText(name, ...place);
  }
  ctx.restore();
}

interface NamePlace extends NamedLine {
  readonly x: number;
  readonly y: number;
}

/** Returns where the lines are at a part of the visible time, the highest first; empty: not all are there. */
function placesAt(chart: uPlot, lines: readonly NamedLine[], part: number): NamePlace[] {
  const { min, max } = chart.scales.x ?? {};
  const seconds = (min ?? 0) + part * ((max ?? 0) - (min ?? 0));
  const at = chart.valToIdx(seconds);
  const x = chart.valToPos(chart.data[0][at] ?? seconds, "x", true);
  const found = lines.flatMap((line) => {
    const value = chart.data[line.series]?.[at];
    return value === null || value === undefined ? [] : [{ ...line, x, y: chart.valToPos(value, "y", true) }];
  });
  return found.length === lines.length ? found.sort((a, b) => a.y - b.y) : [];
}

/** Returns the least distance between neighbours; 0: there are none. */
function nearestOf(places: readonly NamePlace[]): number {
  if (places.length < 2) return 0;
  return Math.min(...places.slice(1).map(({ y }, at) => y - places[at]!.y));
}
