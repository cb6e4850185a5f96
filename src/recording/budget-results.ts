import { BUDGET_UNITS, type BudgetedFigure, type PhaseFigure } from "../catalog/choices.ts";
import { type Finding, findingOf, incomparable } from "./evidence.ts";
import type { PhaseFigures } from "./phases.ts";
import { durationText, plainQuantity } from "./quantities.ts";
import type { RunFigures } from "./run-figures.ts";

/** The most that a run may use of something. */
export interface Limit {
  /** As the user wrote it: `memory<512MiB`. */
  readonly text: string;
  readonly name: BudgetedFigure;
  /** The phase that is meant; undefined: the whole run. */
  readonly phase?: string;
  /** Whether a run that uses exactly this much is within the limit. */
  readonly inclusive: boolean;
  /** Seconds, bytes or a number; NaN: not known. */
  readonly value: number;
  /** The earlier runs that the value is relative to; undefined: it is the user's own. */
  readonly baselines?: readonly RunFigures[];
  /** By how much of itself what is usual may be exceeded; undefined: the limit has nothing to do with the history. */
  readonly overHistory?: number;
  /** What the value was worked out from, or why it is not known; undefined: the user's own, or from baselines. */
  readonly basis?: string;
}

/** The verdict on one budget of a run. */
export interface BudgetResult extends Limit {
  /** Kept and exceeded are proven. Inconclusive: the figure may be on either side of the limit, or was not measured. */
  readonly verdict: "kept" | "exceeded" | "inconclusive";
  /** In the unit of the limit; undefined: not measured. */
  readonly measured: number | undefined;
  /** The true figure is between these two: 0 and infinite where nothing is known. */
  readonly lowest: number;
  readonly highest: number;
  /** The source of the value: `wait4`, `proc_sampled`. */
  readonly source: string | undefined;
  /** Why it is inconclusive; undefined: it is not, or nothing more is known. */
  readonly reason: string | undefined;
  /** What would tell more, where it is inconclusive. */
  readonly settledBy: string | undefined;
}

/** Compares the figures of a run with its limits. A limit is kept only where the figure cannot be above it. */
export function judgeBudgets(limits: readonly Limit[], figures: RunFigures): BudgetResult[] {
  return limits.map((limit) => {
    const { name, phase } = limit;
    const finding = phase === undefined ? findingOf(name, figures) : findingOfPhase(phase, name, figures.phases);
    const { value: measured, lowest, highest, source } = finding;
    const doubt = doubtOfLimit(limit, figures);
    const verdict = doubt === undefined ? verdictOn(limit, finding) : "inconclusive";
    const isOpen = verdict === "inconclusive";
    const reason = isOpen ? (doubt ?? finding.reason) : undefined;
    const settledBy = isOpen && doubt === undefined ? finding.settledBy : undefined;
    return { ...limit, verdict, measured, lowest, highest, source, reason, settledBy };
  });
}

function doubtOfLimit({ name, value, baselines, basis }: Limit, figures: RunFigures): string | undefined {
  if (Number.isNaN(value)) return basis ?? "the limit is not known";
  return baselines && incomparable(name, baselines, [figures]);
}

/** Whether a run with this interval may be ended for a limit: not for a phase's, and not where its baselines tell too little of such a run. */
export function mayEndRun({ name, value, baselines, phase }: Limit, intervalSeconds: number): boolean {
  if (Number.isNaN(value)) return false;
  // What a phase used is worked out when it is over.
  if (phase !== undefined) return false;
  if (baselines === undefined) return true;
  return incomparable(name, baselines, [{ command: "", sources: new Map(), intervalSeconds }]) === undefined;
}

function verdictOn(limit: Limit, { value, lowest, highest }: Finding): BudgetResult["verdict"] {
  if (value !== undefined && !isWithin(limit, lowest)) return "exceeded";
  return isWithin(limit, highest) ? "kept" : "inconclusive";
}

/** Returns a value of a limit's figure for a person. */
export function shownLimit({ name }: Pick<Limit, "name">, value: number): string {
  const unit = BUDGET_UNITS[name];
  return unit === "seconds" ? durationText(value) : plainQuantity(value, unit);
}

/** Whether a value is within a limit. */
export function isWithin({ value: limit, inclusive }: Pick<Limit, "value" | "inclusive">, value: number): boolean {
  return inclusive ? value <= limit : value < limit;
}

const BETWEEN_SAMPLES = "what a phase used before its first and after its last sample is not known";

/**
 * Returns what is known of a resource in a phase. A phase that was never marked, a misspelt name for example, is known of as
 * little as one between two samples; the reason tells the two apart.
 */
export function findingOfPhase(phase: string, name: BudgetedFigure, phases: readonly PhaseFigures[] = []): Finding {
  const figures = phases.find((one) => one.phase === phase);
  const between = figures?.[name as PhaseFigure];
  const common = { isContradicted: false, source: undefined };
  if (!between) {
    const reason = figures ? "no sample was taken in the phase" : `no phase ${phase} was marked`;
    const settledBy = figures && "at a shorter --interval";
    return { ...common, value: undefined, lowest: 0, highest: Number.POSITIVE_INFINITY, reason, settledBy };
  }
  const isExact = between.lowest === between.highest;
  const doubt = isExact ? {} : { reason: BETWEEN_SAMPLES, settledBy: "at a shorter --interval" };
  return { ...common, reason: undefined, settledBy: undefined, ...between, ...doubt };
}
