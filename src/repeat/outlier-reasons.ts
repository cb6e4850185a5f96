import { median } from "simple-statistics";
import { plainQuantity } from "../recording/quantities.ts";
import type { RunFigures } from "../recording/run-figures.ts";
import type { MeasuredRun } from "./done-runs.ts";

/** A reason explains at least this share of the time that a run took longer. */
const MUCH = 0.25;
/** Fewer bytes from storage cost no time that shows. */
const COLD_BYTES = 2 ** 20;

/** What a run had more of than the others usually have. Numbers that are not known are NaN. */
interface Excess {
  readonly wallSeconds: number;
  readonly throttledSeconds: number;
  readonly runDelaySeconds: number;
  readonly othersCpuSeconds: number;
  readonly cpuSeconds: number;
  readonly diskReadBytes: number;
}

type Pick = (figures: RunFigures) => number | undefined;

const cpuSeconds: Pick = ({ cpuUserSeconds, cpuSystemSeconds }) =>
  cpuUserSeconds === undefined || cpuSystemSeconds === undefined ? undefined : cpuUserSeconds + cpuSystemSeconds;

/** CPU time of the machine that the command did not use. */
const othersCpuSeconds: Pick = (figures) => {
  const own = cpuSeconds(figures);
  return own === undefined || figures.machineCpuSeconds === undefined ? undefined : figures.machineCpuSeconds - own;
};

const PICKS: { readonly [Name in keyof Excess]: Pick } = {
  wallSeconds: (figures) => figures.wallSeconds,
  throttledSeconds: (figures) => figures.throttledSeconds,
  runDelaySeconds: (figures) => figures.runDelaySeconds,
  othersCpuSeconds,
  cpuSeconds,
  diskReadBytes: (figures) => figures.diskReadBytes,
};

/** Returns why a run probably took longer than the others, as far as the recordings tell: the rest of `run 7 took longer: `. */
export function reasonOf(slow: MeasuredRun, runs: readonly MeasuredRun[]): string {
  const others = runs.filter(({ run }) => run !== slow.run).map(({ figures }) => figures);
  const excess = Object.fromEntries(
    Object.entries(PICKS).map(([name, pick]) => [name, excessOf(pick, slow.figures, others)]),
  ) as unknown as Excess;
  const reasons = reasonsIn(excess);
  return reasons.length === 0 ? "nothing in its recording tells why" : reasons.join("; ");
}

/** A share of the others without the figure is a reason for none: a comparison needs all. */
function excessOf(pick: Pick, figures: RunFigures, others: readonly RunFigures[]): number {
  const own = pick(figures);
  const usual = others.map(pick);
  if (own === undefined || usual.length === 0 || usual.some((value) => value === undefined)) return Number.NaN;
  return own - median(usual as number[]);
}

function reasonsIn(excess: Excess): string[] {
  const seconds = (value: number) => plainQuantity(value, "seconds");
  const enough = MUCH * excess.wallSeconds;
  const reasons: string[] = [];
  if (excess.throttledSeconds >= enough)
    reasons.push(`a CPU quota held it back for ${seconds(excess.throttledSeconds)} more`);
  if (excess.othersCpuSeconds >= enough && excess.runDelaySeconds >= enough)
    reasons.push(`other processes used ${seconds(excess.othersCpuSeconds)} more CPU time while it waited for a CPU`);
  if (excess.diskReadBytes >= COLD_BYTES)
    reasons.push(`it read ${plainQuantity(excess.diskReadBytes, "bytes")} more from storage: the page cache was cold`);
  if (excess.cpuSeconds >= enough) reasons.push(`it used ${seconds(excess.cpuSeconds)} more CPU time itself`);
  return reasons;
}
