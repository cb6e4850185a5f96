import { runOf } from "../explorer/data/run-columns.ts";
import { loadRuns, reportHtml } from "../explorer/report/report-page.ts";
import type { ReportData } from "../explorer/report/report-source.ts";
import { OutputError } from "./errors.ts";
import { log } from "./log.ts";
import { claimMetricsFile, type MetricsFile } from "./output/metrics-file.ts";
import type { Recording } from "./recording/recording.ts";
import { withSummary } from "./recording/summary-series.ts";
import { compileEagerly } from "./run/start.ts";

/** What a run writes, where nothing says otherwise. */
const DEFAULT_FILES = ["statexec_metrics.prom"];

export interface ReportRequest {
  /** Where the page goes. */
  readonly page: string;
  /** Metrics files; none: the one of the default name. */
  readonly files: readonly string[];
}

/** `--report`: one page of some metrics files. Throws OutputError where none can be read, or the page not written. */
export async function writeReport(request: ReportRequest, say: (fd: 1, text: string) => void): Promise<void> {
  compileEagerly();
  const page = claimMetricsFile(request.page, "file for --report");
  let runs = 0;
  const bytes = await writePage(page, async () => {
    const data = await loadRuns(request.files.length > 0 ? request.files : DEFAULT_FILES);
    for (const { message } of data.problems) log.warn(message);
    runs = data.runs.length;
    if (runs === 0) throw new OutputError(`${request.page}: not written, no metrics file could be read`);
    return data;
  });
  if (!page.mayBlock)
    say(1, `${page.path}: ${runs === 1 ? "one run" : `${runs} runs`}, ${Math.ceil(bytes / 1024)} KiB\n`);
}

/** `--report-to`: the page of a run that has just been recorded; `name` is its metrics file. Throws OutputError. */
export async function writeRunReport(page: MetricsFile, recording: Recording, name: string): Promise<void> {
  compileEagerly();
  await writePage(page, async () => ({
    runs: [runOf(withSummary(recording), { id: "0", name, live: false })],
    problems: [],
  }));
}

/** Answers how many bytes it is. What fails leaves everything as it was. */
async function writePage(page: MetricsFile, read: () => Promise<ReportData>): Promise<number> {
  const bytes = await read()
    .then(reportHtml)
    .then((html) => new TextEncoder().encode(html))
    .catch((error) => {
      page.abandon();
      throw error;
    });
  await page.write((write) => write(bytes));
  return bytes.length;
}
