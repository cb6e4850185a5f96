import { ACCOUNTING, COMMAND, type SeriesKey, series } from "../../catalog/index.ts";
import type { Processes } from "../../proc/processes.ts";
import { ABSENT, type Collector } from "../collector.ts";
import { CommandTree, type TreeParts } from "./command-tree.ts";
import { REST } from "./tree-names.ts";

/** The series of every sample, in the order in which `fill` writes them. */
const SERIES: readonly SeriesKey[] = [
  series(COMMAND.cpuSeconds, { mode: "user" }),
  series(COMMAND.cpuSeconds, { mode: "system" }),
  series(COMMAND.processes),
  series(COMMAND.threads),
  series(COMMAND.diskRead),
  series(COMMAND.diskWrite),
  series(COMMAND.ioRead),
  series(COMMAND.ioWrite),
  series(COMMAND.pageFaults, { mode: "minor" }),
  series(COMMAND.pageFaults, { mode: "major" }),
  series(COMMAND.contextSwitches, { mode: "voluntary" }),
  series(COMMAND.contextSwitches, { mode: "involuntary" }),
  series(COMMAND.memoryResident),
  series(COMMAND.memoryProportional),
  series(COMMAND.memoryAnonymous),
  series(COMMAND.memoryFile),
  series(COMMAND.memoryShared),
  series(COMMAND.memoryPeak),
  series(COMMAND.memoryPeakTime),
  series(COMMAND.memoryPeakBound),
  series(COMMAND.memoryLargest),
  series(COMMAND.openDescriptors),
];

/** How many of them begin at 0, before there is a command: the counters, and how many processes it has. */
const FROM_ZERO = 12;

/** So many command names are told apart in the end. */
const MOST_NAMED = 20;

/** A series of the end, and its value there. */
type Final = readonly [key: SeriesKey, value: number];

/**
 * What the command itself used, all of its processes, those included that live shortly or leave their parents. At the
 * command's end come the series that need all of it: who used it, and how the figures are known.
 */
export class TreeCollector implements Collector {
  readonly name = "tree";
  private tree: CommandTree | undefined;
  private stamp: () => number = () => ABSENT;
  private phase: "before" | "running" | "ending" | "after" = "before";
  /** Read for the sample that is being taken. */
  private updated = false;
  private finals: readonly Final[] = [];

  /** `processes`, as they were listed just before the command's start: whatever ran then is none of its own. */
  constructor(
    private readonly parts: TreeParts,
    private readonly processes: Processes,
  ) {}

  commandStarted(pid: number, stamp: () => number): void {
    this.stamp = stamp;
    this.tree = new CommandTree(pid, this.processes, this.parts);
    this.phase = "running";
  }

  commandEnded(): void {
    this.phase = "ending";
  }

  /** The command's processes that live now, children before their parents. Throws SystemError, ParseError. */
  pids(): number[] {
    if (!this.tree) return [];
    const { accounts } = this.tree;
    accounts.update();
    return accounts.members.map(({ pid }) => pid).reverse();
  }

  /** An orphan has ended, and is about to be waited for. */
  farewell(pid: number): (() => void) | undefined {
    return this.tree?.farewell(pid);
  }

  /** A process for our own use is about to be ended; the answer is to be called once it has been waited for. */
  helperEnding(pid: number): (() => void) | undefined {
    return this.tree?.helperEnding(pid);
  }

  describe(): readonly SeriesKey[] {
    return [...SERIES, ...this.finals.map(([key]) => key)];
  }

  sample(row: Float64Array): boolean {
    const { tree } = this;
    if (!tree) return fillBefore(row);
    if (!this.updated) {
      tree.update(this.stamp(), this.phase === "ending");
      if (this.phase === "ending") this.finals = finalsOf(tree);
      this.updated = true;
    }
    if (row.length !== SERIES.length + this.finals.length) return false;
    this.updated = false;
    fill(row, tree, this.phase === "running");
    for (let i = 0; i < this.finals.length; i++)
      row[SERIES.length + i] = this.phase === "ending" ? this.finals[i]![1] : ABSENT;
    if (this.phase === "ending") this.phase = "after";
    return true;
  }
}

function fillBefore(row: Float64Array): true {
  row.fill(0, 0, FROM_ZERO);
  row.fill(ABSENT, FROM_ZERO);
  return true;
}

/** `running`: context switches are counted by the kernel for a process' first thread alone, until it has ended. */
function fill(row: Float64Array, tree: CommandTree, running: boolean): void {
  const { accounts, memory, ended } = tree;
  row[0] = tree.userSeconds;
  row[1] = tree.systemSeconds;
  row[2] = accounts.processes;
  row[3] = accounts.threads;
  row[4] = tree.diskReadBytes;
  row[5] = tree.diskWriteBytes;
  row[6] = tree.ioReadBytes;
  row[7] = tree.ioWriteBytes;
  row[8] = accounts.minorFaults;
  row[9] = accounts.majorFaults;
  row[10] = running ? ABSENT : accounts.reaped.voluntarySwitches;
  row[11] = running ? ABSENT : accounts.reaped.involuntarySwitches;
  row[12] = accounts.processes > 0 ? accounts.residentBytes : ABSENT;
  row[13] = memory.proportionalBytes;
  row[14] = memory.anonymousBytes;
  row[15] = memory.fileBytes;
  row[16] = memory.sharedBytes;
  row[17] = memory.peak.bytes;
  row[18] = memory.peak.atMs / 1000;
  row[19] = memory.boundBytes;
  row[20] = ended.largestBytes;
  row[21] = tree.openDescriptors;
}

/** What can be said when the command has ended. */
function finalsOf(tree: CommandTree): readonly Final[] {
  const { names } = tree.accounts;
  const { named, rest } = names.largest(MOST_NAMED);
  const all = tree.userSeconds + tree.systemSeconds;
  const finals: Final[] = [];
  for (const { name, cpuSeconds, peakBytes, processes } of named) {
    finals.push([series(COMMAND.commCpuSeconds, { comm: name }), cpuSeconds]);
    finals.push([series(COMMAND.commMemoryPeak, { comm: name }), peakBytes]);
    finals.push([series(COMMAND.commProcesses, { comm: name }), processes]);
  }
  const namedSeconds = named.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  finals.push([series(COMMAND.commCpuSeconds, { comm: REST }), Math.max(0, all - namedSeconds)]);
  if (rest.length > 0) {
    finals.push([series(COMMAND.commMemoryPeak, { comm: REST }), Math.max(...rest.map(({ peakBytes }) => peakBytes))]);
    finals.push([series(COMMAND.commProcesses, { comm: REST }), rest.reduce((sum, use) => sum + use.processes, 0)]);
  }
  return [...finals, ...sourcesOf(tree)];
}

function sourcesOf(tree: CommandTree): readonly Final[] {
  return [...tree.sources()].map(([resource, source]) => [series(ACCOUNTING.info, { resource, source }), 1]);
}
