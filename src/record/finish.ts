import type { Config } from "../cli/config.ts";
import { systemClock } from "../clock.ts";
import { abandonedJournals, journalsElsewhere } from "../journal/journal-files.ts";
import { isAbsent } from "../os/files.ts";
import type { ClaimedOutput } from "../output/claim-output.ts";
import type { BudgetResult } from "../recording/budget-results.ts";
import type { Recording } from "../recording/recording.ts";
import type { RunReport } from "../recording/run-report.ts";
import type { Problems } from "../run/problems.ts";
import type { RunJournal, RunJournalPlace } from "../run/run-journal.ts";
import { signalName } from "../run/signal-names.ts";
import type { PreparedRun, RecordParts } from "./prepare.ts";

/** A run whose command has ended. */
interface FinishedRun {
  readonly parts: RecordParts;
  readonly run: PreparedRun;
  readonly recording: Recording;
}

type Write = (file: ClaimedOutput, recording: Recording, stopped: () => boolean, isSynced: boolean) => Promise<boolean>;

/** What the end of a run has ready. */
interface LoadedFinish {
  readonly write: Write;
  /** The journals in the metrics file's folder that earlier runs left. */
  readonly stale: readonly string[];
  /** Returns those in the folders for what has no other place; `isWanted`: whether the run was long enough to look there. */
  readonly elsewhere: (isWanted: boolean) => readonly string[];
}

/** Loads what writes the file, and finds the journals that earlier runs left, while the command runs. */
export async function loadFinish(
  { folder, name, shared, target }: RunJournalPlace,
  { intervalSeconds }: Config,
): Promise<LoadedFinish> {
  const { writeMetrics } = await import("../output/write-metrics.ts");
  const elsewhere = searchElsewhere(target, name, intervalSeconds);
  return { write: writeMetrics, stale: shared ? [] : abandonedJournals(folder, name), elsewhere };
}

/** The folder of temporary files may have thousands of names: they are read between two ticks, where there is time for that. */
const SEARCH_AFTER_MS = 1500;
const LEAST_INTERVAL_SECONDS = 0.5;

/** Looks for the journals of a metrics file in the fallback folders while the command runs, or else at the end. */
function searchElsewhere(target: string, name: string, intervalSeconds: number): LoadedFinish["elsewhere"] {
  const search = () => journalsElsewhere((one) => one === target, name);
  let found: readonly string[] | undefined;
  const begin = () => {
    found = search();
  };
  const isEarly = intervalSeconds >= LEAST_INTERVAL_SECONDS;
  const cancel = isEarly ? systemClock.at(systemClock.now() + SEARCH_AFTER_MS, begin) : undefined;
  return (isWanted) => {
    cancel?.();
    // What was found may have been recovered since.
    return isWanted ? (found?.filter((path) => !isAbsent(path)) ?? search()) : [];
  };
}

/**
 * Writes the metrics file, then page and results. Where the file cannot be written, or a signal stops that, the journal
 * stays and its path is reported. Returns how the run did by its budgets.
 */
export async function finish(finished: FinishedRun, write: Write): Promise<readonly BudgetResult[]> {
  const { recording, parts, run } = finished;
  const { problems } = parts;
  const { file, results } = run.places;
  const { journal } = run.command;
  let signal: number | undefined;
  run.signals.onIdle = (received) => {
    signal ??= received;
  };
  // Made while the journal exists, from which the recording is read; printed after the file, which matters more.
  const report = await madeReport(finished);
  const stopped = () => signal !== undefined;
  let isWritten = false;
  let { path } = file;
  try {
    // Of a run that ended within a second there is no journal, and it would take longer for the disk than for all the rest.
    const isSynced = !parts.config.noSync && journal?.hadFile === true;
    await file.ready?.(stopped);
    // Our handler could not stop a write that waits for its reader: the default action can.
    if (file.mayBlock) run.signals.close();
    const written = await writeFile(finished, (place) => write(place, recording, stopped, isSynced));
    ({ isWritten, path } = written);
    if (!isWritten) keepJournal(journal, problems, `${file.path}: not written, stopped by ${signalName(signal ?? 0)}`);
  } catch (error) {
    keepJournal(journal, problems, error);
  }
  await finishProcesses(finished, stopped);
  await finishPage(finished, signal === undefined ? path : undefined, stopped);
  if (isWritten) problems.guard(() => journal?.discard());
  if (journal?.loss) problems.report(journal.loss);
  if (isWritten) await push(finished, path, stopped);
  if (report) await results?.sinks.write(report, path, problems.report.bind(problems), stopped);
  return report?.budgets ?? [];
}

/**
 * Writes the metrics file, where the command left its place, or elsewhere, which is reported. Returns false if that was
 * stopped. Throws OutputError.
 */
async function writeFile(
  { parts, run }: FinishedRun,
  write: (file: ClaimedOutput) => Promise<boolean>,
): Promise<{ readonly isWritten: boolean; readonly path: string }> {
  const { file } = run.places;
  try {
    return { isWritten: await write(file), path: file.path };
  } catch (error) {
    const { whyPlaceIsLost, writeAgain } = await import("../output/fallback-output.ts");
    const why = whyPlaceIsLost(file, error);
    if (why === undefined) throw error;
    const again = await writeAgain(file, error, write);
    const { path } = again.file;
    if (again.isElsewhere && again.isWritten)
      parts.problems.report(`${file.path}: ${why}; the metrics file is ${path}`);
    else if (path !== file.path && again.isWritten)
      parts.problems.report(
        `${file.path}: its part file was removed, and another run has its place; the metrics file is ${path}`,
      );
    return { isWritten: again.isWritten, path };
  }
}

/** Sends the metrics file, unless a signal comes. A failure is printed and changes nothing else. */
async function push({ parts, run }: FinishedRun, path: string, stopped: () => boolean): Promise<void> {
  const { config, warn } = parts;
  if (!config.pushTo || stopped()) return;
  const stop = new AbortController();
  run.signals.onIdle = () => stop.abort();
  try {
    const { pushAfterRun } = await import("../modes/push-mode.ts");
    await pushAfterRun(path, config.pushTo, { warn, signal: stop.signal });
  } catch (error) {
    warn(`--push-to: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Returns the run's report; undefined: not wanted, or it failed. */
async function madeReport({ recording, parts, run }: FinishedRun): Promise<RunReport | undefined> {
  const { results } = run.places;
  if (!results) return undefined;
  try {
    const { reportOf } = await import("../recording/run-report.ts");
    const report = reportOf(recording, results.limits);
    if (!results.limits.some(({ overHistory }) => overHistory !== undefined)) return report;
    const { judgeByHistory } = await import("../history/history-limits.ts");
    return judgeByHistory(report, results.limits, { file: parts.config.historyFile, env: process.env });
  } catch (error) {
    parts.problems.report(error);
    return undefined;
  }
}

/** Writes the record of the command's processes; gives its place back if a signal has stopped that. */
async function finishProcesses({ recording, parts, run }: FinishedRun, stopped: () => boolean): Promise<void> {
  const { places, command } = run;
  const { processes: place } = places;
  if (!place) return;
  try {
    if (stopped() || !command.processRecord) return place.abandon();
    const { figuresOf } = await import("../recording/run-figures.ts");
    const { peakOf } = await import("../recording/oom.ts");
    const { writeProcessFile } = await import("../output/process-file.ts");
    await writeProcessFile(place, command.processRecord.lines(figuresOf(recording).forks, peakOf(recording.series())));
  } catch (error) {
    parts.problems.report(error);
  }
}

/** Writes the run's page; without a `name`, since the run was stopped, gives its place back. */
async function finishPage(
  { recording, parts, run }: FinishedRun,
  name: string | undefined,
  stopped: () => boolean,
): Promise<void> {
  const { page } = run.places;
  if (!page) return;
  try {
    if (name === undefined) return page.abandon();
    await page.ready?.(stopped);
    const { writeRunReport } = await import("../modes/report-mode.ts");
    await writeRunReport(page, recording, name);
  } catch (error) {
    parts.problems.report(error);
  }
}

/** Reports why there is no metrics file, and in the same line what was kept instead. */
export function keepJournal(journal: RunJournal | undefined, problems: Problems, why: unknown): void {
  const reason = why instanceof Error ? why.message : String(why);
  problems.report(journal ? `${reason}; ${journal.keep()}` : reason);
}
