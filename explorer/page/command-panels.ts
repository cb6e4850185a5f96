import { COMMAND, CONTAINER, MACHINE } from "../../src/catalog/index.ts";
import { line, type PanelSpec } from "./panels.ts";

/** What the command and everything it started used. */
export const COMMAND_PANELS: readonly PanelSpec[] = [
  {
    id: "command-cpu",
    section: "command",
    title: "CPU",
    hint: "Cores that the command's processes kept busy.",
    unit: "cores",
    lines: [
      line(COMMAND.cpuSeconds, { label: "user", only: { mode: ["user"] }, hue: "blue", layer: true }),
      line(COMMAND.cpuSeconds, { label: "system", only: { mode: ["system"] }, hue: "orange", layer: true }),
      line(COMMAND.throttledSeconds, { label: "held back by quota", hue: "red", dashed: true }),
    ],
    limits: [
      { label: "CPUs", of: "cpus" },
      { label: "quota", of: CONTAINER.cpuLimit },
    ],
  },
  {
    id: "command-memory",
    section: "command",
    title: "Memory",
    hint: "What the command's processes held together; shared parts counted once. Resident counts them once for each.",
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
    hint: "How many of the command's lived.",
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
    hint: "Storage is what reached a disk; all is what read(2) and write(2) moved, cached files, pipes and sockets too.",
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
    hint: "Part of the time in which some of the command's processes waited for it (dashed: all of them).",
    unit: "share",
    lines: [
      line(COMMAND.pressure, { label: "{}", only: { mode: ["some"] }, by: "resource", hue: "blue" }),
      line(COMMAND.pressure, { label: "{}, all", only: { mode: ["full"] }, by: "resource", hue: "blue", dashed: true }),
    ],
    quiet: "No process of the command ever waited for CPU, memory or storage.",
  },
  {
    id: "command-switches",
    section: "command",
    title: "Switches and faults",
    hint: "Context switches: voluntary ones wait for something, involuntary ones lost their CPU. Major faults wait for storage.",
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
