import { join } from "node:path";
import type { Lab } from "./lab.ts";
import { peer } from "./peers.ts";

/** What one run of a wrapper is given. */
export interface Run {
  readonly lab: Lab;
  /** Names its file; those who run at the same time must not share it. */
  readonly tag: string;
  readonly command: readonly string[];
}

/** The words that run a command under a wrapper, or why this wrapper cannot be run here. */
export type Wrapper = (run: Run) => Promise<readonly string[] | string>;

/** The collectors that read what the floors read; the command's processes are always accounted for. */
const BASIC_WORDS = ["--collectors", "cpu,memory,network,disk"] as const;
/** With what is always recorded, some 60 series. */
const FEW_WORDS = ["--collectors", "load,pressure"] as const;

/** Where a wrapper writes what it records. */
const file = ({ lab, tag }: Run, ending: string) => join(lab.folder, `${tag}.${ending}`);

/** A wrapper whose command stands behind its own words. */
function before(front: (run: Run) => Promise<readonly string[] | string>): Wrapper {
  return async (run) => {
    const words = await front(run);
    return typeof words === "string" ? words : [...words, ...run.command];
  };
}

export const noWrapper: Wrapper = before(async () => []);

/** The product as it comes, or with some more words. */
export function statexec(interval: number, ...words: readonly string[]): Wrapper {
  const pace = ["--interval", String(interval)];
  return before(async (run) => [await run.lab.product(), ...pace, ...words, "-f", file(run, "prom")]);
}

/** The same, recording what the floor does. */
export const statexecBasic = (interval: number): Wrapper => statexec(interval, ...BASIC_WORDS);

/** The same, recording some 60 series. */
export const statexecFew = (interval: number): Wrapper => statexec(interval, ...FEW_WORDS);

/** Fork, exec and wait4, and nothing else. */
export const cWrapper: Wrapper = before(async ({ lab }) => [await lab.c("wrap")]);

/** The same, with the four sources and the command's processes once a period. */
export function cSampler(interval: number): Wrapper {
  return before(async (run) => [await run.lab.c("sampler"), String(interval), file(run, "rows")]);
}

export const bareBun: Wrapper = before(async ({ lab }) => [await lab.bun("bare")]);

export const gnuTime: Wrapper = before(async (run) => peer("gnuTime", "-v", "-o", file(run, "time")));

/** Samples every 0.1 s. */
export const runlim: Wrapper = before(async (run) => peer("runlim", "-o", file(run, "runlim")));

/** Counts the kernel's events of the command, in the end or once a period. */
export function perfStat(interval?: number): Wrapper {
  const pace = interval === undefined ? [] : ["-I", String(interval * 1000)];
  return before(async (run) => peer("perf", "stat", ...pace, "-o", file(run, "perf")));
}

/** Samples every second, and in the end. What the folder holds that it runs in is nothing that the others look at. */
export const resourceMonitor: Wrapper = before(async (run) =>
  peer("resourceMonitor", "-i", "1", "--without-disk-footprint", "-O", file(run, "monitor"), "--"),
);

/** One run without a shell. It takes a command as one word, and takes it apart as a shell would. */
export const hyperfine: Wrapper = async (run) => {
  const quoted = run.command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  return peer("hyperfine", "-N", "--runs", "1", "--style", "none", "--export-json", file(run, "json"), quoted);
};
