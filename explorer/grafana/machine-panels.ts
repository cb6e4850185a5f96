import { DEVICES, KERNEL, MACHINE, RECORDER, RUN, SUMMARY } from "../../src/catalog/index.ts";
import type { Graph, Section, Tile, Unit } from "./panel.ts";
import { count, last, type Query, rate, select, sum, times } from "./query.ts";

/** Who a line is of, behind what it is. */
export const WHO = "{{instance}} {{role}}";

const BITS = 8;

function mean(title: string, query: Query, unit: Unit): Tile {
  return { kind: "tile", title, unit, decimals: unit === "none" ? 2 : 1, width: 4, lines: [{ query, legend: WHO }] };
}

/** What the original's dashboard shows too, above all else. */
export const MEANS: Section = {
  title: "The machine while the command ran, means",
  panels: [
    mean("CPU, user (cores)", last(SUMMARY.cpuMean, { mode: '="user"' }), "none"),
    mean("CPU, system (cores)", last(SUMMARY.cpuMean, { mode: '="system"' }), "none"),
    { ...mean("CPUs", last(SUMMARY.cpuCores), "none"), decimals: 0 },
    mean("Memory used", last(SUMMARY.memoryUsed), "bytes"),
    mean("Memory in all", last(SUMMARY.memoryTotal), "bytes"),
    mean("Network received", times(last(SUMMARY.networkReceived), BITS), "bps"),
    mean("Network sent", times(last(SUMMARY.networkSent), BITS), "bps"),
    mean("Disk read", last(SUMMARY.diskRead), "Bps"),
    mean("Disk written", last(SUMMARY.diskWrite), "Bps"),
  ],
};

export function graph(title: string, unit: Unit, lines: Graph["lines"], more: Partial<Graph> = {}): Graph {
  return { kind: "graph", title, unit, width: 12, lines, ...more };
}

/** A counter of the devices or the kernel, a second; one line a series. */
function rates(entries: readonly (readonly [query: Query, legend: string])[]): Graph["lines"] {
  return entries.map(([query, legend]) => ({ query, legend: `${legend} ${WHO}` }));
}

export const MACHINE_SECTION: Section = {
  title: "The machine",
  panels: [
    graph(
      "CPU by mode (cores)",
      "none",
      [
        { query: sum(rate(MACHINE.cpuSeconds, { mode: '!~"idle|guest.*"' }), "mode"), legend: `{{mode}} ${WHO}` },
        { query: count(select(MACHINE.cpuSeconds, { mode: '="idle"' })), legend: `CPUs ${WHO}`, isLimit: true },
      ],
      { stacked: true, description: "All CPUs together. Time for guests is part of user and nice." },
    ),
    graph(
      "Memory",
      "bytes",
      [
        ...rates([
          [select(MACHINE.memoryUsed), "used"],
          [select(MACHINE.memoryBuffers), "buffers"],
          [select(MACHINE.memoryCached), "cached"],
          [select(MACHINE.memoryFree), "free"],
        ]),
        { query: select(MACHINE.memoryTotal), legend: `in all ${WHO}`, isLimit: true },
      ],
      { stacked: true },
    ),
    graph(
      "Network (bit/s)",
      "bps",
      rates([
        [times(rate(MACHINE.networkReceived), BITS), "received {{interface}}"],
        [times(rate(MACHINE.networkSent), BITS), "sent {{interface}}"],
      ]),
    ),
    graph(
      "Disks (bytes/s)",
      "Bps",
      rates([
        [rate(MACHINE.diskRead), "read {{disk}}"],
        [rate(MACHINE.diskWrite), "written {{disk}}"],
      ]),
    ),
    {
      ...{ kind: "status", title: "The command's status", width: 24 },
      lines: [{ query: select(RUN.commandStatus), legend: WHO }],
    },
  ],
};

export const DETAIL: Section = {
  title: "Kernel and devices",
  panels: [
    graph("Load and tasks", "none", [
      ...rates([
        [select(KERNEL.load1), "load of a minute"],
        [select(KERNEL.tasksRunning), "running"],
        [select(KERNEL.tasksBlocked), "blocked"],
      ]),
      { query: select(KERNEL.cpusOnline), legend: `CPUs ${WHO}`, isLimit: true },
    ]),
    graph(
      "Switches, interrupts, forks",
      "cps",
      rates([
        [rate(KERNEL.contextSwitches), "context switches"],
        [rate(KERNEL.interrupts), "interrupts"],
        [rate(KERNEL.forks), "forks"],
      ]),
    ),
    graph(
      "Memory, what of",
      "bytes",
      rates([
        [select(KERNEL.memoryAnonymous), "anonymous"],
        [select(KERNEL.memoryFile), "files"],
        [select(KERNEL.memoryShared), "shared"],
        [select(KERNEL.memorySlab), "slab"],
        [select(KERNEL.memoryDirty), "dirty"],
        [select(KERNEL.memoryWriteback), "writeback"],
        [select(KERNEL.swapUsed), "swap"],
      ]),
    ),
    graph(
      "Paging",
      "cps",
      rates([
        [rate(KERNEL.pageFaults), "{{mode}} faults"],
        [rate(KERNEL.reclaimStalls), "reclaim stalls"],
        [rate(KERNEL.oomKills), "OOM kills"],
      ]),
    ),
    graph(
      "Swap traffic",
      "Bps",
      rates([
        [rate(KERNEL.swapIn), "in"],
        [rate(KERNEL.swapOut), "out"],
      ]),
    ),
    graph("Disk requests", "ops", rates([[rate(DEVICES.diskOperations), "{{mode}} {{disk}}"]])),
    graph("Disk busy", "percentunit", rates([[rate(DEVICES.diskBusySeconds), "{{disk}}"]]), {
      description: "A disk that serves many requests at once can be busy all the time and have room.",
    }),
    graph(
      "Packets",
      "pps",
      rates([
        [rate(DEVICES.networkPackets), "{{mode}} {{interface}}"],
        [rate(DEVICES.networkErrors), "errors {{mode}} {{interface}}"],
        [rate(DEVICES.networkDrops), "drops {{mode}} {{interface}}"],
      ]),
    ),
    graph(
      "TCP and UDP",
      "cps",
      rates([
        [rate(DEVICES.tcpRetransmits), "TCP retransmitted"],
        [rate(DEVICES.tcpResets), "TCP resets {{mode}}"],
        [rate(DEVICES.tcpListenDrops), "TCP listen drops"],
        [rate(DEVICES.udpErrors), "UDP {{mode}}"],
      ]),
    ),
    graph("CPU clock", "hertz", rates([[select(DEVICES.cpuFrequency), "{{cpu}}"]])),
  ],
};

export const RECORDER_SECTION: Section = {
  title: "The recorder itself",
  panels: [
    graph("A sample took", "s", rates([[select(RECORDER.sampleDuration), "sample"]])),
    graph("What it cost (cores)", "none", rates([[rate(RECORDER.cpuSeconds), "{{mode}}"]])),
    graph(
      "Samples left out, collectors that failed",
      "none",
      rates([
        [select(RECORDER.ticksMissed), "left out"],
        [select(RECORDER.collectorFailures), "{{source}} {{value}}"],
      ]),
    ),
    {
      ...{
        kind: "table",
        title: "What is known of the run",
        width: 12,
        columns: ["instance", "role", "fact", "value"],
      },
      lines: [{ query: last(RUN.info), legend: "" }],
    },
  ],
};
