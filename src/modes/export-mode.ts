import type { ExportFormat } from "../catalog/choices.ts";
import type { ExportRequest } from "../cli/mode-requests.ts";
import { OutputError, ParseError } from "../errors.ts";
import { longTable } from "../export/long-table.ts";
import type { NamedRun } from "../export/sample-table.ts";
import { wideTable } from "../export/wide-table.ts";
import { type Loaded, loadRecordings } from "../load/load-recordings.ts";
import { processFileOf, processLines } from "../load/process-lines.ts";
import { ReadLimit } from "../load/read-limit.ts";
import { fileStatus, SystemError } from "../os/files.ts";
import { claimOther } from "../output/other-outputs.ts";
import { safeLine } from "../safe-text.ts";
import { interruptible } from "./interruption.ts";

/** Where the mode writes: a result to standard output, a warning to standard error. */
interface Messages {
  readonly say: (text: string) => void;
  readonly warn: (text: string) => void;
}

type Write = (bytes: Uint8Array) => void;

/** Writes an export. Returns what it has, in words. */
type Exporter = (
  request: ExportRequest,
  runs: readonly NamedRun[],
  write: Write,
  warn: Messages["warn"],
) => Promise<string>;

const EXPORTERS: Readonly<Record<ExportFormat, Exporter>> = {
  trace: exportTrace,
  csv: async ({ shape }, runs, write) => {
    const { writeCsv } = await import("../export/csv-file.ts");
    return rowsText(await writeCsv(tableOf(shape, runs), write));
  },
  parquet: async ({ shape }, runs, write) => {
    const { writeParquet } = await import("../export/parquet-file.ts");
    return rowsText(await writeParquet(tableOf(shape, runs), write));
  },
};

/**
 * `--export`: writes runs for other programs. A signal that ends it leaves no part of a file. Throws OutputError where a file
 * holds no run, or the export cannot be written.
 */
export function exportRuns(request: ExportRequest, messages: Messages): Promise<void> {
  return interruptible((check) => exportUnless(check, request, messages));
}

async function exportUnless(check: () => void, request: ExportRequest, { say, warn }: Messages): Promise<void> {
  const target = claimOther(request.target, "file for --export");
  if (target.notice) warn(target.notice);
  const loaded: Loaded[] = [];
  try {
    const runs = await loadAll(request.files, loaded, warn, check).catch((error) => {
      target.abandon();
      throw error;
    });
    let content = "";
    await target.write(async (write) => {
      const checked: Write = (bytes) => {
        check();
        write(bytes);
      };
      content = await EXPORTERS[request.format](request, runs, checked, warn);
      check();
    });
    if (!target.mayBlock) say(`${safeLine(target.path)}: ${content}\n`);
  } finally {
    for (const one of loaded) one.close();
  }
}

/** Reads all files, since the columns of a table are known only then. Throws OutputError where one holds no run. */
async function loadAll(
  files: readonly string[],
  loaded: Loaded[],
  warn: Messages["warn"],
  check: () => void,
): Promise<NamedRun[]> {
  const limit = new ReadLimit();
  const runs: NamedRun[] = [];
  for (const file of files) {
    const one = await loadRecordings(file, limit);
    loaded.push(one);
    check();
    const { recordings, problems, liveTarget } = one;
    if (recordings.length === 0) throw new OutputError(problems[0] ?? `${file}: no run in it`);
    for (const problem of problems) warn(problem);
    if (liveTarget !== undefined) warn(`${file}: its run is still going; what it has recorded until now is exported`);
    for (const [at, recording] of recordings.entries())
      runs.push({ name: recordings.length > 1 ? `${file}#${at + 1}` : file, recording });
  }
  return runs;
}

function tableOf(shape: ExportRequest["shape"], runs: readonly NamedRun[]) {
  return shape === "wide" ? wideTable(runs) : longTable(runs);
}

function rowsText(rows: number): string {
  return `${rows.toLocaleString("en-US")} ${rows === 1 ? "row" : "rows"}`;
}

async function exportTrace({ files }: ExportRequest, runs: readonly NamedRun[], write: Write, warn: Messages["warn"]) {
  const { writeTrace } = await import("../export/trace-file.ts");
  const record = processFileOf(files[0]!);
  const hasRecord = fileStatus(record) !== undefined;
  try {
    const content = await writeTrace(
      { recordings: runs.map(({ recording }) => recording), processes: hasRecord ? processLines(record) : [] },
      write,
    );
    const { events, processes, samplesPerValue } = content;
    if (samplesPerValue > 1)
      warn(
        `${files[0]}: too many samples for a trace: ${samplesPerValue} of them are one value, the highest of a gauge and the mean rate of a counter`,
      );
    const ofProcesses = hasRecord ? `${processes.toLocaleString("en-US")} processes` : "no record of processes";
    return `${events.toLocaleString("en-US")} events, ${ofProcesses}`;
  } catch (error) {
    if (error instanceof SystemError || error instanceof ParseError)
      throw new OutputError(error instanceof SystemError ? `${record}: ${error.reason}` : error.message);
    throw error;
  }
}
