import { ParseError } from "../errors.ts";
import { type ProcFs, readIfAllowed } from "./procfs.ts";

/** A process' group in one hierarchy: a line of `proc_pid_cgroup(5)`. */
export interface CgroupMembership {
  readonly version: 1 | 2;
  /** What a version 1 hierarchy controls (`memory`); version 2's has none here. */
  readonly controllers: readonly string[];
  /** From the root of the hierarchy, or of our cgroup namespace. */
  readonly path: string;
}

/** Where a hierarchy, or a part of one, is to be seen: a line of `proc_pid_mountinfo(5)`. */
export interface CgroupMount {
  readonly version: 1 | 2;
  readonly controllers: readonly string[];
  /** The group that is at the mount point: another than `/` in a bind mount, as containers have. */
  readonly root: string;
  readonly mountPoint: string;
}

/** A group in one hierarchy, and its folder. */
export interface CgroupPlace {
  readonly version: 1 | 2;
  readonly controllers: readonly string[];
  /** As /proc/self/cgroup has it. */
  readonly path: string;
  readonly folder: string;
  /** The folder of the highest group in sight; in a container that is the container's own. */
  readonly top: string;
  /** The root of all groups, which has neither limits nor figures of its own. */
  readonly isRoot: boolean;
}

const decoder = new TextDecoder();

/** /proc/self/cgroup: `4:cpu,cpuacct:/path`, and of version 2 `0::/path`. Throws ParseError. */
export function parseMemberships(bytes: Uint8Array): CgroupMembership[] {
  return linesOf(bytes).map((line) => {
    const [, number, controllers, path] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined)
      throw new ParseError("cgroup", "`number:controllers:/path`", line);
    return { version: number === "0" ? 2 : 1, controllers: namesOf(controllers), path };
  });
}

/** The mounts of control groups among /proc/self/mountinfo. Throws ParseError. */
export function parseCgroupMounts(bytes: Uint8Array): CgroupMount[] {
  return linesOf(bytes).flatMap((line) => {
    const [left, right] = line.split(" - ", 2);
    const [, , , root, mountPoint] = left!.split(" ");
    const [type, , options] = right?.split(" ") ?? [];
    if (root === undefined || mountPoint === undefined || type === undefined)
      throw new ParseError("mountinfo", "a mount, ` - ` and its file system", line);
    if (type !== "cgroup" && type !== "cgroup2") return [];
    const controllers = type === "cgroup" ? namesOf(options ?? "") : [];
    return [
      { version: type === "cgroup" ? 1 : 2, controllers, root: unescaped(root), mountPoint: unescaped(mountPoint) },
    ];
  });
}

/**
 * The groups that this process is in, each that can be seen; none where /proc does not tell. With `wanted`, those of
 * version 1 that have one of these controllers, and that of version 2. Throws ParseError.
 */
export function ownGroups(proc: ProcFs, wanted?: readonly string[]): CgroupPlace[] {
  const memberships = readIfAllowed(proc, "/proc/self/cgroup");
  const all = memberships === undefined ? [] : parseMemberships(memberships);
  const ours = wanted ? all.filter(({ version, controllers }) => version === 2 || isOneOf(controllers, wanted)) : all;
  const mounts = ours.length === 0 ? [] : cgroupMounts(proc);
  return ours.flatMap((membership) => placeOf(proc, membership, mounts) ?? []);
}

/** The group at a folder, which is an absolute path without symlinks; undefined: there is none. Throws ParseError. */
export function groupAt(proc: ProcFs, folder: string): CgroupPlace | undefined {
  const mount = cgroupMounts(proc)
    .filter(({ mountPoint }) => isBelow(folder, mountPoint))
    .sort((a, b) => b.mountPoint.length - a.mountPoint.length)[0];
  if (mount === undefined || !proc.exists(`${folder}/cgroup.procs`)) return undefined;
  const { version, controllers, root, mountPoint } = mount;
  const path = joined(root, folder.slice(mountPoint.length));
  return { version, controllers, path, folder, top: mountPoint, isRoot: isRootFolder(proc, version, folder) };
}

/** Every mount of control groups; none where /proc does not tell. Throws ParseError. */
function cgroupMounts(proc: ProcFs): CgroupMount[] {
  const mountinfo = readIfAllowed(proc, "/proc/self/mountinfo");
  return mountinfo === undefined ? [] : parseCgroupMounts(mountinfo);
}

/** Through the mount that shows the most groups above it; undefined: no mount shows it. */
function placeOf(proc: ProcFs, ours: CgroupMembership, mounts: readonly CgroupMount[]): CgroupPlace | undefined {
  const { version, controllers, path } = ours;
  const seen = mounts
    .filter((mount) => mount.version === version && controllers.every((name) => mount.controllers.includes(name)))
    .filter(({ root }) => isBelow(path, root))
    .sort((a, b) => a.root.length - b.root.length);
  for (const { root, mountPoint } of seen) {
    const folder = joined(mountPoint, path.slice(root === "/" ? 0 : root.length));
    if (proc.exists(folder)) return { ...ours, folder, top: mountPoint, isRoot: isRootFolder(proc, version, folder) };
  }
  return undefined;
}

/** Whether a folder is the root of all groups, by the files that only it has (version 1), or all but it (version 2). */
function isRootFolder(proc: ProcFs, version: 1 | 2, folder: string): boolean {
  return version === 1 ? proc.exists(`${folder}/release_agent`) : !proc.exists(`${folder}/cgroup.events`);
}

function isOneOf(controllers: readonly string[], wanted: readonly string[]): boolean {
  for (const name of controllers) if (wanted.includes(name)) return true;
  return false;
}

function isBelow(path: string, root: string): boolean {
  return root === "/" ? !path.startsWith("/..") : path === root || path.startsWith(`${root}/`);
}

function joined(above: string, path: string): string {
  return path === "" || path === "/" ? above : `${above === "/" ? "" : above}${path}`;
}

function linesOf(bytes: Uint8Array): string[] {
  return decoder.decode(bytes).split("\n").filter(Boolean);
}

function namesOf(list: string): string[] {
  return list.split(",").filter(Boolean);
}

/** Space, tab, line break and backslash are octal numbers in mountinfo. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
