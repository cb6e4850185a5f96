import { join } from "node:path";
import type { Lab } from "./lab.ts";
import { peer } from "./peers.ts";

/**
 * The words in front of a command, or why this wrapper cannot be run here. What it records goes to a file named by
 * `tag`, which those who run at the same time must not share.
 */
export type Wrapper = (lab: Lab, tag: string) => Promise<readonly string[] | string>;

/** The collectors that read what the floors read; the command's processes are always accounted for. */
const BASIC_WORDS = ["--collectors", "cpu,memory,network,disk"] as const;
/** With what is always recorded, some 60 series. */
const FEW_WORDS = ["--collectors", "load,pressure"] as const;

const file = (lab: Lab, tag: string, ending: string) => join(lab.folder, `${tag}.${ending}`);

/** The product as it comes, or with some more words. */
export function statexec(interval: number, ...words: readonly string[]): Wrapper {
  const pace = ["--interval", String(interval)];
  return async (lab, tag) => [await lab.product(), ...pace, ...words, "-f", file(lab, tag, "prom")];
}

/** The same, recording what the floor does. */
export const statexecBasic = (interval: number): Wrapper => statexec(interval, ...BASIC_WORDS);

/** The same, recording some 60 series. */
export const statexecFew = (interval: number): Wrapper => statexec(interval, ...FEW_WORDS);

/** Fork, exec and wait4, and nothing else. */
export const cWrapper: Wrapper = async (lab) => [await lab.c("wrap")];

/** The same, with the four sources and the command's processes once a period. */
export function cSampler(interval: number): Wrapper {
  return async (lab, tag) => [await lab.c("sampler"), String(interval), file(lab, tag, "rows")];
}

export const bareBun: Wrapper = async (lab) => [await lab.bun("bare")];

export const gnuTime: Wrapper = async (lab, tag) => peer("gnuTime", "-v", "-o", file(lab, tag, "txt"));

/** Samples every 0.1 s, and does as little as it can. */
export const runlim: Wrapper = async (lab, tag) => peer("runlim", "-o", file(lab, tag, "txt"));
