import { COMMAND, type SeriesKey, type Snapshot, series } from "../catalog/index.ts";
import { type Cgroup, CgroupHierarchies, foldersUpwards, ownHierarchies } from "../collect/cgroup/cgroup-hierarchy.ts";
import type { ProcessCollector } from "../collect/processes/process-collector.ts";
import { linkTarget, readText, SystemError } from "../os/files.ts";
import { hasKernelPids, kernelLog } from "../os/kernel-log.ts";
import { monotonicNs } from "../os/perf-events.ts";
import { pageBytes } from "../os/process.ts";
import { kernelFs } from "../proc/kernel-fs.ts";
import { type LoggedKill, type LoggedTask, oomKillsIn } from "../proc/oom-log.ts";

/** What an OOM kill is looked up by. */
export interface OomContext {
  readonly atMs: number;
  /** When the run began, by performance.now(). */
  readonly startedAtMs: number;
  /** Whose count has grown. */
  readonly isOwnGroup: boolean;
  readonly isContainer: boolean;
  /** How many the machine counts since the run began; NaN: not known. */
  readonly machineKills: number;
  readonly machineBytes: number;
  readonly tree: Pick<ProcessCollector, "knows" | "holders"> | undefined;
  /** The command's own groups. */
  readonly groups: readonly Cgroup[] | undefined;
}

/** What is known of all OOM kills so far: their series, and a sentence; undefined: none is the command's, as far as is known. */
export interface OomEvidence extends Omit<Snapshot, "atMs"> {
  readonly text: string;
}

/** How a limit is known: the kernel logged it, or it is the lowest that holds, and nothing says which one was reached. */
type Known = "kernel_log" | "likely";

/** The log's clock and the monotonic one go apart by so much in so long. */
const CLOCK_SECONDS = 5;
const CLOCK_SHARE = 0.001;

/** So many kills may have been logged since they were counted. */
const LATE_KILLS = 2;

/** More victims have no series of their own. */
const MOST_VICTIMS = 16;

/** Where the limit is the machine's own memory. */
const MACHINE = "machine";

/** A limit of memory, and whose it is. */
interface Limit {
  readonly group: string;
  readonly bytes: number;
  readonly known: Known;
}

/** Finds out who was killed, who held most and which limit was reached; undefined: nothing shows that it was one of ours. */
export function oomEvidence(context: OomContext): OomEvidence | undefined {
  const log = kernelLog();
  const groups = memoryGroups(context);
  const victims = log === undefined ? [] : victimsIn(log, context);
  const last = victims.at(-1);
  // Another's kill: what the machine and the container count need not be ours.
  const isOurs = context.isOwnGroup || (context.isContainer && log === undefined);
  if (!last && !isOurs) return undefined;
  const limit = last ? limitOf(last, context) : lowestLimit(groups);
  const entries: [SeriesKey, number][] = victims
    .slice(-MOST_VICTIMS)
    .map((one) => [series(COMMAND.oomVictim, labelsOf(one)), one.bytes]);
  if (last?.largest) entries.push([series(COMMAND.oomHolder, labelsOf(last.largest)), last.largest.bytes]);
  if (limit) entries.push([series(COMMAND.oomLimit, { limit_group: limit.group, source: limit.known }), limit.bytes]);
  const keys = entries.map(([key]) => key);
  return { keys, values: entries.map(([, value]) => value), text: textOf(victims, last?.largest, limit) };
}

function labelsOf({ pid, name }: LoggedTask) {
  return { process_id: String(pid), comm: name };
}

function textOf(victims: readonly LoggedKill[], largest: LoggedTask | undefined, limit: Limit | undefined): string {
  const whom = victims.map(({ pid, name }) => `${name} (pid ${pid})`).join(", ");
  const likely = limit?.known === "likely" ? "likely " : "";
  const where =
    limit && limit.group !== MACHINE ? ` ${likely}at the limit of ${limit.group}, ${limit.bytes} bytes` : "";
  const held = largest ? `; ${largest.name} (pid ${largest.pid}) held most, ${largest.bytes} bytes` : "";
  return `The kernel killed ${whom || "a process here"} for memory${where}${held}`;
}

/** The command's group of memory, or else the one that we are in; none where that is the root. */
function memoryGroups({ groups }: OomContext): Cgroup[] {
  const own = groups && new CgroupHierarchies(groups).of("memory");
  const proc = kernelFs();
  try {
    const around = ownHierarchies(proc).of("memory");
    return [own, around].filter((group) => group !== undefined);
  } finally {
    proc.close();
  }
}

/** The processes of the command that were killed since its start. */
function victimsIn(log: string, { startedAtMs, machineKills, tree, groups }: OomContext): LoggedKill[] {
  const own = groups && new CgroupHierarchies(groups).of("memory");
  const arePidsOurs = hasKernelPids(linkTarget("/proc/self/ns/pid"));
  const startedAtSeconds = monotonicNs() / 1e9 - (performance.now() - startedAtMs) / 1000;
  const earliest = startedAtSeconds - CLOCK_SECONDS - CLOCK_SHARE * startedAtSeconds;
  return oomKillsIn(log, pageBytes())
    .slice(Number.isNaN(machineKills) ? 0 : -machineKills - LATE_KILLS)
    .filter(({ atSeconds, pid, taskGroup }) => {
      // The number of kills says which are of this run, where it is known; some kernels' logs have no times.
      if (Number.isNaN(machineKills) && !(atSeconds >= earliest)) return false;
      return (arePidsOurs && tree?.knows(pid) === true) || isWithin(taskGroup, own);
    });
}

/** Whether a group of the log is this one or below it. In another namespace of groups its path is another one. */
function isWithin(path: string | undefined, group: Cgroup | undefined): boolean {
  if (path === undefined || group === undefined || group.path === "/") return false;
  return path === group.path || path.startsWith(`${group.path}/`);
}

function limitOf({ limitGroup, limitBytes }: LoggedKill, { machineBytes }: OomContext): Limit | undefined {
  if (limitGroup === undefined)
    return Number.isNaN(machineBytes) ? undefined : { group: MACHINE, bytes: machineBytes, known: "kernel_log" };
  return Number.isNaN(limitBytes) ? undefined : { group: limitGroup, bytes: limitBytes, known: "kernel_log" };
}

/** The lowest limit that holds for the first of these groups, of its own or of one above it. */
function lowestLimit([group]: readonly Cgroup[]): Limit | undefined {
  if (!group) return undefined;
  const file = group.version === 1 ? "memory.limit_in_bytes" : "memory.max";
  let lowest: Limit | undefined;
  for (const folder of foldersUpwards(group)) {
    const bytes = numberIn(`${folder}/${file}`);
    // Without a limit version 2 has a word, and version 1 a number near 2 ** 63.
    if (bytes < 2 ** 60 && !(bytes >= (lowest?.bytes ?? Number.POSITIVE_INFINITY)))
      lowest = { group: folder, bytes, known: "likely" };
  }
  return lowest;
}

function numberIn(path: string): number {
  try {
    return Number(readText(path));
  } catch (error) {
    if (error instanceof SystemError) return Number.NaN;
    throw error;
  }
}
