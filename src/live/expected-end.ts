import { cpus, totalmem } from "node:os";
import { max, median, min } from "simple-statistics";
import { OutputError } from "../errors.ts";
import { hasSucceeded, isSameMachine } from "../history/comparable-runs.ts";
import { projectOf } from "../history/git-state.ts";
import { defaultHistoryFile, readRuns } from "../history/history-file.ts";
import { durationText } from "../recording/quantities.ts";
import type { RunFigures } from "../recording/run-figures.ts";

/** Older runs say less of how long it takes now. */
const LAST_RUNS = 20;

/** How long earlier runs of a command took on a machine like this one. */
export interface UsualTime {
  readonly runs: number;
  readonly medianSeconds: number;
  readonly leastSeconds: number;
  readonly mostSeconds: number;
}

interface HistoryPlace {
  /** Undefined: the user's. */
  readonly file: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Returns how long this command usually takes in this folder's project; undefined: the history does not say it. */
export function usualTimeOf({ command, cpus: count }: RunFigures, { file, env }: HistoryPlace): UsualTime | undefined {
  const kind = { machine: process.arch, cpuModel: cpus()[0]?.model ?? null, cpus: count ?? null };
  const here = { command, ...kind, memoryBytes: totalmem() };
  try {
    const wanted = { project: projectOf("."), command, branch: undefined, host: undefined, sinceMs: undefined };
    const runs = readRuns(file ?? defaultHistoryFile(env), { ...wanted, last: 10 * LAST_RUNS });
    const seconds = runs
      .filter((run) => run.command === command && hasSucceeded(run) && isSameMachine(run, here))
      .flatMap(({ figures }) => figures.wall?.value ?? [])
      .slice(-LAST_RUNS);
    if (seconds.length === 0) return undefined;
    const spread = { leastSeconds: min(seconds), mostSeconds: max(seconds) };
    return { runs: seconds.length, medianSeconds: median(seconds), ...spread };
  } catch (error) {
    // Most runs have no history, and a picture of this one goes on without.
    if (error instanceof OutputError) return undefined;
    throw error;
  }
}

/** When a run that has gone on for so long is likely to end: `in 33 s`, and what that is known from. */
export function expectedEndParts(elapsedSeconds: number, usual: UsualTime): string[] {
  const { runs, medianSeconds, leastSeconds, mostSeconds } = usual;
  const others = runs === 1 ? "the run before" : `${runs} runs before`;
  const took = `${others} took ${durationText(medianSeconds)}`;
  const spread = runs === 1 ? [] : [`${durationText(leastSeconds)} to ${durationText(mostSeconds)}`];
  if (elapsedSeconds > mostSeconds) return [`later than ${others}`, took, ...spread];
  const isPast = elapsedSeconds > medianSeconds;
  const left = durationText((isPast ? mostSeconds : medianSeconds) - elapsedSeconds);
  return [`expected ${isPast ? "within" : "in"} ${left}`, took, ...spread];
}
