import { ACCOUNTING, COMMAND, CONTAINER, KERNEL } from "../../src/catalog/index.ts";
import { graph, WHO } from "./machine-panels.ts";
import type { Graph, Section, Tile, Unit } from "./panel.ts";
import { last, type Query, rate, select, sum } from "./query.ts";

function tile(title: string, query: Query, unit: Unit): Tile {
  return { kind: "tile", title, unit, width: 4, lines: [{ query, legend: WHO }] };
}

function lines(entries: readonly (readonly [query: Query, legend: string])[]): Graph["lines"] {
  return entries.map(([query, legend]) => ({ query, legend: `${legend} ${WHO}` }));
}

export const COMMAND_SECTION: Section = {
  title: "The command's own processes",
  panels: [
    { ...tile("Duration", last(COMMAND.duration), "s"), decimals: 3 },
    tile("Exit status", last(COMMAND.exitStatus), "none"),
    tile("Ended by signal", last(COMMAND.exitSignal), "none"),
    { ...tile("CPU time", sum(last(COMMAND.cpuSeconds)), "s"), decimals: 2 },
    { ...tile("Peak memory", last(COMMAND.memoryPeak), "bytes"), description: "Without page cache." },
    { ...tile("Peak memory, with cache", last(COMMAND.memoryPeakWithCache), "bytes") },
    graph("CPU (cores)", "none", lines([[rate(COMMAND.cpuSeconds), "{{mode}}"]]), { stacked: true }),
    graph("CPU by program (cores)", "none", lines([[rate(COMMAND.commCpuSeconds), "{{comm}}"]]), { stacked: true }),
    graph(
      "Memory",
      "bytes",
      lines([
        [select(COMMAND.memoryAnonymous), "anonymous"],
        [select(COMMAND.memoryShared), "shared"],
        [select(COMMAND.memoryKernel), "kernel"],
        [select(COMMAND.memoryFile), "files"],
        [select(COMMAND.memoryResident), "resident, shared parts many times"],
        [select(COMMAND.memoryPeak), "peak until then"],
      ]),
    ),
    graph(
      "Processes, threads, descriptors",
      "none",
      lines([
        [select(COMMAND.processes), "processes"],
        [select(COMMAND.threads), "threads"],
        [select(COMMAND.openDescriptors), "open descriptors"],
      ]),
    ),
    graph(
      "From and to storage (bytes/s)",
      "Bps",
      lines([
        [rate(COMMAND.diskRead), "read"],
        [rate(COMMAND.diskWrite), "written"],
      ]),
    ),
    graph(
      "By read and write calls (bytes/s)",
      "Bps",
      lines([
        [rate(COMMAND.ioRead), "read"],
        [rate(COMMAND.ioWrite), "written"],
      ]),
      { description: "Files, cached or not, pipes, sockets, terminals." },
    ),
    graph("Page faults", "cps", lines([[rate(COMMAND.pageFaults), "{{mode}}"]])),
    graph("Context switches", "cps", lines([[rate(COMMAND.contextSwitches), "{{mode}}"]])),
    {
      ...{ kind: "table", title: "Where these figures come from", width: 24 },
      ...{ columns: ["instance", "role", "resource", "source"], lines: [{ query: last(ACCOUNTING.info), legend: "" }] },
    },
  ],
};

const PRESSURE = "The part of the time in which some or all tasks waited for it.";

export const PRESSURE_SECTION: Section = {
  title: "Pressure",
  panels: [
    graph("The machine", "percentunit", lines([[rate(KERNEL.pressure), "{{resource}} {{mode}}"]]), {
      ...{ width: 8, description: PRESSURE },
    }),
    graph("The command", "percentunit", lines([[rate(COMMAND.pressure), "{{resource}} {{mode}}"]]), {
      ...{ width: 8, description: PRESSURE },
    }),
    graph("The container", "percentunit", lines([[rate(CONTAINER.pressure), "{{resource}} {{mode}}"]]), {
      ...{ width: 8, description: PRESSURE },
    }),
  ],
};

export const LIMITS_SECTION: Section = {
  title: "Limits of the container",
  panels: [
    graph(
      "CPU (cores)",
      "none",
      [
        ...lines([[rate(CONTAINER.cpuSeconds), "{{mode}}"]]),
        { query: select(CONTAINER.cpuLimit), legend: `limit ${WHO}`, isLimit: true },
      ],
      { stacked: true },
    ),
    graph("Held back by the quota", "percentunit", [
      ...lines([
        [rate(CONTAINER.throttledSeconds), "container"],
        [rate(COMMAND.throttledSeconds), "command"],
      ]),
    ]),
    graph(
      "Memory",
      "bytes",
      [
        ...lines([
          [select(CONTAINER.memoryAnonymous), "anonymous"],
          [select(CONTAINER.memoryFile), "page cache"],
        ]),
        { query: select(CONTAINER.memoryUsed), legend: `used ${WHO}`, isLimit: true },
        { query: select(CONTAINER.memoryLimit), legend: `limit ${WHO}`, isLimit: true },
      ],
      { stacked: true },
    ),
    graph("Tasks, OOM kills", "none", [
      ...lines([
        [select(CONTAINER.tasks), "tasks"],
        [select(CONTAINER.oomKills), "OOM kills"],
        [select(COMMAND.oomKills), "OOM kills of the command"],
      ]),
      { query: select(CONTAINER.tasksLimit), legend: `limit of tasks ${WHO}`, isLimit: true },
    ]),
  ],
};
