import { OutputError } from "../errors.ts";
import { listJournals, type OpenJournal, openJournal } from "../journal/journal-files.ts";
import { describeRecovery } from "../journal/journal-recording.ts";
import { fileStatus, removeFile, SystemError } from "../os/files.ts";
import { claimMetricsFile, withPid } from "./metrics-file.ts";
import { writeMetrics } from "./write-metrics.ts";

/** What became of a journal. */
export interface Recovery {
  /** The metrics file that was made of it. */
  readonly file: string;
  /** What it has. */
  readonly content: string;
  /** What it has not, and what else there is to know, a line each. */
  readonly warnings: readonly string[];
}

/**
 * Makes the metrics file of a run that could not make it itself. A journal that was whole has done its work and is
 * removed. Throws ParseError, OutputError, SystemError.
 */
export async function recover(path: string, file: string | undefined): Promise<Recovery> {
  const journal = openJournal(path);
  try {
    if (journal.alive) throw new OutputError(`${path}: its run (pid ${journal.header.pid}) is still going`);
    const recording = journal.recording();
    const output = claimMetricsFile(file ?? freeTarget(journal));
    const [content = "", ...warnings] = describeRecovery(recording);
    if (output.notice) warnings.push(output.notice);
    await writeMetrics(output, recording, () => false);
    const { gaps, bytes, unnamed } = recording.damage;
    const whole = gaps.length === 0 && bytes === 0 && unnamed === 0;
    if (whole) removeFile(path);
    else warnings.push(`${path} is damaged, and was left where it is`);
    return { file: output.path, content, warnings };
  } finally {
    journal.close();
  }
}

/** Where the run would have put its file; beside it where a later run has put its own there. */
function freeTarget({ header: { target, pid, trueStartMs } }: OpenJournal): string {
  const taken = fileStatus(target);
  if (taken?.kind !== "file" || taken.changedMs < trueStartMs) return target;
  return withPid(target, pid);
}

/** The journals in a folder, a line each: name, whether its run goes on, what it would become. */
export function listRecoverable(folder: string): string {
  const names = listJournals(folder);
  if (names.length === 0) return `no journals in ${folder}\n`;
  return names.map((name) => `${name}  ${stateOf(name)}\n`).join("");
}

function stateOf(path: string): string {
  try {
    const journal = openJournal(path);
    const { alive, header } = journal;
    journal.close();
    return `${alive ? "its run is still going" : "can be recovered"}, for ${header.target}`;
  } catch (error) {
    if (error instanceof SystemError) return `cannot be read (${error.reason})`;
    return error instanceof Error ? error.message : String(error);
  }
}
