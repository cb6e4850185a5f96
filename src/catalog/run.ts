import { defineMetrics } from "./metric.ts";

/** The run: what was executed, in which phase it is, and what happened when. */
export const RUN = defineMetrics({
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

/** The recorder itself: what it costs and what it missed. */
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
    help: "Time that each collector (source) has taken.",
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
