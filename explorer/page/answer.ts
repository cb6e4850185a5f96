import { percentText } from "../../src/recording/limit-rules.ts";
import type { RunInfo } from "../data/model.ts";
import { type Bottleneck, bottlenecksOf } from "./bottlenecks.ts";
import { button, el } from "./dom.ts";
import { verdictTable } from "./header.ts";
import type { RunChoice } from "./run-choice.ts";
import type { RunFigures } from "./run-figures.ts";
import { duration } from "./time-format.ts";
import { verdictOf, wallSeconds } from "./verdict.ts";
import { wallLane } from "./wall-lane.ts";

/** Shows a panel of the page, at a time of the run if one is given. */
export type ShowPanel = (panel: string, span?: Bottleneck["span"]) => void;

/** Makes the first layer of the page: what held one run back, and what shows it; or a table of several runs. */
export function answerView(all: readonly RunFigures[], view: RunChoice["view"], onShow: ShowPanel): HTMLElement {
  const [figures] = all;
  if (!figures) return el("div");
  if (all.length > 1) return el("div", { class: "scroll", tabindex: 0 }, verdictTable(all, view));
  const isShort = isTooShort(figures);
  // What little was measured of a short run says nothing of it, except how it ended.
  const found = bottlenecksOf(figures).filter(({ tone }) => !isShort || tone === "bad");
  const { known } = figures.run;
  const items = verdictOf(figures).map(({ label, text, note, tone }) =>
    el("div", { class: `figure ${tone}` }, el("dt", {}, label), el("dd", {}, el("b", {}, text), el("small", {}, note))),
  );
  const findings = found.map((one) => findingItem(one, onShow));
  return el(
    "section",
    { class: "answer", "aria-label": "Verdict" },
    el("p", { class: "sentence" }, sentenceOf(figures, found)),
    el("p", { class: "advice" }, [known.limits[0]?.help, certainty(figures.run)].filter(Boolean).join(" ")),
    isShort ? undefined : wallLane(figures.run),
    findings.length > 0 ? el("ol", { class: "bottlenecks", "aria-label": "Findings" }, ...findings) : undefined,
    el("dl", { class: "verdict" }, ...items),
  );
}

/** The kernel counts in hundredths of a second: of a shorter run, nothing can be said. */
const LEAST_SECONDS = 0.2;

/** Whether a run has ended so soon that charts of it would be empty. */
export function isTooShort(figures: RunFigures): boolean {
  return !figures.run.live && wallSeconds(figures) < LEAST_SECONDS;
}

function sentenceOf(figures: RunFigures, [first]: readonly Bottleneck[]): string {
  const { known } = figures.run;
  if (known.sentence !== null) return known.sentence;
  if (isTooShort(figures)) return `It ran for ${duration(wallSeconds(figures))}: too short to tell what held it back.`;
  return first?.text ?? "What held it back is not known: the recording does not show it.";
}

/** Returns how sure the verdict is; empty: there is none. */
function certainty({ known: { limits, samples, wallTime } }: RunInfo): string {
  if (limits[0]?.what === "unclear" || limits.length === 0) return "";
  if (samples !== null) return "This is less sure where samples are missing.";
  if (wallTime?.areWaitsSeen === false) return "Not all of its waits could be seen.";
  return wallTime ? "All of its waits were measured." : "";
}

function findingItem({ tone, text, panel, share, span }: Bottleneck, onShow: ShowPanel): HTMLElement {
  const show = button("show", () => onShow(panel, span), { class: "link", "aria-label": `Show when: ${text}` });
  const part = share === undefined ? "" : percentText(share);
  return el("li", { class: tone }, el("span", { class: "part" }, part), el("span", {}, text, " ", show));
}
