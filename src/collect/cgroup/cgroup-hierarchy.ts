import {
  type CgroupMembership,
  type CgroupMount,
  parseCgroupMemberships,
  parseCgroupMounts,
} from "../../proc/cgroup.ts";
import { type ProcFs, readIfAllowed } from "../../proc/procfs.ts";

/** A cgroup in one hierarchy. */
export interface Cgroup {
  readonly version: 1 | 2;
  /** The controllers of a version 1 hierarchy, such as `memory`; empty in version 2. */
  readonly controllers: readonly string[];
  /** As /proc/self/cgroup has it. */
  readonly path: string;
  readonly folder: string;
  /** The folder of the highest cgroup that can be seen; in a container that is the container's own. */
  readonly mountPoint: string;
  /** Whether it is the root of the hierarchy, which has neither limits nor statistics of its own. */
  readonly isRoot: boolean;
}

/** The cgroups of one process, each in another hierarchy. */
export class CgroupHierarchies {
  constructor(private readonly cgroups: readonly Cgroup[]) {}

  get isEmpty(): boolean {
    return this.cgroups.length === 0;
  }

  /** The cgroup of version 2. */
  get unified(): Cgroup | undefined {
    return this.cgroups.find(({ version }) => version === 2);
  }

  /** Returns the cgroup in a controller's hierarchy: that of version 1 which has the controller, else version 2. */
  of(controller: string): Cgroup | undefined {
    return this.cgroups.find(({ controllers }) => controllers.includes(controller)) ?? this.unified;
  }
}

/** Returns those of a process' cgroups that have statistics of their own. */
export function hierarchiesOf(cgroups: readonly Cgroup[]): CgroupHierarchies {
  const inner = cgroups.filter(({ isRoot }) => !isRoot);
  const accounting = inner.filter(({ controllers }) => isOneOf(controllers, ["cpu", "cpuacct", "memory"]));
  // Beside version 1, version 2 may have the process in another cgroup, such as the container manager's.
  return new CgroupHierarchies(
    inner.filter(({ version, path }) => version === 1 || accounting.every((other) => other.path === path)),
  );
}

/** The controllers with statistics or limits that are recorded. */
const CONTROLLERS = ["cpu", "cpuacct", "memory", "pids"];

/** Returns the cgroups that this process is in. Throws ParseError. */
export function ownHierarchies(proc: ProcFs): CgroupHierarchies {
  return hierarchiesOf(ownCgroups(proc, CONTROLLERS));
}

/**
 * Returns the cgroups that this process is in and that can be seen; none where /proc/self/cgroup cannot be read. With
 * `wanted`, only version 1 hierarchies that have one of these controllers, and version 2. Throws ParseError.
 */
export function ownCgroups(proc: ProcFs, wanted?: readonly string[]): Cgroup[] {
  const text = readIfAllowed(proc, "/proc/self/cgroup");
  const all = text === undefined ? [] : parseCgroupMemberships(text);
  const ours = wanted ? all.filter(({ version, controllers }) => version === 2 || isOneOf(controllers, wanted)) : all;
  const mounts = ours.length === 0 ? [] : cgroupMounts(proc);
  return ours.flatMap((membership) => cgroupOf(proc, membership, mounts) ?? []);
}

/** Returns the cgroup of a folder, an absolute path without symlinks; undefined: it is no cgroup. Throws ParseError. */
export function cgroupAt(proc: ProcFs, folder: string): Cgroup | undefined {
  const mount = cgroupMounts(proc)
    .filter(({ mountPoint }) => isBelow(folder, mountPoint))
    .sort((a, b) => b.mountPoint.length - a.mountPoint.length)[0];
  if (mount === undefined || !proc.exists(`${folder}/cgroup.procs`)) return undefined;
  const { version, controllers, root, mountPoint } = mount;
  const path = joined(root, folder.slice(mountPoint.length));
  return { version, controllers, path, folder, mountPoint, isRoot: isRootFolder(proc, version, folder) };
}

/** Returns the folders of a cgroup and of those above it that can be seen, the lowest first. */
export function foldersUpwards(cgroup: Cgroup | undefined): string[] {
  if (cgroup === undefined) return [];
  const folders = [cgroup.folder];
  for (let { folder } = cgroup; folder.length > cgroup.mountPoint.length; ) {
    folder = folder.slice(0, folder.lastIndexOf("/"));
    folders.push(folder);
  }
  return folders;
}

/** Returns every mount of a cgroup hierarchy; none where /proc/self/mountinfo cannot be read. Throws ParseError. */
function cgroupMounts(proc: ProcFs): CgroupMount[] {
  const mountinfo = readIfAllowed(proc, "/proc/self/mountinfo");
  return mountinfo === undefined ? [] : parseCgroupMounts(mountinfo);
}

/** Finds a cgroup through the mount that shows the most cgroups above it; undefined: no mount shows it. */
function cgroupOf(proc: ProcFs, membership: CgroupMembership, mounts: readonly CgroupMount[]): Cgroup | undefined {
  const { version, controllers, path } = membership;
  const showing = mounts
    .filter((mount) => mount.version === version && controllers.every((name) => mount.controllers.includes(name)))
    .filter(({ root }) => isBelow(path, root))
    .sort((a, b) => a.root.length - b.root.length);
  for (const { root, mountPoint } of showing) {
    const folder = joined(mountPoint, path.slice(root === "/" ? 0 : root.length));
    if (proc.exists(folder)) return { ...membership, folder, mountPoint, isRoot: isRootFolder(proc, version, folder) };
  }
  return undefined;
}

/** Whether a folder is a hierarchy's root, by a file that only the root has (version 1), or lacks (version 2). */
function isRootFolder(proc: ProcFs, version: 1 | 2, folder: string): boolean {
  return version === 1 ? proc.exists(`${folder}/release_agent`) : !proc.exists(`${folder}/cgroup.events`);
}

function isOneOf(controllers: readonly string[], wanted: readonly string[]): boolean {
  return controllers.some((name) => wanted.includes(name));
}

function isBelow(path: string, root: string): boolean {
  return root === "/" ? !path.startsWith("/..") : path === root || path.startsWith(`${root}/`);
}

function joined(above: string, path: string): string {
  return path === "" || path === "/" ? above : `${above === "/" ? "" : above}${path}`;
}
