import { type BudgetResult, judgeBudgets, type Limit } from "./budget-results.ts";
import { type Diagnosis, diagnose } from "./diagnosis.ts";
import { evidenceOf } from "./limit-evidence.ts";
import type { OomKill } from "./oom.ts";
import { type Profile, profileOf } from "./profile.ts";
import type { Recording } from "./recording.ts";
import { type CommFigures, figuresByComm, figuresOf, type RunFigures } from "./run-figures.ts";
import { type Sampling, samplingOf } from "./sampling.ts";
import { type Sizing, sizingOf } from "./sizing.ts";
import { type WallTime, wallTimeOf } from "./wall-time.ts";

/** All results of a run that a summary shows, in whatever form. */
export interface RunReport {
  readonly figures: RunFigures;
  /** Start of the run on the recording's axis, milliseconds since the epoch. */
  readonly startMs: number;
  readonly names: readonly CommFigures[];
  readonly profile: Profile | undefined;
  /** Where its time went; undefined: not known. */
  readonly wallTime: WallTime | undefined;
  /** What limited the command, the most important first; none: it ran too short. */
  readonly diagnoses: readonly Diagnosis[];
  /** What is known of processes that the kernel killed for memory; undefined: nothing. */
  readonly oom?: OomKill | undefined;
  readonly sampling: Sampling;
  readonly sizing: Sizing | undefined;
  readonly budgets: readonly BudgetResult[];
}

/** Parts of a profile: as many as fit into a line of a terminal beside the figures. */
const PROFILE_PARTS = 24;

/** Works out the report of a run from its recording. */
export function reportOf(recording: Recording, limits: readonly Limit[] = []): RunReport {
  const figures = figuresOf(recording);
  const evidence = evidenceOf(recording, figures);
  return {
    figures,
    startMs: recording.startMs,
    names: figuresByComm(recording),
    profile: profileOf(recording, PROFILE_PARTS),
    wallTime: evidence && wallTimeOf(evidence),
    diagnoses: evidence ? diagnose(evidence) : [],
    oom: evidence?.oom,
    sampling: samplingOf(recording),
    sizing: sizingOf(recording, figures),
    budgets: judgeBudgets(limits, figures),
  };
}
