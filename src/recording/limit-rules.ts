import type { LimitEvidence } from "./limit-evidence.ts";
import { durationText, plainQuantity } from "./quantities.ts";

/** What can hold a command back; `unclear`: it was not seen. */
export type LimitKind =
  | "memory"
  | "cpu_quota"
  | "cpu_starved"
  | "cpu"
  | "cpu_part"
  | "cpu_one_thread"
  | "cpu_others"
  | "disk"
  | "waiting"
  | "unclear";

/** A limit in words. */
export interface LimitText {
  /** For a person: `CPU, all cores`. */
  readonly text: string;
  /** The measurements that show it, for a person. */
  readonly evidence: string;
  /** It waited while the machine's network was in use, whose share in that is unknown. */
  readonly hasTraffic?: true;
}

/** How one limit is recognised in a step of a run, and what is said of all steps in which it was. */
export interface LimitRule {
  readonly limit: LimitKind;
  /** The share of the step's time in which the command was limited by this, 0 to 1. */
  readonly share: (step: LimitEvidence) => number;
  readonly describe: (together: LimitEvidence) => LimitText;
}

/** A resource that is in use for more than this share of the time is full. */
const FULL = 0.9;
/** Waiting for more than this share of the time holds a command back. */
const MUCH_WAITING = 0.1;
const MUCH_DISK_WAITING = 0.2;
/** A command that waited for so much of the CPU time that it wanted is starved. */
const MUCH_STARVED = 0.2;
/** A machine that brings back more from swap, in bytes a second, is short of memory. */
const SWAPPING_BYTES = 2 ** 20;
/** Where more of what a command read had just been dropped from memory, the disk is busy for the lack of memory. */
const MUCH_READ_AGAIN = 0.5;
/** A command that uses fewer cores waits for something. */
const IDLE_CORES = 0.1;
/** A disk that is busy for less of the time is of no interest. */
const LEAST_DISK_BUSY = 0.2;
/** A command that waits while the machine transfers more, in bytes a second, may wait for the network. */
const MUCH_NETWORK_BYTES = 2 ** 20;

const when = (holds: boolean) => (holds ? 1 : 0);

/** The rules by priority: of a step's time each takes what the ones before it leave. So no two of them contradict each other. */
export const RULES: readonly LimitRule[] = [
  {
    limit: "cpu_quota",
    share: ({ throttledSeconds, seconds }) => when(throttledSeconds / seconds > MUCH_WAITING),
    describe: heldByQuota,
  },
  { limit: "cpu", share: ({ ownCores, cpus }) => when(ownCores > FULL * cpus), describe: usedCores },
  { limit: "cpu_starved", share: starvedTime, describe: starved },
  {
    limit: "memory",
    share: (step) => (isShortOfMemory(step) ? 1 : isReadingAgain(step) ? diskShare(step) : 0),
    describe: shortOfMemory,
  },
  { limit: "disk", share: diskShare, describe: disk },
  { limit: "cpu_others", share: (step) => when(hasOthers(step)), describe: others },
  { limit: "cpu_one_thread", share: oneThreadShare, describe: usedCores },
  { limit: "cpu_part", share: (step) => when(wantedCores(step) >= 2 - FULL), describe: usedCores },
  { limit: "waiting", share: (step) => when(step.ownCores < IDLE_CORES && !isMostlyStarved(step)), describe: waiting },
];

function heldByQuota({ throttledSeconds, quotaCores }: LimitEvidence): LimitText {
  const quota = Number.isNaN(quotaCores) ? "" : ` of ${number(quotaCores)} cores`;
  return { text: `its CPU quota${quota}`, evidence: `held back for ${durationText(throttledSeconds)} in all` };
}

/** Whether a use of CPUs is that of one thread which never stops. */
function isOneThread(cores: number, { cpus }: LimitEvidence): boolean {
  return cores > FULL && cores < 2 - FULL && cpus >= 2;
}

/** Of less than one core, the share of the time in which a single thread has used it. */
function oneThreadShare(step: LimitEvidence): number {
  if (isOneThread(wantedCores(step), step)) return 1;
  const { ownCores, cpus } = step;
  return ownCores >= IDLE_CORES && ownCores <= FULL ? Math.min(1, ownCores / Math.min(1, cpus)) : 0;
}

/** All of its CPUs, one thread, or so many as it used. */
function usedCores(together: LimitEvidence): LimitText {
  const { ownCores, cpus } = together;
  const evidence = busyWithIt(together);
  if (wantedCores(together) <= FULL && !(ownCores > FULL * cpus)) return { text: "CPU", evidence };
  if (ownCores > FULL * cpus) return { text: cpus > 1 ? "CPU, all cores" : "CPU", evidence };
  return { text: isOneThread(wantedCores(together), together) ? "CPU, one thread" : "CPU, some cores", evidence };
}

/** `0.50 of 4 cores busy with it`. */
export function busyWithIt({ ownCores, cpus }: LimitEvidence): string {
  return `${Number.isNaN(cpus) ? cores(ownCores) : `${number(ownCores)} of ${cores(cpus)}`} busy with it`;
}

/** Others use so much of the machine that they, and not the command's own threads, are in each other's way. */
const MUCH_BY_OTHERS = 0.25;
export const NEARLY_FULL = 0.7;

/** Whether others left it no CPU: none of the machine's, or none of the few that it may use, which is not measured. */
function hasNoFreeCpu({ machineCores, machineCpus, ownCores, cpus }: LimitEvidence): boolean {
  if (cpus < machineCpus) return true;
  const others = machineCores - (ownCores || 0);
  return machineCores > NEARLY_FULL * machineCpus && others > MUCH_BY_OTHERS * machineCpus;
}

/** Waiting for a CPU, of the time and of what it wanted of the CPUs: threads may wait together. 0: none, or not known. */
function starvedShare(step: LimitEvidence): number {
  const waiting = step.runDelaySeconds / step.seconds;
  if (!(waiting > 0 && hasNoFreeCpu(step))) return 0;
  return Math.min(waiting, waiting / (waiting + (step.ownCores || 0)));
}

/** The share of the time in which a starved command had a CPU or waited for one: what is left, it spent on something else. */
function starvedTime(step: LimitEvidence): number {
  if (starvedShare(step) < MUCH_STARVED) return 0;
  const wanted = step.runDelaySeconds / step.seconds + (step.ownCores || 0);
  return wanted > FULL ? 1 : wanted;
}

/** Not all waits for a CPU are seen: what is left of such a step may have been one, too. */
function isMostlyStarved(step: LimitEvidence): boolean {
  return starvedTime(step) >= 0.5;
}

/** Cores that it used or would have used at once, where others had them. */
function wantedCores(step: LimitEvidence): number {
  return step.ownCores + starvedShare(step);
}

function starved({ runDelaySeconds, machineCores, machineCpus, ownCores, cpus }: LimitEvidence): LimitText {
  const others = `others used ${number(machineCores - (ownCores || 0))} of ${cores(machineCpus)}`;
  const isMachineFull = machineCores > NEARLY_FULL * machineCpus;
  const why = isMachineFull ? others : `it may use ${cores(cpus)}`;
  return { text: "starved of CPU", evidence: `it waited ${durationText(runDelaySeconds)} to run, ${why}` };
}

/** Whether it, or the machine, waited for memory, or brought much of it back from swap. */
export function isShortOfMemory({ memoryPressure, swapInBytes, seconds }: LimitEvidence): boolean {
  return memoryPressure > MUCH_WAITING || swapInBytes / seconds > SWAPPING_BYTES;
}

/** Whether it mostly read what it had in memory before. */
function isReadingAgain({ ownRefaultBytes, ownReadBytes, seconds }: LimitEvidence): boolean {
  return ownRefaultBytes > MUCH_READ_AGAIN * ownReadBytes && ownRefaultBytes / seconds > SWAPPING_BYTES;
}

function shortOfMemory(together: LimitEvidence): LimitText {
  const { memoryPressure, swapInBytes, ownRefaultBytes, ownReadBytes, seconds } = together;
  if (memoryPressure > MUCH_WAITING) return { text: "memory", evidence: waited(together, memoryPressure, "memory") };
  const [again, read] = [ownRefaultBytes, ownReadBytes].map((bytes) => plainQuantity(bytes, "bytes"));
  if (isReadingAgain(together) && !(swapInBytes / seconds > SWAPPING_BYTES))
    return { text: "memory", evidence: `at least ${again} of ${read} that it read had just been dropped from memory` };
  return { text: "memory", evidence: `${plainQuantity(swapInBytes, "bytes")} came back from swap` };
}

/** Other programs may keep a disk busy that this command does not use. */
export function diskShare({ ioPressure, diskBusy, iowaitCores, ownDiskBytes, ownCores }: LimitEvidence): number {
  if (ownDiskBytes === 0) return 0;
  if (diskBusy > FULL || ioPressure > MUCH_DISK_WAITING) return 1;
  // A kernel without pressure counters still counts the CPUs that waited.
  if (Number.isNaN(ioPressure) && iowaitCores > MUCH_DISK_WAITING) return 1;
  return diskBusy >= LEAST_DISK_BUSY && !(ownCores > FULL) ? diskBusy : 0;
}

function disk(together: LimitEvidence): LimitText {
  const { ioPressure, diskBusy, busiestDisk, iowaitCores } = together;
  const busy = diskBusy >= LEAST_DISK_BUSY ? `${busiestDisk} busy ${percentText(diskBusy)} of the time` : "";
  const waiting = ioPressure > MUCH_DISK_WAITING ? waited(together, ioPressure, "storage") : "";
  const idle = Number.isNaN(ioPressure) && iowaitCores > MUCH_DISK_WAITING ? `${cores(iowaitCores)} waited for it` : "";
  return { text: "disk", evidence: [busy, waiting, idle].filter((text) => text !== "").join(", ") };
}

/** CPU use of others does not limit a command that does not want the CPU: only its own waiting shows that it does. */
function hasOthers({
  runDelaySeconds,
  ownCores,
  machineCores,
  machineCpus,
  cpuPressure,
  pressureIsOwn,
}: LimitEvidence) {
  if (!Number.isNaN(runDelaySeconds) || !(pressureIsOwn && cpuPressure > MUCH_WAITING)) return false;
  return machineCores > FULL * machineCpus && ownCores < machineCores / 2 && ownCores <= FULL;
}

function others({ ownCores, machineCores, machineCpus }: LimitEvidence): LimitText {
  const busy = `${number(machineCores)} of ${cores(machineCpus)} busy, ${number(ownCores)} of them with it`;
  return { text: "CPU, which others used", evidence: busy };
}

function waiting(together: LimitEvidence): LimitText {
  const { ownCores, cpuPressure, networkBytes, seconds, runDelaySeconds, hasUnseen } = together;
  const areWaitsKnown = !(Number.isNaN(runDelaySeconds) || hasUnseen);
  if (!areWaitsKnown && hasNoFreeCpu(together) && !(cpuPressure <= MUCH_WAITING)) {
    const { evidence } = others(together);
    return { text: "waiting, perhaps for CPU that others used", evidence };
  }
  const busy = `${cores(ownCores)} busy with it`;
  // How much of it is the command's is not known: other programs may send and receive, too.
  if (!(networkBytes / seconds > MUCH_NETWORK_BYTES)) return { text: "waiting on something else", evidence: busy };
  const traffic = `the whole machine's network carried ${plainQuantity(networkBytes / seconds, "bits/s")}`;
  return { text: "waiting on something else", evidence: `${busy}; ${traffic}`, hasTraffic: true };
}

function waited({ pressureIsOwn }: LimitEvidence, share: number, resource: string): string {
  return `${pressureIsOwn ? "it" : "tasks here"} waited for ${resource} ${percentText(share)} of the time`;
}

export function percentText(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function number(value: number): string {
  return plainQuantity(value, "cores");
}

function cores(value: number): string {
  const text = number(value);
  return `${text} ${text === "1" ? "core" : "cores"}`;
}
