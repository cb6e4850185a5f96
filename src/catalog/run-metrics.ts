import { defineMetrics } from "./metric.ts";

/** Facts, phase and events of the run. */
export const RUN = defineMetrics({
  target: {
    name: "target",
    type: "info",
    labels: ["host_name", "host_kernel", "host_cpus", "statexec_version", "started_at"],
    help: "The main facts of the run as labels of one series, for joins with group_left: a point at least every 150 s.",
    source: "statexec_run_info",
  },
  info: {
    name: "run",
    type: "info",
    labels: ["fact", "value"],
    help: "What is known of the run: versions, machine, true start time, command.",
    source: "statexec",
  },
  commandStatus: {
    name: "command_status",
    type: "gauge",
    help: "0 before the command, 1 while it runs, 2 after it.",
    source: "statexec",
  },
  timeSinceStart: {
    name: "time_since_start_seconds",
    type: "gauge",
    unit: "seconds",
    help: "Time since the first sample.",
    source: "clock_gettime(2), CLOCK_MONOTONIC",
  },
  event: {
    name: "event_timestamp_seconds",
    type: "gauge",
    unit: "seconds",
    labels: ["event", "text"],
    help: "When something happened during the run, on the file's time axis.",
    source: "statexec",
  },
});

/** Cost and failures of the recorder itself. */
export const RECORDER = defineMetrics({
  sampleDuration: {
    name: "sample_duration_seconds",
    type: "gauge",
    unit: "seconds",
    help: "Time that taking this sample took.",
    source: "clock_gettime(2), CLOCK_MONOTONIC",
  },
  ticksMissed: {
    name: "ticks_missed",
    type: "counter",
    help: "Samples that came an interval or more too late and were left out.",
    source: "statexec",
  },
  collectorFailures: {
    name: "collector_failures",
    type: "counter",
    labels: ["source", "value"],
    help: "Samples in which a collector (source) failed, by kind (value): forbidden or malformed. Absent until one fails.",
    source: "statexec",
  },
  cpuSeconds: {
    name: "recorder_cpu_seconds",
    type: "counter",
    unit: "seconds",
    labels: ["mode"],
    help: "CPU time of statexec itself since it began, by mode: user or system.",
    source: "getrusage(2), RUSAGE_SELF",
  },
  memoryAnonymous: {
    name: "recorder_memory_anonymous_bytes",
    type: "gauge",
    unit: "bytes",
    help: "Memory of statexec itself without a file behind it: the pages of its binary are left out.",
    source: "proc_pid_statm(5), resident less shared",
  },
  collectorSeconds: {
    name: "recorder_collector_seconds",
    type: "counter",
    unit: "seconds",
    labels: ["source"],
    help: "Time that each collector (source) has taken for samples: its growth tells when it read its files.",
    source: "clock_gettime(2), CLOCK_MONOTONIC",
  },
  journalBytes: {
    name: "recorder_journal_bytes",
    type: "counter",
    unit: "bytes",
    help: "Bytes of the journal's file; 0 until there is one, after a second.",
    source: "write(2)",
  },
});

/** Clocks of the two hosts of a synchronised run. */
export const SYNC = defineMetrics({
  clockOffset: {
    name: "sync_clock_offset_seconds",
    type: "gauge",
    unit: "seconds",
    help: "The server's wall clock less the client's, right to half the round trip.",
    source: "the control connection, the exchange with the smallest round trip",
  },
  roundTrip: {
    name: "sync_round_trip_seconds",
    type: "gauge",
    unit: "seconds",
    help: "Smallest round trip to the server.",
    source: "the control connection",
  },
});

/** Figures over the time that the command ran: one point each, at its end. */
export const SUMMARY = defineMetrics({
  cpuMean: {
    name: "summary_cpu_mean_seconds",
    type: "gauge",
    unit: "seconds",
    labels: ["mode"],
    help: "CPU time a second of all CPUs by mode while the command ran; guest is part of user.",
    source: "statexec_cpu_seconds_total",
  },
  cpuCores: {
    name: "summary_cpu_cores",
    type: "gauge",
    help: "CPUs online when the command ended.",
    source: "statexec_cpu_seconds_total",
  },
  memoryUsed: {
    name: "summary_memory_used_bytes",
    type: "gauge",
    unit: "bytes",
    help: "Used memory, mean over the time that the command ran.",
    source: "statexec_memory_used_bytes",
  },
  memoryFree: {
    name: "summary_memory_free_bytes",
    type: "gauge",
    unit: "bytes",
    help: "Free memory, mean over the time that the command ran.",
    source: "statexec_memory_free_bytes",
  },
  memoryBuffers: {
    name: "summary_memory_buffers_bytes",
    type: "gauge",
    unit: "bytes",
    help: "Buffers, mean over the time that the command ran.",
    source: "statexec_memory_buffers_bytes",
  },
  memoryCached: {
    name: "summary_memory_cached_bytes",
    type: "gauge",
    unit: "bytes",
    help: "Page cache and reclaimable slab, mean over the time that the command ran.",
    source: "statexec_memory_cached_bytes",
  },
  memoryTotal: {
    name: "summary_memory_total_bytes",
    type: "gauge",
    unit: "bytes",
    help: "Memory that the kernel can use, mean over the time that the command ran.",
    source: "statexec_memory_total_bytes",
  },
  networkSent: {
    name: "summary_network_mean_sent_bytes_per_second",
    type: "gauge",
    unit: "bytes_per_second",
    help: "Bytes sent a second while the command ran, over the interfaces that are not stacked on another.",
    source: "statexec_network_sent_bytes_total",
  },
  networkReceived: {
    name: "summary_network_mean_received_bytes_per_second",
    type: "gauge",
    unit: "bytes_per_second",
    help: "Bytes received a second while the command ran, over the interfaces that are not stacked on another.",
    source: "statexec_network_received_bytes_total",
  },
  diskRead: {
    name: "summary_disk_mean_read_bytes_per_second",
    type: "gauge",
    unit: "bytes_per_second",
    help: "Bytes read a second while the command ran, over whole disks.",
    source: "statexec_disk_read_bytes_total",
  },
  diskWrite: {
    name: "summary_disk_mean_write_bytes_per_second",
    type: "gauge",
    unit: "bytes_per_second",
    help: "Bytes written a second while the command ran, over whole disks.",
    source: "statexec_disk_write_bytes_total",
  },
});
