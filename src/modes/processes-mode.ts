import type { ProcessesRequest } from "../cli/mode-requests.ts";
import { OutputError, ParseError } from "../errors.ts";
import { processFileOf } from "../load/process-lines.ts";
import { fileStatus, SystemError } from "../os/files.ts";
import { PROCESS_WRITERS, TABLE_ROWS } from "../output/process-formats.ts";
import { readUsage } from "../output/process-usage.ts";

/** What `--processes-of` prints, and what it warns about, a line each. */
interface ProcessesAnswer {
  readonly text: string;
  readonly warnings: readonly string[];
}

/** `--processes-of`: returns what a run's record says of its processes. Throws OutputError where it cannot be read. */
export async function processesOf({ file, format, sort, top }: ProcessesRequest): Promise<ProcessesAnswer> {
  const record = recordOf(file);
  try {
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
