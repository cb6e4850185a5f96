import { DEVICES, KERNEL, MACHINE, RECORDER, RUN, SUMMARY } from "../../src/catalog/index.ts";
import { graph, limitLine, line, type Row, tile, WHO } from "./panel.ts";
import { count, last, rate, select, sum, times } from "./query.ts";

const BITS = 8;

/** The figures that the dashboard of the original program shows, too. */
export const MEANS_ROW: Row = {
  title: "The machine while the command ran, means",
  panels: [
    tile("CPU, user (cores)", last(SUMMARY.cpuMean, { mode: '="user"' }), "none", 2),
    tile("CPU, system (cores)", last(SUMMARY.cpuMean, { mode: '="system"' }), "none", 2),
    tile("CPUs", last(SUMMARY.cpuCores), "none", 0),
    tile("Memory used", last(SUMMARY.memoryUsed), "bytes", 1),
    tile("Memory in all", last(SUMMARY.memoryTotal), "bytes", 1),
    tile("Network received", times(last(SUMMARY.networkReceived), BITS), "bps", 1),
    tile("Network sent", times(last(SUMMARY.networkSent), BITS), "bps", 1),
    tile("Disk read", last(SUMMARY.diskRead), "Bps", 1),
    tile("Disk written", last(SUMMARY.diskWrite), "Bps", 1),
  ],
};

export const MACHINE_ROW: Row = {
  title: "The machine",
  panels: [
    graph(
      "CPU by mode (cores)",
      "none",
      [
        line(sum(rate(MACHINE.cpuSeconds, { mode: '!~"idle|guest.*"' }), "mode"), "{{mode}}"),
        limitLine(count(select(MACHINE.cpuSeconds, { mode: '="idle"' })), "CPUs"),
      ],
      { stacked: true, description: "All CPUs together. Time for guests is part of user and nice." },
    ),
    graph(
      "Memory",
      "bytes",
      [
        line(select(MACHINE.memoryUsed), "used"),
        line(select(MACHINE.memoryBuffers), "buffers"),
        line(select(MACHINE.memoryCached), "cached"),
        line(select(MACHINE.memoryFree), "free"),
        limitLine(select(MACHINE.memoryTotal), "in all"),
      ],
      { stacked: true },
    ),
    graph("Network (bit/s)", "bps", [
      line(times(rate(MACHINE.networkReceived), BITS), "received {{interface}}"),
      line(times(rate(MACHINE.networkSent), BITS), "sent {{interface}}"),
    ]),
    graph("Disks (bytes/s)", "Bps", [
      line(rate(MACHINE.diskRead), "read {{disk}}"),
      line(rate(MACHINE.diskWrite), "written {{disk}}"),
    ]),
    {
      ...{ kind: "status", title: "The command's status", width: 24 },
      lines: [{ query: select(RUN.commandStatus), legend: WHO }],
    },
  ],
};

export const DETAIL_ROW: Row = {
  title: "Kernel and devices",
  panels: [
    graph("Load and tasks", "none", [
      line(select(KERNEL.load1), "load of a minute"),
      line(select(KERNEL.tasksRunning), "running"),
      line(select(KERNEL.tasksBlocked), "blocked"),
      limitLine(select(KERNEL.cpusOnline), "CPUs"),
    ]),
    graph("Switches, interrupts, forks", "cps", [
      line(rate(KERNEL.contextSwitches), "context switches"),
      line(rate(KERNEL.interrupts), "interrupts"),
      line(rate(KERNEL.forks), "forks"),
    ]),
    graph("Memory, what of", "bytes", [
      line(select(KERNEL.memoryAnonymous), "anonymous"),
      line(select(KERNEL.memoryFile), "files"),
      line(select(KERNEL.memoryShared), "shared"),
      line(select(KERNEL.memorySlab), "slab"),
      line(select(KERNEL.memoryDirty), "dirty"),
      line(select(KERNEL.memoryWriteback), "writeback"),
      line(select(KERNEL.swapUsed), "swap"),
    ]),
    graph("Paging", "cps", [
      line(rate(KERNEL.pageFaults), "{{mode}} faults"),
      line(rate(KERNEL.reclaimStalls), "reclaim stalls"),
      line(rate(KERNEL.oomKills), "OOM kills"),
    ]),
    graph("Swap traffic", "Bps", [line(rate(KERNEL.swapIn), "in"), line(rate(KERNEL.swapOut), "out")]),
    graph("Disk requests", "ops", [line(rate(DEVICES.diskOperations), "{{mode}} {{disk}}")]),
    graph("Disk busy", "percentunit", [line(rate(DEVICES.diskBusySeconds), "{{disk}}")], {
      description: "A disk that serves many requests at once can be busy all the time and have room.",
    }),
    graph("Packets", "pps", [
      line(rate(DEVICES.networkPackets), "{{mode}} {{interface}}"),
      line(rate(DEVICES.networkErrors), "errors {{mode}} {{interface}}"),
      line(rate(DEVICES.networkDrops), "drops {{mode}} {{interface}}"),
    ]),
    graph("TCP and UDP", "cps", [
      line(rate(DEVICES.tcpRetransmits), "TCP retransmitted"),
      line(rate(DEVICES.tcpResets), "TCP resets {{mode}}"),
      line(rate(DEVICES.tcpListenDrops), "TCP listen drops"),
      line(rate(DEVICES.udpErrors), "UDP {{mode}}"),
    ]),
    graph("CPU clock", "hertz", [line(select(DEVICES.cpuFrequency), "{{cpu}}")]),
  ],
};

export const RECORDER_ROW: Row = {
  title: "The recorder itself",
  panels: [
    graph("A sample took", "s", [line(select(RECORDER.sampleDuration), "sample")]),
    graph("What it cost (cores)", "none", [line(rate(RECORDER.cpuSeconds), "{{mode}}")]),
    graph("Samples left out, collectors that failed", "none", [
      line(select(RECORDER.ticksMissed), "left out"),
      line(select(RECORDER.collectorFailures), "{{source}} {{value}}"),
    ]),
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
