import { sparkline } from "../../src/output/sparkline.ts";
import type { Unit } from "./experiment.ts";
import { figureText, line } from "./table.ts";

/** What something costs by the size of what it is done for. */
export interface Curve {
  readonly what: string;
  /** One of what the sizes count: `process`. */
  readonly per: string;
  readonly unit: Unit;
  /** By size, ascending: the figures that were measured. */
  readonly points: ReadonlyMap<number, readonly number[]>;
}

export interface Fit {
  /** What it costs for nothing, and each one more, in the curve's unit. */
  readonly constant: number;
  readonly slope: number;
  /** How far the largest point lies above the line of the others, as a part of what the line says. */
  readonly off: number;
}

/**
 * The straight line with the least squares through all points but the largest, and how far that one lies off it: a cost
 * that grows faster than its size shows there, which a line through all points would hide. A point counts by its own
 * size, as noise does: what lies a tenth off is as far off for ten as for a thousand.
 */
export function fitOf(points: readonly (readonly [size: number, cost: number])[]): Fit {
  const line = lineThrough(points.slice(0, -1));
  const [size, cost] = points.at(-1) ?? [Number.NaN, Number.NaN];
  const expected = line.constant + line.slope * size;
  return { ...line, off: (cost - expected) / expected };
}

function lineThrough(points: readonly (readonly [number, number])[]): { constant: number; slope: number } {
  const sum = (of: (size: number, cost: number) => number) =>
    points.reduce((all, [size, cost]) => all + of(size, cost) / cost ** 2, 0);
  const [weight, sizes, costs] = [sum(() => 1), sum((size) => size), sum((_, cost) => cost)];
  const slope =
    (weight * sum((size, cost) => size * cost) - sizes * costs) / (weight * sum((size) => size ** 2) - sizes ** 2);
  return { constant: (costs - slope * sizes) / weight, slope };
}

/** The curves as a table of Markdown, a line each. Of the figures of a size the least counts: what disturbs only adds. */
export function curveTable(curves: readonly Curve[]): string {
  const head = ["what", "measured", "", "for none", "each", "the largest, off the line of the others"];
  return [line(head), line(head.map(() => "---")), ...curves.map(curveLine)].join("\n");
}

function curveLine({ what, per, unit, points }: Curve): string {
  const costs = [...points].map(([size, figures]) => [size, Math.min(...figures)] as const);
  const { constant, slope, off } = fitOf(costs);
  // Without its spread: that of a line is no part of what is said here.
  const text = (value: number) => figureText([value], unit).replace(/ ± \S+/, "");
  const measured = costs.map(([size, cost]) => `${size.toLocaleString("en")}: ${text(cost)}`).join(", ");
  const drawn = sparkline(
    Float64Array.from(costs, ([, cost]) => cost),
    true,
  );
  const percent = `${off < 0 ? "−" : "+"}${Math.abs(off * 100).toFixed(0)} %`;
  return line([what, measured, drawn, text(constant), `${text(slope)} per ${per}`, percent]);
}
