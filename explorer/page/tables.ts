import { COMMAND } from "../../src/catalog/index.ts";
import { quantity } from "../../src/recording/quantities.ts";
import type { RunInfo } from "../data/model.ts";
import { el, table } from "./dom.ts";
import type { Figures } from "./figures.ts";
import type { Marks } from "./marks.ts";
import { duration, elapsed } from "./time-text.ts";
import { wallSeconds } from "./verdict.ts";

/** A row of the biggest processes, by the name of their program. */
export interface ProcessRow {
  readonly comm: string;
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  readonly processes: number;
}

/** The biggest first; empty where nothing was recorded of them. */
export function processRows(figures: Figures): ProcessRow[] {
  const places = [COMMAND.commCpuSeconds, COMMAND.commMemoryPeak].flatMap((metric) => figures.places(metric));
  const comms = new Set(places.map((place) => figures.run.series[place]?.labels.comm ?? ""));
  const rows = [...comms].map((comm) => ({
    comm,
    cpuSeconds: figures.last(COMMAND.commCpuSeconds, { comm: [comm] }),
    memoryBytes: figures.high(COMMAND.commMemoryPeak, { comm: [comm] }),
    processes: figures.high(COMMAND.commProcesses, { comm: [comm] }),
  }));
  return rows.sort((a, b) => (b.cpuSeconds || 0) - (a.cpuSeconds || 0) || (b.memoryBytes || 0) - (a.memoryBytes || 0));
}

/** The table of them; undefined where there is nothing to tell. */
export function processTable(figures: Figures): HTMLElement | undefined {
  const rows = processRows(figures);
  if (rows.length === 0) return undefined;
  const all = rows.reduce((sum, { cpuSeconds }) => sum + (cpuSeconds || 0), 0);
  const seconds = wallSeconds(figures);
  const cells = rows.map(({ comm, cpuSeconds, memoryBytes, processes }) => [
    comm,
    duration(cpuSeconds),
    bar(all > 0 ? cpuSeconds / all : 0),
    quantity(seconds >= 0.2 ? cpuSeconds / seconds : Number.NaN, "cores"),
    quantity(memoryBytes, "bytes"),
    quantity(processes, "count"),
  ]);
  return table(["Program", "CPU time", "share", "cores", "Peak resident", "Processes"], cells, [1, 3, 4, 5]);
}

function bar(part: number): HTMLElement {
  const fill = el("span", { class: "fill" });
  fill.style.width = `${Math.max(0, Math.min(1, part || 0)) * 100}%`;
  return el("span", { class: "bar", role: "img", "aria-label": quantity(part || 0, "share") }, fill);
}

/** The events, in order; each can be put under the cursor. */
export function eventTable({ events }: Marks, onPin: (x: number) => void): HTMLElement | undefined {
  if (events.length === 0) return undefined;
  const rows = events.map(({ at, text }) => {
    const link = el("button", { type: "button", class: "link" }, elapsed(at, 0.01));
    link.addEventListener("click", () => onPin(at));
    return [link, text];
  });
  return table(["Time", "Event"], rows, [0]);
}

/** What is known of a run beside its series. */
export function factTable({ facts, labels, name, instance, role }: RunInfo): HTMLElement {
  const known = [["file", name], ["instance", instance], ["role", role], ...labels, ...facts];
  return table(
    ["Fact", "Value"],
    known.map(([fact = "", value = ""]) => [fact.replaceAll("_", " "), value]),
  );
}
