import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { type Cgroup, ownCgroups } from "../../src/collect/cgroup/cgroup-hierarchy.ts";
import { kernelFs } from "../../src/proc/kernel-fs.ts";
import { until } from "./processes.ts";

/** Returns the cgroups that the tests run in. */
export function testsCgroups(): Cgroup[] {
  const proc = kernelFs();
  try {
    return ownCgroups(proc);
  } finally {
    proc.close();
  }
}

/** Returns the folder of the tests' own cgroup in a controller's version 1 hierarchy; undefined: this machine has none. */
function v1Folder(controller: string): string | undefined {
  return testsCgroups().find(({ version, controllers }) => version === 1 && controllers.includes(controller))?.folder;
}

/** Whether cgroups of version 1 can be made here, with the controllers that their tests need. */
export function mayMakeV1Cgroups(): boolean {
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

/** Cgroups of one name below the tests' own in version 1 hierarchies, removed when the scope ends: `await using`. */
export class TestCgroups implements AsyncDisposable {
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

  /** Returns words that run these words in the cgroups. */
  words(...words: string[]): string[] {
    const enter = this.folders.map((folder) => `echo 0 > '${folder}/cgroup.procs'`).join(" && ");
    return ["sh", "-c", `${enter} && exec "$@"`, "-", ...words];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const folder of this.folders) await until(() => isRemoved(folder));
  }
}

/** Removes a cgroup without processes; the kernel may need a moment to see that it has none. */
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

/** Returns the paths in a text of /proc/self/cgroup by controller; that of version 2 by the empty name. */
export function pathsOf(text: string): Map<string, string> {
  const lines = text.trim().split("\n");
  return new Map(
    lines.flatMap((line) => {
      const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
      return (controllers ?? "").split(",").map((controller) => [controller, path ?? ""] as const);
    }),
  );
}

/** Returns the names of cgroups that runs of statexec made in a folder. */
export function cgroupsLeft(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith("statexec-"));
}

/** Returns the start time of a process as the names of cgroups have it. */
export function startTicks(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]!;
}
