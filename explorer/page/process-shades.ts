import type { ProcessBar, ProcessUse } from "../processes/process-list.ts";
import { ownUse } from "./process-use-text.ts";

/** How much of a core a process kept busy in a part of its time. */
export interface Shade {
  readonly fromMs: number;
  readonly toMs: number;
  readonly cores: number;
}

/**
 * Returns how much CPU a process used in the course of its time: by samples, and where these do not list it, the mean of what they
 * lack. Without any it is one part with the mean of all.
 */
export function shadesOf(bar: ProcessBar, use: ProcessUse | null, endMs: number): Shade[] {
  const { startMs, cpuSeconds } = bar;
  const shades: Shade[] = [];
  let [told, listedMs] = [0, 0];
  for (const { fromMs, toMs, milliCores, kib } of use ? ownUse(bar, use) : []) {
    const [from, to] = [Math.max(fromMs, startMs), Math.min(toMs, endMs)];
    if (to <= from || (kib < 0 && milliCores === 0)) continue;
    shades.push({ fromMs: from, toMs: to, cores: milliCores / 1000 });
    told += (milliCores * (to - from)) / 1e6;
    listedMs += to - from;
  }
  const restSeconds = (endMs - startMs - listedMs) / 1000;
  const cores = restSeconds > 0 ? Math.max(0, (cpuSeconds ?? 0) - told) / restSeconds : 0;
  return filled(shades, startMs, endMs, cores);
}

/** Puts parts with so many cores where there is none. */
function filled(shades: readonly Shade[], startMs: number, endMs: number, cores: number): Shade[] {
  const all: Shade[] = [];
  let at = startMs;
  for (const shade of shades) {
    if (shade.fromMs > at) all.push({ fromMs: at, toMs: shade.fromMs, cores });
    all.push(shade);
    at = shade.toMs;
  }
  if (endMs > at || all.length === 0) all.push({ fromMs: at, toMs: endMs, cores });
  return all;
}
