import { quantity } from "../../src/recording/quantities.ts";
import type { Problem, RunInfo } from "../data/model.ts";
import { HUES } from "./chart-plan.ts";
import { el } from "./dom.ts";
import { isSameTask, namesOf, type RunChoice } from "./run-choice.ts";
import type { RunFigures } from "./run-figures.ts";
import { dayAndTime } from "./time-format.ts";
import { commandText, type VerdictItem, verdictOf } from "./verdict.ts";

/** Makes the title: the command, and when and where it ran. */
export function titleOf(runs: readonly RunInfo[]): HTMLElement {
  const [first] = runs;
  const commands = [...new Set(runs.map(commandText))];
  const names = commands.join("  ·  ");
  const about = runs.length > 1 ? [`${runs.length} runs`, namesOf(runs).join(", ")] : first ? aboutRun(first) : [];
  return el(
    "div",
    { class: "title" },
    el("h1", { title: names }, names),
    el("p", { class: "about" }, about.filter(Boolean).join(" · ")),
  );
}

function aboutRun(run: RunInfo): string[] {
  const host = run.facts.find(([fact]) => fact === "host")?.[1] ?? "";
  const labels = run.labels.map(([label, value]) => `${label}=${value}`);
  const role = run.role === "standalone" ? "" : run.role;
  const live = run.live ? "still running" : "";
  return [live, dayAndTime(run.startMs), host && `on ${host}`, role, ...labels, run.name];
}

/** Makes a table with a row for each run, and the differences to the first run. */
export function verdictTable(all: readonly RunFigures[], view: RunChoice["view"]): HTMLElement {
  const verdicts = all.map(verdictOf);
  const labels = [...new Set(verdicts.flatMap((row) => row.map(({ label }) => label)))];
  const names = namesOf(all.map(({ run }) => run));
  const rows = verdicts.map((row, at) => {
    const hue = HUES[at % HUES.length];
    const name = el("th", { scope: "row" }, el("span", { class: `swatch solid ${hue}` }), names[at]);
    // Figures of different tasks, as those of a client and its server, are not compared.
    const isAlike = view === "overlay" && isSameTask(all[at]!.run, all[0]!.run);
    const base = isAlike ? (verdicts[0] ?? []) : row;
    const sentence = el("td", { class: "words" }, all[at]!.run.known.sentence ?? "–");
    return el("tr", {}, name, ...labels.map((label) => verdictCell(label, row, base)), sentence);
  });
  const header = el(
    "tr",
    {},
    el("th", { scope: "col" }, "Run"),
    ...[...labels, "What held it back"].map((label) => el("th", { scope: "col" }, label)),
  );
  return el("table", { class: "verdicts", "aria-label": "Verdict" }, el("thead", {}, header), el("tbody", {}, ...rows));
}

function verdictCell(label: string, row: readonly VerdictItem[], base: readonly VerdictItem[]): HTMLElement {
  const own = row.find((one) => one.label === label);
  const first = base.find((one) => one.label === label);
  if (!own) return el("td", {}, "–");
  const change = own === first || !first || own.isPair ? "" : changeText(own.value / first.value - 1);
  return el("td", { class: own.tone, title: own.note }, own.text, " ", el("small", {}, change));
}

/** A smaller change is none: more digits would pretend to a precision that no figure has. */
const LEAST_CHANGE = 0.0005;

/** Returns a change in words: `+12.0 %`, `±0 %`; empty: there is none to tell. */
export function changeText(ratio: number): string {
  if (!Number.isFinite(ratio)) return "";
  if (Math.abs(ratio) < LEAST_CHANGE) return "±0\u202f%";
  return `${ratio > 0 ? "+" : "−"}${quantity(Math.abs(ratio), "share")}`;
}

/** Lists the files that could not be read, or only in part; undefined: there are none. */
export function problemsView(problems: readonly Problem[]): HTMLElement | undefined {
  if (problems.length === 0) return undefined;
  const items = problems.map(({ file, message }) =>
    el("li", {}, message.startsWith(file) ? message : `${file}: ${message}`),
  );
  const words =
    problems.length === 1
      ? "One file could not be read completely"
      : `${problems.length} files could not be read completely`;
  return el(
    "details",
    { class: "problems", open: problems.length <= 3 },
    el("summary", {}, words),
    el("ul", {}, ...items),
  );
}
