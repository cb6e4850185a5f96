import { defineMetrics } from "./metric.ts";

/** The label `cpu` of what was recorded for all CPUs together. */
export const ALL_CPUS = "all";

/** The machine as a whole: what /proc says of CPU, memory, network and disks. */
export const MACHINE = defineMetrics({
  cpuSeconds: {
    name: "cpu_seconds",
    type: "counter",
    unit: "seconds",
    labels: ["cpu", "mode"],
    help: "Time each CPU spent in each mode since boot; guest is part of user, guestNice of nice. With cpu=total one series for all, cpu all.",
    source: "proc_stat(5), cpuN rows, or their sum",
  },
  memoryTotal: {
    name: "memory_total_bytes",
    type: "gauge",
    unit: "bytes",
    help: "Memory that the kernel can use.",
    source: "proc_meminfo(5), MemTotal",
  },
  memoryAvailable: {
    name: "memory_available_bytes",
    type: "gauge",
    unit: "bytes",
    help: "The kernel's estimate of what new work can take without swapping.",
    source: "proc_meminfo(5), MemAvailable",
  },
  memoryUsed: {
    name: "memory_used_bytes",
    type: "gauge",
    unit: "bytes",
    help: "Total less free, buffers and cached.",
    source: "proc_meminfo(5)",
  },
  memoryFree: {
    name: "memory_free_bytes",
    type: "gauge",
    unit: "bytes",
    help: "Memory that nothing uses.",
    source: "proc_meminfo(5), MemFree",
  },
  memoryBuffers: {
    name: "memory_buffers_bytes",
    type: "gauge",
    unit: "bytes",
    help: "Block device buffers.",
    source: "proc_meminfo(5), Buffers",
  },
  memoryCached: {
    name: "memory_cached_bytes",
    type: "gauge",
    unit: "bytes",
    help: "Page cache and reclaimable slab.",
    source: "proc_meminfo(5), Cached + SReclaimable",
  },
  memoryUsedPercent: {
    name: "memory_used_percent",
    type: "gauge",
    unit: "percent",
    help: "Used memory as a part of the total, 0 to 100.",
    source: "proc_meminfo(5)",
  },
  networkSent: {
    name: "network_sent_bytes",
    type: "counter",
    unit: "bytes",
    labels: ["interface"],
    help: "Bytes each network interface sent since it was made.",
    source: "proc_pid_net(5), net/dev",
  },
  networkReceived: {
    name: "network_received_bytes",
    type: "counter",
    unit: "bytes",
    labels: ["interface"],
    help: "Bytes each network interface received since it was made.",
    source: "proc_pid_net(5), net/dev",
  },
  diskRead: {
    name: "disk_read_bytes",
    type: "counter",
    unit: "bytes",
    labels: ["disk"],
    help: "Bytes read from each block device since boot.",
    source: "proc_diskstats(5), sectors read",
  },
  diskWrite: {
    name: "disk_write_bytes",
    type: "counter",
    unit: "bytes",
    labels: ["disk"],
    help: "Bytes written to each block device since boot.",
    source: "proc_diskstats(5), sectors written",
  },
});
