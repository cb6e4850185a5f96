import type { ProcFs } from "../proc/procfs.ts";
import { CONTAINER_GROUP } from "./cgroup/container.ts";
import type { Collector, CollectorKind } from "./collector.ts";
import { CPU } from "./machine/cpu.ts";
import { DISK } from "./machine/disk.ts";
import { FREQUENCY } from "./machine/frequency.ts";
import { LOAD } from "./machine/load.ts";
import { MEMORY } from "./machine/memory.ts";
import { NETWORK } from "./machine/network.ts";
import { PRESSURE } from "./machine/pressure.ts";
import { SOCKETS } from "./machine/sockets.ts";
import { LISTEN, TCP } from "./machine/tcp.ts";
import { THERMAL } from "./machine/thermal.ts";
import { PAGING } from "./machine/vmstat.ts";

export { ABSENT, type Collector, type CollectorKind } from "./collector.ts";

/** Everything that can be measured of the machine, one collector a subject. */
export const COLLECTORS: readonly CollectorKind[] = [
  CPU,
  MEMORY,
  NETWORK,
  DISK,
  PRESSURE,
  LOAD,
  PAGING,
  TCP,
  LISTEN,
  SOCKETS,
  FREQUENCY,
  THERMAL,
  CONTAINER_GROUP,
];

/** Which collectors are wanted. */
export interface CollectorChoice {
  /** Those that are wanted; none: all. */
  readonly only: readonly string[];
  readonly without: readonly string[];
  /** Those that shall work in another way than the usual: `cpu=total`. */
  readonly ways: readonly (readonly [name: string, way: string])[];
}

/** The collectors of a choice, all of whose names are known; without one, all. */
export function machineCollectors(proc: ProcFs, choice?: CollectorChoice): Collector[] {
  const { only = [], without = [], ways = [] } = choice ?? {};
  const otherWay = new Set<string>();
  for (const [name] of ways) otherWay.add(name);
  const made: Collector[] = [];
  for (const kind of COLLECTORS) {
    const { name } = kind;
    const isWanted = only.length === 0 || only.includes(name) || otherWay.has(name);
    if (isWanted && !without.includes(name)) made.push(kind.make(proc, otherWay.has(name)));
  }
  return made;
}

/** What in a choice is the name of nothing, and what it could have been; undefined: all is known. */
export function unknownIn(
  choice: CollectorChoice,
): { readonly word: string; readonly known: readonly string[] } | undefined {
  if (choice.only.length + choice.without.length + choice.ways.length === 0) return undefined;
  const names = COLLECTORS.map(({ name }) => name);
  for (const name of [...choice.only, ...choice.without, ...choice.ways.map(([name]) => name)])
    if (!names.includes(name)) return { word: name, known: names };
  const known = COLLECTORS.flatMap(({ name, way }) => (way ? [`${name}=${way.name}`] : []));
  const odd = choice.ways.map((pair) => pair.join("=")).find((word) => !known.includes(word));
  return odd === undefined ? undefined : { word: odd, known };
}
