import { METRICS } from "../../src/catalog/index.ts";
import { loadRecordings } from "../../src/load/load-recordings.ts";
import { safeLine } from "../../src/safe-text.ts";
import type { Problem } from "../data/model.ts";
import { type Run, runOf } from "../data/run-columns.ts";
import { filledPage } from "../page/page-template.ts";
import { type RunFigures, readFigures } from "../page/run-figures.ts";
import { commandText, verdictOf } from "../page/verdict.ts";
import type { ProcessList } from "../processes/process-list.ts";
import { processListOf } from "../processes/read-processes.ts";
import { packReport } from "./pack-report.ts";
import { type ReportData, ReportSource } from "./report-source.ts";

/** Reads metrics files and journals. A file that cannot be read becomes a problem with its reason. */
export async function loadRuns(paths: readonly string[]): Promise<ReportData> {
  const runs: Run[] = [];
  const problems: Problem[] = [];
  const processes: Record<string, ProcessList> = {};
  for (const path of paths) {
    const loaded = await loadRecordings(path);
    const live = loaded.liveTarget !== undefined;
    for (const [at, recording] of loaded.recordings.entries()) {
      const run = runOf(recording, { id: String(runs.length), name: path, live });
      runs.push(run);
      // A record belongs to the run that wrote the file, which is its only one.
      const list = at === 0 && !live ? await processListOf(path, run.info.endMs) : null;
      if (list) processes[run.info.id] = list;
    }
    problems.push(...loaded.problems.map((message) => ({ file: path, message })));
    loaded.close();
  }
  return { runs, problems, processes };
}

/** Returns one HTML file that shows the runs without a network: the page of `--explore`, with its data inside. */
export async function reportHtml(data: ReportData): Promise<string> {
  const kind = data.runs.length > 1 || Object.keys(data.processes ?? {}).length > 0 ? "full" : "plain";
  const source = new ReportSource(data);
  const figures = await Promise.all(data.runs.map(({ info }) => readFigures(source, info, "command")));
  const packed = Bun.gzipSync(packReport(kind === "plain" ? withHelps(data) : data), { level: 9 });
  return filledPage({ kind, connect: "'none'", data: packed.toBase64(), summary: figures.map(summaryTable).join("") });
}

/** Adds the help of the metrics that the runs have: the plain page's catalogue is without it. */
function withHelps(data: ReportData): ReportData {
  const names = new Set(data.runs.flatMap(({ info }) => info.series.map(({ name }) => name)));
  const known = METRICS.filter(({ name }) => names.has(name)).map(({ name, help }) => [name, help]);
  return { ...data, helps: Object.fromEntries(known) };
}

/** The verdict as a table, for readers without JavaScript. */
function summaryTable(figures: RunFigures): string {
  const rows = verdictOf(figures).map(
    ({ label, text, note }) =>
      `<tr><th>${escaped(label)}</th><td>${escaped(note === "" ? text : `${text} (${note})`)}</td></tr>`,
  );
  return `<h2>${escaped(commandText(figures.run))}</h2><table>${rows.join("")}</table>`;
}

/** Escapes a text for HTML. */
function escaped(text: string): string {
  return safeLine(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
