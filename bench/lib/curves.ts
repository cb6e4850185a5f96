import { sparkline } from "../../src/output/summary/summary-lines.ts";
import type { Unit } from "./experiment.ts";
import { figureText, markdownTable } from "./table.ts";

/** What something costs, by the size of what it works on. */
export interface Curve {
  readonly what: string;
  /** What the sizes count, in the singular: `process`. */
  readonly per: string;
  readonly unit: Unit;
  /** The measured figures by size, ascending. */
  readonly points: ReadonlyMap<number, readonly number[]>;
}

export interface Fit {
  /** The cost at size zero, and that of each one more, in the curve's unit. */
  readonly constant: number;
  readonly slope: number;
  /** How far the largest point lies above the line through the others, as a part of what that line says. */
  readonly off: number;
}

/**
 * The straight line of least squares through all points but the largest, and how far the largest lies off it: a cost that
 * grows faster than its size shows there, which a line through all points would hide. Errors are relative, as noise is: a
 * point at 10 that is a tenth off weighs as much as one at 1,000 that is a tenth off.
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

/** The curves as a table of Markdown, a line each. The least figure of each size counts: disturbances only add. */
export function curveTable(curves: readonly Curve[]): string {
  const head = ["what", "measured", "", "for none", "each", "the largest, off the line of the others"];
  return markdownTable(head, curves.map(cells));
}

function cells({ what, per, unit, points }: Curve): readonly string[] {
  const costs = [...points].map(([size, figures]) => [size, Math.min(...figures)] as const);
  const { constant, slope, off } = fitOf(costs);
  // Without the spread, which a single value does not have.
  const text = (value: number) => figureText([value], unit).replace(/ ± \S+/, "");
  const measured = costs.map(([size, cost]) => `${size.toLocaleString("en")}: ${text(cost)}`).join(", ");
  const drawn = sparkline(
    Float64Array.from(costs, ([, cost]) => cost),
    true,
  );
  const percent = `${off < 0 ? "−" : "+"}${Math.abs(off * 100).toFixed(0)} %`;
  return [what, measured, drawn, text(constant), `${text(slope)} per ${per}`, percent];
}
