import type { CollectorChoice, ProcessChoice } from "../catalog/choices.ts";
import type { CommandCgroup } from "../cgroup/run-in-cgroup.ts";
import { type Axis, type Clock, systemClock } from "../clock.ts";
import type { Collector } from "../collect/collector.ts";
import type { ProcessCollector } from "../collect/processes/process-collector.ts";
import { chosenKinds } from "../collect/registry.ts";
import { adoptOrphans } from "../os/children.ts";
import type { EventLoop } from "../os/event-loop.ts";
import { openTaskClock, type TaskClockRings } from "../os/perf-events.ts";
import { KernelProcesses } from "../proc/processes.ts";
import type { Limit } from "../recording/budget-results.ts";
import type { BudgetWatch } from "./budget-watch.ts";
import { type Child, type Ending, type Launch, startChild } from "./child.ts";
import type { CommandCounters } from "./command-counters.ts";
import type { CommandTaskClock } from "./command-task-clock.ts";
import type { Inherited } from "./inherited.ts";
import { OrphanReaper } from "./orphans.ts";
import type { Problems } from "./problems.ts";
import type { ProcessRecord } from "./process-record.ts";
import type { RunRecorder } from "./recorder.ts";
import type { ResolvedCommand } from "./resolve-command.ts";
import type { RunJournal, RunJournalPlace } from "./run-journal.ts";
import type { Sampler } from "./sampler.ts";
import type { Gate, SessionParts, Store, StoreStart } from "./session-parts.ts";
import type { SignalRelay } from "./signals.ts";

/*
 * The command's start: its steps in order, and why they are in that order. The command waits for each step before the
 * spawn, so there is only what must precede it, and no code is loaded that is used only after it.
 *
 * Before the spawn:
 *  1. main.ts: what the caller set up is read first, since our own descriptors and handlers would hide it.
 *  2. main.ts: a SIGCHLD handler, so that the kernel discards no child's status; then words and variables.
 *  3. record.ts: unknown collectors are refused before anything is made.
 *  4. record.ts: the command's control group, after the machine's collectors: making room for it may move this process
 *     out of the group that these measure.
 *  5. prepare.ts: the command's file before the output files, so that a misspelt command leaves nothing.
 *  6. prepare.ts: the places of all output files, so that nothing can be in the way at the end.
 *  7. prepare.ts: signal handlers; until then a signal simply ends us.
 *  8. prepare.ts: the wait for a peer, which runs the code of a start once, so that the real one is quick.
 *  9. session.ts: the delay before, with samples.
 * 10. `startCommand` and `CommandRun.start` below: the last steps before the spawn, and all after it.
 *
 * After the spawn, while the command runs, come the sampler, the journal and the collectors (`recorder.open`), then
 * what writes the file (`loadFinish`). Code is loaded by `require` in a function where no other event may come first, and by
 * `import()` elsewhere. In the binary all that every run loads then is one module: scripts/chunks.ts.
 *
 * The compiler: the binary's engine is told to compile late (`jitPolicy` in scripts/build.ts), since a start
 * runs nearly everything once, and ticks cost a quarter more CPU time with an eager compiler (200 of them at 10 Hz).
 * `compileEagerly` undoes that for work on much data.
 */

/** A run of this many samples has a file that is worth compiled code. */
export const WORTH_COMPILING_SAMPLES = 200;

/** From now on, compiles as eagerly as the engine does by default. */
export function compileEagerly(): void {
  Bun.unsafe.setJITPolicy(1);
}

/** Whether this is the binary, whose own files are below a root that is nowhere else. */
function isCompiled(): boolean {
  return Bun.main.startsWith("/$bunfs/");
}

/**
 * Loads what the start loads after the spawn, where we run from sources: these take long to load, and meanwhile the end
 * of a short command could not be seen. The binary loads nothing here.
 */
export function loadSourcesAhead(choice: CollectorChoice): void {
  if (isCompiled()) return;
  require("./sampler.ts");
  require("./command-task-clock.ts");
  require("./run-journal.ts");
  require("./oom-watch.ts");
  require("../collect/processes/process-collector.ts");
  require("../collect/machine/self.ts");
  for (const kind of chosenKinds(choice)) kind.load();
}

/** A command that was started. */
interface StartedCommand {
  readonly child: Child;
  /** By the clock's `now()`. */
  readonly startedAt: number;
  readonly endWatch: EndWatch;
}

/** Starts the command of a session; the next sample is the first one with it. Throws CommandError. */
export function startCommand(recorder: RunRecorder, parts: SessionParts): StartedCommand {
  const { clock, signals, gate, start, capture, hasEnded } = parts;
  // The machine's files as close to the spawn as possible. Without them, the sample is taken whole before it.
  const early = capture && new StartSample(clock, recorder.axis, capture);
  const atMs = early?.atMs ?? wholeSample(recorder);
  const startedAt = clock.now();
  const child = start();
  // Whatever fails from here on, the command is waited for.
  const endWatch = new EndWatch(clock, () => hasEnded?.(child.pid) ?? false);
  // First of all: a signal is the command's from now on.
  recorder.guard(() => signals.attach(child));
  if (early) {
    recorder.open(endWatch.poll);
    atCommandStart(recorder.sampler);
    recorder.guard(() => early.complete(recorder.sampler, endWatch.poll));
  }
  // After the sample of the start, which is without the command's processes.
  recorder.sampler.commandStarted(child.pid);
  recorder.event(atMs, "command_started", "Command started");
  recorder.guard(() => gate?.commandStarted(child));
  recorder.guard(() => recorder.startTicks());
  // Last, since facts can wait.
  recorder.recordFacts();
  endWatch.poll();
  return { child, startedAt, endWatch };
}

function wholeSample(recorder: RunRecorder): number {
  atCommandStart(recorder.sampler);
  return recorder.sample();
}

function atCommandStart(sampler: Sampler): void {
  sampler.commandStarting();
  sampler.status = 1;
}

/** The sample at the command's start, in two parts: its files are captured before the spawn, the rest is after it. */
class StartSample {
  readonly atMs: number;
  private readonly elapsedMs: number;
  private readonly seconds: number;
  private readonly drop: () => void;

  /** `capture` reads the files, and returns a function that drops what was not used. */
  constructor(clock: Clock, axis: Axis, capture: () => () => void) {
    this.atMs = axis.stamp();
    this.elapsedMs = axis.elapsed();
    const began = clock.now();
    this.drop = capture();
    this.seconds = (clock.now() - began) / 1000;
  }

  /** Takes the sample; `between` is called after each collector. */
  complete(sampler: Sampler, between: () => void): void {
    try {
      sampler.complete({ atMs: this.atMs, elapsedMs: this.elapsedMs, seconds: this.seconds }, between);
    } finally {
      this.drop();
    }
  }
}

/**
 * Notes when the command ended while we are busy, since the runtime reports it only afterwards. Polled between the
 * steps after the spawn, so that a command of a millisecond is not said to have taken ten.
 */
class EndWatch {
  /** By the clock's `now()`: the first poll that found the command ended; undefined: none did. */
  seenAt: number | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly hasEnded: () => boolean,
  ) {}

  readonly poll = (): void => {
    if (this.seenAt === undefined && this.hasEnded()) this.seenAt = this.clock.now();
  };
}

/** A command of less time than this is not kept up by preparing to block. */
const BLOCK_AFTER_MS = 10;

/** Requests to a peer have timers of the runtime's, which may be late by this. */
const GATE_TIMERS_MS = 100;

/** How a run blocks. */
interface Blocking {
  readonly longestMs: number;
  /** Is told the loop by which it does. */
  readonly onBlocking: (loop: EventLoop) => void;
  /**
   * Called where something has happened. The command's end is known then and the rest of a run follows, to our exit, before
   * the runtime's timer that collects garbage each second, which has been due since the first second.
   */
  readonly onReady: () => void;
}

/** Lets the clock block until a promise settles; see `SystemClock.block`. */
function blockUntil(end: Promise<unknown>, { longestMs, onBlocking, onReady }: Blocking): void {
  const cancel = systemClock.at(systemClock.now() + BLOCK_AFTER_MS, () => {
    const { EventLoop } = require("../os/event-loop.ts") as typeof import("../os/event-loop.ts");
    const loop = EventLoop.open();
    if (!loop) return;
    onBlocking(loop);
    systemClock.block(loop, longestMs, onReady);
  });
  const stop = () => {
    cancel();
    systemClock.unblock();
  };
  end.then(stop, stop);
}

function taskClockOf(rings: TaskClockRings, pid: number): CommandTaskClock {
  const { CommandTaskClock } = require("./command-task-clock.ts") as typeof import("./command-task-clock.ts");
  return new CommandTaskClock(rings, systemClock, pid);
}

function commandCounters(taskClock: () => CommandTaskClock | undefined): CommandCounters {
  const { CommandCounters } = require("./command-counters.ts") as typeof import("./command-counters.ts");
  return new CommandCounters(taskClock);
}

export interface CommandRunParts {
  readonly command: ResolvedCommand;
  readonly launcher: Launch;
  readonly inherited: Inherited;
  readonly signals: SignalRelay;
  readonly problems: Problems;
  readonly group: CommandCgroup | undefined;
  readonly journal: RunJournalPlace;
  /** The budgets whose excess ends the command; undefined: none does. */
  readonly killLimits: readonly Limit[] | undefined;
  /** Whether the kernel's clock of tasks is asked for. */
  readonly perf: boolean;
  /** Whether hardware counters are. */
  readonly counters: boolean;
  /** Which processes are recorded each. */
  readonly processes: ProcessChoice;
  /** With their arguments. */
  readonly recordsArguments: boolean;
}

/** One run's command, its process tree, its orphans, its journal and its budgets. */
export class CommandRun {
  /** The peers of a synchronised run. */
  gate: Gate | undefined;
  /** Once it was started. */
  child: Child | undefined;
  /** Once the recording has begun. */
  journal: RunJournal | undefined;
  private readonly processes = new KernelProcesses();
  private readonly orphans: OrphanReaper;
  private tree: ProcessCollector | undefined;
  private taskClock: CommandTaskClock | undefined;
  private readonly counters: CommandCounters | undefined;
  /** Of each process, where that is wanted and the command was started. */
  processRecord: ProcessRecord | undefined;
  private readonly budgetWatch: BudgetWatch | undefined;

  constructor(private readonly parts: CommandRunParts) {
    const { killLimits: limits, signals } = parts;
    if (parts.counters) this.counters = commandCounters(() => this.taskClock);
    signals.sentinel.onEnding = (pid) => this.helperEnding(pid);
    this.orphans = new OrphanReaper({
      isWaitedFor: (pid) => pid === this.child?.pid || signals.sentinel.isHelper(pid),
      onWaitedFor: (pid) => signals.sentinel.replace(pid),
      beforeReap: (pid) => this.tree?.beforeReap(pid),
      onReaped: (pid, exit) => this.processRecord?.exited(pid, exit),
      clock: systemClock,
      report: this.report,
    });
    if (!limits) return;
    const { BudgetWatch } = require("./budget-watch.ts") as typeof import("./budget-watch.ts");
    this.budgetWatch = new BudgetWatch({ limits, tree: this.processCollector(), clock: systemClock });
  }

  /** Returns what measures the command; the group's figures first, since the tree takes from them. */
  collectors(): Collector[] {
    const { group } = this.parts;
    // After the tree: at the end that finds whether every process was seen.
    const counters = this.counters ? [this.counters.collector()] : [];
    return [...(group ? [group.collector] : []), this.processCollector(), ...counters];
  }

  /** Whether /proc shows another pid namespace than ours. */
  get isProcForeign(): boolean {
    return this.processes.isForeign;
  }

  readonly report = (error: unknown): void => this.parts.problems.report(error);

  /** Starts the command. Throws CommandError. */
  readonly start = (): Child => {
    const { command, inherited, launcher, signals } = this.parts;
    const { gate } = this;
    // Before there can be an orphan. Where the kernel refuses this, orphans go to the system's first process, and their
    // time is what was sampled.
    adoptOrphans();
    // As late as possible: every process that runs by now is none of the command's.
    this.processes.list();
    // Signals first, so that none is missed.
    let rings: ReturnType<typeof openTaskClock> | undefined;
    const spawn = () => {
      this.counters?.open();
      // Nothing of ours may come between: where a child runs at once in place of this thread, the kernel exchanges their
      // events (clones of one another), so that the exec of a helper would be the one that enables them.
      if (this.parts.perf) rings = openTaskClock();
      return startChild(command, inherited, launcher);
    };
    const child = signals.starting(gate ? () => gate.starting(spawn) : spawn);
    this.child = child;
    this.processes.noteStart();
    if (typeof rings === "object") this.taskClock = taskClockOf(rings, child.pid);
    if (this.parts.processes !== "off") this.recordProcesses(this.parts.processes, child);
    this.orphans.start();
    this.budgetWatch?.started();
    const longestMs = gate ? GATE_TIMERS_MS : Number.POSITIVE_INFINITY;
    const onBlocking = (loop: EventLoop) => this.taskClock?.readWhenFull(loop);
    blockUntil(child.ended, { longestMs, onBlocking, onReady: signals.deliver });
    return child;
  };

  /** Makes the store of the rows. */
  readonly store = (begin: StoreStart): Store => {
    this.processRecord?.moveAxis(begin.startMs - begin.trueStartMs);
    const { RunJournal } = require("./run-journal.ts") as typeof import("./run-journal.ts");
    const { OomWatch } = require("./oom-watch.ts") as typeof import("./oom-watch.ts");
    const oom = new OomWatch(() => this.tree, this.parts.group?.cgroups);
    const processes = this.processRecord;
    const journal = new RunJournal({
      ...this.parts.journal,
      ...begin,
      clock: systemClock,
      processes,
      snapshots: oom.sources,
    });
    this.journal = journal;
    return oom.inFrontOf(this.budgetWatch?.inFrontOf(journal.writer) ?? journal.writer);
  };

  private processCollector(): ProcessCollector {
    if (this.tree) return this.tree;
    const { ProcessCollector } =
      require("../collect/processes/process-collector.ts") as typeof import("../collect/processes/process-collector.ts");
    const { group, signals } = this.parts;
    const reap = (pid: number) => this.orphans.end(pid);
    const taskClock = () => this.taskClock?.taskClock;
    const processLog = () => this.processRecord?.log;
    this.tree = new ProcessCollector(
      { helpers: signals.sentinel, group: group?.stats, groupPlaces: group?.cgroups, reap, taskClock, processLog },
      this.processes,
    );
    return this.tree;
  }

  private recordProcesses(choice: ProcessChoice, { pid, ended }: Child): void {
    const { ProcessRecord } = require("./process-record.ts") as typeof import("./process-record.ts");
    this.processRecord = new ProcessRecord(choice, pid, this.taskClock?.taskClock, this.parts.recordsArguments);
    this.processRecord.waitFor(pid, ended);
  }

  /** An error must not keep the signal that the helper is ended for from the command. */
  private helperEnding(pid: number): (() => void) | undefined {
    try {
      return this.tree?.helperEnding(pid);
    } catch (error) {
      this.report(error);
      return undefined;
    }
  }

  readonly settled = (): Promise<void> | undefined => this.budgetWatch?.settled();

  /** The session is over. */
  ended(): void {
    this.orphans.stop();
    this.taskClock?.close();
    this.taskClock = undefined;
    this.counters?.close();
    this.budgetWatch?.ended();
  }

  /** Whether the command was ended since it exceeded a budget. */
  get stoppedForBudget(): boolean {
    return this.budgetWatch?.hasActed ?? false;
  }

  /** Waits for the command after the recorder failed. */
  async waited(): Promise<Ending> {
    try {
      return (await this.child?.ended) ?? { kind: "unknown" };
    } catch {
      return { kind: "unknown" };
    }
  }
}
