import { quantity } from "../../src/recording/quantities.ts";
import type { Problem, RunInfo } from "../data/model.ts";
import { type Bottleneck, bottlenecksOf } from "./bottlenecks.ts";
import { HUES } from "./chart-plan.ts";
import { button, el } from "./dom.ts";
import { namesOf } from "./run-choice.ts";
import type { RunFigures } from "./run-figures.ts";
import { dayAndTime } from "./time-format.ts";
import { commandText, type VerdictItem, verdictOf } from "./verdict.ts";

/** Makes the title: the command, and when and where it ran. */
export function titleOf(runs: readonly RunInfo[]): HTMLElement {
  const [first] = runs;
  const names = runs.length > 1 ? namesOf(runs).join(", ") : commandText(first);
  const about = runs.length > 1 ? [`${runs.length} runs`] : first ? aboutRun(first) : [];
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

/** Makes the verdict: figures and bottlenecks of one run, or a table of several runs. */
export function verdictView(all: readonly RunFigures[], onShowPanel: (panel: string) => void): HTMLElement {
  if (all.length > 1) return el("div", { class: "scroll" }, verdictTable(all));
  const [figures] = all;
  if (!figures) return el("div");
  const items = verdictOf(figures).map(({ label, text, note, tone }) =>
    el("div", { class: `figure ${tone}` }, el("dt", {}, label), el("dd", {}, el("b", {}, text), el("small", {}, note))),
  );
  const bottlenecks = bottlenecksOf(figures).map((one) => bottleneckItem(one, onShowPanel));
  return el(
    "div",
    {},
    el("dl", { class: "verdict", "aria-label": "Verdict" }, ...items),
    bottlenecks.length > 0
      ? el("ul", { class: "bottlenecks", "aria-label": "Bottlenecks" }, ...bottlenecks)
      : undefined,
  );
}

function bottleneckItem({ tone, text, panel }: Bottleneck, onShowPanel: (panel: string) => void): HTMLElement {
  const show = button("show", () => onShowPanel(panel), { class: "link", "aria-label": `Show the chart: ${text}` });
  return el("li", { class: tone }, text, " ", show);
}

/** Makes a table with a row for each run, and the differences to the first run. */
function verdictTable(all: readonly RunFigures[]): HTMLElement {
  const verdicts = all.map(verdictOf);
  const labels = [...new Set(verdicts.flatMap((row) => row.map(({ label }) => label)))];
  const names = namesOf(all.map(({ run }) => run));
  const rows = verdicts.map((row, at) => {
    const hue = HUES[at % HUES.length];
    const name = el("th", { scope: "row" }, el("span", { class: `swatch solid ${hue}` }), names[at]);
    return el("tr", {}, name, ...labels.map((label) => verdictCell(label, row, verdicts[0] ?? [])));
  });
  const header = el(
    "tr",
    {},
    el("th", { scope: "col" }, "Run"),
    ...labels.map((label) => el("th", { scope: "col" }, label)),
  );
  return el("table", { class: "verdicts", "aria-label": "Verdict" }, el("thead", {}, header), el("tbody", {}, ...rows));
}

function verdictCell(label: string, row: readonly VerdictItem[], base: readonly VerdictItem[]): HTMLElement {
  const own = row.find((one) => one.label === label);
  const first = base.find((one) => one.label === label);
  if (!own) return el("td", {}, "–");
  const ratio = own === first || !first ? Number.NaN : own.value / first.value - 1;
  const sign = ratio > 0 ? "+" : ratio < 0 ? "−" : "±";
  const change = Number.isFinite(ratio) ? `${sign}${quantity(Math.abs(ratio), "share")}` : "";
  return el("td", { class: own.tone, title: own.note }, own.text, " ", el("small", {}, change));
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
