import { loadRecordings } from "../load/load-recordings.ts";
import { figuresOf, type RunFigures } from "../recording/run-figures.ts";

/** A run of a series that has ended. */
export interface DoneRun {
  /** Its number in the series, from 1. */
  readonly run: number;
  /** Where its metrics are expected. */
  readonly file: string;
  /** When it was about to start, milliseconds since the epoch. */
  readonly startedMs: number;
}

/** A run whose recording was found. */
export interface MeasuredRun {
  readonly run: number;
  readonly figures: RunFigures;
}

interface Measured {
  readonly runs: readonly MeasuredRun[];
  /** What is missing, a line each. */
  readonly warnings: readonly string[];
}

/** Time stamps of a recording are whole milliseconds. */
const ROUNDING_MS = 1;

/**
 * Works out the figures of the runs of a series. One that could not write its recording is left out, and said; an earlier
 * series may have left a file of that name.
 */
export async function measuredRuns(done: readonly DoneRun[]): Promise<Measured> {
  const runs: MeasuredRun[] = [];
  const warnings: string[] = [];
  for (const one of done) {
    const loaded = await loadRecordings(one.file);
    try {
      const recording = loaded.recordings.find(({ startMs }) => startMs + ROUNDING_MS >= one.startedMs);
      if (recording) runs.push({ run: one.run, figures: figuresOf(recording) });
      else
        warnings.push(
          `run ${one.run} is not in the table: ${loaded.problems[0] ?? `${one.file} is of an earlier run`}`,
        );
      if (recording) warnings.push(...loaded.problems);
    } finally {
      loaded.close();
    }
  }
  return { runs, warnings };
}
