import type { CollectorChoice } from "../catalog/choices.ts";
import type { CommandCgroup } from "../cgroup/run-in-cgroup.ts";
import type { Config, SyncConfig } from "../cli/config.ts";
import { nearest } from "../cli/nearest.ts";
import { systemClock } from "../clock.ts";
import { unknownCollector } from "../collect/registry.ts";
import { UsageError } from "../errors.ts";
import { fileStatus, mayAccess } from "../os/files.ts";
import { type ClaimedOutput, claimOutput } from "../output/claim-output.ts";
import type { ResultSinks } from "../output/result-sinks.ts";
import { areResultsWanted } from "../output/results-wanted.ts";
import type { Limit } from "../recording/budget-results.ts";
import { type Launch, launchIn } from "../run/child.ts";
import { launchExactly } from "../run/exact-child.ts";
import { findCommand, type Inherited, needsExactLaunch } from "../run/inherited.ts";
import type { MachineMeasurement } from "../run/machine-measurement.ts";
import type { Problems } from "../run/problems.ts";
import type { ResolvedCommand } from "../run/resolve-command.ts";
import type { RunJournalPlace } from "../run/run-journal.ts";
import { SignalRelay } from "../run/signals.ts";
import { CommandRun } from "../run/start.ts";
import type { PeerSession } from "../sync/peer-session.ts";
import type { Companions } from "./companions.ts";

/* Checks and claims before the command starts whatever can be, so that nothing is in the way at its end. */

/** What one recorded run is made of. */
export interface RecordParts {
  readonly config: Config;
  readonly inherited: Inherited;
  /** Failures of the recorder, which do not affect the command. */
  readonly problems: Problems;
  /** Prints a line on stderr, before the command starts or after it has ended. */
  readonly warn: (message: string) => void;
  /** Of statexec itself. */
  readonly version: string;
}

/** A run that is ready for its session. */
export interface PreparedRun {
  readonly places: Places;
  readonly signals: SignalRelay;
  readonly command: CommandRun;
  /** The peers of a synchronised run. */
  readonly gate: PeerSession | undefined;
  /** Processes of ours that show the run while it goes on. */
  readonly companions: Companions | undefined;
}

/** The output places, claimed before the command starts. */
interface Places {
  readonly file: ClaimedOutput;
  readonly journal: RunJournalPlace;
  /** The place of the run's page; undefined: none is wanted. */
  readonly page: ClaimedOutput | undefined;
  /** The place of the record of its processes; undefined: none is wanted. */
  readonly processes: ClaimedOutput | undefined;
  /** Undefined: neither results nor budgets are wanted. */
  readonly results: WantedResults | undefined;
  /** Leaves everything as it was. */
  abandon(): void;
}

interface WantedResults {
  readonly sinks: ResultSinks;
  /** The run is judged by these. */
  readonly limits: readonly Limit[];
}

/**
 * Prepares a run; start.ts has the order and its reasons. Returns the signal that ended the wait for a peer.
 * Throws CommandError, OutputError, SyncError, UsageError.
 */
export async function prepare(
  parts: RecordParts,
  machine: MachineMeasurement,
  group: CommandCgroup | undefined,
): Promise<PreparedRun | number> {
  const { config, inherited, problems } = parts;
  const resolved = findCommand(inherited, config.command);
  const launcher = launcherFor(inherited, resolved, group);
  const places = await claimPlaces(parts);
  const signals = new SignalRelay(inherited, systemClock);
  const killLimits = config.budgetKill ? await limitsToEnd(config, places.results?.limits ?? []) : undefined;
  const { journal } = places;
  const command = new CommandRun({
    ...{ command: resolved, launcher, inherited, signals, problems, group, journal, killLimits },
    ...{ perf: config.perf !== "off", counters: wantsCounters(config), processes: config.processes },
    recordsArguments: !config.noRecordArgs,
  });
  const companions = await startCompanions(parts, places.abandon);
  const abandon = async () => {
    places.abandon();
    await companions?.end();
  };
  const gate = config.sync && (await waitForPeer(config.sync, parts, { signals, machine, abandon }));
  if (typeof gate === "number") return gate;
  command.gate = gate;
  return { places, signals, command, gate, companions };
}

/** Whether hardware counters are asked for: each process inherits them, which is not for nothing. */
function wantsCounters({ perf, budgets }: Config): boolean {
  return perf === "counters" || (perf === "auto" && budgets.some(({ name }) => name === "instructions"));
}

/** Starts what shows the run. Where that fails, `abandon` is called. Throws OutputError. */
async function startCompanions(parts: RecordParts, abandon: () => void): Promise<Companions | undefined> {
  if (parts.config.listen === undefined && !parts.config.live) return undefined;
  try {
    const { Companions } = await import("./companions.ts");
    return await Companions.start(parts);
  } catch (error) {
    abandon();
    throw error;
  }
}

/** Returns the limits that can prove an excess at a sample, and so end the run. */
async function limitsToEnd({ intervalSeconds }: Config, limits: readonly Limit[]): Promise<readonly Limit[]> {
  const { mayEndRun } = await import("../recording/budget-results.ts");
  return limits.filter((limit) => mayEndRun(limit, intervalSeconds));
}

/** Throws UsageError for a name that no collector has. */
export function checkCollectors(choice: CollectorChoice): void {
  if (choice.only.length + choice.without.length + choice.ways.length === 0) return;
  const unknown = unknownCollector(choice);
  if (!unknown) return;
  const { word, known } = unknown;
  const near = nearest(word, known);
  const meant = near === undefined ? "" : ` did you mean ${near}?`;
  throw new UsageError(
    `--collectors (SE_COLLECTORS): there is no collector "${word}":${meant} statexec --list-collectors lists them`,
  );
}

/** Returns what starts the command, in its control group. */
function launcherFor(inherited: Inherited, command: ResolvedCommand, group: CommandCgroup | undefined): Launch {
  if (group === undefined) return launchExactly;
  // By the runtime where it would change nothing: it can start a process in a group of version 2.
  return group.launcher(launchExactly, needsExactLaunch(inherited, command) ? undefined : launchIn);
}

/** Claims the place of everything that will be written. Throws OutputError, UsageError; then nothing stays claimed. */
async function claimPlaces({ config, problems, warn }: RecordParts): Promise<Places> {
  await checkDistinct(config);
  const file = claimFile(config);
  if (file.notice) warn(file.notice);
  let results: WantedResults | undefined;
  let page: ClaimedOutput | undefined;
  let processes: ClaimedOutput | undefined;
  const abandon = () => {
    problems.guard(() => file.abandon());
    problems.guard(() => results?.sinks.abandon());
    problems.guard(() => page?.abandon());
    problems.guard(() => processes?.abandon());
  };
  try {
    results = await claimResults(config, warn);
    page = await claimPage(config);
    if (page?.notice) warn(page.notice);
    processes = await claimProcesses(config, file);
    if (processes?.notice) warn(processes.notice);
    return { file, journal: journalPlace(file, config), page, processes, results, abandon };
  } catch (error) {
    abandon();
    throw error;
  }
}

/** Throws OutputError where two outputs are one file. */
async function checkDistinct({ file, reportTo, summaryJson, summaryMarkdown, processes }: Config): Promise<void> {
  if (reportTo === undefined && summaryJson === undefined && summaryMarkdown === undefined) return;
  const { refuseSameFile } = await import("../output/other-outputs.ts");
  refuseSameFile([
    { flag: "--file", path: file },
    { flag: "--report-to", path: reportTo },
    { flag: "--summary-json", path: summaryJson },
    { flag: "--summary-markdown", path: summaryMarkdown },
    { flag: "--processes", path: processes === "off" ? undefined : await processFile(file) },
  ]);
}

async function processFile(metricsFile: string): Promise<string> {
  const { processFileOf } = await import("../load/process-lines.ts");
  return processFileOf(metricsFile);
}

/** Claims the run's page; undefined: none is wanted. Throws OutputError. */
async function claimPage({ reportTo }: Config): Promise<ClaimedOutput | undefined> {
  if (reportTo === undefined) return undefined;
  const { claimOther } = await import("../output/other-outputs.ts");
  return claimOther(reportTo, "--report-to");
}

/** Claims the place of the record of processes; undefined: none is wanted. Throws OutputError, UsageError. */
async function claimProcesses({ processes }: Config, file: ClaimedOutput): Promise<ClaimedOutput | undefined> {
  if (processes === "off") return undefined;
  const { claimProcessFile } = await import("../output/process-file.ts");
  return claimProcessFile(file);
}

/** Claims the metrics file. Throws OutputError; UsageError where the journal's folder or --push-to does not fit. */
function claimFile({ file, journalDir, pushTo }: Config): ClaimedOutput {
  const fault = journalDir === undefined ? undefined : folderFault(journalDir);
  if (fault) throw new UsageError(`--journal-dir (SE_JOURNAL_DIR): "${journalDir}": ${fault}`);
  const place = claimOutput(file);
  if (pushTo && place.mayBlock)
    throw new UsageError(`--push-to (SE_PUSH_TO): ${file} cannot be read back; name a file with --file`);
  return place;
}

/** Returns why no file can be made in a folder; undefined: one can. */
function folderFault(folder: string): string | undefined {
  const status = fileStatus(folder);
  if (!status) return "there is no such folder; create it";
  if (status.kind !== "directory") return `a ${status.kind}, expected a folder`;
  return mayAccess(folder, "write") ? undefined : "nothing can be made in it (permission denied); name another";
}

/** Claims the places of the results; undefined: none is wanted. Throws OutputError, UsageError. */
async function claimResults(config: Config, warn: RecordParts["warn"]): Promise<WantedResults | undefined> {
  if (!areResultsWanted(config)) return undefined;
  const [{ openResultSinks }, { limitsOf }] = await Promise.all([
    import("../output/result-sinks.ts"),
    import("../output/budget-limits.ts"),
  ]);
  checkMeasurable(config);
  const limits = await limitsOf(config.budgets, config.baselines, warn);
  const sinks = openResultSinks(config, process.env);
  for (const notice of sinks.notices) warn(notice);
  return { limits, sinks };
}

/** Throws UsageError for a budget of a figure that cannot be measured here: it would never be exceeded. */
function checkMeasurable({ budgets, cgroup }: Config): void {
  const cache = budgets.find(({ name }) => name === "memory-with-cache");
  if (cache && cgroup === undefined)
    throw new UsageError(`--budget: ${cache.text} takes a control group to be measured; add --cgroup auto`);
  const io = budgets.find(({ name }) => name === "read" || name === "written");
  if (io && !mayAccess("/proc/self/io", "read"))
    throw new UsageError(
      `--budget: ${io.text} cannot be measured here: the kernel does not count it (no /proc/self/io)`,
    );
}

/** Returns the metrics file's own folder, or --journal-dir, where journals of several files may share a name. */
function journalPlace(file: ClaimedOutput, { journalDir, noSync }: Config): Places["journal"] {
  const { journal, path } = file;
  const target = path.startsWith("/") ? path : `${process.cwd()}/${path}`;
  const place = { ...journal, target, isSynced: !noSync, flushed: () => file.renew?.() };
  return journalDir === undefined ? place : { ...place, folder: journalDir, shared: true };
}

/** What the wait for a peer uses, and gives back where the run does not begin. */
interface WaitParts {
  readonly signals: SignalRelay;
  readonly machine: MachineMeasurement;
  readonly abandon: () => Promise<void>;
}

/** Waits until both sides may begin. Returns the signal that ended the wait. Throws SyncError, UsageError. */
async function waitForPeer(
  sync: SyncConfig,
  { config, version, problems, warn }: RecordParts,
  { signals, machine, abandon }: WaitParts,
): Promise<PeerSession | number> {
  try {
    const { connectPeer, warmUp } = await import("../sync/connect-peer.ts");
    // Both take time, which the start must not take later.
    signals.prepare();
    await warmUp(config, machine.collectors(), systemClock);
    const report = problems.report.bind(problems);
    const session = await connectPeer(
      sync,
      { instance: config.instance, clock: systemClock, version, warn, report },
      signals,
    );
    if (typeof session === "number") await abandon();
    return session;
  } catch (error) {
    await abandon();
    throw error;
  }
}
