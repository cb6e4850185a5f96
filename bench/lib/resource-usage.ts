import { readdirSync, readFileSync } from "node:fs";
import { median } from "./stats.ts";

/** The same number as in floor/batches.h. */
const BATCHES = 20;

/** CPU time of this process with all of its threads, ns. */
export function cpuNs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

/**
 * Runs `ticks` ticks in batches and returns their CPU time in ns, at the pace of the median batch. CPU time, because wall
 * time would count other programs of the machine; the median, because compilation and garbage collection fall on a few
 * batches only.
 * @param run runs the number of ticks that it is given; a promise that it returns is awaited
 */
export async function batchedNs(ticks: number, run: (ticks: number) => unknown): Promise<number> {
  const batches = Math.min(BATCHES, ticks);
  const each = Math.floor(ticks / batches);
  const ns: number[] = [];
  for (let batch = 0; batch < batches; batch++) {
    const start = cpuNs();
    const running = run(each);
    if (running instanceof Promise) await running;
    ns.push(cpuNs() - start);
  }
  return (median(ns) * ticks) / each;
}

/** CPU time of a process's living threads, ns; proc_pid_schedstat(5). */
export function threadsNs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, thread) => {
    return sum + Number.parseInt(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "latin1"), 10);
  }, 0);
}

/** The highest RSS of a process so far, bytes; proc_pid_status(5), VmHWM. */
export function peakRss(pid: number | "self" = "self"): number {
  return kibLine(`/proc/${pid}/status`, "VmHWM") * 1024;
}

/**
 * The anonymous memory of a process, bytes; proc_pid_smaps_rollup(5). It is private: none of the wrappers forks a process
 * that stays beside its child.
 */
export function anonymousBytes(pid: number): number {
  return kibLine(`/proc/${pid}/smaps_rollup`, "Anonymous") * 1024;
}

function kibLine(path: string, key: string): number {
  const [, kib] = new RegExp(`^${key}:\\s+(\\d+) kB$`, "m").exec(readFileSync(path, "latin1")) ?? [];
  if (kib === undefined) throw new Error(`${path}: expected a line ${key}:`);
  return Number(kib);
}
