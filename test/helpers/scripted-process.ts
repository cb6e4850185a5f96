import type { ProcessFile } from "../../src/proc/processes.ts";

/** A process of the model; after its end a zombie until its parent waits for it. */
export interface Scripted {
  readonly pid: number;
  parent: number;
  name: string;
  startTicks: number;
  inode: number;
  /** Exact; in the files they are rounded down to hundredths, as by the kernel. */
  userSeconds: number;
  systemSeconds: number;
  childrenUserSeconds: number;
  childrenSystemSeconds: number;
  minorFaults: number;
  childrenMinorFaults: number;
  threads: number;
  residentPages: number;
  /** kB, as status and smaps_rollup have them; undefined: a kernel that has no such line. */
  anonymous: number | undefined;
  file: number;
  shared: number;
  /** Reserved huge pages, in kB. */
  huge: number;
  highest: number;
  /** PSS of anonymous and of shared memory, in kB; undefined: it shares none of it. */
  proportional: number | undefined;
  proportionalShared: number | undefined;
  /** Where its stack begins: the same in a copy by fork(2), another in a program that is executed; 0: hidden. */
  stackStart: number;
  readBytes: number;
  descriptors: number;
  zombie: boolean;
  /** It ignores SIGCHLD: its children leave no zombie, and their time is in no sum. */
  ignoresChildren: boolean;
  /** Orphans below it become its children. */
  adopts: boolean;
  /** The process whose memory it has, between vfork and exec. */
  memoryOf: number | undefined;
  /** The text of its cgroup file. */
  cgroup: string;
  /** It is about to end: the kernel has it in the root of each hierarchy of version 1. */
  exiting: boolean;
  readonly forbidden: Set<ProcessFile | "fd">;
}

/** A process of which nothing is specified. */
export const DEFAULTS: Omit<Scripted, "pid" | "parent" | "forbidden" | "inode" | "startTicks"> = {
  name: "x",
  userSeconds: 0,
  systemSeconds: 0,
  childrenUserSeconds: 0,
  childrenSystemSeconds: 0,
  minorFaults: 0,
  childrenMinorFaults: 0,
  threads: 1,
  residentPages: 1,
  anonymous: 0,
  file: 0,
  shared: 0,
  huge: 0,
  highest: 0,
  proportional: undefined,
  proportionalShared: undefined,
  stackStart: 0,
  readBytes: 0,
  descriptors: 3,
  zombie: false,
  ignoresChildren: false,
  adopts: false,
  memoryOf: undefined,
  cgroup: "0::/\n",
  exiting: false,
};

const ticks = (seconds: number) => Math.floor(seconds * 100 + 1e-6);

/** The files of a process, as the kernel writes them. */
export const TEXTS: Readonly<Record<ProcessFile, (process: Scripted) => string>> = {
  stat: (p) =>
    `${p.pid} (${p.name}) ${p.zombie ? "Z" : "S"} ${p.parent} 1 1 0 -1 ${4194560 + (p.zombie || p.exiting ? 4 : 0)} ${p.minorFaults} ${p.childrenMinorFaults} 0 0 ` +
    `${ticks(p.userSeconds)} ${ticks(p.systemSeconds)} ${ticks(p.childrenUserSeconds)} ${ticks(p.childrenSystemSeconds)} ` +
    `20 0 ${p.threads} 0 ${p.startTicks} 1000000 ${p.residentPages} 18446744073709551615 1 1 ${p.zombie ? 0 : p.stackStart} 0 0 0 0\n`,
  status: (p) => {
    const memory =
      `VmHWM:\t${p.highest} kB\n` +
      (p.anonymous === undefined
        ? ""
        : `RssAnon:\t${p.anonymous} kB\nRssFile:\t${p.file} kB\nRssShmem:\t${p.shared} kB\nHugetlbPages:\t${p.huge} kB\n`);
    return `Name:\t${p.name}\n${p.zombie ? "" : memory}SigIgn:\t${p.ignoresChildren ? "0000000000010000" : "0000000000000000"}\n`;
  },
  cgroup: (p) => p.cgroup,
  io: (p) => `rchar: ${p.readBytes}\nwchar: 0\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n`,
  smaps_rollup: (p) => {
    const [anonymous, shared] = [p.proportional ?? p.anonymous ?? 0, p.proportionalShared ?? p.shared];
    const shares = `Pss_Anon: ${anonymous} kB\nPss_File: ${p.file} kB\nPss_Shmem: ${shared} kB\n`;
    return p.zombie ? "" : `Rss: 1 kB\nPss: ${anonymous + shared + p.file} kB\n${shares}`;
  },
};
