import type { Collector } from "./collect/index.ts";
import { TreeCollector } from "./collect/tree.ts";
import type { Config } from "./config/config.ts";
import { finish, keep, loadEnd } from "./finish.ts";
import { adoptOrphans } from "./os/children.ts";
import { chosenCollectors, claimed, claimPage, found, journalPlace, launcherFor, toTell } from "./prepare.ts";
import { kernelFs } from "./proc/kernel-fs.ts";
import { BudgetKeeper } from "./run/budget-watch.ts";
import { type Child, type Ending, startChild } from "./run/child.ts";
import { systemClock } from "./run/clock.ts";
import type { CommandGroup } from "./run/command-group.ts";
import type { Inherited } from "./run/inherited.ts";
import { OrphanReaper } from "./run/orphans.ts";
import type { Problems } from "./run/problems.ts";
import { RunJournal } from "./run/run-journal.ts";
import { Session, type StoreStart } from "./run/session.ts";
import { SignalRelay } from "./run/signals.ts";

/** What one recorded run is made of. */
export interface RecordParts {
  readonly config: Config;
  readonly inherited: Inherited;
  /** Failures of the recorder, which the command does not feel. */
  readonly problems: Problems;
  /** Says something on stderr, before the command starts or after it has ended. */
  readonly warn: (message: string) => void;
  /** Of statexec itself. */
  readonly version: string;
}

/**
 * So many samples are worth compiled code for the making of their file. Until then interpreting is cheaper (see
 * scripts/build.ts), and for the ticks always: 200 of them at 10 Hz took a quarter more CPU time with an eager compiler.
 */
const WORTH_COMPILING_SAMPLES = 200;

/** How a run ended. */
export interface RunEnd {
  readonly ending: Ending;
  /** It used more of something than it was allowed. */
  readonly overBudget: boolean;
  /** It was ended for that. */
  readonly stoppedForBudget: boolean;
}

/** Runs the command, writes what was recorded of it, and answers how it ended. Throws what stops it before its start. */
export async function record(parts: RecordParts): Promise<RunEnd> {
  const proc = kernelFs();
  // Before the command's group is made: to make room for it we may have to leave the one that is measured.
  const machine = chosenCollectors(proc, parts.config);
  const { cgroup } = parts.config;
  if (cgroup === undefined) return recordWith(parts, machine, undefined);
  const { openCommandGroup } = await import("./run/command-group.ts");
  const group = openCommandGroup(proc, cgroup, parts.warn);
  try {
    return await recordWith(parts, machine, group);
  } finally {
    await group?.end();
  }
}

async function recordWith(
  parts: RecordParts,
  machine: readonly Collector[],
  group: CommandGroup | undefined,
): Promise<RunEnd> {
  const { config, inherited, problems, version } = parts;
  const command = found(config.command, inherited);
  const launcher = await launcherFor(inherited, command, group?.own);
  const file = claimed(config);
  if (file.notice) parts.warn(file.notice);
  const telling = await toTell(config);
  const page = config.reportTo === undefined ? undefined : claimPage(config.reportTo, file);
  const place = journalPlace(file, config);
  const signals = new SignalRelay(inherited);
  const report = problems.report.bind(problems);
  let child: Child | undefined;
  const helpers = signals.sentinel;
  const tree = new TreeCollector({ helpers, group: group?.figures, reap: (pid) => orphans.end(pid) });
  const orphans = new OrphanReaper({
    isWaitedFor: (pid) => pid === child?.pid || helpers.isHelper(pid),
    farewell: (pid) => tree.farewell(pid),
    report,
  });
  let journal: RunJournal | undefined;
  const start = () => {
    // Where the kernel refuses this, orphans go to the system's first process, and their time is that which was seen.
    adoptOrphans();
    const started = signals.starting(() => startChild(command, inherited, launcher));
    child = started;
    orphans.start();
    keeper?.started();
    return started;
  };
  const keeper =
    config.budgetKill && telling ? new BudgetKeeper({ limits: telling.limits, tree, clock: systemClock }) : undefined;
  const store = (begin: StoreStart) => {
    journal = new RunJournal({ ...place, ...begin, clock: systemClock });
    return keeper?.watch(journal.writer) ?? journal.writer;
  };
  const collectors = [...(group ? [group.collector] : []), tree, ...machine];
  const atEnd = loadEnd(place);
  const beganMs = performance.now();
  const session = new Session({ config, store, start, signals, collectors, report, clock: systemClock, version });
  try {
    const { recording, ending } = await session.run();
    keeper?.ended();
    const samples = (performance.now() - beganMs) / 1000 / config.intervalSeconds;
    if (samples > WORTH_COMPILING_SAMPLES) Bun.unsafe.setJITPolicy(1);
    const { write, stale } = await atEnd;
    const judged = await finish({ file, journal, recording, signals, problems, telling, page }, write);
    for (const path of stale) parts.warn(`${path} is left from an earlier run: statexec --recover ${path}`);
    const overBudget = judged.some(({ verdict }) => verdict === "exceeded");
    return { ending, overBudget, stoppedForBudget: keeper?.acted ?? false };
  } catch (error) {
    problems.guard(() => file.abandon());
    problems.guard(() => telling?.results.abandon());
    problems.guard(() => page?.abandon());
    if (!child) throw error;
    problems.guard(() => keep(journal, problems, error));
    return { ending: await endOf(child), overBudget: false, stoppedForBudget: keeper?.acted ?? false };
  }
}

/** The last resort of a run that failed while its command went on: it is waited for all the same. */
async function endOf(child: Child): Promise<Ending> {
  try {
    return await child.ended;
  } catch {
    return { kind: "unknown" };
  }
}
