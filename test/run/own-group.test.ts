import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { makeOwnGroup, type OwnGroup } from "../../src/cgroup/own-group.ts";
import { GroupFigures } from "../../src/collect/cgroup/figures.ts";
import { GroupFolders } from "../../src/collect/cgroup/folders.ts";
import { ownSite } from "../../src/collect/cgroup/site.ts";
import { kernelFs } from "../../src/proc/kernel-fs.ts";
import { type Launch, launch } from "../../src/run/child.ts";
import { launchExactly } from "../../src/run/exact-child.ts";
import { readInherited } from "../../src/run/inherited.ts";
import { mayMakeV1Groups, pathsOf } from "../helpers/cgroups.ts";
import { until } from "../helpers/processes.ts";
import { tempFolder } from "../helpers/statexec.ts";

/** Descriptors are the tests' own business: a command here gets none of them. */
const inherited = { ...readInherited(), descriptors: [], closed: [] };
const MIB = 2 ** 20;

/** A fresh group of version 1 and, where there is one, 2; gone when the scope ends, with what was lost. */
function freshGroup() {
  const proc = kernelFs();
  const own = makeOwnGroup(ownSite(proc), undefined);
  const lost: string[] = [];
  own.onLost = (reason) => lost.push(reason);
  const figures = new GroupFigures(proc, new GroupFolders(own.places), "command");
  const dispose = async () => {
    for (const pid of inhabitants(own)) process.kill(pid, 9);
    await until(() => inhabitants(own).length === 0);
    expect(await own.remove()).toBe(true);
    for (const { folder } of own.places) expect(existsSync(folder)).toBe(false);
    proc.close();
  };
  return { own, lost, figures, [Symbol.asyncDispose]: dispose };
}

const memoryOf = (own: OwnGroup) => own.places.find(({ controllers }) => controllers.includes("memory"))!.folder;
/** Pids but our own; none of a group that is gone. */
function inhabitants(own: OwnGroup): number[] {
  const file = `${memoryOf(own)}/cgroup.procs`;
  return existsSync(file)
    ? readFileSync(file, "utf8")
        .split("\n")
        .filter(Boolean)
        .map(Number)
        .filter((pid) => pid !== process.pid)
    : [];
}

const ourPaths = () => pathsOf(readFileSync("/proc/self/cgroup", "utf8"));
const sh = (script: string) => ["/bin/sh", ["sh", "-c", script], inherited] as const;

describe.skipIf(!mayMakeV1Groups())("a group of the command's (needs root and hierarchies of version 1)", () => {
  test("holds nothing but the command: we are back where we were, every thread", async () => {
    await using group = freshGroup();
    const before = ourPaths();
    const threads: Worker[] = [];
    // A thread that the runtime makes at the wrong moment is made in the group.
    const launcher: Launch = (...words) => {
      threads.push(new Worker("data:text/javascript,setInterval(() => 0, 1000)"));
      return launch(...words);
    };
    const child = group.own.launching(launcher, false)(...sh("exec sleep 1000"));
    expect(ourPaths()).toEqual(before);
    expect(
      readFileSync(`${memoryOf(group.own)}/tasks`, "utf8")
        .trim()
        .split("\n"),
    ).toEqual([String(child.pid)]);
    for (const thread of threads) thread.terminate();
    expect(group.lost).toEqual([]);
  });

  test.each([
    ["the runtime's", launch, true],
    ["the exact one", launchExactly, false],
  ])("tells to a hundredth what the command used, by %s launcher", async (_, plain, byRuntime) => {
    await using group = freshGroup();
    using folder = tempFolder();
    const script = `python3 -c "
b = bytearray(${100 * MIB})
import time, os
while time.process_time() < 1: pass
open('${folder.file("new")}', 'w').write(str(time.process_time())); os.rename('${folder.file("new")}', '${folder.file("done")}')
time.sleep(1000)" & wait`;
    group.own.launching(plain, byRuntime)(...sh(script));
    await until(() => existsSync(folder.file("done")));
    group.figures.update();
    const used = Number(readFileSync(folder.file("done"), "utf8"));
    // The shell, our own thread while it made that, and its own end have some milliseconds, more on a busy machine.
    expect(group.figures.userSeconds + group.figures.systemSeconds).toBeGreaterThan(used * 0.99);
    expect(group.figures.userSeconds + group.figures.systemSeconds).toBeLessThan(used * 1.01 + 0.2);
    expect(group.figures.anonymousBytes).toBeGreaterThan(100 * MIB);
    expect(group.figures.anonymousBytes).toBeLessThan(115 * MIB);
    expect(group.figures.tasks).toBe(2);
  });

  test("that cannot be joined costs the figures, not the command", async () => {
    await using group = freshGroup();
    rmdirSync(memoryOf(group.own));
    const child = group.own.launching(launch, true)(...sh("exit 3"));
    expect(await child.ended).toEqual({ kind: "exited", code: 3 });
    expect(group.lost).toEqual([`${memoryOf(group.own)}/tasks: No such device`]);
  });

  test("is not blamed for a command that cannot be executed", async () => {
    await using group = freshGroup();
    using folder = tempFolder();
    writeFileSync(folder.file("text"), "no program\n", { mode: 0o755 });
    const launching = group.own.launching(launch, true);
    expect(() => launching(folder.file("text"), ["text"], inherited)).toThrow(
      expect.objectContaining({ code: "ENOEXEC" }),
    );
    expect(() => launching(folder.file("none"), ["none"], inherited)).toThrow(
      expect.objectContaining({ code: "ENOENT" }),
    );
    expect(group.lost).toEqual([]);
  });
});
