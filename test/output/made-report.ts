import type { RunReport } from "../../src/recording/run-report.ts";

export const MIB = 2 ** 20;

/** A run of which nearly all is known. */
export const REPORT: RunReport = {
  figures: {
    ...{
      command: "make -j8 'a|b' <x>",
      exitStatus: 2,
      wallSeconds: 12.345,
      cpuUserSeconds: 16.1,
      cpuSystemSeconds: 2.1,
    },
    ...{ cpuCores: 1.474, memoryPeakBytes: 412 * MIB, memoryPeakAtMs: 8100, memoryLargestProcessBytes: 300 * MIB },
    ...{ diskReadBytes: 0, diskWriteBytes: 3 * MIB, ioReadBytes: 10 * MIB, ioWriteBytes: 4096, throttledSeconds: 1.5 },
    ...{ machineReceivedBytes: 2048, machineSentBytes: 100, processesMost: 9, threadsMost: 31 },
    sources: new Map([
      ["cpu", "wait4"],
      ["memory_peak", "proc_sampled"],
    ]),
  },
  startMs: 0,
  names: [
    { comm: "cc1plus", cpuSeconds: 14.1, memoryPeakBytes: 310 * MIB, processes: 40 },
    { comm: "ld", cpuSeconds: 1.2, memoryPeakBytes: 90 * MIB, processes: 2 },
    { comm: "other", cpuSeconds: 2.9 },
  ],
  profile: {
    cores: Float64Array.of(0, 0.5, 1, 2),
    memoryBytes: Float64Array.of(Number.NaN, 100 * MIB, 400 * MIB, 200 * MIB),
    isMemoryResident: false,
  },
  wallTime: { running: 0.784, cpu: 0.113, disk: 0.053, memory: 0, sleeping: 0.05, areWaitsSeen: true },
  diagnoses: [
    { limitedBy: "cpu", text: "CPU, all cores", evidence: "1.90 of 2 cores busy with it", share: 0.95 },
    { limitedBy: "disk", text: "disk", evidence: "sda busy 97 % of the time", share: 0.05 },
  ],
  sampling: { taken: 120, missed: 0, slowestSeconds: 0.01, shareOfInterval: 0.01 },
  sizing: {
    ...{ cpuRequestCores: 1.9, cpuLimitCores: 2.4, memoryRequestBytes: 416 * MIB, memoryLimitBytes: 528 * MIB },
  },
  budgets: [
    {
      text: "memory<400MiB",
      name: "memory",
      inclusive: false,
      value: 400 * MIB,
      measured: 412 * MIB,
      ...{ lowest: 412 * MIB, highest: Number.POSITIVE_INFINITY },
      source: "proc_sampled",
      verdict: "exceeded",
      ...{ reason: undefined, settledBy: undefined },
    },
    {
      ...{ text: "cpu<1m", name: "cpu", inclusive: false, value: 60, verdict: "kept", source: "wait4" },
      ...{ measured: 18.2, lowest: 18.2, highest: 18.2, reason: undefined, settledBy: undefined },
    },
    {
      ...{ text: "processes<64", name: "processes", inclusive: false, value: 64, source: "proc_sampled" },
      ...{ verdict: "inconclusive", measured: 9, lowest: 9, highest: 900 },
      ...{ reason: "samples do not see what lives between them", settledBy: "at a shorter --interval" },
    },
  ],
};
