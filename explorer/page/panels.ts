import { COMMAND, CONTAINER, DEVICES, KERNEL, MACHINE, type Metric, RECORDER } from "../../src/catalog/index.ts";
import type { Unit } from "../../src/recording/quantities.ts";

/** A line of a panel, or one line for each value of a label. */
export interface LineSpec {
  readonly metric: Metric;
  /** The name in the legend; `{}` stands for the value of the label `by`. */
  readonly label: string;
  /** Selects series by the values of their labels. */
  readonly only?: Readonly<Record<string, readonly string[]>>;
  /** Draws a line for each value of this label, the largest first; default: all series are summed into one line. */
  readonly by?: string;
  /** The line's colour. Lines with `by` take colours in the order of the palette. */
  readonly hue: Hue;
  readonly dashed?: boolean;
  /** Whether it is no part of the panel's sum, which an overlay shows. */
  readonly apart?: boolean;
  /** Whether it is an area stacked on the layers before it; default: a plain line. */
  readonly layer?: boolean;
}

/** The colours of lines; the style sheet defines them for both themes. */
export type Hue = "blue" | "orange" | "green" | "purple" | "red" | "sky" | "yellow" | "grey";

/** A horizontal line at a capacity or limit. */
export interface LimitSpec {
  readonly label: string;
  /** A gauge; `cpus`: the number of CPUs; `usableCpus`: of those, how many the command could use. */
  readonly of: Metric | "cpus" | "usableCpus";
}

/** A panel of the page: one chart, or one chart for each host. */
export interface PanelSpec {
  readonly id: string;
  readonly section: "command" | "machine" | "recorder";
  readonly title: string;
  /** Explains what the title does not say. */
  readonly hint: string;
  readonly unit: Unit;
  readonly lines: readonly LineSpec[];
  readonly limits?: readonly LimitSpec[];
  /** Replaces the chart where all values are zero. */
  readonly quiet?: string;
}

/** Returns a line. The compiler checks the label names against those of the metric. */
function line<const M extends Metric>(
  metric: M,
  spec: Omit<LineSpec, "metric" | "only" | "by"> & {
    readonly only?: { readonly [L in M["labels"][number]]?: readonly string[] };
    readonly by?: M["labels"][number];
  },
): LineSpec {
  return { ...spec, metric } as LineSpec;
}

/** Returns the layers of a CPU time. */
function userAndSystem(metric: Metric): LineSpec[] {
  return [
    { metric, label: "user", only: { mode: ["user"] }, hue: "blue", layer: true },
    { metric, label: "system", only: { mode: ["system"] }, hue: "orange", layer: true },
  ];
}

/** Returns the lines of a pressure: for each resource the time in which some tasks waited, and in which all did. */
function someAndFull(metric: Metric): LineSpec[] {
  return [
    { metric, label: "{}", only: { mode: ["some"] }, by: "resource", hue: "blue" },
    { metric, label: "{}, all", only: { mode: ["full"] }, by: "resource", hue: "blue", dashed: true },
  ];
}

/** What the command and its descendants used. */
const COMMAND_PANELS: readonly PanelSpec[] = [
  {
    id: "command-cpu",
    section: "command",
    title: "CPU",
    hint: "Cores that the command's processes kept busy, and above them threads that were ready and had no CPU, over 2 s each.",
    unit: "cores",
    lines: [
      ...userAndSystem(COMMAND.cpuSeconds),
      line(COMMAND.runDelay, { label: "waited for a CPU", hue: "red", layer: true, apart: true }),
      line(COMMAND.throttledSeconds, { label: "held back by quota", hue: "purple", dashed: true }),
    ],
    limits: [
      { label: "CPUs", of: "usableCpus" },
      { label: "quota", of: CONTAINER.cpuLimit },
    ],
  },
  {
    id: "command-memory",
    section: "command",
    title: "Memory",
    hint: "Memory of all processes of the command. Shared memory counts once; resident counts it for each process.",
    unit: "bytes",
    lines: [
      line(COMMAND.memoryAnonymous, { label: "anonymous", hue: "blue", layer: true }),
      line(COMMAND.memoryShared, { label: "shared", hue: "purple", layer: true }),
      line(COMMAND.memoryKernel, { label: "kernel", hue: "orange", layer: true }),
      line(COMMAND.memoryFile, { label: "file", hue: "sky", layer: true }),
      line(COMMAND.memoryResident, { label: "resident", hue: "grey", dashed: true }),
    ],
    limits: [
      { label: "limit", of: CONTAINER.memoryLimit },
      { label: "machine", of: MACHINE.memoryTotal },
    ],
  },
  {
    id: "command-processes",
    section: "command",
    title: "Processes and threads",
    hint: "The number of the command's processes and threads.",
    unit: "count",
    lines: [
      line(COMMAND.processes, { label: "processes", hue: "blue" }),
      line(COMMAND.threads, { label: "threads", hue: "orange" }),
    ],
  },
  {
    id: "command-io",
    section: "command",
    title: "Reading and writing",
    hint: "Storage: what reached a disk. All: what read(2) and write(2) moved, including cached files, pipes and sockets.",
    unit: "bytes/s",
    lines: [
      line(COMMAND.diskRead, { label: "storage read", hue: "blue" }),
      line(COMMAND.diskWrite, { label: "storage written", hue: "orange" }),
      line(COMMAND.ioRead, { label: "all read", hue: "sky", dashed: true }),
      line(COMMAND.ioWrite, { label: "all written", hue: "yellow", dashed: true }),
    ],
    quiet: "The command read and wrote nothing.",
  },
  {
    id: "command-pressure",
    section: "command",
    title: "Waiting",
    hint: "Share of the time in which some of the command's processes waited for a resource (dashed: all of them).",
    unit: "share",
    lines: someAndFull(COMMAND.pressure),
    quiet: "No process of the command ever waited for CPU, memory or storage.",
  },
  {
    id: "command-run-delay",
    section: "command",
    title: "Waiting for a CPU",
    hint: "Threads that were ready to run and had no CPU. A wait counts when it ends.",
    unit: "count",
    lines: [line(COMMAND.runDelay, { label: "waiting threads", hue: "red" })],
    quiet: "No thread of the command waited for a CPU.",
  },
  {
    id: "command-switches",
    section: "command",
    title: "Switches and faults",
    hint: "A voluntary context switch waits for something, an involuntary one loses its CPU. A major fault waits for storage.",
    unit: "per second",
    lines: [
      line(COMMAND.contextSwitches, { label: "voluntary", only: { mode: ["voluntary"] }, hue: "blue" }),
      line(COMMAND.contextSwitches, { label: "involuntary", only: { mode: ["involuntary"] }, hue: "orange" }),
      line(COMMAND.pageFaults, { label: "major faults", only: { mode: ["major"] }, hue: "red", dashed: true }),
    ],
    quiet: "No context switches and no major faults.",
  },
  {
    id: "command-descriptors",
    section: "command",
    title: "Open descriptors",
    hint: "Files, pipes and sockets that the command's processes had open.",
    unit: "count",
    lines: [line(COMMAND.openDescriptors, { label: "open descriptors", hue: "green" })],
  },
];

/** What the machine did in that time, including the command. */
const MACHINE_PANELS: readonly PanelSpec[] = [
  {
    id: "machine-cpu",
    section: "machine",
    title: "CPU",
    hint: "Busy cores, and cores that waited for storage (iowait) or for the hypervisor (steal).",
    unit: "cores",
    lines: [
      ...userAndSystem(MACHINE.cpuSeconds),
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
    hint: "How busy each CPU was. The busiest CPUs have their own lines, the others share one.",
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
    hint: "Used is the total without free, buffers and cached. The rest up to the total is free.",
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
    hint: "The control group in which statexec and the command ran, with all other processes in it.",
    unit: "cores",
    lines: [
      ...userAndSystem(CONTAINER.cpuSeconds),
      line(CONTAINER.throttledSeconds, { label: "held back by quota", hue: "red", dashed: true }),
    ],
    limits: [{ label: "quota", of: CONTAINER.cpuLimit }],
  },
  {
    id: "container-memory",
    section: "machine",
    title: "Container's memory",
    hint: "The control group in which statexec and the command ran. The dashed line counts against its limit.",
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
    hint: "Received and sent (dashed), by interface.",
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
    hint: "Read and written (dashed), by disk.",
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
    hint: "Share of the time in which a disk had at least one request. A disk that serves many at once may take more.",
    unit: "share",
    lines: [line(DEVICES.diskBusySeconds, { label: "{}", by: "disk", hue: "blue" })],
    quiet: "All disks were idle.",
  },
  {
    id: "machine-pressure",
    section: "machine",
    title: "Pressure",
    hint: "Share of the time in which some task of the machine waited for a resource (dashed: all tasks).",
    unit: "share",
    lines: someAndFull(KERNEL.pressure),
    quiet: "No task of the machine ever waited for CPU, memory or storage.",
  },
  {
    id: "machine-load",
    section: "machine",
    title: "Tasks",
    hint: "Tasks that run or wait for a CPU, tasks that wait for a disk (blocked), and the load of the last minute.",
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
    hint: "Faults of the network.",
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
    hint: "Memory moved to swap and back.",
    unit: "bytes/s",
    lines: [line(KERNEL.swapIn, { label: "in", hue: "blue" }), line(KERNEL.swapOut, { label: "out", hue: "orange" })],
    quiet: "Nothing was swapped.",
  },
];

/** What the recording itself cost. */
const RECORDER_PANELS: readonly PanelSpec[] = [
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
    title: "Own CPU",
    hint: "Cores that statexec itself kept busy.",
    unit: "cores",
    lines: [...userAndSystem(RECORDER.cpuSeconds)],
  },
];

/** All panels, in the order of the page. A panel is left out where the run has no series for it. */
export const PANELS: readonly PanelSpec[] = [...COMMAND_PANELS, ...MACHINE_PANELS, ...RECORDER_PANELS];
