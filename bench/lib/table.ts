import type { Figures, Goal, Row, Unit } from "./experiment.ts";
import { type Estimate, median, medianAbsoluteDeviation, ratioOfMedians } from "./stats.ts";

/** The table of the rows, in Markdown, with the figures by contestant of each row's experiment. */
export function table(rows: readonly Row[], figuresOf: (row: Row) => ReadonlyMap<string, Figures>): string {
  const lines = rows.map((row) => line(cells(row, figuresOf(row))));
  return [line(["what", "statexec", "against", "ratio", "goal", "met"]), line(Array(6).fill("---")), ...lines].join(
    "\n",
  );
}

/** A line of a table. */
export const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;

function cells(row: Row, figures: ReadonlyMap<string, Figures>): readonly string[] {
  const ours = figuresOfContestant(figures, row.ours);
  const against = row.against === undefined ? undefined : figuresOfContestant(figures, row.against);
  const comparable = Array.isArray(ours) && Array.isArray(against);
  const ratio = comparable ? ratioOfMedians(ours, against) : undefined;
  const reached = isAbsolute(row) ? (Array.isArray(ours) ? median(ours) : undefined) : ratio?.value;
  return [
    row.what,
    figureText(ours, row.unit),
    against === undefined ? "–" : `${row.against}: ${figureText(against, row.unit)}`,
    ratio !== undefined ? ratioText(ratio) : comparable ? "lost in noise" : "–",
    row.goal === undefined ? "–" : goalText(row),
    metText(row.goal, reached),
  ];
}

/** Whether its goal is one for the figure itself. */
const isAbsolute = ({ against, absolute }: Row) => against === undefined || absolute === true;

function figuresOfContestant(figures: ReadonlyMap<string, Figures>, name: string): Figures {
  const found = figures.get(name);
  if (found === undefined) throw new Error(`no figures of ${JSON.stringify(name)}; there are: ${[...figures.keys()]}`);
  return found;
}

/** Median and median absolute deviation in one scale, `14.2 ± 0.3 ms`; or why there are none. */
export function figureText(figures: Figures, unit: Unit): string {
  if (typeof figures === "string") return figures;
  const middle = median(figures);
  const [scale, name] = scaleOf(Math.abs(middle), unit);
  return `${digits(middle / scale)} ± ${digits(medianAbsoluteDeviation(figures) / scale)} ${name}`;
}

const SCALES: Readonly<Record<Unit, readonly (readonly [scale: number, name: string])[]>> = {
  ns: [
    [1e9, "s"],
    [1e6, "ms"],
    [1e3, "µs"],
    [1, "ns"],
  ],
  bytes: [
    [2 ** 20, "MiB"],
    [2 ** 10, "KiB"],
    [1, "B"],
  ],
  percent: [[1, "%"]],
  perSecond: [
    [1e6, "million/s"],
    [1e3, "thousand/s"],
    [1, "/s"],
  ],
};

function scaleOf(value: number, unit: Unit): readonly [scale: number, name: string] {
  const scales = SCALES[unit];
  return scales.find(([scale]) => value >= scale) ?? scales[scales.length - 1]!;
}

const digits = (value: number) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2));

/** Below this a ratio says only that the two are of different orders. */
const SMALLEST_RATIO = 0.01;

/** A ratio with its interval. */
export function ratioText({ value, low, high }: Estimate): string {
  return high < SMALLEST_RATIO ? `**< ${SMALLEST_RATIO}**` : `**${digits(value)}** (${digits(low)} to ${digits(high)})`;
}

/** A goal for the ratio, or where there is nothing to compare with for the figure, in its unit. */
function goalText(row: Row): string {
  const { goal, unit } = row;
  const text = (bound: number) => {
    if (!isAbsolute(row)) return String(bound);
    const [scale, name] = scaleOf(bound, unit);
    return `${Number((bound / scale).toPrecision(3))} ${name}`;
  };
  return "atMost" in goal! ? `≤ ${text(goal.atMost)}` : `≥ ${text(goal!.atLeast)}`;
}

function metText(goal: Goal | undefined, reached: number | undefined): string {
  if (goal === undefined) return "–";
  if (reached === undefined) return "not measured";
  return ("atMost" in goal ? reached <= goal.atMost : reached >= goal.atLeast) ? "yes" : "**no**";
}

/** The text with what lies between the two markers of a name replaced; undefined where it does not have them. */
export function replaceBlock(text: string, block: string, name: string): string | undefined {
  const [opening, closing] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const begin = text.indexOf(opening);
  const end = text.indexOf(closing, begin);
  if (begin === -1 || end === -1) return undefined;
  return `${text.slice(0, begin + opening.length)}\n${block}\n${text.slice(end)}`;
}
