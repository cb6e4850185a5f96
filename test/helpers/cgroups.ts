import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { type CgroupPlace, ownGroups } from "../../src/proc/cgroup-places.ts";
import { kernelFs } from "../../src/proc/kernel-fs.ts";
import { until } from "./processes.ts";

/** The groups that the tests run in. */
export function testsGroups(): CgroupPlace[] {
  const proc = kernelFs();
  try {
    return ownGroups(proc);
  } finally {
    proc.close();
  }
}

/** The folder of the tests' own group in the version 1 hierarchy of a controller; undefined: this machine has none. */
export function v1Folder(controller: string): string | undefined {
  return testsGroups().find(({ version, controllers }) => version === 1 && controllers.includes(controller))?.folder;
}

/** Whether groups of version 1 can be made here, with memory and pids, as the tests of them need. */
export function mayMakeV1Groups(): boolean {
  if (process.getuid?.() !== 0) return false;
  return ["memory", "pids", "cpu"].every((controller) => {
    const folder = v1Folder(controller);
    if (folder === undefined) return false;
    try {
      mkdirSync(`${folder}/statexec-tests-probe`);
      rmdirSync(`${folder}/statexec-tests-probe`);
      return true;
    } catch {
      return false;
    }
  });
}

/** Groups of this name below the tests' own in version 1 hierarchies, gone when the scope ends: `await using`. */
export class TestGroups implements AsyncDisposable {
  readonly folders: readonly string[];

  constructor(
    readonly controllers: readonly string[],
    name: string,
  ) {
    this.folders = controllers.map((controller) => `${v1Folder(controller)}/${name}`);
    for (const folder of this.folders) mkdirSync(folder);
  }

  folder(controller: string): string {
    return this.folders[this.controllers.indexOf(controller)]!;
  }

  limit(controller: string, file: string, value: string | number): this {
    writeFileSync(`${this.folder(controller)}/${file}`, String(value));
    return this;
  }

  /** These words, run in the groups. */
  words(...words: string[]): string[] {
    const enter = this.folders.map((folder) => `echo 0 > '${folder}/cgroup.procs'`).join(" && ");
    return ["sh", "-c", `${enter} && exec "$@"`, "-", ...words];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const folder of this.folders) await until(() => isRemoved(folder));
  }
}

/** Removes a group, if nobody lives there; the kernel may need a moment to see that. */
function isRemoved(folder: string): boolean {
  if (!existsSync(folder)) return true;
  for (const name of readdirSync(folder, { withFileTypes: true }))
    if (name.isDirectory()) isRemoved(`${folder}/${name.name}`);
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EBUSY") return false;
    throw error;
  }
}

/** The paths of a text of /proc/self/cgroup, by controller; that of version 2 by the empty one. */
export function pathsOf(text: string): Map<string, string> {
  const lines = text.trim().split("\n");
  return new Map(
    lines.flatMap((line) => {
      const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
      return (controllers ?? "").split(",").map((controller) => [controller, path ?? ""] as const);
    }),
  );
}

/** Names in a group's folder that runs of statexec made. */
export function groupsLeft(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith("statexec-"));
}

/** The start time of a process as groups' names have it. */
export function startTicks(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]!;
}
