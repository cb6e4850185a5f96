import { OutputError } from "../errors.ts";
import {
  besideJournal,
  journalsElsewhere,
  listJournals,
  type OpenJournal,
  openJournal,
} from "../journal/journal-files.ts";
import { describeRecovery } from "../journal/journal-recording.ts";
import { linkStatus, realPath, SystemError } from "../os/files.ts";
import { removeOwned } from "../os/owned-files.ts";
import { safeLine } from "../safe-text.ts";
import { type ClaimedOutput, claimOutput, withPid } from "./claim-output.ts";
import { folderOf } from "./part-file.ts";
import { recoverProcesses } from "./recover-processes.ts";
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
    const output = claimOutput(file ?? freeTarget(journal), "-f", journal.mode);
    const [content = "", ...warnings] = describeRecovery(recording);
    if (output.notice) warnings.push(output.notice);
    await writeMetrics(output, recording, () => false, true);
    const { gaps, bytes, unnamed } = recording.damage;
    const processes = await processesOf(journal, output, warnings);
    const whole = gaps.length === 0 && bytes === 0 && unnamed === 0;
    if (whole && processes !== undefined) removeOwned(path, journal.identity);
    else warnings.push(`${path} ${whole ? "" : "is damaged, and "}was kept`);
    return { file: output.path, content: `${content}${processes ?? ""}`, warnings };
  } finally {
    journal.close();
  }
}

/** Makes the record of the run's processes. Returns what that has, in words; undefined: not all could be written. */
async function processesOf(
  journal: OpenJournal,
  output: ClaimedOutput,
  warnings: string[],
): Promise<string | undefined> {
  try {
    const recovered = await recoverProcesses(journal, output);
    if (!recovered) return "";
    const { path, processes, damaged, lacksSamples, notice } = recovered;
    if (notice) warnings.push(notice);
    if (lacksSamples) warnings.push(`${path} lacks samples that are damaged`);
    if (!damaged && !lacksSamples) return `; ${processes} ${processes === 1 ? "process" : "processes"} in ${path}`;
    if (damaged) warnings.push(`${path} lacks processes whose lines are damaged`);
  } catch (error) {
    if (!(error instanceof OutputError)) throw error;
    warnings.push(error.message);
  }
  return undefined;
}

/**
 * Returns the path of the metrics file beside its journal, with the run's pid if a later run has written that file. The path
 * in the journal is not used: another user may have made the journal.
 */
function freeTarget({ path, header: { pid, trueStartMs } }: OpenJournal): string {
  const target = besideJournal(path);
  const taken = linkStatus(target);
  if (taken === undefined || (taken.kind === "file" && taken.changedMs < trueStartMs)) return target;
  return withPid(target, pid);
}

/** Lists the journals in a folder, a line each: name, whether its run still goes on, the metrics file it is for. */
export function listRecoverable(folder: string): string {
  // Those that had to leave this folder are in another one.
  const here = realPath(folder);
  const elsewhere = journalsElsewhere((target) => folderOf(target) === here);
  const names = [...listJournals(folder), ...elsewhere.filter((path) => folderOf(path) !== here)];
  if (names.length === 0) return `no journals in ${safeLine(folder)}\n`;
  return names.map((name) => `${safeLine(`${name}  ${stateOf(name)}`)}\n`).join("");
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
