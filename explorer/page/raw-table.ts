import { METRICS, sampleName } from "../../src/catalog/index.ts";
import type { DataSource, LinePoints, RunInfo, SeriesInfo } from "../data/model.ts";
import { button, download, el, table } from "./dom.ts";
import type { Figures } from "./figures.ts";

/** Series whose points are asked for at once when all are downloaded. */
const AT_ONCE = 20;

/** A series as a metrics file writes it: `statexec_cpu_seconds_total{cpu="cpu0",mode="user"}`. */
export function seriesText({ name, labels }: SeriesInfo): string {
  const metric = METRICS.find((known) => known.name === name);
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return (metric ? sampleName(metric) : name) + (pairs.length > 0 ? `{${pairs.join(",")}}` : "");
}

/** All series of a run with their numbers, a field to find some, and their points to take home. */
export function rawTable(source: DataSource, figures: Figures): HTMLElement {
  const { run, all } = figures;
  const rows = run.series.map((series, at) => {
    const figure = all[at];
    const numbers = [figure?.first, figure?.last, figure?.low, figure?.high].map(rawNumber);
    return [namedSeries(series), String(series.points), ...numbers];
  });
  const filled = table(["Series", "Points", "First", "Last", "Lowest", "Highest"], rows, [1, 2, 3, 4, 5]);
  const names = run.series.map((series) => seriesText(series).toLowerCase());
  const field = el("input", { type: "search", placeholder: "Find a series", "aria-label": "Find a series" });
  const lines = [...filled.querySelectorAll("tbody tr")];
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/);
    for (const [at, row] of lines.entries())
      (row as HTMLElement).hidden = !words.every((word) => names[at]?.includes(word));
  });
  const save = button("Download all points as CSV", () => void saveCsv(source, run, save), { class: "save" });
  return el(
    "div",
    { class: "raw" },
    el("div", { class: "tools" }, field, save),
    el("div", { class: "scroll" }, filled),
  );
}

/** A series with what its metric is, for who points at it. */
function namedSeries(series: SeriesInfo): HTMLElement {
  const metric = METRICS.find(({ name }) => name === series.name);
  return el("span", { title: metric && `${metric.help} (${metric.source})` }, seriesText(series));
}

function rawNumber(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? "–" : String(value);
}

async function saveCsv(source: DataSource, run: RunInfo, save: HTMLButtonElement): Promise<void> {
  save.disabled = true;
  const words = save.textContent;
  save.textContent = "Gathering…";
  try {
    download(
      `${run.name.replace(/^.*\//, "").replace(/\.prom(\.\w+)?$/, "")}.csv`,
      await csvOf(source, run),
      "text/csv",
    );
    save.textContent = words;
  } catch (error) {
    save.textContent = `Failed: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    save.disabled = false;
  }
}

/** Points of a series that are asked for at once, and equal parts of their time: so many that none is left out. */
const POINTS_AT_ONCE = 5000;
const PARTS_AT_ONCE = 10_000;

/** Every point of a run, a line each: time, series, value. */
export async function csvOf(source: DataSource, run: RunInfo): Promise<string[]> {
  const parts = ["time_ms,series,value\n"];
  for (let first = 0; first < run.series.length; first += AT_ONCE) {
    const some = run.series.slice(first, first + AT_ONCE);
    const lines = some.map((_, at) => ({ series: [first + at], as: "value" as const }));
    const most = Math.max(...some.map(({ points }) => points));
    for (const [fromMs, toMs] of slices(run, Math.ceil(most / POINTS_AT_ONCE))) {
      const answers = await source.points(run.id, { lines, fromMs, toMs, pixels: PARTS_AT_ONCE });
      for (const [at, points] of answers.entries()) parts.push(rowsOf(some[at] as SeriesInfo, points, [fromMs, toMs]));
    }
  }
  return parts;
}

/** The time of a run in equal parts, each from its first millisecond to its last. */
function slices({ startMs, endMs }: RunInfo, count: number): [fromMs: number, toMs: number][] {
  const width = Math.ceil((endMs - startMs + 1) / Math.max(1, count));
  return Array.from({ length: Math.max(1, count) }, (_, at) => [startMs + at * width, startMs + (at + 1) * width - 1]);
}

function rowsOf(series: SeriesInfo, { times, values }: LinePoints, [fromMs, toMs]: [number, number]): string {
  const name = `"${seriesText(series).replaceAll('"', '""')}"`;
  // The nearest points on either side come too; they are another slice's.
  const isOwn = (time: number, value: number | undefined) => time >= fromMs && time <= toMs && !Number.isNaN(value);
  return Array.from(times, (time, i) => (isOwn(time, values[i]) ? `${time},${name},${values[i]}\n` : "")).join("");
}
