import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { openCommandCgroup } from "../../src/cgroup/create-cgroup.ts";
import type { CommandCgroup } from "../../src/cgroup/run-in-cgroup.ts";
import { kernelFs } from "../../src/proc/kernel-fs.ts";
import { type Launch, launchIn } from "../../src/run/child.ts";
import { launchExactly } from "../../src/run/exact-child.ts";
import { readInherited } from "../../src/run/inherited.ts";
import { mayMakeV1Cgroups, pathsOf } from "../helpers/cgroups.ts";
import { until } from "../helpers/processes.ts";
import { tempFolder } from "../helpers/statexec.ts";

/** Descriptors are the tests' own business: a command here gets none of them. */
const inherited = { ...readInherited(), descriptors: [], closed: [] };
const MIB = 2 ** 20;

/** A cgroup in version 1 and, where there is one, 2. When the scope ends it is removed, and what failed was said. */
function newCgroup() {
  const proc = kernelFs();
  const warnings: string[] = [];
  const group = openCommandCgroup(proc, "auto", (message) => warnings.push(message))!;
  const dispose = async () => {
    for (const pid of pidsIn(group)) process.kill(pid, 9);
    await until(() => pidsIn(group).length === 0);
    await group.end();
    for (const { folder } of group.cgroups) expect(existsSync(folder)).toBe(false);
    const failures = [...group.failures].join("; ");
    expect(warnings).toEqual(failures ? [`--cgroup auto: the command's control group failed: ${failures}`] : []);
    proc.close();
  };
  return { group, [Symbol.asyncDispose]: dispose };
}

const memoryFolder = ({ cgroups }: CommandCgroup) =>
  cgroups.find(({ controllers }) => controllers.includes("memory"))!.folder;

/** The pids in a cgroup but our own; none where it is gone. */
function pidsIn(group: CommandCgroup): number[] {
  const file = `${memoryFolder(group)}/cgroup.procs`;
  if (!existsSync(file)) return [];
  const pids = readFileSync(file, "utf8").split("\n").filter(Boolean).map(Number);
  return pids.filter((pid) => pid !== process.pid);
}

const ourPaths = () => pathsOf(readFileSync("/proc/self/cgroup", "utf8"));
const sh = (script: string) => ["/bin/sh", ["sh", "-c", script], inherited] as const;

describe.skipIf(!mayMakeV1Cgroups())("the command's cgroup (needs root and hierarchies of version 1)", () => {
  test("holds nothing but the command: every thread of ours is moved back", async () => {
    await using made = newCgroup();
    const { group } = made;
    const before = ourPaths();
    const threads: Worker[] = [];
    // A thread that the runtime makes while our process is inside.
    const launcher: Launch = (...words) => {
      threads.push(new Worker("data:text/javascript,setInterval(() => 0, 1000)"));
      return launchExactly(...words);
    };
    const child = group.launcher(launcher)(...sh("exec sleep 1000"));
    expect(ourPaths()).toEqual(before);
    const tasks = readFileSync(`${memoryFolder(group)}/tasks`, "utf8");
    expect(tasks.trim().split("\n")).toEqual([String(child.pid)]);
    for (const thread of threads) thread.terminate();
    expect([...group.failures]).toEqual([]);
  });

  test.each([
    ["the runtime's", launchExactly, launchIn],
    ["the exact one", launchExactly, undefined],
  ])("counts to a hundredth what the command used, by %s launcher", async (_, plain, into) => {
    await using made = newCgroup();
    const { group } = made;
    using folder = tempFolder();
    const script = `python3 -c "
b = bytearray(${100 * MIB})
import time, os
while time.process_time() < 1: pass
open('${folder.file("new")}', 'w').write(str(time.process_time())); os.rename('${folder.file("new")}', '${folder.file("done")}')
time.sleep(1000)" & wait`;
    group.launcher(plain, into)(...sh(script));
    await until(() => existsSync(folder.file("done")));
    group.stats.refresh();
    const used = Number(readFileSync(folder.file("done"), "utf8"));
    // The shell, our own thread while it made that, and its own end have some milliseconds, more on a busy machine.
    expect(group.stats.userSeconds + group.stats.systemSeconds).toBeGreaterThan(used * 0.99);
    expect(group.stats.userSeconds + group.stats.systemSeconds).toBeLessThan(used * 1.01 + 0.2);
    expect(group.stats.anonymousBytes).toBeGreaterThan(100 * MIB);
    expect(group.stats.anonymousBytes).toBeLessThan(115 * MIB);
    expect(group.stats.tasks).toBe(2);
  });

  test("that cannot be joined costs the statistics, not the command", async () => {
    await using made = newCgroup();
    const { group } = made;
    rmdirSync(memoryFolder(group));
    const child = group.launcher(launchExactly, launchIn)(...sh("exit 3"));
    expect(await child.ended).toEqual({ kind: "exited", code: 3 });
    expect([...group.failures]).toEqual([`${memoryFolder(group)}/tasks: No such device`]);
    expect(group.stats.userSeconds).toBeNaN();
  });

  test("is not blamed for a command that cannot be executed", async () => {
    await using made = newCgroup();
    const { group } = made;
    using folder = tempFolder();
    writeFileSync(folder.file("text"), "no program\n", { mode: 0o755 });
    const launcher = group.launcher(launchExactly, launchIn);
    expect(() => launcher(folder.file("text"), ["text"], inherited)).toThrow(
      expect.objectContaining({ code: "ENOEXEC" }),
    );
    expect(() => launcher(folder.file("none"), ["none"], inherited)).toThrow(
      expect.objectContaining({ code: "ENOENT" }),
    );
    expect([...group.failures]).toEqual([]);
  });
});
