import { ACCOUNTING, COMMAND, CONTAINER, KERNEL } from "../../src/catalog/index.ts";
import { graph, limitLine, line, type Row, tile } from "./panel.ts";
import { last, rate, select, sum } from "./query.ts";

export const COMMAND_ROW: Row = {
  title: "The command's own processes",
  panels: [
    tile("Duration", last(COMMAND.duration), "s", 3),
    tile("Exit status", last(COMMAND.exitStatus), "none"),
    tile("Ended by signal", last(COMMAND.exitSignal), "none"),
    tile("CPU time", sum(last(COMMAND.cpuSeconds)), "s", 2),
    { ...tile("Peak memory", last(COMMAND.memoryPeak), "bytes"), description: "Without page cache." },
    tile("Peak memory, with cache", last(COMMAND.memoryPeakWithCache), "bytes"),
    graph("CPU (cores)", "none", [line(rate(COMMAND.cpuSeconds), "{{mode}}")], { stacked: true }),
    graph("CPU by program (cores)", "none", [line(rate(COMMAND.commCpuSeconds), "{{comm}}")], { stacked: true }),
    graph("Memory", "bytes", [
      line(select(COMMAND.memoryAnonymous), "anonymous"),
      line(select(COMMAND.memoryShared), "shared"),
      line(select(COMMAND.memoryKernel), "kernel"),
      line(select(COMMAND.memoryFile), "files"),
      line(select(COMMAND.memoryResident), "resident, shared parts many times"),
      line(select(COMMAND.memoryPeak), "peak until then"),
    ]),
    graph("Processes, threads, descriptors", "none", [
      line(select(COMMAND.processes), "processes"),
      line(select(COMMAND.threads), "threads"),
      line(select(COMMAND.openDescriptors), "open descriptors"),
    ]),
    graph("From and to storage (bytes/s)", "Bps", [
      line(rate(COMMAND.diskRead), "read"),
      line(rate(COMMAND.diskWrite), "written"),
    ]),
    graph(
      "By read and write calls (bytes/s)",
      "Bps",
      [line(rate(COMMAND.ioRead), "read"), line(rate(COMMAND.ioWrite), "written")],
      { description: "Files, cached or not, pipes, sockets, terminals." },
    ),
    graph("Page faults", "cps", [line(rate(COMMAND.pageFaults), "{{mode}}")]),
    graph("Context switches", "cps", [line(rate(COMMAND.contextSwitches), "{{mode}}")]),
    {
      ...{ kind: "table", title: "Where these figures come from", width: 24 },
      ...{ columns: ["instance", "role", "resource", "source"], lines: [{ query: last(ACCOUNTING.info), legend: "" }] },
    },
  ],
};

function pressure(title: string, metric: typeof KERNEL.pressure | typeof COMMAND.pressure | typeof CONTAINER.pressure) {
  const description = "The part of the time in which some or all tasks waited for it.";
  return graph(title, "percentunit", [line(rate(metric), "{{resource}} {{mode}}")], { width: 8, description });
}

export const PRESSURE_ROW: Row = {
  title: "Pressure",
  panels: [
    pressure("The machine", KERNEL.pressure),
    pressure("The command", COMMAND.pressure),
    pressure("The container", CONTAINER.pressure),
  ],
};

export const LIMITS_ROW: Row = {
  title: "Limits of the container",
  panels: [
    graph(
      "CPU (cores)",
      "none",
      [line(rate(CONTAINER.cpuSeconds), "{{mode}}"), limitLine(select(CONTAINER.cpuLimit), "limit")],
      { stacked: true },
    ),
    graph("Held back by the quota", "percentunit", [
      line(rate(CONTAINER.throttledSeconds), "container"),
      line(rate(COMMAND.throttledSeconds), "command"),
    ]),
    graph(
      "Memory",
      "bytes",
      [
        line(select(CONTAINER.memoryAnonymous), "anonymous"),
        line(select(CONTAINER.memoryFile), "page cache"),
        limitLine(select(CONTAINER.memoryUsed), "used"),
        limitLine(select(CONTAINER.memoryLimit), "limit"),
      ],
      { stacked: true },
    ),
    graph("Tasks, OOM kills", "none", [
      line(select(CONTAINER.tasks), "tasks"),
      line(select(CONTAINER.oomKills), "OOM kills"),
      line(select(COMMAND.oomKills), "OOM kills of the command"),
      limitLine(select(CONTAINER.tasksLimit), "limit of tasks"),
    ]),
  ],
};
