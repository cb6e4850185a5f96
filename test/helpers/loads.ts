import { readFileSync } from "node:fs";
import { type Absence, giveHugePages, noDisk, noHugePages, noTransparentHugePages } from "./machine.ts";
import { program } from "./programs.ts";
import type { Truth, Truths } from "./truth.ts";

/*
 * Commands whose use is known by how they are made: data for the matrix, one entry each. The programs are load.c, hidden.c
 * and nested.c of test/programs.
 */

const MIB = 2 ** 20;

export interface Load {
  /** For people: it stands in docs/accounting.md. */
  readonly name: string;
  /** The command; `folder`: where it may write. */
  readonly command: (folder: string) => readonly string[];
  /** What is true of it by how it is made. */
  readonly truths: Truths;
  /** What is true of this run, more exactly, by what it noted in the folder. */
  readonly noted?: (folder: string) => Truths;
  /** It uses what the whole machine has one of, such as shared memory: nothing runs beside it. */
  readonly alone?: true;
  /** Its memory is not charged to control groups. */
  readonly isUncharged?: true;
  /** It takes root: to become another user, to choose a process number. */
  readonly root?: true;
  /** Why this machine cannot run it. */
  readonly absence?: Absence;
  /** What it needs while it runs; it is taken back afterwards. */
  readonly setUp?: () => Disposable;
}

type Words = readonly (string | number)[];

/** CPU time that is used on purpose, in ms; each process may cost 3 ms by itself. */
const cpu = (ms: number, processes: number): Truth => ({ least: ms / 1000, most: (ms + 3 * processes) / 1000 });

/** Memory; a program and its part of the C library take up to a MiB, a process with the kernel's part 3/4. */
const memory = (mib: number, processes = 1): Truth => ({ least: mib * MIB, most: (mib + 1 + 0.75 * processes) * MIB });

/** Data of a file; it takes some more to load programs, and to read and write directories. */
const bytes = (mib: number, moreMib = 0.5): Truth => ({ least: mib * MIB, most: (mib + moreMib) * MIB });

const count = (processes: number): Truth => ({ least: processes, most: processes });

/** What wait4(2) said of the same run, in the order in which it was written. */
export function rusage(folder: string): readonly number[] {
  return readFileSync(`${folder}/rusage`, "utf8").trim().split(" ").map(Number);
}

const words = (name: "load" | "hidden", of: Words) => [program(name), ...of.map(String)];
const load = (...of: Words) => words("load", of);
const hidden = (...of: Words) => words("hidden", of);

/** A load that uses a file of its folder. */
const inFolder = (command: readonly string[]) => (folder: string) =>
  command.map((word) => (word === "FILE" ? `${folder}/data` : word));

/** Runs a command by a program that notes what wait4(2) says of it; its own cost is that of one process. */
function noted(command: readonly string[]): Pick<Load, "command" | "noted"> {
  return {
    command: (folder) => load("rusage", `${folder}/rusage`, ...command),
    noted: (folder) => ({ cpu: cpu(1000 * rusage(folder)[0]!, 1) }),
  };
}

/** A load of nested.c by its words: the sums of what they say. `x` is no process, and `d` has one that passes. */
export function nested(name: string, of: readonly string[], beforeMs = 0): Load {
  const sum = (...kinds: string[]) =>
    of.reduce((total, word) => total + (kinds.includes(word[0]!) ? Number(word.slice(1)) : 0), 0);
  const daemons = of.filter((word) => word === "d").length;
  const processes = 1 + daemons + of.filter((word) => word === "f" || word === "s").length;
  const times = (ms: number) => ({ cpu: cpu(ms, processes + daemons) });
  return {
    name,
    command: (folder) => [program("nested"), `${folder}/nested`, String(400 + beforeMs), ...of],
    truths: {
      ...times(sum("b", "t")),
      memory: memory(sum("m"), processes),
      processes: { least: processes, most: processes + daemons },
    },
    noted: (folder) => times(1000 * Number(readFileSync(`${folder}/nested`, "utf8"))),
  };
}

const SHORT_CHILDREN = process.env.STATEXEC_TEST_LONG ? 5000 : 200;

const CPU: readonly Load[] = [
  {
    name: "processes that burn CPU time at once",
    ...noted(load("cpu", 4, 150)),
    truths: { cpu: cpu(600, 6), processes: count(6), threads: count(6) },
  },
  {
    name: "threads that burn CPU time at once",
    ...noted(hidden("threads", 8, 40)),
    truths: { cpu: cpu(320, 2), processes: count(2), threads: count(10) },
  },
  {
    name: "short children, one after the other",
    ...noted(load("children", SHORT_CHILDREN, 1)),
    truths: { cpu: cpu(SHORT_CHILDREN, SHORT_CHILDREN), processes: count(3) },
  },
  {
    name: "a daemon (setsid, forked twice)",
    command: () => load("daemon", 200),
    truths: { cpu: cpu(200, 3) },
  },
  nested("a child in a session of its own (setsid)", ["s", "b150", ")"]),
  {
    name: "a parent that ignores SIGCHLD",
    command: () => load("reaped", 2, 200),
    truths: { cpu: cpu(400, 3), processes: count(3) },
  },
  {
    name: "a parent with SA_NOCLDWAIT, short children",
    command: () => hidden("nowait", 20, 15),
    truths: { cpu: cpu(300, 21), processes: { least: 2, most: 3 } },
  },
  {
    name: "orphans that a subreaper below the command adopts",
    command: () => hidden("adopted", 20, 15),
    truths: { cpu: cpu(300, 42) },
  },
  {
    name: "children that send no signal at their end",
    command: () => hidden("untold", 20, 15),
    truths: { cpu: cpu(300, 21), processes: count(2) },
  },
  {
    name: "daemons that live on when the command ends",
    command: () => hidden("leftover", 40, 7),
    truths: { cpu: cpu(280, 81) },
  },
  {
    name: "a process number that is used again and again",
    command: () => hidden("reused", 20, 15),
    truths: { cpu: cpu(300, 21), processes: count(2) },
    root: true,
  },
];

/** How long memory is held: longer than the last early reading of the tree. */
const HELD_MS = 600;

const shared = (folder: string) => `/dev/shm/${folder.slice(folder.lastIndexOf("/") + 1)}`;

const MEMORY: readonly Load[] = [
  {
    name: "memory of several processes",
    command: () => load("private", 3, 20, HELD_MS),
    truths: { memory: memory(60, 4), processes: count(4) },
  },
  {
    name: "memory that processes share",
    command: () => load("shared", 4, 40, HELD_MS),
    truths: { memory: memory(40, 4), processes: count(4) },
    alone: true,
  },
  {
    name: "a process, and copies that write to a half of it",
    command: () => load("server", 4, 40, HELD_MS),
    truths: { memory: memory(120, 5) },
  },
  {
    name: "programs that grow",
    command: () => load("grown", 3, 20, 500),
    truths: { memory: memory(60, 4) },
  },
  {
    name: "copies of a process that grow",
    command: () => load("grow", 3, 20, 500),
    truths: { memory: memory(60, 4) },
  },
  {
    name: "reserved huge pages (hugetlbpage)",
    command: () => hidden("hugetlb", 40, HELD_MS),
    truths: { memory: memory(40) },
    alone: true,
    isUncharged: true,
    absence: noHugePages,
    setUp: () => giveHugePages(20),
  },
  {
    name: "transparent huge pages",
    command: () => hidden("thp", 40, HELD_MS),
    truths: { memory: memory(40) },
    absence: noTransparentHugePages,
  },
  {
    name: "a file in memory that nobody maps (memfd_create)",
    command: () => hidden("memfd", 30, HELD_MS),
    truths: { memory: memory(30, 4) },
    alone: true,
  },
  {
    name: "an open file of /dev/shm that nobody maps",
    command: (folder) => hidden("file", shared(folder), 30, HELD_MS),
    truths: { memory: memory(30, 4) },
    alone: true,
  },
  {
    name: "a closed file of /dev/shm",
    command: (folder) => ["sh", "-c", `head -c 30M /dev/zero >$0; sleep 0.6; rm $0`, shared(folder)],
    truths: { memory: memory(30, 4) },
    alone: true,
  },
  {
    name: "System V shared memory",
    command: () => hidden("sysv", 2, 30, HELD_MS),
    truths: { memory: memory(30, 2) },
    alone: true,
  },
  {
    // Its pages are the file's: it holds none of its own.
    name: "a file that is mapped and read",
    command: inFolder(hidden("mapped", "FILE", 30, HELD_MS)),
    truths: { memory: memory(0, 2) },
  },
  {
    name: "a file that is mapped privately and written to",
    command: inFolder(hidden("copied", "FILE", 30, HELD_MS)),
    truths: { memory: memory(30, 2) },
  },
  {
    name: "locked memory (mlock)",
    command: () => hidden("locked", 8, HELD_MS),
    truths: { memory: memory(8) },
  },
  {
    name: "memory that is held after the first thread has ended",
    command: () => hidden("leader", 30, HELD_MS),
    truths: { memory: memory(30) },
  },
  {
    name: "two processes with the same memory (CLONE_VM)",
    command: () => hidden("clonevm", 30, HELD_MS),
    truths: { memory: memory(31) },
  },
  {
    name: "a child in vfork",
    command: () => load("vfork", 30, HELD_MS),
    truths: { memory: memory(31) },
  },
  {
    name: "a child that becomes another user",
    command: () => hidden("switched", 65_534, 30, HELD_MS),
    truths: { memory: memory(30, 2), processes: count(2) },
    root: true,
  },
  {
    name: "a daemon that holds memory when the command ends",
    command: () => hidden("stray", 30, HELD_MS),
    truths: { memory: memory(30, 2) },
  },
  ...[50, 100, 300].map((ms) => ({
    name: `memory of several processes for ${ms} ms, between two pauses`,
    command: () => hidden("spike", 4, 20, ms),
    truths: { memory: memory(80, 5), processes: count(5) },
  })),
  nested("a tree that forks, executes programs, leaves daemons", "m10 b20 f x m10 d x m10 t30 ) )".split(" ")),
];

const OTHER: readonly Load[] = [
  {
    name: "many processes for 300 ms, between two pauses",
    command: () => hidden("crowd", 30, 300),
    truths: { processes: count(31), threads: count(31) },
  },
  {
    name: "a file written with fsync, and read past the page cache (O_DIRECT)",
    command: inFolder(load("io", "FILE", 16)),
    truths: { written: bytes(16), read: bytes(16, 4), "written-calls": bytes(16), "read-calls": bytes(16) },
    absence: noDisk,
  },
  {
    name: "files written with fsync by short children",
    command: inFolder(hidden("writers", "FILE", 8, 2)),
    truths: { written: bytes(16), "written-calls": bytes(16) },
    absence: noDisk,
  },
  {
    name: "a file that is deleted before it reaches storage",
    command: inFolder(hidden("cancelled", "FILE", 20)),
    truths: { written: bytes(0), "written-calls": bytes(20) },
    absence: noDisk,
  },
  {
    name: "bytes through a pipe",
    command: () => load("pipe", 16),
    truths: { written: bytes(0), "written-calls": bytes(16), "read-calls": bytes(16) },
  },
];

export const LOADS: readonly Load[] = [...CPU, ...MEMORY, ...OTHER];
