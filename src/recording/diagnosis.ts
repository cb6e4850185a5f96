import type { Evidence } from "./evidence.ts";
import { quantity } from "./units.ts";

/** What held a command back. */
export interface Diagnosis {
  readonly limitedBy: "memory" | "cpu_quota" | "cpu" | "cpu_one_thread" | "cpu_others" | "disk" | "network" | "waiting";
  /** For a person, to go on from `limited by `. */
  readonly text: string;
  /** The figures that say so. */
  readonly evidence: string;
}

/** Of a shorter time CPU figures, in hundredths of a second, say too little. */
const LEAST_SECONDS = 0.2;
/** A resource that was in use for so much of the time, on the whole, was full. */
const FULL = 0.9;
/** What was waited for in so much of the time held it back. */
const MUCH_WAITING = 0.1;
const MUCH_DISK_WAITING = 0.2;
/** So many bytes a second from swap are a machine that is short of memory. */
const SWAPPING_BYTES = 2 ** 20;
/** A command that uses less of a core is waiting for something; one that sends and receives more a second, for the network. */
const IDLE_CORES = 0.1;
const MUCH_NETWORK_BYTES = 2 ** 20;

/** The questions in the order in which they are asked; the first that has an answer is what counts most. */
const QUESTIONS: readonly ((evidence: Evidence) => Diagnosis | undefined)[] = [
  wasItKilled,
  didTheQuotaHold,
  wereAllCoresBusy,
  wasMemoryShort,
  wasTheDiskBusy,
  wasOneThreadBusy,
  wereOthersInTheWay,
  wasItTheNetwork,
  didItWait,
];

/** What limited a command most, by its use, its waiting and its errors; undefined where the evidence is thin. */
export function diagnose(evidence: Evidence): Diagnosis | undefined {
  return diagnoses(evidence)[0];
}

/** All that may have limited it, what counts most first. */
export function diagnoses(evidence: Evidence): Diagnosis[] {
  if (!(evidence.seconds >= LEAST_SECONDS)) return [];
  return QUESTIONS.map((ask) => ask(evidence)).filter((answer) => answer !== undefined);
}

function wasItKilled({ oomKills, oomKillsAreOwn }: Evidence): Diagnosis | undefined {
  if (!(oomKills > 0)) return undefined;
  const whose = oomKillsAreOwn ? "of its processes" : oomKills === 1 ? "process here" : "processes here";
  return { limitedBy: "memory", text: "memory", evidence: `the kernel killed ${oomKills} ${whose} for memory` };
}

function didTheQuotaHold({ throttledSeconds, quotaCores, seconds }: Evidence): Diagnosis | undefined {
  if (!(throttledSeconds / seconds > MUCH_WAITING)) return undefined;
  const quota = Number.isNaN(quotaCores) ? "" : ` of ${number(quotaCores)} cores`;
  const held = plain(quantity(throttledSeconds, "seconds"));
  return { limitedBy: "cpu_quota", text: `its CPU quota${quota}`, evidence: `held back for ${held} in all` };
}

function wereAllCoresBusy({ ownCores, cpus }: Evidence): Diagnosis | undefined {
  if (!(ownCores > FULL * cpus)) return undefined;
  const evidence = `${number(ownCores)} of ${cores(cpus)} busy with it`;
  return { limitedBy: "cpu", text: cpus > 1 ? "CPU, all cores" : "CPU", evidence };
}

function wasMemoryShort(evidence: Evidence): Diagnosis | undefined {
  const { memoryPressure, swapInBytes, seconds } = evidence;
  if (memoryPressure > MUCH_WAITING)
    return { limitedBy: "memory", text: "memory", evidence: waited(evidence, memoryPressure, "memory") };
  if (!(swapInBytes / seconds > SWAPPING_BYTES)) return undefined;
  const back = plain(quantity(swapInBytes, "bytes"));
  return { limitedBy: "memory", text: "memory", evidence: `${back} came back from swap` };
}

function wasTheDiskBusy(evidence: Evidence): Diagnosis | undefined {
  const { ioPressure, diskBusy, busiestDisk, iowaitCores, ownDiskBytes } = evidence;
  // Others may keep a disk busy that this command has no use for.
  if (ownDiskBytes === 0) return undefined;
  const busy = diskBusy > FULL ? `${busiestDisk} busy ${percent(diskBusy)} of the time` : "";
  const waiting = ioPressure > MUCH_DISK_WAITING ? waited(evidence, ioPressure, "storage") : "";
  // Where the kernel counts no pressure, the CPUs that waited say it.
  const idle = Number.isNaN(ioPressure) && iowaitCores > MUCH_DISK_WAITING;
  if (busy === "" && waiting === "" && !idle) return undefined;
  const seen = [busy, waiting, idle ? `${cores(iowaitCores)} waited for it` : ""].filter((text) => text !== "");
  return { limitedBy: "disk", text: "disk", evidence: seen.join(", ") };
}

function wasOneThreadBusy({ ownCores, cpus }: Evidence): Diagnosis | undefined {
  if (!(ownCores > FULL && ownCores < 2 - FULL && cpus >= 2)) return undefined;
  const evidence = `${number(ownCores)} of ${cores(cpus)} busy with it`;
  return { limitedBy: "cpu_one_thread", text: "CPU, one thread", evidence };
}

/** That others use the CPUs does not say that it wanted them: only its own waiting does. */
function wereOthersInTheWay(evidence: Evidence): Diagnosis | undefined {
  const { ownCores, machineCores, cpus, cpuPressure, pressureIsOwn } = evidence;
  if (!(pressureIsOwn && cpuPressure > MUCH_WAITING)) return undefined;
  if (!(machineCores > FULL * cpus && ownCores < machineCores / 2)) return undefined;
  const busy = `${number(machineCores)} of ${cores(cpus)} busy, ${number(ownCores)} of them with it`;
  return { limitedBy: "cpu_others", text: "CPU, which others used", evidence: busy };
}

function wasItTheNetwork({ ownCores, networkBytes, seconds, ioPressure }: Evidence): Diagnosis | undefined {
  if (!(ownCores < 0.5 && networkBytes / seconds > MUCH_NETWORK_BYTES) || ioPressure > MUCH_WAITING) return undefined;
  const rate = plain(quantity(networkBytes / seconds, "bits/s"));
  return { limitedBy: "network", text: "network", evidence: `${rate} in and out, ${cores(ownCores)} busy with it` };
}

function didItWait({ ownCores, ioPressure, diskBusy }: Evidence): Diagnosis | undefined {
  if (!(ownCores < IDLE_CORES) || ioPressure > MUCH_WAITING || diskBusy > 0.5) return undefined;
  return { limitedBy: "waiting", text: "waiting on something else", evidence: `${cores(ownCores)} busy with it` };
}

function waited({ pressureIsOwn }: Evidence, share: number, what: string): string {
  return `${pressureIsOwn ? "it" : "tasks here"} waited for ${what} ${percent(share)} of the time`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function number(value: number): string {
  return plain(quantity(value, "cores"));
}

function cores(value: number): string {
  const text = number(value);
  return `${text} ${text === "1" ? "core" : "cores"}`;
}

/** Terminals and JSON readers have an easier time with a plain space. */
function plain(text: string): string {
  return text.replaceAll("\u202f", " ");
}
