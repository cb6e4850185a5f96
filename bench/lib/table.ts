import { arch, cpus, release } from "node:os";
import type { Figures, Goal, Row, Unit } from "./experiment.ts";
import { type Estimate, median, medianAbsoluteDeviation, ratioOfMedians } from "./stats.ts";

/** The table of the rows, in Markdown, with the figures by contestant of each row's experiment. */
export function benchmarkTable(rows: readonly Row[], figuresOf: (row: Row) => ReadonlyMap<string, Figures>): string {
  const head = ["what", "statexec", "against", "ratio", "goal", "met"];
  return markdownTable(
    head,
    rows.map((row) => cells(row, figuresOf(row))),
  );
}

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map(line).join("\n");
}

const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;

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

/** Whether the goal is for the figure itself, not for the ratio. */
const isAbsolute = ({ against, absolute }: Row) => against === undefined || absolute === true;

function figuresOfContestant(figures: ReadonlyMap<string, Figures>, name: string): Figures {
  const found = figures.get(name);
  if (found === undefined) throw new Error(`no figures of ${JSON.stringify(name)}; there are: ${[...figures.keys()]}`);
  return found;
}

/** Median and median absolute deviation in one scale, `14.2 ± 0.3 ms`; or why there are no figures. */
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

/** A ratio below this is shown as a bound: its digits say nothing more. */
const SMALLEST_RATIO = 0.01;

/** A ratio with its interval. */
export function ratioText({ value, low, high }: Estimate): string {
  return high < SMALLEST_RATIO ? `**< ${SMALLEST_RATIO}**` : `**${digits(value)}** (${digits(low)} to ${digits(high)})`;
}

/** The bound of a ratio, or that of a figure with its unit. */
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

/** What the figures were measured on; it does not name the machine. */
export function machineText(): string {
  const kernel = release().split("-")[0];
  const model = cpus()[0]?.model ?? "model unknown";
  return `${cpus().length} CPUs (${model}), Linux ${kernel}, ${arch()}, Bun ${Bun.version}.`;
}

/** Replaces what is between the two markers of a name; undefined if the text does not have them. */
export function replaceBlock(text: string, block: string, name: string): string | undefined {
  const [opening, closing] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const begin = text.indexOf(opening);
  const end = text.indexOf(closing, begin);
  if (begin === -1 || end === -1) return undefined;
  return `${text.slice(0, begin + opening.length)}\n${block}\n${text.slice(end)}`;
}
