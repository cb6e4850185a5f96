import { defineMetrics } from "./metric.ts";

/** Figures over the time that the command ran, one point each at its end. */
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
