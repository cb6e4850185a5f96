import { median } from "./stats.ts";

/** As many as in floor/batches.h. */
const BATCHES = 20;

/** CPU time of this process, all of its threads, ns. */
export function cpuNs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

/**
 * CPU time of so many ticks, in ns, at the pace of the middle one of some batches: where others use the machine meanwhile
 * the clock on the wall would count them too, and a compiler or collector of garbage falls on some batches only.
 * @param run so many ticks; where it gives a promise that is waited for
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
