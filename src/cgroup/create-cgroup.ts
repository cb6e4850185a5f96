import { type Cgroup, cgroupAt, hierarchiesOf, ownCgroups } from "../collect/cgroup/cgroup-hierarchy.ts";
import { CgroupLimits } from "../collect/cgroup/cgroup-limits.ts";
import { ParseError, UsageError } from "../errors.ts";
import { realPath, SystemError } from "../os/files.ts";
import type { ProcFs } from "../proc/procfs.ts";
import { cgroupName, hasProcesses, removeLeftovers } from "./cgroup-files.ts";
import { CgroupV1 } from "./cgroup-v1.ts";
import { CgroupV2 } from "./cgroup-v2.ts";
import { CommandCgroup } from "./run-in-cgroup.ts";

/**
 * Makes the command's cgroup as `--cgroup` says. Undefined: none could be made. `warn` says why, also of one that lacks
 * some statistics. Throws UsageError where a folder was named that cannot be used.
 */
export function openCommandCgroup(
  proc: ProcFs,
  setting: string,
  warn: (message: string) => void,
): CommandCgroup | undefined {
  const say = (message: string) => warn(`--cgroup ${setting}: ${message}`);
  const { v1, v2, notice } = setting === "auto" ? createInOwn(proc) : createIn(proc, setting);
  if (notice !== undefined) say(notice);
  if (v1.length === 0 && !v2) return undefined;
  return new CommandCgroup(proc, v1, v2, say);
}

/** The cgroups that were made for the command, one in each hierarchy where that was possible. */
interface Created {
  readonly v1: readonly CgroupV1[];
  readonly v2: CgroupV2 | undefined;
  /** What is missing, and why; said before the command starts. */
  readonly notice: string | undefined;
}

/** Makes them below the cgroups that we are in. */
function createInOwn(proc: ProcFs): Created {
  try {
    const own = ownCgroups(proc);
    return create(proc, own, own);
  } catch (error) {
    if (error instanceof ParseError || error instanceof SystemError) return none(error.message);
    throw error;
  }
}

/** Makes one below the cgroup of a folder. Throws UsageError. */
function createIn(proc: ProcFs, named: string): Created {
  try {
    const folder = realPath(named);
    const parent = cgroupAt(proc, folder);
    if (parent === undefined) throw unusable(named, "no control group");
    if (hasProcesses(folder)) throw unusable(named, "there are processes in it");
    return create(proc, [parent], ownCgroups(proc), named);
  } catch (error) {
    if (error instanceof SystemError) throw unusable(named, error.reason);
    if (error instanceof ParseError) throw unusable(named, error.message);
    throw error;
  }
}

/**
 * Makes a cgroup below each of `parents` that has statistics to add. The limits that hold for the parents are copied into
 * it: a program that chooses its heap or threads by the limits of its own cgroup, as runtimes do, finds the same as
 * without one. Throws UsageError where none could be made below a parent that was `named`.
 */
function create(proc: ProcFs, parents: readonly Cgroup[], own: readonly Cgroup[], named?: string): Created {
  const limits = new CgroupLimits(proc, hierarchiesOf(parents));
  const name = cgroupName();
  const faults: string[] = [];
  const attempt = <T>({ folder }: Cgroup, make: () => T): T[] => {
    try {
      removeLeftovers(folder);
      return [make()];
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      faults.push(error.message);
      return [];
    }
  };
  const unified = parents.filter(({ version }) => version === 2);
  const [v2] = unified.flatMap((parent) => attempt(parent, () => new CgroupV2(parent, name, own, limits)));
  const v1 = neededInV1(parents, v2 !== undefined, !Number.isNaN(limits.cores)).flatMap((parent) =>
    attempt(parent, () => new CgroupV1(parent, name, own, limits)),
  );
  if (v2?.lacking) faults.push(v2.lacking);
  if (v1.length === 0 && !v2) {
    if (named !== undefined) throw unusable(named, faults[0] ?? "its hierarchy has no figures");
    return none(`${faults[0] ?? "none is to be seen here"}${advice(unified)}`);
  }
  const notice =
    faults.length > 0 ? `the command's control group lacks figures: ${faults.join("; ")}${advice(unified)}` : undefined;
  return { v1, v2, notice };
}

function none(why: string): Created {
  return { v1: [], v2: undefined, notice: `no control group for the command: ${why}` };
}

function unusable(folder: string, fault: string): UsageError {
  return new UsageError(
    `--cgroup (SE_CGROUP): "${folder}": ${fault}; name an empty control group of yours, or take auto`,
  );
}

/** Returns the cgroups of version 1 with statistics that version 2 does not have here. */
function neededInV1(parents: readonly Cgroup[], hasV2: boolean, hasQuota: boolean): Cgroup[] {
  const wanted = ["memory", "pids", ...(hasV2 ? [] : ["cpuacct"]), ...(hasQuota ? ["cpu"] : [])];
  return parents.filter(({ controllers }) => wanted.some((name) => controllers.includes(name)));
}

/** Returns how to get a cgroup from the service manager, which may own the machine's and delegate some. */
function advice(unified: readonly Cgroup[]): string {
  if (unified.length === 0 || unified[0]!.isRoot) return "";
  const user = process.getuid?.() === 0 ? "" : " --user";
  return `; under systemd this gives it one: systemd-run${user} --scope -p Delegate=yes -- statexec …`;
}
