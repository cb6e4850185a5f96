import { findingOf } from "../../recording/evidence.ts";
import { type MissedProcesses, missedProcesses, missedText } from "../../recording/missed-processes.ts";
import { durationText, plainQuantity } from "../../recording/quantities.ts";
import { type CommFigures, type RunFigures, UNNAMED } from "../../recording/run-figures.ts";
import type { RunReport } from "../../recording/run-report.ts";

/** What a line of programs says, and the same in fewer words, as a summary's line has it. */
interface ProgramParts {
  readonly parts: readonly string[];
  readonly extra: readonly string[];
  readonly shorter: readonly [readonly string[], readonly string[]];
}

/** The number of names that are shown, and where there is not much room. */
const MOST_NAMES = 3;
const FEWER_NAMES = 2;

/** A share is shown only where the CPU time of all is known so nearly. */
const NEAR = 1.1;

/** A smaller part of the CPU time by processes without a name is not worth a word. */
const LEAST_UNSEEN = 0.2;
const LEAST_UNSEEN_SECONDS = 0.05;
/** A shorter interval is not proposed. */
const SHORT_INTERVAL_SECONDS = 0.05;

/**
 * Returns the largest names, if there are several or if much of the time has no name: `cc1 ×42 61 % 8.10 s 214 MiB`, and so for
 * each the number of its processes where that is more than one, its share of the CPU time, and its highest resident memory.
 */
export function programParts({ names, figures }: RunReport, unicode: boolean): ProgramParts | undefined {
  const named = names.filter(({ comm }) => comm !== UNNAMED);
  const isAll = programsSource(names, figures) === "perf";
  const unseen = unseenText(names, figures, isAll);
  if (named.length < 2 && unseen === undefined) return undefined;
  const last = unseen === undefined ? [] : [unseen];
  const shares = cpuShares(names, figures);
  const missed = missedIn(names, figures);
  const shown = named.slice(0, MOST_NAMES).map((name) => {
    const { comm, cpuSeconds = 0, memoryPeakBytes, processes = 0 } = name;
    const used = [durationText(cpuSeconds)];
    // Of one that no sample saw, it is not known.
    if (memoryPeakBytes !== undefined) used.push(plainQuantity(memoryPeakBytes, "bytes"));
    const percent = Math.round(100 * (shares.get(name) ?? 0));
    const count = processes > 1 ? ` ${unicode ? "×" : "x"}${processes.toLocaleString("en-US")}${isAll ? "" : "+"}` : "";
    return { whole: [comm + count, ...(percent > 0 ? [`${percent} %`] : []), ...used], short: [comm, ...used] };
  });
  const fewer = shown.slice(0, FEWER_NAMES);
  return {
    parts: [...shown.map(({ whole }) => whole.join(" ")), ...last],
    extra: missed?.most === undefined ? [] : [missedText(missed)],
    shorter: [
      [...fewer.map(({ whole }) => whole.join(" ")), ...last],
      [...fewer.map(({ short }) => short.join(" ")), ...last],
    ],
  };
}

/** Returns the share of the CPU time that each name used; none are known where that time is not known nearly. */
export function cpuShares(names: readonly CommFigures[], figures: RunFigures): Map<CommFigures, number> {
  const { value = 0, highest } = findingOf("cpu", figures);
  const total = names.reduce((sum, { cpuSeconds = 0 }) => sum + cpuSeconds, 0);
  if (!(total > 0 && highest <= NEAR * Math.max(value, total))) return new Map();
  return new Map(names.flatMap((name) => (name.cpuSeconds === undefined ? [] : [[name, name.cpuSeconds / total]])));
}

/** Returns where the numbers of processes by name are from; undefined: there are none. */
export function programsSource(names: readonly CommFigures[], { sources }: RunFigures): string | undefined {
  if (names.every(({ processes }) => processes === undefined)) return undefined;
  return sources.get("programs") ?? "proc_sampled_lower_bound";
}

/** Returns what is known of processes that no name has; undefined: none is missing, or none were counted. */
export function missedIn(names: readonly CommFigures[], figures: RunFigures): MissedProcesses | undefined {
  const source = programsSource(names, figures);
  if (source === undefined) return undefined;
  const seen = names.reduce((sum, { processes = 0 }) => sum + processes, 0);
  return missedProcesses(seen, source, figures);
}

/** The share of CPU time that no name has: that of processes which no sample saw, or which are too many to name. `isAll`: none is missing. */
function unseenText(
  names: readonly CommFigures[],
  { intervalSeconds }: RunFigures,
  isAll: boolean,
): string | undefined {
  const total = names.reduce((sum, { cpuSeconds = 0 }) => sum + cpuSeconds, 0);
  const other = names.find(({ comm }) => comm === UNNAMED);
  const unseenSeconds = other?.cpuSeconds ?? 0;
  const share = unseenSeconds / total;
  if (!(share >= LEAST_UNSEEN && unseenSeconds >= LEAST_UNSEEN_SECONDS)) return undefined;
  const percent = `${Math.round(share * 100)} %`;
  if (other?.processes !== undefined) return `${percent} by others`;
  // The kernel told of every process, and not of all that each used.
  if (isAll) return `${percent} known of no single program`;
  const isLong = intervalSeconds !== undefined && intervalSeconds > SHORT_INTERVAL_SECONDS;
  return `${percent} by processes too short to see${isLong ? `: try --interval ${SHORT_INTERVAL_SECONDS}` : ""}`;
}
