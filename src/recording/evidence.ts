import { BUDGET_UNITS, type BudgetedFigure } from "../catalog/choices.ts";
import { plainQuantity } from "./quantities.ts";
import type { RunFigures } from "./run-figures.ts";
import { sourcesText, UNWATCHED } from "./source-words.ts";

/*
 * How far each figure of a run is known. Every source in a recording makes a claim about a resource: it saw so much, or it
 * was at most so much. `findingOf` reconciles them. Whatever shows, judges or compares a figure reads that answer.
 */

/** What is counted: what a budget can limit, and the bytes of system calls. */
export type Resource = BudgetedFigure | "read-calls" | "written-calls";

export const RESOURCES: readonly Resource[] = [
  ...(Object.keys(BUDGET_UNITS) as BudgetedFigure[]),
  ...(["read-calls", "written-calls"] as const),
];

export function unitOf(resource: Resource): (typeof BUDGET_UNITS)[BudgetedFigure] {
  return resource === "read-calls" || resource === "written-calls" ? "bytes" : BUDGET_UNITS[resource];
}

/** What one source says of a resource, in the resource's unit. */
interface Claim {
  /** As in `statexec_accounting_info`; undefined: not named there. */
  readonly source: string | undefined;
  /** The source in a sentence: `its control group counted`. */
  readonly subject: string;
  /** It was so much or more; undefined: the source only bounds it. */
  readonly value?: number;
  /** It was so much or less: the value if that is exact; infinite: not known. */
  readonly highest: number;
  /** Why the value is not exact. */
  readonly reason?: string;
  /** What would tell more: `with --cgroup auto`. */
  readonly settledBy?: string | undefined;
}

/** What all sources together say of a resource. */
export interface Finding {
  /** The figure to show: the most that any source saw; undefined: not measured. */
  readonly value: number | undefined;
  /** The true figure is between these two: 0 and infinite where nothing is known. */
  readonly lowest: number;
  readonly highest: number;
  /** The source of the value. */
  readonly source: string | undefined;
  /** Why lowest and highest differ, or which sources contradict each other; undefined: the value is exact. */
  readonly reason: string | undefined;
  /** What would tell more; undefined: nothing that is known. */
  readonly settledBy: string | undefined;
  /** The reason is that two sources contradict each other. */
  readonly isContradicted: boolean;
}

const UNKNOWN = Number.POSITIVE_INFINITY;
const MISSED = "some of it may have been missed";

/** Whether a source may have missed a part of what it counts. */
export function isLowerBound(source: string | undefined): boolean {
  return source?.endsWith("_lower_bound") ?? false;
}

/** Returns what is known of a resource of a run. */
export function findingOf(resource: Resource, figures: RunFigures): Finding {
  const finding = reconcile(resource, CLAIMS[resource](figures));
  if (!figures.isUnfinished) return finding;
  return { ...finding, highest: UNKNOWN, reason: finding.reason ?? "the end of its run is not recorded" };
}

/** What each source in a recording says. Of equal values, that of the first claim is shown. */
const CLAIMS: Readonly<Record<Resource, (figures: RunFigures) => readonly Claim[]>> = {
  wall: ({ wallSeconds }) => counted(wallSeconds, undefined),
  cpu: (figures) => [...ownCpu(figures), ...cpuByName(figures), ...cpuOfMachine(figures)],
  memory: (figures) => [...sampledMemory(figures), ...memoryBounds(figures)],
  "memory-with-cache": (figures) => countedBy("memory_peak", figures.memoryPeakWithCacheBytes, figures),
  processes: (figures) => sampledCount(figures.processesMost, figures),
  threads: (figures) => sampledCount(figures.threadsMost, figures),
  read: (figures) => countedBy("io", figures.diskReadBytes, figures),
  written: writtenClaims,
  instructions: instructionClaims,
  "read-calls": (figures) =>
    counted(figures.ioReadBytes, callsSource(figures.sources), ioSettledBy(figures, undefined)),
  "written-calls": (figures) =>
    counted(figures.ioWriteBytes, callsSource(figures.sources), ioSettledBy(figures, undefined)),
};

/** Processes hide their bytes, but not from root; or they were not seen at all, and their CPU time neither. */
function ioSettledBy({ sources }: RunFigures, unseen: string | undefined): string | undefined {
  return isLowerBound(sources.get("cpu")) ? unseen : "as root";
}

/** Takes the most that was seen, and the lowest bound that is not below it: a bound below it is wrong. */
function reconcile(resource: Resource, claims: readonly Claim[]): Finding {
  let best: (Claim & { value: number }) | undefined;
  for (const claim of claims) {
    const { value } = claim;
    if (value !== undefined && !(value <= (best?.value ?? -1))) best = { ...claim, value };
  }
  const lowest = best?.value ?? 0;
  const sound = claims.filter(({ highest }) => highest >= lowest);
  const highest = Math.min(UNKNOWN, ...sound.map((claim) => claim.highest));
  // A bound of the whole machine that is too low is of a kernel that counts otherwise, and says nothing.
  const wrong = claims.find((claim) => claim.source !== undefined && claim.highest < lowest);
  const settledBy = (best ?? claims[0])?.settledBy;
  const limits = { value: best?.value, lowest, highest, source: best?.source, settledBy };
  if (best && wrong) return { ...limits, reason: contradiction(resource, best, wrong), isContradicted: true };
  return { ...limits, reason: highest > lowest ? best?.reason : undefined, isContradicted: false };
}

function contradiction(resource: Resource, best: Claim, wrong: Claim): string {
  const unit = unitOf(resource);
  const saw = ({ subject }: Claim, amount: number) => `${subject} ${plainQuantity(amount, unit)}`;
  return `${saw(wrong, wrong.highest)}, but ${saw(best, best.value ?? 0)}`;
}

/** The claim of a counter that misses nothing, unless its source is a lower bound. */
function counted(value: number | undefined, source: string | undefined, settledBy?: string): Claim[] {
  if (value === undefined) return [];
  const isExact = !isLowerBound(source);
  const claim = { source, subject: subjectOf(source), value, highest: isExact ? value : UNKNOWN };
  return [isExact ? claim : { ...claim, reason: MISSED, settledBy }];
}

/** The claim of a counter whose source the accounting names: a group counts only what stays in it. */
function countedBy(resource: "io" | "memory_peak", value: number | undefined, figures: RunFigures): Claim[] {
  const source = figures.sources.get(resource);
  const claims = counted(value, source, resource === "io" ? ioSettledBy(figures, "with --cgroup auto") : undefined);
  // The peak with page cache is the group's own, whatever says the peak without it.
  if ((resource === "io" && !isGroup(source)) || !hasLeftGroup(figures)) return claims;
  return claims.map((claim) => ({ ...claim, highest: UNKNOWN, reason: LEFT }));
}

/** What was taken back may be of others: the command may have written as much more. */
function writtenClaims(figures: RunFigures): Claim[] {
  const { diskWriteBytes, diskWriteCancelledBytes: cancelled = 0 } = figures;
  const claims = countedBy("io", diskWriteBytes, figures);
  if (cancelled === 0) return claims;
  const reason = "it took back what had not reached storage, perhaps of others";
  return claims.map((claim) => ({ reason, ...claim, highest: claim.highest + cancelled }));
}

/** What a hardware counter counted is certain; where it did not see all, nothing bounds the rest. */
function instructionClaims({ instructions, sources }: RunFigures): Claim[] {
  const settledBy = "with --perf counters, on a machine whose hardware counts them";
  if (instructions === undefined) return [{ source: undefined, subject: "", highest: UNKNOWN, settledBy }];
  const source = sources.get("instructions") ?? "perf_lower_bound";
  const claims = counted(instructions, source);
  return source === UNWATCHED ? claims.map((claim) => ({ ...claim, highest: UNKNOWN, reason: UNCOUNTED })) : claims;
}

const UNCOUNTED =
  "programs that run with the rights of another user are not counted, and nothing tells whether it had some";

const LEFT = "some of its processes left its control group";

/** Whether a process was seen elsewhere, or more was seen of the command than its own group counted. */
function hasLeftGroup(figures: RunFigures): boolean {
  const { sources, processesMost = 0, threadsMost = 0, tasksPeak } = figures;
  if (tasksPeak !== undefined && Math.max(processesMost, threadsMost) > tasksPeak) return true;
  const memory = sources.get("memory");
  if (isLowerBound(sources.get("group")) || (isGroup(memory) && isLowerBound(memory))) return true;
  return isGroup(sources.get("cpu")) && cpuByName(figures).length > 0;
}

function isGroup(source: string | undefined): boolean {
  return source?.startsWith("cgroup") ?? false;
}

function subjectOf(source = ""): string {
  if (isGroup(source)) return "its control group counted";
  if (source.startsWith("perf")) return "hardware counters counted";
  return source.startsWith("wait4") ? "wait4 counted" : "samples saw";
}

export const PROC_IS_FOREIGN = "/proc shows another pid namespace";

function ownCpu(figures: RunFigures): Claim[] {
  const { sources, cpuBoundSeconds } = figures;
  const settledBy = hasGroup(sources) ? undefined : "with --cgroup auto";
  const claims = cpuCounted(figures, settledBy);
  if (figures.isProcForeign && isLowerBound(sources.get("cpu")))
    return claims.map((claim) => ({ ...claim, reason: PROC_IS_FOREIGN }));
  if (cpuBoundSeconds === undefined || !isLowerBound(sources.get("cpu"))) return claims;
  const reason = "processes that no one waited for, of it or of others, may have used more";
  return claims.map((claim) => ({ ...claim, reason, highest: withSlack(Math.max(cpuBoundSeconds, claim.value ?? 0)) }));
}

function cpuCounted(figures: RunFigures, settledBy: string | undefined): Claim[] {
  const source = figures.sources.get("cpu");
  const claims = counted(cpuSeconds(figures), source, settledBy);
  return isGroup(source) && isLowerBound(source) ? claims.map((claim) => ({ ...claim, reason: LEFT })) : claims;
}

function withSlack(seconds: number): number {
  return seconds * (1 + SLACK_SHARE) + SLACK_SECONDS;
}

/** CPU time of the command in user and system mode together. */
function cpuSeconds({ cpuUserSeconds, cpuSystemSeconds }: RunFigures): number | undefined {
  return cpuUserSeconds === undefined || cpuSystemSeconds === undefined ? undefined : cpuUserSeconds + cpuSystemSeconds;
}

/** The kernel rounds the time of each process to ticks, so that the two sums may differ by so much. */
const SLACK_SHARE = 0.01;
const SLACK_SECONDS = 0.05;

/** What wait4 and samples saw, by name. It matters only where it is more than the group's total: that missed some then. */
function cpuByName(figures: RunFigures): Claim[] {
  const { commCpuSeconds: value } = figures;
  const total = cpuSeconds(figures);
  if (value === undefined || total === undefined || value <= withSlack(total)) return [];
  return [{ source: "wait4_lower_bound", subject: "its processes used", value, highest: UNKNOWN, reason: MISSED }];
}

/** No command can use more than all CPUs for all of its time, nor more than the container that it is in. */
function cpuOfMachine({ cpus, wallSeconds, containerCpuSeconds }: RunFigures): Claim[] {
  const claims: Claim[] = [];
  const add = (subject: string, highest: number) => claims.push({ source: undefined, subject, highest });
  if (cpus !== undefined && wallSeconds !== undefined) add("all CPUs together had", cpus * withSlack(wallSeconds));
  if (containerCpuSeconds !== undefined) add("its container used", withSlack(containerCpuSeconds));
  return claims;
}

/** Whoever samples, the command's processes or its group: between two samples it may have held more. */
function sampledMemory(figures: RunFigures): Claim[] {
  const { memoryPeakBytes: value, sources } = figures;
  const settledBy = hasGroup(sources) ? undefined : "with --cgroup auto";
  const unseen = figures.isProcForeign ? PROC_IS_FOREIGN : (unseenMemory(figures) ?? sharedOfSome(figures));
  const reason = unseen ?? "samples do not see what is held between them";
  // Older files name one source for all of memory.
  const source = sources.get("memory_peak") ?? sources.get("memory");
  const claim = { source, subject: "samples saw", highest: UNKNOWN, reason, settledBy };
  return [value === undefined ? claim : { ...claim, value }];
}

/** What bounds the peak: that of a group with page cache, and that by processes if the recorder vouches for it. */
function memoryBounds(figures: RunFigures): Claim[] {
  const { sources, memoryPeakWithCacheBytes, memoryPeakBoundBytes, memoryLargestProcessBytes: largest = 0 } = figures;
  const claims: Claim[] = [];
  const add = (source: string | undefined, subject: string, bytes: number) =>
    claims.push({ source, subject, highest: Math.max(bytes, largest) });
  // Groups do not count reserved huge pages; and pages of files that others loaded are in the largest process only.
  const huge = figures.hugePagesMostBytes ?? UNKNOWN;
  const group = sources.get("memory_peak");
  if (memoryPeakWithCacheBytes !== undefined && !isLowerBound(group) && !hasLeftGroup(figures))
    add(group, "its control group held at most", memoryPeakWithCacheBytes + huge);
  if (figures.containerMemoryPeakBytes !== undefined)
    add(undefined, "its container held at most", figures.containerMemoryPeakBytes + huge);
  const bound = sources.get("memory_peak_bound");
  if (memoryPeakBoundBytes !== undefined && bound !== undefined && !isLowerBound(bound))
    add(bound, "its processes held at most", memoryPeakBoundBytes);
  return claims;
}

/** A bound above the peak of the processes that samples saw, never below another figure; undefined: not recorded. */
export function memoryBoundBytes(figures: RunFigures): number | undefined {
  const { memoryPeakBoundBytes, memoryPeakBytes = 0, memoryLargestProcessBytes = 0 } = figures;
  if (memoryPeakBoundBytes === undefined) return undefined;
  return Math.max(memoryPeakBoundBytes, memoryPeakBytes, memoryLargestProcessBytes);
}

/** Each process and thread was started on this machine, and is in the group: there were no more than these. */
function sampledCount(value: number | undefined, figures: RunFigures): Claim[] {
  const { forks, tasksPeak, sources } = figures;
  const reason = "samples do not see what lives between them";
  const settledBy = hasGroup(sources) ? "at a shorter --interval" : "with --cgroup auto, or at a shorter --interval";
  const claim = { source: "proc_sampled", subject: "samples saw", highest: UNKNOWN, reason, settledBy };
  const claims: Claim[] = [value === undefined ? claim : { ...claim, value }];
  // A kernel that did not even count the command's own start counts nothing.
  if (forks !== undefined && forks >= 1)
    claims.push({ source: undefined, subject: "the machine started", highest: forks });
  if (tasksPeak !== undefined && !hasLeftGroup(figures))
    claims.push({ source: undefined, subject: "its group had", highest: tasksPeak });
  return claims;
}

/** A group's source stands for the disk only: of the calls it is then not recorded whether some were missed. */
function callsSource(sources: RunFigures["sources"]): string | undefined {
  const source = sources.get("io");
  return isGroup(source) ? "proc_lower_bound" : source;
}

function hasGroup(sources: RunFigures["sources"]): boolean {
  for (const source of sources.values()) if (isGroup(source)) return true;
  return false;
}

/** The resources whose figure is the highest of some samples. */
const SAMPLED: readonly Resource[] = ["memory", "processes", "threads"];

/** A smaller excess of the largest process over what samples saw says nothing. */
const SMALL_BYTES = 2 ** 20;

/** Returns why a figure of some runs cannot be compared with that of others; undefined: all know it in the same way. */
export function incomparable(
  resource: Resource,
  base: readonly RunFigures[],
  now: readonly RunFigures[],
): string | undefined {
  for (const figures of [...base, ...now]) {
    const doubt = doubtOf(resource, figures);
    if (doubt !== undefined) return doubt;
  }
  const [old, next] = [sourcesOf(resource, base), sourcesOf(resource, now)];
  if (old.join() !== next.join() && old.length > 0 && next.length > 0)
    return `${sourcesText(old, next)} for the base, ${sourcesText(next, old)} now`;
  if (resource === "wall" || resource === "cpu") return otherMachine(base, now);
  if (!SAMPLED.includes(resource)) return undefined;
  const intervalsOf = (runs: readonly RunFigures[]) => distinct(runs, ({ intervalSeconds }) => intervalSeconds);
  if (intervalsOf([...base, ...now]).length < 2) return undefined;
  const [before, after] = [base, now].map((runs) => intervalsOf(runs).join(" s and "));
  return `sampled every ${before} s of the base, every ${after} s now`;
}

/** Returns how the machines of some runs differ so much that time is another one; undefined: not, or not known. */
function otherMachine(base: readonly RunFigures[], now: readonly RunFigures[]): string | undefined {
  const kindsOf = (runs: readonly RunFigures[], pick: (figures: RunFigures) => string | number | undefined) =>
    distinct(runs, pick).join(" and ");
  for (const [pick, unit] of MACHINE_KINDS) {
    const [old, next] = [kindsOf(base, pick), kindsOf(now, pick)];
    if (old !== next && old !== "" && next !== "")
      return `on machines of ${old}${unit} of the base, ${next}${unit} now`;
  }
  return undefined;
}

const MACHINE_KINDS = [
  [({ architecture }: RunFigures) => architecture, ""],
  [({ cpus }: RunFigures) => cpus, " CPUs"],
] as const;

/** Returns the sources of a figure in the runs that have it; empty: none has it; an empty name: it is not named. */
function sourcesOf(resource: Resource, runs: readonly RunFigures[]): string[] {
  return distinct(runs, (figures) => {
    const { value, source = "" } = findingOf(resource, figures);
    // Runs whose doubt is too small to matter are known by the same.
    return value === undefined ? undefined : resource === "cpu" ? source.replace(/_lower_bound$/, "") : source;
  });
}

/** A lower bound is as good as the figure where a bound above it is as near as two equal runs are to each other. */
const NEAR_SHARE = 0.05;

/** Returns why a figure of a run says too little to be compared; undefined: it is exact, or known as samples know it. */
function doubtOf(resource: Resource, figures: RunFigures): string | undefined {
  const { source, reason, isContradicted, lowest, highest } = findingOf(resource, figures);
  if (isContradicted) return reason;
  if (resource === "cpu" && highest <= withSlack(lowest * (1 + NEAR_SHARE) + SLACK_SECONDS)) return undefined;
  // The same command has the same programs.
  if (source === UNWATCHED && !figures.isUnfinished) return undefined;
  if (isLowerBound(source)) return `a lower bound: ${reason ?? MISSED}`;
  if (figures.isUnfinished || !SAMPLED.includes(resource)) return reason;
  if (resource !== "memory") return undefined;
  return isGroup(source) && hasLeftGroup(figures) ? LEFT : unseenMemory(figures);
}

/** One process may have held more than the samples saw of all: more than can be pages of files. */
function unseenMemory(figures: RunFigures): string | undefined {
  const { memoryPeakBytes, memoryFileMostBytes = 0, memoryLargestProcessBytes: largest } = figures;
  if (memoryPeakBytes === undefined || largest === undefined) return undefined;
  if (largest <= memoryPeakBytes + memoryFileMostBytes + SMALL_BYTES) return undefined;
  const amounts = [largest, memoryPeakBytes].map((bytes) => plainQuantity(bytes, "bytes"));
  return `one process held ${amounts[0]}, files included; samples saw ${amounts[1]}`;
}

/** Files in memory that no process maps (tmpfs, memfd) are in no process' figures. A group counts them. */
function sharedOfSome(figures: RunFigures): string | undefined {
  const { sources, machineSharedGrownBytes: grown = 0, memoryPeakBytes = 0 } = figures;
  if (!sources.get("memory_peak")?.startsWith("proc_") || grown <= memoryPeakBytes + SMALL_BYTES) return undefined;
  return `the machine's shared memory grew by ${plainQuantity(grown, "bytes")}, for it or for others`;
}

/** The values that some runs have, each once, in order. */
function distinct<T extends string | number>(
  runs: readonly RunFigures[],
  pick: (figures: RunFigures) => T | undefined,
): T[] {
  return [...new Set(runs.map(pick))].filter((value) => value !== undefined).sort();
}
