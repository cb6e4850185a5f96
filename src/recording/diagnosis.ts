import type { LimitEvidence, RunEvidence } from "./limit-evidence.ts";
import { busyWithIt, type LimitKind, type LimitRule, type LimitText, percentText, RULES } from "./limit-rules.ts";
import { oomClauses, victimsText } from "./oom.ts";

/** A resource that held the command back, and for how much of its time. */
export interface Diagnosis extends LimitText {
  readonly limitedBy: LimitKind;
  /** Of the command's time, 0 to 1; undefined: it ended the command. */
  readonly share?: number;
  /** The kernel killed the command, or a process of it, for memory. */
  readonly isKill?: true;
}

/** In less time, a tick of CPU time is too much of it. */
const LEAST_SECONDS = 0.2;
/** A limit of a smaller share of the time is not named. */
const LEAST_SHARE = 0.05;
/** A limit of so much of the time is named without its share. */
export const NEARLY_ALWAYS = 0.9;

/** The steps in which one limit held, as far as it did. */
export interface Part {
  readonly rule: LimitRule;
  seconds: number;
  readonly steps: [step: LimitEvidence, share: number][];
}

/** Returns what limited a command: what ended it, then what held it back by its share of the time. None: it was too short. */
export function diagnose(evidence: RunEvidence): Diagnosis[] {
  const kill = killedForMemory(evidence);
  const found: Diagnosis[] = kill ? [kill] : [];
  if (!(evidence.seconds >= LEAST_SECONDS)) return found;
  const steps = withWaitsSpread(evidence.steps);
  const seconds = steps.reduce((sum, step) => sum + step.seconds, 0);
  for (const { rule, seconds: held, steps: its } of limitParts(steps))
    if (held / seconds >= LEAST_SHARE)
      found.push({ limitedBy: rule.limit, share: held / seconds, ...rule.describe(together(its)) });
  return withoutSmallDoubt(found);
}

/** Divides the time of a run among its limits, the longest first. Waits must be spread already. */
export function limitParts(steps: readonly LimitEvidence[]): Part[] {
  const isKnown = steps.some(({ ownCores }) => !Number.isNaN(ownCores));
  const parts = joined(partsOf(steps, isKnown ? [...RULES, UNCLEAR] : RULES));
  return parts.sort((a, b) => b.seconds - a.seconds);
}

/** The evidence of all steps together; undefined: there are none. */
export function wholeRun({ steps }: RunEvidence): LimitEvidence | undefined {
  return steps.length === 0 ? undefined : together(steps.map((step) => [step, 1] as const));
}

/** Words that need no `by` before them. */
const WHOLE_PHRASES: readonly LimitKind[] = ["unclear", "cpu_starved"];

/** Returns a diagnosis in words, for a line that begins with `limited`: `by disk 35 % of the time (sda busy 97 % of it)`. */
export function diagnosisText({ limitedBy, text, evidence, share = 1 }: Diagnosis, isFirst = true): string {
  const by = isFirst && !WHOLE_PHRASES.includes(limitedBy) ? "by " : "";
  const part = share >= NEARLY_ALWAYS ? "" : ` ${percentText(share)} of the time`;
  return limitedBy === "cpu_starved" ? `${text}${part}: ${evidence}` : `${by}${text}${part} (${evidence})`;
}

/** What no rule explains. It is named only where that is most of the time. */
const UNCLEAR: LimitRule = {
  limit: "unclear",
  share: () => 1,
  describe: (together) => {
    const settledBy = together.pressureIsOwn ? "a shorter --interval" : "--cgroup auto";
    return { text: "unclear", evidence: `${busyWithIt(together)}; ${settledBy} would tell more` };
  },
};

function withoutSmallDoubt(found: readonly Diagnosis[]): Diagnosis[] {
  const [first] = found;
  return found.filter((one) => one === first || one.limitedBy !== "unclear");
}

/** Divides the time of each step among the rules. */
function partsOf(steps: readonly LimitEvidence[], rules: readonly LimitRule[]): Part[] {
  const parts = rules.map((rule): Part => ({ rule, seconds: 0, steps: [] }));
  for (const step of steps) {
    let left = 1;
    for (const part of parts) {
      const share = Math.min(left, part.rule.share(step));
      if (!(share > 0)) continue;
      part.seconds += share * step.seconds;
      part.steps.push([step, share]);
      left -= share;
      if (left < 1e-9) break;
    }
  }
  return parts.filter(({ seconds }) => seconds > 0);
}

/** Limits that lie side by side on one scale: steps near their border are of the one that all of them together are. */
const NEIGHBOURS: readonly (readonly [LimitKind, LimitKind])[] = [
  ["cpu_part", "cpu"],
  ["cpu_part", "cpu_one_thread"],
  ["unclear", "cpu_one_thread"],
  ["unclear", "waiting"],
];

/** Joins a part with its neighbour where both together are still the neighbour. */
function joined(parts: readonly Part[]): Part[] {
  let left = [...parts];
  for (const [from, to] of NEIGHBOURS) {
    const [small, large] = [from, to].map((limit) => left.find(({ rule }) => rule.limit === limit));
    if (!small || !large || small.seconds > large.seconds) continue;
    const steps = [...large.steps, ...small.steps];
    if (!(large.rule.share(together(steps)) === 1)) continue;
    left = left.filter((part) => part !== small && part !== large);
    left.push({ rule: large.rule, seconds: small.seconds + large.seconds, steps });
  }
  return left;
}

/** The evidence of some steps together: means over time of what is a rate or a share, sums of the rest. */
function together(steps: readonly (readonly [step: LimitEvidence, share: number])[]): LimitEvidence {
  const [first] = steps[0]!;
  const mean = (pick: (step: LimitEvidence) => number) => {
    let [sum, weight] = [0, 0];
    for (const [step, share] of steps) {
      const value = pick(step);
      if (Number.isNaN(value)) continue;
      sum += value * step.seconds * share;
      weight += step.seconds * share;
    }
    return weight > 0 ? sum / weight : Number.NaN;
  };
  const sum = (pick: (step: LimitEvidence) => number) => {
    const known = steps.map(([step]) => pick(step)).filter((value) => !Number.isNaN(value));
    return known.length === 0 ? Number.NaN : known.reduce((a, b) => a + b, 0);
  };
  const busiest = steps.reduce((most, one) => (one[0].diskBusy * one[1] > most[0].diskBusy * most[1] ? one : most));
  return {
    ...first,
    seconds: sum(({ seconds }) => seconds),
    ownCores: mean(({ ownCores }) => ownCores),
    machineCores: mean(({ machineCores }) => machineCores),
    runDelaySeconds: sum(({ runDelaySeconds }) => runDelaySeconds),
    throttledSeconds: sum(({ throttledSeconds }) => throttledSeconds),
    cpuPressure: mean(({ cpuPressure }) => cpuPressure),
    memoryPressure: mean(({ memoryPressure }) => memoryPressure),
    ioPressure: mean(({ ioPressure }) => ioPressure),
    swapInBytes: sum(({ swapInBytes }) => swapInBytes),
    ownReadBytes: sum(({ ownReadBytes }) => ownReadBytes),
    ownRefaultBytes: sum(({ ownRefaultBytes }) => ownRefaultBytes),
    diskBusy: mean(({ diskBusy }) => diskBusy),
    busiestDisk: busiest[0].busiestDisk,
    iowaitCores: mean(({ iowaitCores }) => iowaitCores),
    networkBytes: sum(({ networkBytes }) => networkBytes),
  };
}

/** The kernel counts a wait for a CPU at its end: what is more than a step's time was in the steps before it, too. */
export function withWaitsSpread(steps: readonly LimitEvidence[]): readonly LimitEvidence[] {
  let over = 0;
  const spread = steps.toReversed().map((step) => {
    const waited = step.runDelaySeconds + over;
    if (Number.isNaN(waited)) return step;
    over = Math.max(0, waited - step.seconds);
    return { ...step, runDelaySeconds: waited - over };
  });
  const first = spread.at(-1);
  // Waits of several threads together may be longer than the whole run.
  if (first && over > 0) spread[spread.length - 1] = { ...first, runDelaySeconds: first.runDelaySeconds + over };
  return spread.reverse();
}

/**
 * The command's own group counts its own, and the kernel's log names them. Counts of the machine or its container are the
 * command's where SIGKILL ended it, and may be where it failed.
 */
function killedForMemory({ oomKills, ownOomKills, oom, ending }: RunEvidence): Diagnosis | undefined {
  const details = oom ? ["", ...oomClauses(oom)].join("; ") : "";
  const killed = (evidence: string): Diagnosis => ({
    limitedBy: "memory",
    text: "memory",
    evidence: evidence + details,
  });
  const named = oom && victimsText(oom);
  const isProven = ownOomKills > 0 || named !== undefined;
  const whom = named ?? `${ownOomKills} of its processes`;
  if (isProven) return { ...killed(`the kernel killed ${whom} for memory`), isKill: true };
  if (!(oomKills > 0)) return undefined;
  const evidence = `the kernel killed ${oomKills} ${oomKills === 1 ? "process" : "processes"} here for memory`;
  if (ending === "killed") return { ...killed(`${evidence}, and SIGKILL ended it`), isKill: true };
  // Whoever stopped it did not do so for memory; and a command that succeeded was not hurt.
  return ownOomKills === 0 || ending === "done" || ending === "stopped" ? undefined : killed(evidence);
}
