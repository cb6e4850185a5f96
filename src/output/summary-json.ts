import type { BudgetedFigure, BudgetResult } from "../recording/budget-results.ts";
import type { RunReport } from "../recording/run-report.ts";

/** Grows with every change that a reader of the last one would not understand; a new key is none. */
const VERSION = 1;

/** What is told of a run, for programs: exact figures, a unit in each key, what is not known left out. */
export function summaryJson(report: RunReport, file: string): string {
  const { figures, startMs, names, diagnosis, sizing, budgets } = report;
  const { sources } = figures;
  const object = {
    version: VERSION,
    metrics_file: file,
    command: figures.command,
    started_at: new Date(startMs).toISOString(),
    exit_status: figures.exitStatus,
    exit_signal: figures.exitSignal,
    wall_seconds: figures.wallSeconds,
    cpu_user_seconds: figures.cpuUserSeconds,
    cpu_system_seconds: figures.cpuSystemSeconds,
    cpu_mean_cores: figures.cpuCores,
    cpu_source: sources.get("cpu"),
    memory_peak_bytes: figures.memoryPeakBytes,
    memory_peak_after_seconds: since(figures.memoryPeakAtMs, startMs),
    memory_peak_source: sources.get("memory_peak"),
    memory_peak_bound_bytes: figures.memoryPeakBoundBytes,
    memory_peak_with_cache_bytes: figures.memoryPeakWithCacheBytes,
    memory_largest_process_bytes: figures.memoryLargestProcessBytes,
    processes_most_count: figures.processesMost,
    threads_most_count: figures.threadsMost,
    disk_read_bytes: figures.diskReadBytes,
    disk_write_bytes: figures.diskWriteBytes,
    io_read_bytes: figures.ioReadBytes,
    io_write_bytes: figures.ioWriteBytes,
    io_source: sources.get("io"),
    throttled_seconds: figures.throttledSeconds,
    oom_kills_count: figures.oomKills,
    machine_cpu_seconds: figures.machineCpuSeconds,
    machine_sent_bytes: figures.machineSentBytes,
    machine_received_bytes: figures.machineReceivedBytes,
    machine_disk_read_bytes: figures.machineDiskReadBytes,
    machine_disk_write_bytes: figures.machineDiskWriteBytes,
    largest: names.map(({ comm, cpuSeconds, memoryPeakBytes, processes }) => {
      return { comm, cpu_seconds: cpuSeconds, memory_peak_bytes: memoryPeakBytes, processes_count: processes };
    }),
    limited_by: diagnosis && { what: diagnosis.limitedBy, text: diagnosis.text, evidence: diagnosis.evidence },
    sizing: sizing && {
      cpu_request_cores: sizing.cpuRequestCores,
      cpu_limit_cores: sizing.cpuLimitCores,
      memory_request_bytes: sizing.memoryRequestBytes,
      memory_limit_bytes: sizing.memoryLimitBytes,
    },
    budgets: budgets.map(budgetObject),
  };
  return `${JSON.stringify(object, null, 2)}\n`;
}

function since(atMs: number | undefined, startMs: number): number | undefined {
  return atMs === undefined ? undefined : (atMs - startMs) / 1000;
}

/** How a budget's numbers are counted. */
const UNITS: Readonly<Record<BudgetedFigure, "seconds" | "bytes" | "count">> = {
  wall: "seconds",
  cpu: "seconds",
  memory: "bytes",
  "memory-with-cache": "bytes",
  processes: "count",
  threads: "count",
  read: "bytes",
  written: "bytes",
};

function budgetObject({ text, name, verdict, value, measured, source }: BudgetResult): object {
  const unit = UNITS[name];
  return { budget: text, name, verdict, [`limit_${unit}`]: value, [`measured_${unit}`]: measured, source };
}
