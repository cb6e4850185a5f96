import { ACCOUNTING, COMMAND, type SeriesKey, series } from "../../catalog/index.ts";
import type { Processes } from "../../proc/processes.ts";
import { ABSENT, type Collector } from "../collector.ts";
import { CommandTree, type TreeParts } from "./command-tree.ts";
import { REST } from "./process-names.ts";

/** A series of every sample, and where its value comes from. */
interface TreeColumn {
  readonly key: SeriesKey;
  readonly value: (tree: CommandTree) => number;
  /** Its value before there is a command. */
  readonly before: number;
}

/** A column that begins at 0, before there is a command. */
function fromZero(key: SeriesKey, value: TreeColumn["value"]): TreeColumn {
  return { key, value, before: 0 };
}

/** A column that has no value before there is a command. */
function whileRunning(key: SeriesKey, value: TreeColumn["value"]): TreeColumn {
  return { key, value, before: ABSENT };
}

const COLUMNS: readonly TreeColumn[] = [
  fromZero(series(COMMAND.cpuSeconds, { mode: "user" }), (tree) => tree.userSeconds),
  fromZero(series(COMMAND.cpuSeconds, { mode: "system" }), (tree) => tree.systemSeconds),
  fromZero(series(COMMAND.processes), ({ accounts }) => accounts.processes),
  fromZero(series(COMMAND.threads), ({ accounts }) => accounts.threads),
  fromZero(series(COMMAND.diskRead), ({ io }) => io.counters.diskReadBytes),
  fromZero(series(COMMAND.diskWrite), ({ io }) => io.counters.diskWriteBytes),
  fromZero(series(COMMAND.ioRead), ({ io }) => io.counters.readBytes),
  fromZero(series(COMMAND.ioWrite), ({ io }) => io.counters.writeBytes),
  fromZero(series(COMMAND.pageFaults, { mode: "minor" }), ({ accounts }) => accounts.minorFaults),
  fromZero(series(COMMAND.pageFaults, { mode: "major" }), ({ accounts }) => accounts.majorFaults),
  fromZero(series(COMMAND.contextSwitches, { mode: "voluntary" }), (tree) => tree.voluntarySwitches),
  fromZero(series(COMMAND.contextSwitches, { mode: "involuntary" }), (tree) => tree.involuntarySwitches),
  whileRunning(series(COMMAND.memoryResident), (tree) => tree.residentBytes),
  whileRunning(series(COMMAND.memoryProportional), ({ memory }) => memory.proportionalBytes),
  whileRunning(series(COMMAND.memoryAnonymous), ({ memory }) => memory.anonymousBytes),
  whileRunning(series(COMMAND.memoryFile), ({ memory }) => memory.fileBytes),
  whileRunning(series(COMMAND.memoryShared), ({ memory }) => memory.sharedBytes),
  whileRunning(series(COMMAND.memoryPeak), ({ memory }) => memory.peak.bytes),
  whileRunning(series(COMMAND.memoryPeakTime), ({ memory }) => memory.peak.atMs / 1000),
  whileRunning(series(COMMAND.memoryPeakBound), ({ memory }) => memory.peakBoundBytes),
  whileRunning(series(COMMAND.memoryLargest), ({ accounts }) => accounts.reaped.largestBytes),
  whileRunning(series(COMMAND.openDescriptors), ({ io }) => io.openDescriptors),
];

/** How many command names have series of their own at the end. */
const MOST_NAMED = 20;

/** A series that has its only value at the command's end. */
interface FinalValue {
  readonly key: SeriesKey;
  readonly value: number;
}

/**
 * What the command itself used: all of its processes, those included that live shortly or leave their parents. At its
 * end come the series that need all of it: the use by command name, and how the figures are known.
 */
export class ProcessCollector implements Collector {
  readonly name = "tree";
  private tree: CommandTree | undefined;
  private stamp: () => number = () => ABSENT;
  private phase: "before" | "running" | "ending" | "after" = "before";
  /** The tree is up to date for the sample that is being taken. */
  private isUpdated = false;
  private finals: readonly FinalValue[] = [];

  /** `processes` were last listed just before the command's start: what ran then is not the command's. */
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
    return accounts.descendants.map(({ pid }) => pid).reverse();
  }

  /** An orphan has ended and is about to be waited for; the returned function is to be called once that is done. */
  beforeReap(pid: number): (() => void) | undefined {
    return this.tree?.beforeReap(pid);
  }

  /** A process for our own use is about to be ended; the returned function is to be called once it was waited for. */
  helperEnding(pid: number): (() => void) | undefined {
    return this.tree?.helperEnding(pid);
  }

  describe(): readonly SeriesKey[] {
    return [...COLUMNS, ...this.finals].map(({ key }) => key);
  }

  sample(row: Float64Array): boolean {
    const { tree } = this;
    if (!tree) {
      for (let i = 0; i < COLUMNS.length; i++) row[i] = COLUMNS[i]!.before;
      return true;
    }
    if (!this.isUpdated) {
      tree.update(this.stamp(), this.phase === "ending");
      if (this.phase === "ending") this.finals = finalsOf(tree);
      this.isUpdated = true;
    }
    if (row.length !== COLUMNS.length + this.finals.length) return false;
    this.isUpdated = false;
    for (let i = 0; i < COLUMNS.length; i++) row[i] = COLUMNS[i]!.value(tree);
    const isEnd = this.phase === "ending";
    for (let i = 0; i < this.finals.length; i++) row[COLUMNS.length + i] = isEnd ? this.finals[i]!.value : ABSENT;
    if (isEnd) this.phase = "after";
    return true;
  }
}

/** The series of the command's end. */
function finalsOf(tree: CommandTree): readonly FinalValue[] {
  const { named, rest } = tree.accounts.names.largest(MOST_NAMED);
  const finals: FinalValue[] = [];
  for (const { name, cpuSeconds, peakBytes, processes } of named) {
    finals.push({ key: series(COMMAND.commCpuSeconds, { comm: name }), value: cpuSeconds });
    finals.push({ key: series(COMMAND.commMemoryPeak, { comm: name }), value: peakBytes });
    finals.push({ key: series(COMMAND.commProcesses, { comm: name }), value: processes });
  }
  const namedSeconds = named.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  const restSeconds = Math.max(0, tree.userSeconds + tree.systemSeconds - namedSeconds);
  finals.push({ key: series(COMMAND.commCpuSeconds, { comm: REST }), value: restSeconds });
  if (rest.length > 0) {
    const highest = Math.max(...rest.map(({ peakBytes }) => peakBytes));
    const processes = rest.reduce((sum, use) => sum + use.processes, 0);
    finals.push({ key: series(COMMAND.commMemoryPeak, { comm: REST }), value: highest });
    finals.push({ key: series(COMMAND.commProcesses, { comm: REST }), value: processes });
  }
  for (const [resource, source] of tree.sources())
    finals.push({ key: series(ACCOUNTING.info, { resource, source }), value: 1 });
  return finals;
}
