import type { CommandCgroup } from "../cgroup/run-in-cgroup.ts";
import type { Config } from "../cli/config.ts";
import { systemClock } from "../clock.ts";
import type { Collector } from "../collect/collector.ts";
import type { TreeCollector } from "../collect/processes/tree.ts";
import { adoptOrphans } from "../os/children.ts";
import type { JournalPlace } from "../output/metrics-file.ts";
import { KernelProcesses } from "../proc/processes.ts";
import type { BudgetKeeper } from "../run/budget-watch.ts";
import { type Child, type Ending, type Launch, startChild } from "../run/child.ts";
import type { Inherited } from "../run/inherited.ts";
import { OrphanReaper } from "../run/orphans.ts";
import type { Problems } from "../run/problems.ts";
import type { ResolvedCommand } from "../run/resolve-command.ts";
import type { RunJournal } from "../run/run-journal.ts";
import type { Store, StoreStart } from "../run/session-parts.ts";
import type { SignalRelay } from "../run/signals.ts";
import type { PeerSession } from "../sync/peer-session.ts";
import type { Telling } from "./finish.ts";

/** What a command's run is made of. */
export interface CommandRunParts {
  readonly command: ResolvedCommand;
  readonly launcher: Launch;
  readonly inherited: Inherited;
  readonly config: Config;
  readonly signals: SignalRelay;
  readonly problems: Problems;
  readonly group: CommandCgroup | undefined;
  readonly places: {
    readonly journal: JournalPlace & { readonly target: string };
    readonly telling: Telling | undefined;
  };
}

/** The command with all that is ours to do for it: its start, its tree, its orphans, its journal, its budgets. */
export class CommandRun {
  /** The other side of a synchronised run. */
  gate: PeerSession | undefined;
  /** Once it was started. */
  child: Child | undefined;
  /** Once the recording has begun. */
  journal: RunJournal | undefined;
  private readonly parts: CommandRunParts;
  private readonly processes = new KernelProcesses();
  private readonly orphans: OrphanReaper;
  private tree: TreeCollector | undefined;
  private readonly keeper: BudgetKeeper | undefined;

  constructor(parts: CommandRunParts) {
    this.parts = parts;
    const { config, places, signals } = parts;
    signals.sentinel.onEnding = (pid) => this.helperEnding(pid);
    this.orphans = new OrphanReaper({
      isWaitedFor: (pid) => pid === this.child?.pid || signals.sentinel.isHelper(pid),
      farewell: (pid) => this.tree?.farewell(pid),
      report: this.report,
    });
    const limits = config.budgetKill ? places.telling?.limits : undefined;
    if (!limits) return;
    const { BudgetKeeper } = require("../run/budget-watch.ts") as typeof import("../run/budget-watch.ts");
    this.keeper = new BudgetKeeper({ limits, tree: this.madeTree(), clock: systemClock });
  }

  /** What measures the command itself; the group's figures first, since the tree takes from them. */
  collectors(): Collector[] {
    const { group } = this.parts;
    return [...(group ? [group.collector] : []), this.madeTree()];
  }

  /** Told of what should not happen. */
  readonly report = (error: unknown): void => this.parts.problems.report(error);

  /** Starts the command. Throws CommandError. */
  readonly start = (): Child => {
    const { command, inherited, launcher, signals } = this.parts;
    const { gate } = this;
    // Where the kernel refuses this, orphans go to the system's first process, and their time is that which was seen.
    adoptOrphans();
    // Whatever runs now is none of the command's processes.
    this.processes.list();
    const run = () => startChild(command, inherited, launcher);
    const child = signals.starting(gate ? () => gate.starting(run) : run);
    this.child = child;
    this.orphans.start();
    this.keeper?.started();
    return child;
  };

  /** Makes the place where the rows go. */
  readonly store = (begin: StoreStart): Store => {
    const { RunJournal } = loadMeasure();
    const journal = new RunJournal({ ...this.parts.places.journal, ...begin, clock: systemClock });
    this.journal = journal;
    return this.keeper?.watch(journal.writer) ?? journal.writer;
  };

  private madeTree(): TreeCollector {
    const { TreeCollector } = loadMeasure();
    const { group, signals } = this.parts;
    const reap = (pid: number) => this.orphans.end(pid);
    this.tree ??= new TreeCollector({ helpers: signals.sentinel, group: group?.stats, reap }, this.processes);
    return this.tree;
  }

  /** It happens between a signal and what is done about it, which is not to be kept from that. */
  private helperEnding(pid: number): (() => void) | undefined {
    try {
      return this.tree?.helperEnding(pid);
    } catch (error) {
      this.report(error);
      return undefined;
    }
  }

  /** The session is over. */
  ended(): void {
    this.keeper?.ended();
  }

  /** The command was told to end since it went over a budget. */
  get stoppedForBudget(): boolean {
    return this.keeper?.acted ?? false;
  }

  /** The last resort of a run that failed while its command went on: it is waited for all the same. */
  async waited(): Promise<Ending> {
    try {
      return (await this.child?.ended) ?? { kind: "unknown" };
    } catch {
      return { kind: "unknown" };
    }
  }
}

function loadMeasure(): typeof import("./measure.ts") {
  return require("./measure.ts");
}
