import type { BudgetedFigure, PhaseFigure } from "../catalog/choices.ts";
import type { Finding } from "./evidence.ts";
import type { PhaseFigures } from "./phases.ts";

/*
 * How far a figure of a phase is known, in the words of evidence.ts: whatever judges or compares it reads this answer.
 */

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
