import { staleJournals } from "./journal/recover.ts";
import type { JournalPlace, MetricsFile } from "./output/metrics-file.ts";
import type { Results } from "./output/results.ts";
import type { BudgetResult, Limit } from "./recording/budgets.ts";
import type { Recording } from "./recording/recording.ts";
import type { RunReport } from "./recording/report.ts";
import type { Problems } from "./run/problems.ts";
import type { RunJournal } from "./run/run-journal.ts";
import { signalName } from "./run/signal-names.ts";
import type { SignalRelay } from "./run/signals.ts";

/** What a run leaves for its end. */
export interface Finish {
  readonly file: MetricsFile;
  readonly journal: RunJournal | undefined;
  readonly recording: Recording;
  readonly signals: SignalRelay;
  readonly problems: Problems;
  /** What is to be told, and by which limits the run is judged; undefined: nothing. */
  readonly telling: Telling | undefined;
}

export interface Telling {
  readonly results: Results;
  readonly limits: readonly Limit[];
}

type Write = (file: MetricsFile, recording: Recording, stopped: () => boolean) => Promise<boolean>;

/** What the end needs, loaded and looked up while the command runs. */
export async function loadEnd({ folder, name, shared }: JournalPlace): Promise<{ write: Write; stale: string[] }> {
  const { writeMetrics } = await import("./output/write-metrics.ts");
  return { write: writeMetrics, stale: shared ? [] : staleJournals(folder, name) };
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
  try {
    const whole = await write(file, recording, () => signal !== undefined);
    if (whole) journal?.discard();
    else keep(journal, problems, `${file.path}: not written, stopped by ${signalName(signal ?? 0)}`);
  } catch (error) {
    keep(journal, problems, error);
  }
  if (journal?.loss) problems.report(journal.loss);
  if (report) await parts.telling?.results.tell(report, file.path, process.env, problems.report.bind(problems));
  return report?.budgets ?? [];
}

/** What is to be told of the run; undefined: nothing, or nothing can be. */
async function reported({ recording, problems, telling }: Finish): Promise<RunReport | undefined> {
  if (!telling) return undefined;
  try {
    const { reportOf } = await import("./recording/report.ts");
    return reportOf(recording, telling.limits);
  } catch (error) {
    problems.report(error);
    return undefined;
  }
}

/** Reports why there is no file, and in the same line what is there instead. */
export function keep(journal: RunJournal | undefined, problems: Problems, why: unknown): void {
  const reason = why instanceof Error ? why.message : String(why);
  problems.report(journal ? `${reason}; ${journal.keep()}` : reason);
}
