import { readFileSync } from "node:fs";
import { program } from "./programs.ts";
import type { Recorded } from "./recorded.ts";

const MIB = 2 ** 20;
const KINDS = { root: 0, nobody: 65_534 } as const;

/** Who runs it. */
export type User = keyof typeof KINDS;

/** A load of test/programs/load.c, what is true of it, and what a recording says. */
export interface Load {
  readonly what: string;
  /** Of statexec. */
  readonly options: readonly string[];
  /** The command; `truth`: a file that it may write. */
  readonly command: (folder: string) => readonly string[];
  readonly said: (run: Recorded) => number;
  readonly truth: (folder: string) => number;
  readonly unit: "s" | "MiB";
  /** How much of the truth it may be off by, without a control group and with one; undefined: it is a lower bound. */
  readonly within: { readonly alone: number | undefined; readonly group: number };
  /** What a program and its children cost that do nothing: this much more is no error. */
  readonly slack: number;
}

/** The words in front of a program that is to run as someone. */
export function as(user: User): readonly string[] {
  return user === "root" ? [] : ["setpriv", `--reuid=${KINDS[user]}`, `--regid=${KINDS[user]}`, "--clear-groups"];
}

export const cpuSeconds = (run: Recorded) =>
  run.last("command_cpu_seconds", "user") + run.last("command_cpu_seconds", "system");
/**
 * Whether all CPU time was found. Where others keep the machine busy, processes of theirs may end unseen: then it is a
 * lower bound, and one above it says that little can be missing.
 */
export function isWholeCpu(run: Recorded): boolean {
  if (run.family("accounting").has("cpu,wait4")) return true;
  return run.last("command_cpu_bound_seconds") - cpuSeconds(run) < 1;
}
const peak = (run: Recorded) => run.last("command_memory_peak_bytes") / MIB;
const last = (name: string) => (run: Recorded) => run.last(`command_${name}`) / MIB;

/** What wait4(2) said of the same run, in the order in which it was written. */
export function rusage(folder: string): readonly number[] {
  return readFileSync(`${folder}/rusage`, "utf8").trim().split(" ").map(Number);
}

/** Those of the table in docs/accounting.md; `whole`: in their full sizes, else as small as can be told from noise. */
export function loads(whole: boolean): readonly Load[] {
  const size = (full: number, small: number) => (whole ? full : small);
  const load = program("load");
  const words = (...of: (string | number)[]) => [load, ...of.map(String)];
  const measured = (...of: (string | number)[]) => ({
    command: (folder: string) => words("rusage", `${folder}/rusage`, ...words(...of)),
    truth: (folder: string) => rusage(folder)[0]!,
  });
  const cpu = { options: ["--interval", "0.1"], said: cpuSeconds, unit: "s", slack: 0.01 } as const;
  const memory = { options: ["--interval", "0.1"], said: peak, unit: "MiB", slack: 1 } as const;
  const [burnMs, heldMs] = [size(1000, 200), size(2000, 500)];
  const [children, bytes] = [size(400, 100), size(256, 16)];
  const [own, common, spike] = [size(200, 40), size(300, 60), size(300, 100)];
  const growMs = size(2000, 500);
  const written = (said: string, truth: number) => ({
    options: ["--interval", "0.1"],
    said: last(said),
    truth: () => truth,
    unit: "MiB" as const,
    slack: 0.5,
  });
  const toDisk = (folder: string) => words("io", `${folder}/data`, bytes);
  return [
    {
      ...cpu,
      ...measured("cpu", 4, burnMs),
      what: `4 processes of ${burnMs} ms of CPU time`,
      within: { alone: 0.01, group: 0.01 },
    },
    {
      ...cpu,
      ...measured("children", children, 5),
      what: `${children} children of 5 ms, one after the other`,
      within: { alone: 0.02, group: 0.01 },
    },
    {
      ...cpu,
      what: `a daemon (setsid, forked twice) of ${burnMs} ms`,
      command: () => words("daemon", burnMs),
      truth: () => burnMs / 1000,
      within: { alone: 0.02, group: 0.01 },
    },
    {
      ...cpu,
      what: `a parent that ignores SIGCHLD, 2 children of ${burnMs} ms`,
      command: () => words("reaped", 2, burnMs),
      truth: () => (2 * burnMs) / 1000,
      within: { alone: undefined, group: 0.01 },
    },
    {
      ...memory,
      what: `3 processes of ${own} MiB each`,
      command: () => words("private", 3, own, heldMs),
      truth: () => 3 * own,
      within: { alone: 0.03, group: 0.02 },
    },
    {
      ...memory,
      what: `${common} MiB shared by 4 processes`,
      command: () => words("shared", 4, common, heldMs),
      truth: () => common,
      within: { alone: 0.03, group: 0.03 },
    },
    {
      ...memory,
      what: `8 programs that grow to ${own} MiB each in ${growMs} ms`,
      command: () => words("grown", 8, own, growMs),
      truth: () => 8 * own,
      within: { alone: 0.03, group: 0.02 },
    },
    {
      ...memory,
      what: "the same by 8 copies of one process",
      command: () => words("grow", 8, own, growMs),
      truth: () => 8 * own,
      within: { alone: 0.03, group: 0.02 },
    },
    {
      ...memory,
      what: `${common} MiB, and 4 copies that each write to a half of it`,
      command: () => words("server", 4, common, heldMs),
      truth: () => 3 * common,
      within: { alone: 0.03, group: 0.03 },
    },
    {
      ...memory,
      what: `${spike} MiB for 0.3 s, sampled each 0.1 s`,
      command: () => words("private", 1, spike, 300),
      truth: () => spike,
      within: { alone: 0.05, group: 0.02 },
    },
    {
      ...memory,
      what: `${common} MiB, and a child in vfork(2)`,
      command: () => words("vfork", common, heldMs),
      truth: () => common,
      within: { alone: 0.03, group: 0.03 },
    },
    {
      ...written("disk_write_bytes", bytes),
      what: `${bytes} MiB written to the disk with fsync(2)`,
      command: toDisk,
      within: { alone: 0.01, group: 0.01 },
    },
    {
      ...written("disk_read_bytes", bytes),
      what: `${bytes} MiB read from the disk with O_DIRECT`,
      command: toDisk,
      within: { alone: 0.01, group: 0.01 },
    },
    {
      ...written("io_read_bytes", bytes),
      what: `${bytes} MiB through a pipe`,
      command: () => words("pipe", bytes),
      within: { alone: 0.01, group: 0.01 },
    },
    {
      ...cpu,
      what: "sleep beside a busy loop",
      options: ["--interval", "0.1"],
      command: () => ["sleep", String(size(3, 1))],
      truth: () => 0,
      within: { alone: 0, group: 0 },
      slack: 0.02,
    },
  ];
}
