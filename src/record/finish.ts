import type { PushConfig } from "../cli/config.ts";
import { abandonedJournals } from "../journal/journal-files.ts";
import type { JournalPlace, MetricsFile } from "../output/metrics-file.ts";
import type { Results } from "../output/results.ts";
import type { BudgetResult, Limit } from "../recording/budget-results.ts";
import type { Recording } from "../recording/recording.ts";
import type { RunReport } from "../recording/run-report.ts";
import type { Problems } from "../run/problems.ts";
import type { RunJournal } from "../run/run-journal.ts";
import { signalName } from "../run/signal-names.ts";
import type { SignalRelay } from "../run/signals.ts";

/** What a run leaves for its end. */
export interface Finish {
  readonly file: MetricsFile;
  /** The place of its page; undefined: none was asked for. */
  readonly page: MetricsFile | undefined;
  readonly journal: RunJournal | undefined;
  readonly recording: Recording;
  readonly signals: SignalRelay;
  readonly problems: Problems;
  /** What is to be told, and by which limits the run is judged; undefined: nothing. */
  readonly telling: Telling | undefined;
  /** Where the file is sent; undefined: nowhere. */
  readonly pushTo: PushConfig | undefined;
  /** Says something on stderr. */
  readonly warn: (message: string) => void;
}

export interface Telling {
  readonly results: Results;
  readonly limits: readonly Limit[];
}

type Write = (file: MetricsFile, recording: Recording, stopped: () => boolean) => Promise<boolean>;

/** What the end needs, loaded and looked up while the command runs. */
export async function loadEnd({ folder, name, shared }: JournalPlace): Promise<{ write: Write; stale: string[] }> {
  const { writeMetrics } = await import("../output/write-metrics.ts");
  return { write: writeMetrics, stale: shared ? [] : abandonedJournals(folder, name) };
}

/**
 * Makes the metrics file; where that fails, or a signal comes, the journal stays and is named. Then tells what is to be
 * told; the answer is how the run did by its budgets.
 */
export async function finish(parts: Finish, write: Write): Promise<readonly BudgetResult[]> {
  const { file, journal, recording, signals, problems } = parts;
  let signal: number | undefined;
  signals.onIdle = (received) => {
    signal ??= received;
  };
  // Told from the recording while its journal is there, and after the file, which is what counts.
  const report = await reported(parts);
  // A write that waits for a reader could not be stopped by a handler of ours.
  if (file.mayBlock) signals.close();
  let whole = false;
  try {
    whole = await write(file, recording, () => signal !== undefined);
    if (!whole) keep(journal, problems, `${file.path}: not written, stopped by ${signalName(signal ?? 0)}`);
  } catch (error) {
    keep(journal, problems, error);
  }
  await finishPage(parts, signal === undefined ? file.path : undefined);
  if (whole) problems.guard(() => journal?.discard());
  if (journal?.loss) problems.report(journal.loss);
  if (whole) await push(parts, () => signal !== undefined);
  if (report) await parts.telling?.results.tell(report, file.path, process.env, problems.report.bind(problems));
  return report?.budgets ?? [];
}

/** Sends the file that is there now, unless a signal comes. What becomes of it is told, and changes nothing else. */
async function push({ file, pushTo, signals, warn }: Finish, stopped: () => boolean): Promise<void> {
  if (!pushTo || stopped()) return;
  const stop = new AbortController();
  signals.onIdle = () => stop.abort();
  const { pushAfterRun } = await import("../push.ts");
  await pushAfterRun(file.path, pushTo, { warn, signal: stop.signal });
}

/** What is to be told of the run; undefined: nothing, or nothing can be. */
async function reported({ recording, problems, telling }: Finish): Promise<RunReport | undefined> {
  if (!telling) return undefined;
  try {
    const { reportOf } = await import("../recording/run-report.ts");
    return reportOf(recording, telling.limits);
  } catch (error) {
    problems.report(error);
    return undefined;
  }
}

/** Makes the page of the run, loaded only where one was asked for; without a name it was stopped, and there is none. */
async function finishPage({ page, recording, problems }: Finish, name: string | undefined): Promise<void> {
  if (!page) return;
  try {
    if (name === undefined) return page.abandon();
    const { writeRunReport } = await import("../report.ts");
    await writeRunReport(page, recording, name);
  } catch (error) {
    problems.report(error);
  }
}

/** Reports why there is no file, and in the same line what is there instead. */
export function keep(journal: RunJournal | undefined, problems: Problems, why: unknown): void {
  const reason = why instanceof Error ? why.message : String(why);
  problems.report(journal ? `${reason}; ${journal.keep()}` : reason);
}
