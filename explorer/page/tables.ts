import { COMMAND, METRICS, sampleName } from "../../src/catalog/index.ts";
import { figuresFrom } from "../../src/recording/comparison.ts";
import { missedProcesses, missedText } from "../../src/recording/missed-processes.ts";
import type { Between } from "../../src/recording/phases.ts";
import { quantity } from "../../src/recording/quantities.ts";
import type { DataSource, LinePoints, RunInfo, SeriesInfo } from "../data/model.ts";
import { button, download, el, table } from "./dom.ts";
import type { Annotations } from "./run-choice.ts";
import type { RunFigures } from "./run-figures.ts";
import { duration, elapsed } from "./time-format.ts";
import { wallSeconds } from "./verdict.ts";

/** The processes of one program. */
interface ProcessRow {
  readonly comm: string;
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  readonly processes: number;
}

/** Returns the programs, the largest first; empty: none were recorded. */
function processRows(figures: RunFigures): ProcessRow[] {
  const indexes = [COMMAND.commCpuSeconds, COMMAND.commMemoryPeak].flatMap((metric) => figures.indexesOf(metric));
  const comms = new Set(indexes.map((index) => figures.run.series[index]?.labels.comm ?? ""));
  const rows = [...comms].map((comm) => ({
    comm,
    cpuSeconds: figures.last(COMMAND.commCpuSeconds, { comm: [comm] }),
    memoryBytes: figures.high(COMMAND.commMemoryPeak, { comm: [comm] }),
    processes: figures.high(COMMAND.commProcesses, { comm: [comm] }),
  }));
  return rows.sort((a, b) => (b.cpuSeconds || 0) - (a.cpuSeconds || 0) || (b.memoryBytes || 0) - (a.memoryBytes || 0));
}

/** Makes a table of the largest processes; undefined: none were recorded. */
export function processTable(figures: RunFigures): HTMLElement | undefined {
  const rows = processRows(figures);
  if (rows.length === 0) return undefined;
  const all = rows.reduce((sum, { cpuSeconds }) => sum + (cpuSeconds || 0), 0);
  const seconds = wallSeconds(figures);
  const known = figuresFrom(figures.run.known.figures);
  const seen = rows.reduce((sum, { processes }) => sum + (processes || 0), 0);
  // Files of before have no counts.
  const source = known.sources.get("programs");
  const missed = seen > 0 ? missedProcesses(seen, source, known) : undefined;
  const mark = seen > 0 && source !== "perf" ? "+" : "";
  const cells = rows.map(({ comm, cpuSeconds, memoryBytes, processes }) => [
    comm,
    duration(cpuSeconds),
    bar(all > 0 ? cpuSeconds / all : 0),
    quantity(seconds >= 0.2 ? cpuSeconds / seconds : Number.NaN, "cores"),
    quantity(memoryBytes, "bytes"),
    quantity(processes, "count") + (Number.isNaN(processes) ? "" : mark),
  ]);
  const made = table(["Program", "CPU time", "share", "cores", "Peak RSS", "Processes"], cells, [1, 3, 4, 5]);
  if (missed) made.append(el("caption", {}, `+: at least so many, since ${missed.reason}; ${missedText(missed)}.`));
  return made;
}

function bar(part: number): HTMLElement {
  const fill = el("span", { class: "fill" });
  fill.style.width = `${Math.max(0, Math.min(1, part || 0)) * 100}%`;
  return el("span", { class: "bar", role: "img", "aria-label": quantity(part || 0, "share") }, fill);
}

/** Makes a table of the events; a click on a time pins the cursor there. Undefined: there are no events. */
export function eventTable({ events }: Annotations, onPin: (x: number) => void): HTMLElement | undefined {
  if (events.length === 0) return undefined;
  const rows = events.map(({ at, text }) => {
    return [button(elapsed(at, 0.01), () => onPin(at), { class: "link" }), text];
  });
  return table(["Time", "Event"], rows, [0]);
}

/** Makes a table of the phases that the command marked; undefined: there are none. */
export function phaseTable({ known }: RunInfo, onShow: (phase: string) => void): HTMLElement | undefined {
  const { phases = [] } = figuresFrom(known.figures);
  if (phases.length === 0) return undefined;
  const rows = phases.map(({ phase, times, wall, cpu, memory, read, written }) => [
    button(phase, () => onShow(phase), { class: "link", title: "Zoom to this phase" }),
    times === 1 ? duration(wall.value) : `${duration(wall.value)} in ${times} times`,
    betweenText(cpu, duration),
    // Between two samples it may have been more.
    memory ? quantity(memory.value, "bytes") : "–",
    ...[read, written].map((one) => betweenText(one, (bytes) => quantity(bytes, "bytes"))),
  ]);
  return table(["Phase", "Time", "CPU time", "Peak memory seen", "Read", "Written"], rows, [1, 2, 3, 4, 5]);
}

/** A figure with its bounds, where these are farther apart than this share of it. */
const NEAR = 0.02;

function betweenText(one: Between | undefined, text: (value: number) => string): HTMLElement {
  if (!one) return el("span", {}, "–");
  const { value, lowest, highest } = one;
  const isNear = highest - lowest <= NEAR * value;
  return el("span", {}, text(value), isNear ? "" : el("small", {}, ` ${text(lowest)} to ${text(highest)}`));
}

/** Makes a table of a run's identity, labels and facts. */
export function factTable({ facts, labels, name, instance, role }: RunInfo): HTMLElement {
  const known = [["file", name], ["instance", instance], ["role", role], ...labels, ...facts];
  return table(
    ["Fact", "Value"],
    known.map(([fact = "", value = ""]) => [fact.replaceAll("_", " "), value]),
  );
}

/** Series per request when all points are downloaded. */
const SERIES_AT_ONCE = 20;

/** Returns a series as a metrics file writes it: `statexec_cpu_seconds_total{cpu="cpu0",mode="user"}`. */
function seriesText({ name, labels }: SeriesInfo): string {
  const metric = METRICS.find((one) => one.name === name);
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return (metric ? sampleName(metric) : name) + (pairs.length > 0 ? `{${pairs.join(",")}}` : "");
}

/** Makes a table of all series with a search field, and a button that downloads all points. */
export function seriesTable(source: DataSource, figures: RunFigures): HTMLElement {
  const { run, all } = figures;
  const rows = run.series.map((series, at) => {
    const { first, last, low, high } = all[at]!;
    return [namedSeries(series, source), String(series.points), ...[first, last, low, high].map(rawNumber)];
  });
  const filled = table(["Series", "Points", "First", "Last", "Lowest", "Highest"], rows, [1, 2, 3, 4, 5]);
  const names = run.series.map((series) => seriesText(series).toLowerCase());
  const field = el("input", { type: "search", placeholder: "Find a series", "aria-label": "Find a series" });
  const lines = [...filled.querySelectorAll<HTMLElement>("tbody tr")];
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/);
    for (const [at, row] of lines.entries()) row.hidden = !words.every((word) => names[at]!.includes(word));
  });
  const save = button("Download all points as CSV", () => void saveCsv(source, run, save), { class: "save" });
  return el(
    "div",
    { class: "raw" },
    el("div", { class: "tools" }, field, save),
    el("div", { class: "scroll" }, filled),
  );
}

/** Makes a series' name, with the metric's help as its tooltip. */
function namedSeries(series: SeriesInfo, { helps }: DataSource): HTMLElement {
  const metric = METRICS.find(({ name }) => name === series.name);
  return el("span", { title: helps?.[series.name] ?? metric?.help }, seriesText(series));
}

function rawNumber(value: number): string {
  return Number.isNaN(value) ? "–" : String(value);
}

async function saveCsv(source: DataSource, run: RunInfo, save: HTMLButtonElement): Promise<void> {
  save.disabled = true;
  const label = save.textContent;
  save.textContent = "Loading…";
  try {
    download(
      `${run.name.replace(/^.*\//, "").replace(/\.prom(\.\w+)?$/, "")}.csv`,
      await csvOf(source, run),
      "text/csv",
    );
    save.textContent = label;
  } catch (error) {
    save.textContent = `Failed: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    save.disabled = false;
  }
}

/** Points of a series per request, and parts of its time: so many that downsampling omits no point. */
const POINTS_AT_ONCE = 5000;
const PARTS_AT_ONCE = 10_000;

/** Returns the lines of a CSV file with every point of a run: time, series, value. */
async function csvOf(source: DataSource, run: RunInfo): Promise<string[]> {
  const parts = ["time_ms,series,value\n"];
  for (let first = 0; first < run.series.length; first += SERIES_AT_ONCE) {
    const some = run.series.slice(first, first + SERIES_AT_ONCE);
    const lines = some.map((_, at) => ({ series: [first + at], as: "value" as const }));
    const most = Math.max(...some.map(({ points }) => points));
    for (const [fromMs, toMs] of slices(run, Math.ceil(most / POINTS_AT_ONCE))) {
      const answers = await source.points(run.id, { lines, fromMs, toMs, pixels: PARTS_AT_ONCE });
      for (const [at, points] of answers.entries()) parts.push(rowsOf(some[at]!, points, [fromMs, toMs]));
    }
  }
  return parts;
}

/** Divides the time of a run into equal parts. Both ends of a part belong to it. */
function slices({ startMs, endMs }: RunInfo, count: number): [fromMs: number, toMs: number][] {
  const width = Math.ceil((endMs - startMs + 1) / Math.max(1, count));
  return Array.from({ length: Math.max(1, count) }, (_, at) => [startMs + at * width, startMs + (at + 1) * width - 1]);
}

function rowsOf(series: SeriesInfo, { times, values }: LinePoints, [fromMs, toMs]: [number, number]): string {
  const name = `"${seriesText(series).replaceAll('"', '""')}"`;
  // An answer also has the nearest points on either side of the part. They belong to other parts.
  const isOwn = (time: number, value: number | undefined) => time >= fromMs && time <= toMs && !Number.isNaN(value);
  return Array.from(times, (time, i) => (isOwn(time, values[i]) ? `${time},${name},${values[i]}\n` : "")).join("");
}
