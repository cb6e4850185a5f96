import type { ProcessesRequest } from "../cli/mode-requests.ts";
import { OutputError, ParseError } from "../errors.ts";
import { processFileOf } from "../load/process-lines.ts";
import { fileStatus, SystemError } from "../os/files.ts";
import { PROCESS_WRITERS, TABLE_ROWS } from "../output/process-formats.ts";
import { readUsage } from "../output/process-usage.ts";
import { WINDOW_WRITERS } from "../output/window-formats.ts";
import { readWindow, type TimeWindow } from "../output/window-usage.ts";

/** What `--processes-of` prints, and what it warns about, a line each. */
interface ProcessesAnswer {
  readonly text: string;
  readonly warnings: readonly string[];
}

/** `--processes-of`: returns what a run's record says of its processes. Throws OutputError where it cannot be read. */
export async function processesOf(request: ProcessesRequest): Promise<ProcessesAnswer> {
  const { file, format, sort, top, window } = request;
  const record = recordOf(file);
  try {
    if (window) return { text: await windowText(record, window, request), warnings: [] };
    const usage = await readUsage(record, sort, top ?? (format === "table" ? TABLE_ROWS : undefined));
    if (usage.count === 0 && !usage.end) throw new OutputError(`${record}: no record of processes`);
    const left = top === undefined && format !== "table" ? usage.count - usage.processes.length : 0;
    const warnings = left > 0 ? [`${record}: ${left} processes more are left out; take the record itself for all`] : [];
    return { text: PROCESS_WRITERS[format](usage, top), warnings };
  } catch (error) {
    if (error instanceof SystemError || error instanceof ParseError)
      throw new OutputError(`${error instanceof SystemError ? `${record}: ${error.reason}` : error.message}`);
    throw error;
  }
}

/** Returns what was used in a time of the run. Throws OutputError where the record does not say it. */
async function windowText(
  record: string,
  window: TimeWindow,
  { format, sort, top }: ProcessesRequest,
): Promise<string> {
  const usage = await readWindow(record, window, sort === "memory" ? sort : "cpu");
  if (usage === "no samples")
    throw new OutputError(`${record}: it has no samples of its processes; leave out --at, --from and --to`);
  if ("lastSeconds" in usage)
    throw new OutputError(
      `${record}: no sample is at that time; the last one is ${usage.lastSeconds.toFixed(2)} s after the command's start`,
    );
  return WINDOW_WRITERS[format](usage, top);
}

/** The record of a metrics file, or the file itself if that is one. Throws OutputError where there is none. */
function recordOf(file: string): string {
  if (/\.jsonl(\.gz|\.zst)?$/.test(file)) return file;
  const record = processFileOf(file);
  if (fileStatus(record)) return record;
  const why = fileStatus(file)
    ? `its run did not record processes (${record} does not exist); run it with --processes all`
    : "no such file";
  throw new OutputError(`${file}: ${why}`);
}
