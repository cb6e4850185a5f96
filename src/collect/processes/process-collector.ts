import { ACCOUNTING, COMMAND, type Fact, type SeriesKey } from "../../catalog/index.ts";
import type { Processes } from "../../proc/processes.ts";
import { ABSENT, type Collector } from "../collector.ts";
import { type Column, column, fillColumns, keysOf } from "../columns.ts";
import { CommandTree, type TreeParts } from "./command-tree.ts";
import type { ProgramIo } from "./io-bytes.ts";
import type { MemoryHolders } from "./memory-holders.ts";
import { REST } from "./process-names.ts";

/** Series that begin at 0, before there is a command. */
const FROM_ZERO: readonly Column<CommandTree>[] = [
  column(COMMAND.cpuSeconds, { mode: "user" }, ({ cpu }) => cpu.userSeconds),
  column(COMMAND.cpuSeconds, { mode: "system" }, ({ cpu }) => cpu.systemSeconds),
  column(COMMAND.processes, (tree) => tree.processCount),
  column(COMMAND.threads, (tree) => tree.threads),
  column(COMMAND.diskRead, ({ io }) => io.counters.diskReadBytes),
  column(COMMAND.diskWrite, ({ io }) => io.counters.diskWriteBytes),
  column(COMMAND.ioRead, ({ io }) => io.counters.readBytes),
  column(COMMAND.ioWrite, ({ io }) => io.counters.writeBytes),
  column(COMMAND.diskWriteCancelled, ({ io }) => io.counters.cancelledBytes),
  column(COMMAND.pageFaults, { mode: "minor" }, ({ accounts }) => accounts.minorFaults),
  column(COMMAND.pageFaults, { mode: "major" }, ({ accounts }) => accounts.majorFaults),
  column(COMMAND.contextSwitches, { mode: "voluntary" }, (tree) => tree.voluntarySwitches),
  column(COMMAND.contextSwitches, { mode: "involuntary" }, (tree) => tree.involuntarySwitches),
  column(COMMAND.runDelay, ({ runDelay }) => runDelay.seconds),
];

/** Series that have no value before there is a command. */
const FROM_START: readonly Column<CommandTree>[] = [
  column(COMMAND.memoryResident, (tree) => tree.residentBytes),
  column(COMMAND.memoryProportional, ({ memory }) => memory.proportionalBytes),
  column(COMMAND.memoryAnonymous, ({ memory }) => memory.anonymousBytes),
  column(COMMAND.memoryFile, ({ memory }) => memory.fileBytes),
  column(COMMAND.memoryShared, ({ memory }) => memory.sharedBytes),
  column(COMMAND.memoryPeak, ({ memory }) => memory.peak.bytes),
  column(COMMAND.memoryPeakTime, ({ memory }) => memory.peak.atMs / 1000),
  column(COMMAND.memoryPeakBound, ({ memory }) => memory.peakBoundBytes),
  column(COMMAND.memoryLargest, ({ accounts }) => accounts.reaped.largestBytes),
  column(COMMAND.openDescriptors, ({ io }) => io.openDescriptors),
];

/** The fact that says whose processes /proc shows, where they are not those that we could see. */
const PROC_FACT = "proc";

/** How many command names have series of their own at the end. */
const MOST_NAMED = 20;

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
  /** Series that have their only value at the command's end. */
  private finals: readonly Column[] = [];

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

  /** Reads the tree for its peaks only. Throws SystemError, ParseError. */
  peek(atMs: number): void {
    if (this.phase === "running") this.tree?.peek(atMs);
  }

  commandEnded(): void {
    this.phase = "ending";
  }

  /** Who held the memory at its peak; undefined: the command was not started. */
  get holders(): MemoryHolders | undefined {
    return this.tree?.memory.holders;
  }

  /** Whether a process is one of the command's that lives or has lately ended, as samples saw them and the kernel told. */
  knows(pid: number): boolean {
    return this.tree?.accounts.knows(pid) === true || this.parts.taskClock?.()?.hasEnded(pid) === true;
  }

  /** The command's processes that live now, children before their parents. Throws SystemError, ParseError. */
  pids(): number[] {
    return this.tree?.pids() ?? [];
  }

  /** An orphan has ended and is about to be waited for; the returned function is to be called once that is done. */
  beforeReap(pid: number): (() => void) | undefined {
    return this.tree?.beforeReap(pid);
  }

  /** A process for our own use is about to be ended; the returned function is to be called once it was waited for. */
  helperEnding(pid: number): (() => void) | undefined {
    return this.tree?.helperEnding(pid);
  }

  facts(): readonly Fact[] {
    return this.processes.isForeign ? [[PROC_FACT, "of another pid namespace"]] : [];
  }

  describe(): readonly SeriesKey[] {
    return keysOf([...FROM_ZERO, ...FROM_START, ...this.finals]);
  }

  sample(row: Float64Array): boolean {
    const { tree } = this;
    if (!tree) {
      row.fill(0, 0, FROM_ZERO.length);
      row.fill(ABSENT, FROM_ZERO.length);
      return true;
    }
    if (!this.isUpdated) {
      tree.update(this.stamp(), this.phase === "ending");
      if (this.phase === "ending") this.finals = finalsOf(tree, this.parts);
      this.isUpdated = true;
    }
    if (row.length !== FROM_ZERO.length + FROM_START.length + this.finals.length) return false;
    this.isUpdated = false;
    const place = fillColumns(row, fillColumns(row, 0, FROM_ZERO, tree), FROM_START, tree);
    if (this.phase === "ending") {
      fillColumns(row, place, this.finals, undefined);
      this.phase = "after";
    } else row.fill(ABSENT, place);
    tree.damage.tell();
    return true;
  }
}

/** What each name read and wrote, and the rest of what is known of all; none where it is not known of any. */
function ioFinals(
  named: readonly (ProgramIo & { readonly name: string })[],
  { readBytes: read, writeBytes: written }: ProgramIo,
): Column[] {
  const finals: Column[] = [];
  let [restRead, restWritten] = [read, written];
  for (const { name, readBytes, writeBytes } of named) {
    if (Number.isNaN(readBytes)) continue;
    finals.push(column(COMMAND.commIoRead, { comm: name }, () => readBytes));
    finals.push(column(COMMAND.commIoWrite, { comm: name }, () => writeBytes));
    restRead -= readBytes;
    restWritten -= writeBytes;
  }
  if (finals.length === 0 || Number.isNaN(restRead)) return finals;
  finals.push(column(COMMAND.commIoRead, { comm: REST }, () => Math.max(0, restRead)));
  finals.push(column(COMMAND.commIoWrite, { comm: REST }, () => Math.max(0, restWritten)));
  return finals;
}

/** Returns the series of the command's end. */
function finalsOf(tree: CommandTree, { processLog, taskClock }: TreeParts): readonly Column[] {
  const programs = processLog?.()?.programs();
  const isRecorded = programs !== undefined && tree.accounts.names.takeRecorded(programs);
  const { named, rest } = tree.accounts.names.largest(MOST_NAMED);
  const finals: Column[] = [];
  for (const { name, cpuSeconds, peakBytes, processes } of named) {
    finals.push(column(COMMAND.commCpuSeconds, { comm: name }, () => cpuSeconds));
    finals.push(column(COMMAND.commMemoryPeak, { comm: name }, () => peakBytes));
    finals.push(column(COMMAND.commProcesses, { comm: name }, () => processes));
  }
  const namedSeconds = named.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  // A group does not count what left it, but wait4 does.
  const { userSeconds, systemSeconds } = tree.accounts;
  const total = Math.max(tree.cpu.userSeconds + tree.cpu.systemSeconds, userSeconds + systemSeconds);
  const restSeconds = Math.max(0, total - namedSeconds);
  finals.push(column(COMMAND.commCpuSeconds, { comm: REST }, () => restSeconds));
  if (rest.length > 0) {
    const highest = Math.max(...rest.map(({ peakBytes }) => peakBytes || 0));
    const processes = rest.reduce((sum, use) => sum + use.processes, 0);
    finals.push(column(COMMAND.commMemoryPeak, { comm: REST }, () => highest));
    finals.push(column(COMMAND.commProcesses, { comm: REST }, () => processes));
  }
  finals.push(...ioFinals(named, tree.io.counters));
  const sources = tree.sources();
  // Without it they are what samples saw.
  if (isRecorded) sources.set("programs", taskClock?.()?.hasAllRecords ? "perf" : "perf_lower_bound");
  const { cpuBoundSeconds, taskClockSeconds } = tree;
  if (sources.get("cpu")?.endsWith("_lower_bound") && !Number.isNaN(cpuBoundSeconds))
    finals.push(column(COMMAND.cpuBound, () => cpuBoundSeconds));
  if (!Number.isNaN(taskClockSeconds)) finals.push(column(COMMAND.cpuTaskClock, () => taskClockSeconds));
  for (const [resource, source] of sources) finals.push(column(ACCOUNTING.info, { resource, source }, () => 1));
  return finals;
}
