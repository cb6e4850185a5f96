import { quantity } from "../../src/recording/quantities.ts";
import type { RunInfo } from "../data/model.ts";
import type { ProcessBar, ProcessList } from "../processes/process-list.ts";
import { el, table } from "./dom.ts";
import { endOf } from "./process-drawing.ts";
import { mostFacts } from "./process-use-text.ts";
import { duration, elapsed } from "./time-format.ts";

/** What texts about processes need to know. */
export interface ProcessContext {
  readonly list: ProcessList;
  readonly run: RunInfo;
  /** The time of 0 s. */
  readonly originMs: number;
}

/** Returns all that is known of a process, as pairs of a name and a value. */
export function processFacts(
  bar: ProcessBar,
  { list, run, originMs }: ProcessContext,
): [name: string, value: string][] {
  const { cpuSeconds, residentBytes, endMs, startMs, up, pathSeconds } = bar;
  const seconds = (endOf(bar, run.endMs) - startMs) / 1000;
  const facts: [string, string][] = [
    ["start", elapsed((startMs - originMs) / 1000, 0.001)],
    ["time", endMs === null ? `${duration(seconds)} or more: its end is not known` : duration(seconds)],
    ["CPU time", cpuSeconds === null ? "not known" : duration(cpuSeconds) + shareText(cpuSeconds, run.known.cpu.value)],
  ];
  if (cpuSeconds !== null && seconds >= 0.02) facts.push(["cores", quantity(cpuSeconds / seconds, "cores")]);
  if (residentBytes !== null)
    facts.push(["peak RSS seen", quantity(residentBytes, "bytes") + shareText(residentBytes, run.known.memory.value)]);
  facts.push(...mostFacts(bar, list.use, originMs));
  if (pathSeconds > 0) facts.push(["the run waited for it", duration(pathSeconds)]);
  const above = list.bars[up];
  facts.push(["parent", above?.pid === bar.parent ? `${above.name} ${bar.parent}` : String(bar.parent)]);
  for (const [key, value] of Object.entries(bar.others)) facts.push([key.replaceAll("_", " "), otherText(key, value)]);
  return facts;
}

/** The share of the whole run, where that is known. */
function shareText(value: number, whole: number | null): string {
  return whole !== null && whole > 0 ? `, ${quantity(Math.min(1, value / whole), "share")} of the run` : "";
}

/** Keys say their units. */
function otherText(key: string, value: string | number): string {
  if (typeof value === "string") return value;
  if (key.endsWith("_bytes")) return quantity(value, "bytes");
  return key.endsWith("_seconds") ? duration(value) : String(value);
}

/** Returns one sentence about a process, for screen readers. */
export function processSentence(bar: ProcessBar, context: ProcessContext): string {
  const facts = processFacts(bar, context).map(([name, value]) => `${name} ${value}`);
  return `${bar.name}, process ${bar.pid}: ${facts.join(", ")}`;
}

/** Returns what a reader must know of the record, as a sentence. */
export function recordSentence({ total, left, source, complete, missed, problem }: ProcessList): string {
  const words = [`${count(total)}${source === "samples" ? " that samples saw; short ones are missing" : ""}.`];
  if (complete === false && source !== "samples") words.push("Some may be missing.");
  if (missed !== null) words.push(`${missed.slice(0, 1).toUpperCase()}${missed.slice(1)}.`);
  if (left > 0) words.push(`The ${total - left} that matter most by CPU time and time are shown, ${left} are not.`);
  if (problem !== null) words.push(`The record is not whole: ${problem}.`);
  return words.join(" ");
}

function count(total: number): string {
  return total === 1 ? "1 process" : `${total.toLocaleString("en")} processes`;
}

/** Makes the table of all bars, the ones with most CPU time first. */
export function processListTable(context: ProcessContext): HTMLElement {
  const { list, run, originMs } = context;
  const sorted = list.bars.toSorted((a, b) => (b.cpuSeconds ?? 0) - (a.cpuSeconds ?? 0));
  const rows = sorted.map((bar) => [
    bar.name,
    String(bar.pid),
    String(bar.parent),
    elapsed((bar.startMs - originMs) / 1000, 0.001),
    duration((endOf(bar, run.endMs) - bar.startMs) / 1000),
    bar.cpuSeconds === null ? "–" : duration(bar.cpuSeconds),
    bar.residentBytes === null ? "–" : quantity(bar.residentBytes, "bytes"),
    bar.pathSeconds > 0 ? duration(bar.pathSeconds) : "",
    ...(list.use ? mostCells(bar, context) : []),
  ]);
  const headings = ["Program", "Process", "Parent", "Start", "Time", "CPU time", "Peak RSS seen", "Run waited for it"];
  if (list.use) headings.push("Most CPU", "Most memory");
  return el("div", { class: "scroll", tabindex: 0 }, table(headings, rows, Array.from(headings.keys()).slice(1)));
}

/** When it used most, in cells of the table; "–": no sample lists it. */
function mostCells(bar: ProcessBar, { list, originMs }: ProcessContext): string[] {
  const most = new Map(mostFacts(bar, list.use, originMs));
  return ["most CPU", "most memory"].map((name) => most.get(name) ?? "–");
}
