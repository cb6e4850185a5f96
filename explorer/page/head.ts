import { quantity } from "../../src/recording/quantities.ts";
import type { Problem, RunInfo } from "../data/model.ts";
import { namesOf } from "./choice.ts";
import { commandText } from "./command-text.ts";
import { button, el } from "./dom.ts";
import type { Figures } from "./figures.ts";
import { type Finding, findingsOf } from "./findings.ts";
import { HUES } from "./plan.ts";
import { dayAndTime } from "./time-text.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

/** What was run, where and when. */
export function titleOf(runs: readonly RunInfo[]): HTMLElement {
  const [first] = runs;
  const names = runs.length > 1 ? namesOf(runs).join(", ") : commandText(first);
  const about = runs.length > 1 ? [`${runs.length} runs`] : aboutRun(first);
  return el(
    "div",
    { class: "title" },
    el("h1", { title: names }, names),
    el("p", { class: "about" }, about.filter(Boolean).join(" · ")),
  );
}

function aboutRun(run: RunInfo | undefined): string[] {
  if (!run) return [];
  const host = run.facts.find(([fact]) => fact === "host")?.[1] ?? "";
  const labels = run.labels.map(([label, value]) => `${label}=${value}`);
  const role = run.role === "standalone" ? "" : run.role;
  const live = run.live ? "still running" : "";
  return [live, dayAndTime(run.startMs), host && `on ${host}`, role, ...labels, run.name];
}

/** One run's verdict as a row of figures, several runs' as a table. */
export function verdictView(all: readonly Figures[], onFinding: (panel: string) => void): HTMLElement {
  if (all.length > 1) return el("div", { class: "scroll" }, verdictTable(all));
  const [figures] = all;
  if (!figures) return el("div");
  const items = verdictOf(figures).map(({ label, text, note, tone }) =>
    el("div", { class: `figure ${tone}` }, el("dt", {}, label), el("dd", {}, el("b", {}, text), el("small", {}, note))),
  );
  const findings = findingsOf(figures).map((finding) => findingView(finding, onFinding));
  return el(
    "div",
    {},
    el("dl", { class: "verdict", "aria-label": "Verdict" }, ...items),
    findings.length > 0 ? el("ul", { class: "findings", "aria-label": "Bottlenecks" }, ...findings) : undefined,
  );
}

function findingView({ tone, text, panel }: Finding, onFinding: (panel: string) => void): HTMLElement {
  const show = button("show", () => onFinding(panel), { class: "link", "aria-label": `Show the panel: ${text}` });
  return el("li", { class: tone }, text, " ", show);
}

/** A row a run; what differs from the first by a number says by how much. */
function verdictTable(all: readonly Figures[]): HTMLElement {
  const verdicts = all.map(verdictOf);
  const labels = [...new Set(verdicts.flatMap((row) => row.map(({ label }) => label)))];
  const names = namesOf(all.map(({ run }) => run));
  const rows = verdicts.map((row, at) => {
    const hue = HUES[at % HUES.length];
    const name = el("th", { scope: "row" }, el("span", { class: `swatch solid ${hue}` }), names[at]);
    return el("tr", {}, name, ...labels.map((label) => verdictCell(label, row, verdicts[0] ?? [])));
  });
  const head = el(
    "tr",
    {},
    el("th", { scope: "col" }, "Run"),
    ...labels.map((label) => el("th", { scope: "col" }, label)),
  );
  return el("table", { class: "verdicts", "aria-label": "Verdict" }, el("thead", {}, head), el("tbody", {}, ...rows));
}

function verdictCell(label: string, row: readonly Verdict[], base: readonly Verdict[]): HTMLElement {
  const own = row.find((one) => one.label === label);
  const first = base.find((one) => one.label === label);
  if (!own) return el("td", {}, "–");
  const ratio = own === first || !first ? Number.NaN : own.value / first.value - 1;
  const sign = ratio > 0 ? "+" : ratio < 0 ? "−" : "±";
  const change = Number.isFinite(ratio) ? `${sign}${quantity(Math.abs(ratio), "share")}` : "";
  return el("td", { class: own.tone, title: own.note }, own.text, " ", el("small", {}, change));
}

/** Files that could not be read, or not to their end. */
export function problemsView(problems: readonly Problem[]): HTMLElement | undefined {
  if (problems.length === 0) return undefined;
  const items = problems.map(({ file, message }) =>
    el("li", {}, message.startsWith(file) ? message : `${file}: ${message}`),
  );
  const words =
    problems.length === 1 ? "One file could not be read whole" : `${problems.length} files could not be read whole`;
  return el(
    "details",
    { class: "problems", open: problems.length <= 3 },
    el("summary", {}, words),
    el("ul", {}, ...items),
  );
}
