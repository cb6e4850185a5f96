import { DEFAULT_NOISE } from "../../src/catalog/choices.ts";
import {
  type Comparison,
  type ComparisonUnit,
  commandsOf,
  compareRuns,
  figuresFrom,
  type Spread,
  spreadOf,
} from "../../src/recording/comparison.ts";
import { quantity } from "../../src/recording/quantities.ts";
import type { Verdict } from "../../src/recording/set-verdicts.ts";
import type { RunInfo } from "../data/model.ts";
import { button, el, table } from "./dom.ts";
import { changeText } from "./header.ts";
import type { PageState } from "./page-state.ts";
import { namesOf, type RunChoice } from "./run-choice.ts";
import { duration } from "./time-format.ts";

/** Makes the comparison of overlaid runs, by the rules of `--compare`; undefined: there is none. */
export function comparisonView(
  { runs, view }: RunChoice,
  asked: PageState["base"],
  set: (change: Partial<PageState>) => void,
): HTMLElement | undefined {
  if (view !== "overlay") return undefined;
  if (new Set(runs.map(({ role }) => role)).size > 1)
    return comparisonSection(el("p", {}, "Client and server have different tasks: their figures are not compared."));
  const chosen = runs.filter(({ id }) => asked.includes(id));
  const base = chosen.length > 0 && chosen.length < runs.length ? chosen : runs.length === 2 ? runs.slice(0, 1) : [];
  const next = runs.filter((run) => !base.includes(run));
  const shown = base.length > 0 ? comparisonTable(base, next, runs) : spreadTable(runs);
  const parts = [baseSwitch(runs, base, set), ...warnings(runs), el("div", { class: "scroll", tabindex: 0 }, shown)];
  const commands = commandsOf(runs.map(figuresOfRun));
  if (commands.length === 1) return comparisonSection(...parts);
  const words = `These are runs of ${commands.length} different commands: compare them all the same`;
  return comparisonSection(el("details", { class: "foldable" }, el("summary", {}, words), ...parts));
}

function comparisonSection(...parts: readonly HTMLElement[]): HTMLElement {
  return el("section", { class: "comparison", "aria-label": "Comparison" }, el("h2", {}, "Comparison"), ...parts);
}

const figuresOfRun = ({ known }: RunInfo) => figuresFrom(known.figures);

/** Lets the reader choose the runs that the others are compared with. */
function baseSwitch(runs: readonly RunInfo[], base: readonly RunInfo[], set: (change: Partial<PageState>) => void) {
  const names = namesOf(runs);
  const buttons = runs.map((run, at) => {
    const isBase = base.includes(run);
    const flipped = isBase ? base.filter((one) => one !== run) : runs.length === 2 ? [run] : [...base, run];
    const choose = () => set({ base: flipped.map(({ id }) => id) });
    return button(names[at]!, choose, { "aria-pressed": String(isBase) });
  });
  const group = el(
    "span",
    { class: "switch bases", role: "group", "aria-label": "Base of the comparison" },
    ...buttons,
  );
  return el("p", { class: "base" }, "Base: ", group);
}

function warnings(runs: readonly RunInfo[]): HTMLElement[] {
  const live = runs.filter((run) => run.live);
  if (live.length === 0) return [];
  const names = namesOf(runs).filter((_, at) => live.includes(runs[at]!));
  return [el("p", { class: "hint" }, `Still running, so with what it has so far: ${names.join(", ")}.`)];
}

const TONES: Readonly<Record<Verdict, string>> = { worse: "bad", better: "good", same: "", "not comparable": "dim" };

function comparisonTable(base: readonly RunInfo[], next: readonly RunInfo[], all: readonly RunInfo[]): HTMLElement {
  const compared = compareRuns(base.map(figuresOfRun), next.map(figuresOfRun), DEFAULT_NOISE);
  const rows = compared.map(({ what, unit, base: old, next: now, verdict, reason }) => [
    what,
    valueText(old, unit),
    valueText(now, unit),
    changed(old, now, unit),
    el("span", { class: TONES[verdict] }, el("b", {}, verdict), reason === undefined ? "" : ` – ${reason}`),
  ]);
  const headings = ["Figure", sideName("Base", base, all), sideName("New", next, all), "Change", "Verdict"];
  return captioned(
    table(headings, rows, [1, 2, 3]),
    `${counted(compared)}. Less is better; up to ${DEFAULT_NOISE * 100} % is noise.`,
  );
}

function sideName(name: string, runs: readonly RunInfo[], all: readonly RunInfo[]): string {
  const own = namesOf(all)[all.indexOf(runs[0]!)];
  return runs.length === 1 ? `${name}: ${own}` : `${name}, median of ${runs.length} runs`;
}

/** Counts the verdicts, as the last line of `--compare` does. */
function counted(all: readonly Comparison[]): string {
  const counts = (Object.keys(TONES) as Verdict[]).map(
    (verdict) => [all.filter((one) => one.verdict === verdict).length, verdict] as const,
  );
  return counts.flatMap(([count, verdict]) => (count > 0 ? [`${count} ${verdict}`] : [])).join(", ");
}

function spreadTable(runs: readonly RunInfo[]): HTMLElement {
  const rows = spreadOf(runs.map(figuresOfRun)).map(({ what, unit, spread, reason }: Spread) => [
    what,
    ...[spread?.lowest, spread?.median, spread?.highest].map((value) => valueText(value, unit)),
    spread && spread.median > 0 ? quantity((spread.highest - spread.lowest) / spread.median, "share") : "–",
    reason ?? "",
  ]);
  const headings = ["Figure", "Lowest", "Median", "Highest", "Spread of the median", ""];
  return captioned(
    table(headings, rows, [1, 2, 3, 4]),
    `${runs.length} runs. Choose a base to compare the others with it.`,
  );
}

function captioned(filled: HTMLTableElement, text: string): HTMLElement {
  filled.prepend(el("caption", {}, text));
  return filled;
}

function valueText(value: number | undefined, unit: ComparisonUnit): string {
  if (value === undefined) return "–";
  if (unit === "seconds") return duration(value);
  return unit === "bytes" ? quantity(value, "bytes") : String(value);
}

/** A change from 0 has no percentage. */
function changed(base: number | undefined, next: number | undefined, unit: ComparisonUnit): string {
  if (base === undefined || next === undefined || unit === "status") return "";
  return base === next ? changeText(0) : changeText(next / base - 1);
}
