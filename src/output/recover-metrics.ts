import { OutputError } from "../errors.ts";
import { journalsElsewhere, listJournals, type OpenJournal, openJournal } from "../journal/journal-files.ts";
import { describeRecovery } from "../journal/journal-recording.ts";
import { fileStatus, realPath, removeFile, SystemError } from "../os/files.ts";
import { claimOutput, withPid } from "./claim-output.ts";
import { folderOf } from "./part-file.ts";
import { writeMetrics } from "./write-metrics.ts";

/** The result of a recovery. */
interface Recovery {
  /** The metrics file that was made. */
  readonly file: string;
  /** What the file contains, in a line. */
  readonly content: string;
  /** What it lacks, and what else the user should know, a line each. */
  readonly warnings: readonly string[];
}

/**
 * Makes the metrics file of a run that could not make it itself. An undamaged journal is removed then. Throws ParseError,
 * OutputError, SystemError.
 */
export async function recoverMetrics(path: string, file: string | undefined): Promise<Recovery> {
  const journal = openJournal(path);
  try {
    if (journal.alive) throw new OutputError(`${path}: its run (pid ${journal.header.pid}) is still going`);
    const recording = journal.recording();
    const output = claimOutput(file ?? freeTarget(journal));
    const [content = "", ...warnings] = describeRecovery(recording);
    if (output.notice) warnings.push(output.notice);
    await writeMetrics(output, recording, () => false, true);
    const { gaps, bytes, unnamed } = recording.damage;
    const whole = gaps.length === 0 && bytes === 0 && unnamed === 0;
    if (whole) removeFile(path);
    else warnings.push(`${path} is damaged, and was kept`);
    return { file: output.path, content, warnings };
  } finally {
    journal.close();
  }
}

/** Returns the path of the file that the run would have written, with its pid if a later run has written that file. */
function freeTarget({ header: { target, pid, trueStartMs } }: OpenJournal): string {
  const taken = fileStatus(target);
  if (taken?.kind !== "file" || taken.changedMs < trueStartMs) return target;
  return withPid(target, pid);
}

/** Lists the journals in a folder, a line each: name, whether its run still goes on, the metrics file it is for. */
export function listRecoverable(folder: string): string {
  // Those that had to leave this folder are in another one.
  const here = realPath(folder);
  const elsewhere = journalsElsewhere((target) => folderOf(target) === here);
  const names = [...listJournals(folder), ...elsewhere.filter((path) => folderOf(path) !== here)];
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
