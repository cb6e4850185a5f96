import { CONTAINER, DEVICES, KERNEL, MACHINE, RECORDER } from "../../src/catalog/index.ts";
import { line, type PanelSpec } from "./panels.ts";

/** What the machine did meanwhile, the command's part and all others'. */
export const MACHINE_PANELS: readonly PanelSpec[] = [
  {
    id: "machine-cpu",
    section: "machine",
    title: "CPU",
    hint: "Cores that were busy, and those that waited for storage (iowait) or for the hypervisor (steal).",
    unit: "cores",
    lines: [
      line(MACHINE.cpuSeconds, { label: "user", only: { mode: ["user"] }, hue: "blue", layer: true }),
      line(MACHINE.cpuSeconds, { label: "system", only: { mode: ["system"] }, hue: "orange", layer: true }),
      line(MACHINE.cpuSeconds, { label: "nice", only: { mode: ["nice"] }, hue: "sky", layer: true }),
      line(MACHINE.cpuSeconds, { label: "interrupts", only: { mode: ["irq", "softirq"] }, hue: "purple", layer: true }),
      line(MACHINE.cpuSeconds, { label: "steal", only: { mode: ["steal"] }, hue: "red", layer: true }),
      line(MACHINE.cpuSeconds, { label: "iowait", only: { mode: ["iowait"] }, hue: "grey", layer: true }),
    ],
    limits: [{ label: "CPUs", of: "cpus" }],
  },
  {
    id: "machine-cpus",
    section: "machine",
    title: "Each CPU",
    hint: "How busy each CPU was; the busiest ones, the rest together.",
    unit: "cores",
    lines: [
      line(MACHINE.cpuSeconds, {
        label: "{}",
        only: { mode: ["user", "system", "nice", "irq", "softirq", "steal"] },
        by: "cpu",
        hue: "blue",
      }),
    ],
  },
  {
    id: "machine-memory",
    section: "machine",
    title: "Memory",
    hint: "Used is total less free, buffers and cached; what is not drawn up to the total is free.",
    unit: "bytes",
    lines: [
      line(MACHINE.memoryUsed, { label: "used", hue: "blue", layer: true }),
      line(MACHINE.memoryBuffers, { label: "buffers", hue: "yellow", layer: true }),
      line(MACHINE.memoryCached, { label: "cached", hue: "sky", layer: true }),
      line(KERNEL.swapUsed, { label: "swap", hue: "red", dashed: true }),
    ],
    limits: [{ label: "total", of: MACHINE.memoryTotal }],
  },
  {
    id: "container-cpu",
    section: "machine",
    title: "Container's CPU",
    hint: "The control group that all this ran in, neighbours in it too.",
    unit: "cores",
    lines: [
      line(CONTAINER.cpuSeconds, { label: "user", only: { mode: ["user"] }, hue: "blue", layer: true }),
      line(CONTAINER.cpuSeconds, { label: "system", only: { mode: ["system"] }, hue: "orange", layer: true }),
      line(CONTAINER.throttledSeconds, { label: "held back by quota", hue: "red", dashed: true }),
    ],
    limits: [{ label: "quota", of: CONTAINER.cpuLimit }],
  },
  {
    id: "container-memory",
    section: "machine",
    title: "Container's memory",
    hint: "The control group that all this ran in; the line is what counts against its limit.",
    unit: "bytes",
    lines: [
      line(CONTAINER.memoryAnonymous, { label: "anonymous", hue: "blue", layer: true }),
      line(CONTAINER.memoryFile, { label: "page cache", hue: "sky", layer: true }),
      line(CONTAINER.memoryUsed, { label: "all", hue: "grey", dashed: true }),
      line(CONTAINER.swapUsed, { label: "swap", hue: "red", dashed: true }),
    ],
    limits: [{ label: "limit", of: CONTAINER.memoryLimit }],
  },
  {
    id: "machine-network",
    section: "machine",
    title: "Network",
    hint: "Received, and sent (dashed), by interface.",
    unit: "bits/s",
    lines: [
      line(MACHINE.networkReceived, { label: "{} in", by: "interface", hue: "blue" }),
      line(MACHINE.networkSent, { label: "{} out", by: "interface", hue: "blue", dashed: true }),
    ],
    quiet: "Nothing was sent or received.",
  },
  {
    id: "machine-disk",
    section: "machine",
    title: "Disks",
    hint: "Read, and written (dashed), by disk.",
    unit: "bytes/s",
    lines: [
      line(MACHINE.diskRead, { label: "{} read", by: "disk", hue: "blue" }),
      line(MACHINE.diskWrite, { label: "{} written", by: "disk", hue: "blue", dashed: true }),
    ],
    quiet: "No disk read or wrote anything.",
  },
  {
    id: "machine-disk-busy",
    section: "machine",
    title: "Busy disks",
    hint: "Part of the time in which a disk had at least one request; one that serves many at once may have room still.",
    unit: "share",
    lines: [line(DEVICES.diskBusySeconds, { label: "{}", by: "disk", hue: "blue" })],
    quiet: "No disk had anything to do.",
  },
  {
    id: "machine-pressure",
    section: "machine",
    title: "Pressure",
    hint: "Part of the time in which some task of the machine waited for it (dashed: all tasks).",
    unit: "share",
    lines: [
      line(KERNEL.pressure, { label: "{}", only: { mode: ["some"] }, by: "resource", hue: "blue" }),
      line(KERNEL.pressure, { label: "{}, all", only: { mode: ["full"] }, by: "resource", hue: "blue", dashed: true }),
    ],
    quiet: "No task of the machine ever waited for CPU, memory or storage.",
  },
  {
    id: "machine-load",
    section: "machine",
    title: "Tasks",
    hint: "Tasks that run or wait for a CPU, tasks that wait for a disk, and the load of the last minute.",
    unit: "count",
    lines: [
      line(KERNEL.tasksRunning, { label: "running", hue: "blue" }),
      line(KERNEL.tasksBlocked, { label: "blocked", hue: "red" }),
      line(KERNEL.load1, { label: "load", hue: "grey", dashed: true }),
    ],
    limits: [{ label: "CPUs", of: "cpus" }],
  },
  {
    id: "machine-troubles",
    section: "machine",
    title: "Errors, drops, retransmits",
    hint: "What went wrong on the network.",
    unit: "per second",
    lines: [
      line(DEVICES.networkErrors, { label: "packet errors", hue: "red" }),
      line(DEVICES.networkDrops, { label: "packets dropped", hue: "orange" }),
      line(DEVICES.tcpRetransmits, { label: "TCP retransmits", hue: "blue" }),
      line(DEVICES.tcpListenDrops, { label: "connections refused", hue: "purple" }),
      line(DEVICES.udpErrors, { label: "UDP losses", hue: "sky" }),
    ],
    quiet: "No errors, drops or retransmits.",
  },
  {
    id: "machine-swap",
    section: "machine",
    title: "Swapping",
    hint: "Memory moved out to swap and back.",
    unit: "bytes/s",
    lines: [line(KERNEL.swapIn, { label: "in", hue: "blue" }), line(KERNEL.swapOut, { label: "out", hue: "orange" })],
    quiet: "Nothing was swapped.",
  },
];

/** What recording cost. */
export const RECORDER_PANELS: readonly PanelSpec[] = [
  {
    id: "recorder-time",
    section: "recorder",
    title: "Time for a sample",
    hint: "How long statexec took for each sample.",
    unit: "seconds",
    lines: [line(RECORDER.sampleDuration, { label: "sample", hue: "blue" })],
  },
  {
    id: "recorder-cpu",
    section: "recorder",
    title: "statexec's own CPU",
    hint: "Cores that statexec itself kept busy.",
    unit: "cores",
    lines: [
      line(RECORDER.cpuSeconds, { label: "user", only: { mode: ["user"] }, hue: "blue", layer: true }),
      line(RECORDER.cpuSeconds, { label: "system", only: { mode: ["system"] }, hue: "orange", layer: true }),
    ],
  },
];
