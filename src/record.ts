import { type Collector, machineCollectors, unknownIn } from "./collect/index.ts";
import { SelfCollector } from "./collect/self.ts";
import { TreeCollector } from "./collect/tree.ts";
import type { Config, SyncConfig } from "./config/config.ts";
import { nearest } from "./config/nearest.ts";
import { UsageError } from "./errors.ts";
import { finish, keep, loadEnd, type Telling } from "./finish.ts";
import { adoptOrphans } from "./os/children.ts";
import { fileStatus, mayAccess } from "./os/files.ts";
import { OwnUsage } from "./os/process.ts";
import { claimMetricsFile, type JournalPlace, type MetricsFile } from "./output/metrics-file.ts";
import { areResultsWanted } from "./output/results-wanted.ts";
import { kernelFs } from "./proc/kernel-fs.ts";
import { BudgetKeeper } from "./run/budget-watch.ts";
import { type Child, type Ending, type Launch, launch, startChild } from "./run/child.ts";
import { systemClock } from "./run/clock.ts";
import { type Inherited, lookup, needsExactLaunch } from "./run/inherited.ts";
import { OrphanReaper } from "./run/orphans.ts";
import type { Problems } from "./run/problems.ts";
import { type ResolvedCommand, resolveCommand } from "./run/resolve-command.ts";
import { RunJournal } from "./run/run-journal.ts";
import { Session, type StoreStart } from "./run/session.ts";
import { SignalRelay } from "./run/signals.ts";
import type { Meeting } from "./sync/meeting.ts";

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
  const { config, inherited, problems, version } = parts;
  const command = found(config.command, inherited);
  const launcher = await launcherFor(inherited, command);
  const machine = chosenCollectors(config);
  const file = claimed(config);
  if (file.notice) parts.warn(file.notice);
  const telling = await toTell(config);
  const place = journalPlace(file, config);
  const signals = new SignalRelay(inherited);
  const report = problems.report.bind(problems);
  let child: Child | undefined;
  const helpers = signals.sentinel;
  const tree = new TreeCollector({ helpers, reap: () => orphans.reap() });
  const orphans = new OrphanReaper({
    isWaitedFor: (pid) => pid === child?.pid || helpers.isHelper(pid),
    farewell: (pid) => tree.farewell(pid),
    report,
  });
  let journal: RunJournal | undefined;
  const atEnd = loadEnd(place);
  const abandon = () => {
    problems.guard(() => file.abandon());
    problems.guard(() => telling?.results.abandon());
  };
  const gate = config.sync && (await met(config.sync, parts, { signals, machine, abandon }));
  if (typeof gate === "number")
    return { ending: { kind: "signaled", signal: gate }, overBudget: false, stoppedForBudget: false };
  const start = () => {
    // Where the kernel refuses this, orphans go to the system's first process, and their time is that which was seen.
    adoptOrphans();
    const run = () => startChild(command, inherited, launcher);
    const started = signals.starting(gate ? () => gate.starting(run) : run);
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
  const collectors = [tree, ...machine, ...(gate?.collectors ?? [])];
  const beganMs = performance.now();
  const session = new Session({ config, store, start, signals, collectors, report, clock: systemClock, version, gate });
  try {
    const { recording, ending } = await session.run();
    keeper?.ended();
    const samples = (performance.now() - beganMs) / 1000 / config.intervalSeconds;
    if (samples > WORTH_COMPILING_SAMPLES) Bun.unsafe.setJITPolicy(1);
    const { write, stale } = await atEnd;
    const judged = await finish({ file, journal, recording, signals, problems, telling }, write);
    for (const path of stale) parts.warn(`${path} is left from an earlier run: statexec --recover ${path}`);
    const overBudget = judged.some(({ verdict }) => verdict === "exceeded");
    return { ending: gate?.verdict(ending) ?? ending, overBudget, stoppedForBudget: keeper?.acted ?? false };
  } catch (error) {
    abandon();
    if (!child) throw error;
    problems.guard(() => keep(journal, problems, error));
    return { ending: await endOf(child), overBudget: false, stoppedForBudget: keeper?.acted ?? false };
  } finally {
    await gate?.close();
  }
}

/** What a wait for a peer gets ready, and gives back where it comes to nothing. */
interface Waiting {
  readonly signals: SignalRelay;
  readonly machine: readonly Collector[];
  readonly abandon: () => void;
}

/** The other side of a synchronised run, once both may begin, or the signal that ended the wait: then there is no file. */
async function met(
  sync: SyncConfig,
  { config, version, problems, warn }: RecordParts,
  { signals, machine, abandon }: Waiting,
): Promise<Meeting | number> {
  try {
    const { meet, warmUp } = await import("./sync/meet.ts");
    // The start is to be quick when it comes.
    signals.prepare();
    await warmUp(config, machine, systemClock);
    const report = problems.report.bind(problems);
    const meeting = await meet(sync, { instance: config.instance, clock: systemClock, version, warn, report }, signals);
    if (typeof meeting === "number") abandon();
    return meeting;
  } catch (error) {
    abandon();
    throw error;
  }
}

/** What is to be told at the end, its places taken; undefined: nothing. Throws OutputError, UsageError. */
async function toTell(config: Config): Promise<Telling | undefined> {
  if (!areResultsWanted(config)) return undefined;
  const [{ Results }, { limitsOf }] = await Promise.all([import("./output/results.ts"), import("./output/limits.ts")]);
  checkMeasurable(config);
  return { limits: limitsOf(config.budgets, config.baselines), results: new Results(config) };
}

/** A budget for what cannot be measured here would always be kept. Throws UsageError. */
function checkMeasurable({ budgets }: Config): void {
  const cache = budgets.find(({ name }) => name === "memory-with-cache");
  if (cache)
    throw new UsageError(
      `--budget: ${cache.text} cannot be measured here: it takes a control group; budget memory instead`,
    );
  const io = budgets.find(({ name }) => name === "read" || name === "written");
  if (io && !mayAccess("/proc/self/io", "read"))
    throw new UsageError(
      `--budget: ${io.text} cannot be measured here: the kernel does not count it (no /proc/self/io)`,
    );
}

/** The command as it will be executed. Throws CommandError. */
function found(argv: readonly string[], inherited: Inherited): ResolvedCommand {
  const { name, path } = lookup(inherited, argv, process.env.PATH);
  return resolveCommand(argv, path, name);
}

/** What is measured of the machine, and the recorder itself. Throws UsageError for a name that no collector has. */
function chosenCollectors({ collectors: choice }: Config): Collector[] {
  const unknown = unknownIn(choice);
  if (unknown) {
    const { word, known } = unknown;
    const near = nearest(word, known);
    const meant = near === undefined ? "" : ` did you mean ${near}?`;
    throw new UsageError(
      `--collectors (SE_COLLECTORS): there is no collector "${word}":${meant} statexec --list-collectors lists them`,
    );
  }
  const proc = kernelFs();
  return [...machineCollectors(proc, choice), new SelfCollector(proc, new OwnUsage())];
}

/** The metrics file's place, where there can be a journal too. Throws OutputError, UsageError. */
function claimed({ file, journalDir }: Config): MetricsFile {
  const fault = journalDir === undefined ? undefined : folderFault(journalDir);
  if (fault) throw new UsageError(`--journal-dir (SE_JOURNAL_DIR): "${journalDir}": ${fault}`);
  return claimMetricsFile(file);
}

/** Why no file could be made in a folder; undefined: one could. */
function folderFault(folder: string): string | undefined {
  const status = fileStatus(folder);
  if (!status) return "there is no such folder; create it";
  if (status.kind !== "directory") return `a ${status.kind}, expected a folder`;
  return mayAccess(folder, "write") ? undefined : "nothing can be made in it (permission denied); name another";
}

/** Beside the metrics file, or where the user says, where it may be among those of files that are called the same. */
function journalPlace({ journal, path }: MetricsFile, { journalDir }: Config): JournalPlace & { target: string } {
  const target = path.startsWith("/") ? path : `${process.cwd()}/${path}`;
  return journalDir === undefined ? { ...journal, target } : { ...journal, folder: journalDir, shared: true, target };
}

/** The last resort of a run that failed while its command went on: it is waited for all the same. */
async function endOf(child: Child): Promise<Ending> {
  try {
    return await child.ended;
  } catch {
    return { kind: "unknown" };
  }
}

/** The runtime's way, unless it would change something on it: the exact way is loaded only then. */
async function launcherFor(inherited: Inherited, command: ResolvedCommand): Promise<Launch> {
  if (!needsExactLaunch(inherited, command)) return launch;
  return (await import("./run/exact-child.ts")).launchExactly;
}
