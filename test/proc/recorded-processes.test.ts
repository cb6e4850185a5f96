import { describe, expect, test } from "bun:test";
import { PidIo } from "../../src/proc/pid-io.ts";
import { PidStatus, SmapsRollup, Statm } from "../../src/proc/pid-memory.ts";
import { PidStat } from "../../src/proc/pid-stat.ts";
import { KernelProcesses, SAME } from "../../src/proc/processes.ts";
import { recordedTree } from "../helpers/proc-tree.ts";

const ROOT = 18_862;
const STACK = 140_736_000_826_720;
const KILOBYTE = 1024;

/** By pid: name, parent, threads, resident kB, start of the stack, whether it has ended. */
const STATS = {
  [ROOT]: ["root of it", 18_820, 1, 1456, STACK, false],
  18863: [") R 1 (", ROOT, 1, 3616, STACK, false],
  18865: ["a b\nc", ROOT, 3, 936, STACK, false],
  18866: ["äöü €€\ufffd", ROOT, 1, 388, STACK, false],
  18867: ["", ROOT, 1, 2592, STACK, false],
  18868: ["(ended)", ROOT, 1, 0, 0, true],
  18871: ["copy (2)", 18_867, 1, 2348, STACK, false],
} as const;

/** Of the living: anonymous and shared kB, PSS of both, whether SIGCHLD is ignored. */
const MEMORY = {
  [ROOT]: [104, 0, 67, 0, false],
  18863: [3168, 0, 3116, 0, false],
  18865: [116, 0, 79, 0, true],
  18866: [96, 0, 44, 0, false],
  18867: [96, 2048, 44, 1024, false],
  18871: [96, 2048, 44, 1024, false],
} as const;

const processes = () => new KernelProcesses(`${recordedTree("6.18-vm")}/proc`);
const pids = Object.keys(STATS).map(Number);

describe("recorded processes of Linux 6.18", () => {
  test("are listed", () => {
    const all = processes();
    expect([...all.pids.subarray(0, all.list())].sort()).toEqual(pids);
  });

  test.each(pids)("%d: its stat", (pid) => {
    const stat = new PidStat(4096);
    const bytes = processes().read(pid, "stat")!;
    stat.parse(bytes);
    const name = new TextDecoder().decode(bytes.subarray(stat.nameStart, stat.nameEnd));
    const { parent, threads, residentBytes, ended } = stat;
    expect([name, parent, threads, residentBytes / KILOBYTE, stat.stackStart(), ended]).toEqual([
      ...STATS[pid as never],
    ]);
  });

  test.each(Object.keys(MEMORY).map(Number))("%d: its status, statm, io and smaps_rollup", async (pid) => {
    const [all, status, rollup, io, statm] = [
      processes(),
      new PidStatus(),
      new SmapsRollup(),
      new PidIo(),
      new Statm(),
    ];
    status.parse(all.read(pid, "status")!);
    rollup.parse(all.read(pid, "smaps_rollup")!);
    io.parse(all.read(pid, "io")!);
    statm.parse(await Bun.file(`${recordedTree("6.18-vm")}/proc/${pid}/statm`).bytes());
    const kB = [status.anonymousBytes, status.sharedBytes, rollup.anonymousBytes, rollup.sharedBytes];
    expect([...kB.map((bytes) => bytes / KILOBYTE), status.ignoresChildren]).toEqual([...MEMORY[pid as never]]);
    expect(statm.anonymousBytes).toBe(status.anonymousBytes);
    expect(io.readBytes).toBeGreaterThanOrEqual(0);
  });

  test("a process that has ended has no memory in status, and an empty smaps_rollup", () => {
    const [all, status, rollup] = [processes(), new PidStatus(), new SmapsRollup()];
    status.parse(all.read(18_868, "status")!);
    rollup.parse(all.read(18_868, "smaps_rollup") ?? new Uint8Array(0));
    expect([status.highestBytes, rollup.proportionalBytes]).toEqual([Number.NaN, Number.NaN]);
  });

  test("a stat with the text of before is SAME, until the process is forgotten", () => {
    const all = processes();
    expect(all.readStat(ROOT)).not.toBe(SAME);
    expect(all.readStat(18_863)).not.toBe(SAME);
    expect([all.readStat(ROOT), all.readStat(18_863)]).toEqual([SAME, SAME]);
    all.forget(ROOT);
    expect([all.readStat(ROOT), all.readStat(18_863)]).toEqual([expect.any(Uint8Array), SAME]);
  });
});
