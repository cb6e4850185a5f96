import { runOf } from "../../explorer/data/run-columns.ts";
import { processListOf } from "../../explorer/processes/read-processes.ts";
import { loadRuns, reportHtml } from "../../explorer/report/report-page.ts";
import type { ReportData } from "../../explorer/report/report-source.ts";
import type { ReportRequest } from "../cli/mode-requests.ts";
import { OutputError } from "../errors.ts";
import type { ClaimedOutput } from "../output/claim-output.ts";
import { claimOther } from "../output/other-outputs.ts";
import type { Recording } from "../recording/recording.ts";
import { withSummary } from "../recording/summary-series.ts";
import { compileEagerly } from "../run/start.ts";
import { safeLine } from "../safe-text.ts";
import { interruptible } from "./interruption.ts";

/** Where the mode writes: a result to standard output, a warning to standard error. */
interface Messages {
  readonly say: (text: string) => void;
  readonly warn: (text: string) => void;
}

/**
 * `--report`: writes one page of some metrics files. A signal that ends it leaves no part of one. Throws OutputError where no
 * file can be read, or the page not written.
 */
export function writeReport(request: ReportRequest, messages: Messages): Promise<void> {
  return interruptible((check) => reportUnless(check, request, messages));
}

async function reportUnless(
  check: () => void,
  { page: path, files }: ReportRequest,
  { say, warn }: Messages,
): Promise<void> {
  const page = claimOther(path, "file for --report");
  if (page.notice) warn(page.notice);
  let runs = 0;
  const bytes = await writePage(page, async () => {
    const data = await loadRuns(files);
    // A signal has its turn only between two pieces of work.
    await new Promise((resolve) => setImmediate(resolve));
    check();
    for (const { message } of data.problems) warn(message);
    runs = data.runs.length;
    if (runs === 0) throw new OutputError(`${path}: not written, no metrics file could be read`);
    return data;
  });
  if (!page.mayBlock)
    say(`${safeLine(page.path)}: ${runs === 1 ? "one run" : `${runs} runs`}, ${Math.ceil(bytes / 1024)} KiB\n`);
}

/** `--report-to`: writes the page of a run that has just been recorded; `name` is its metrics file. Throws OutputError. */
export async function writeRunReport(page: ClaimedOutput, recording: Recording, name: string): Promise<void> {
  compileEagerly();
  await writePage(page, async () => {
    const run = runOf(withSummary(recording), { id: "0", name, live: false });
    const processes = await processListOf(name, run.info.endMs);
    return { runs: [run], problems: [], ...(processes ? { processes: { 0: processes } } : {}) };
  });
}

/** Writes the page and returns its size in bytes. A failure leaves everything as it was. */
async function writePage(page: ClaimedOutput, read: () => Promise<ReportData>): Promise<number> {
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
