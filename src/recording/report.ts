import { type BudgetResult, judge, type Limit } from "./budgets.ts";
import { type Diagnosis, diagnose } from "./diagnosis.ts";
import { evidenceOf } from "./evidence.ts";
import { type Figures, figuresOf } from "./figures.ts";
import { type NameFigures, namesOf } from "./names.ts";
import { type Profile, profileOf } from "./profile.ts";
import type { Recording } from "./recording.ts";
import { type Sizing, sizingOf } from "./sizing.ts";

/** What is told of a run at its end, in whatever form. */
export interface RunReport {
  readonly figures: Figures;
  /** Start of the run by its own axis, milliseconds since the epoch. */
  readonly startMs: number;
  readonly names: readonly NameFigures[];
  readonly profile: Profile | undefined;
  readonly diagnosis: Diagnosis | undefined;
  readonly sizing: Sizing | undefined;
  readonly budgets: readonly BudgetResult[];
}

/** So many parts a profile has: as many as a line of a terminal has room for beside its figures. */
const PARTS = 24;

/** Everything of it, from the recording and nothing else. */
export function reportOf(recording: Recording, limits: readonly Limit[] = []): RunReport {
  const figures = figuresOf(recording);
  const evidence = evidenceOf(recording);
  return {
    figures,
    startMs: recording.startMs,
    names: namesOf(recording),
    profile: profileOf(recording, PARTS),
    diagnosis: evidence && diagnose(evidence),
    sizing: sizingOf(recording),
    budgets: judge(limits, figures),
  };
}
