import type { ProcFs } from "../proc/procfs.ts";
import type { Collector } from "./collector.ts";
import { ContainerCollector } from "./container.ts";
import { CpuCollector } from "./cpu.ts";
import { DiskCollector } from "./disk.ts";
import { MemoryCollector } from "./memory.ts";
import { NetworkCollector } from "./network.ts";

export { ABSENT, type Collector } from "./collector.ts";

/** The four sources that the original had. */
export function basicCollectors(proc: ProcFs): Collector[] {
  return [new CpuCollector(proc), new MemoryCollector(proc), new NetworkCollector(proc), new DiskCollector(proc)];
}

/** Everything that is measured of the machine, one collector a subject. */
export function machineCollectors(proc: ProcFs): Collector[] {
  return [...basicCollectors(proc), new ContainerCollector(proc)];
}
