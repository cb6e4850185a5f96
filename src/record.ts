import { machineCollectors } from "./collect/index.ts";
import { TreeCollector } from "./collect/tree.ts";
import type { Config, PushConfig } from "./config/config.ts";
import { UsageError } from "./errors.ts";
import { staleJournals } from "./journal/recover.ts";
import { adoptOrphans } from "./os/children.ts";
import { fileStatus, mayAccess } from "./os/files.ts";
import { claimMetricsFile, type JournalPlace, type MetricsFile } from "./output/metrics-file.ts";
import { kernelFs } from "./proc/kernel-fs.ts";
import type { Recording } from "./recording/recording.ts";
import { type Child, type Ending, type Launch, launch, startChild } from "./run/child.ts";
import { systemClock } from "./run/clock.ts";
import { type Inherited, lookup, needsExactLaunch } from "./run/inherited.ts";
import { OrphanReaper } from "./run/orphans.ts";
import type { Problems } from "./run/problems.ts";
import { type ResolvedCommand, resolveCommand } from "./run/resolve-command.ts";
import { RunJournal } from "./run/run-journal.ts";
import { Session, type StoreStart } from "./run/session.ts";
import { signalName } from "./run/signal-names.ts";
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

/** Runs the command, writes what was recorded of it, and answers how it ended. Throws what stops it before its start. */
export async function record(parts: RecordParts): Promise<Ending> {
  const { config, inherited, problems, version } = parts;
  const command = found(config.command, inherited);
  const launcher = await launcherFor(inherited, command);
  const file = claimed(config);
  if (file.notice) parts.warn(file.notice);
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
  const start = () => {
    // Where the kernel refuses this, orphans go to the system's first process, and their time is that which was seen.
    adoptOrphans();
    const started = signals.starting(() => startChild(command, inherited, launcher));
    child = started;
    orphans.start();
    return started;
  };
  const store = (begin: StoreStart) => {
    journal = new RunJournal({ ...place, ...begin, clock: systemClock });
    return journal.writer;
  };
  const collectors = [tree, ...machineCollectors(kernelFs())];
  const atEnd = loadEnd(place);
  const beganMs = performance.now();
  const session = new Session({ config, store, start, signals, collectors, report, clock: systemClock, version });
  try {
    const { recording, ending } = await session.run();
    const samples = (performance.now() - beganMs) / 1000 / config.intervalSeconds;
    if (samples > WORTH_COMPILING_SAMPLES) Bun.unsafe.setJITPolicy(1);
    const { write, stale } = await atEnd;
    const written = await finish({ file, journal, recording, signals, problems }, write);
    if (config.pushTo && written) await push(file.path, config.pushTo, { signals, warn: parts.warn });
    for (const path of stale) parts.warn(`${path} is left from an earlier run: statexec --recover ${path}`);
    return ending;
  } catch (error) {
    problems.guard(() => file.abandon());
    if (!child) throw error;
    problems.guard(() => keep(journal, problems, error));
    return endOf(child);
  }
}

interface Finish {
  readonly file: MetricsFile;
  readonly journal: RunJournal | undefined;
  readonly recording: Recording;
  readonly signals: SignalRelay;
  readonly problems: Problems;
}

type Write = (file: MetricsFile, recording: Recording, stopped: () => boolean) => Promise<boolean>;

/** The command as it will be executed. Throws CommandError. */
function found(argv: readonly string[], inherited: Inherited): ResolvedCommand {
  const { name, path } = lookup(inherited, argv, process.env.PATH);
  return resolveCommand(argv, path, name);
}

/** The metrics file's place, where there can be a journal too. Throws OutputError, UsageError. */
function claimed({ file, journalDir, pushTo }: Config): MetricsFile {
  const fault = journalDir === undefined ? undefined : folderFault(journalDir);
  if (fault) throw new UsageError(`--journal-dir (SE_JOURNAL_DIR): "${journalDir}": ${fault}`);
  const place = claimMetricsFile(file);
  if (pushTo && place.mayBlock)
    throw new UsageError(`--push-to (SE_PUSH_TO): ${file} cannot be read back; name a file with --file`);
  return place;
}

/** Why no file could be made in a folder; undefined: one could. */
function folderFault(folder: string): string | undefined {
  const status = fileStatus(folder);
  if (!status) return "there is no such folder; create it";
  if (status.kind !== "directory") return `a ${status.kind}, expected a folder`;
  return mayAccess(folder, "write") ? undefined : "nothing can be made in it (permission denied); name another";
}

/** What the end needs, loaded and looked up while the command runs. */
async function loadEnd({ folder, name, shared }: JournalPlace): Promise<{ write: Write; stale: string[] }> {
  const { writeMetrics } = await import("./output/write-metrics.ts");
  return { write: writeMetrics, stale: shared ? [] : staleJournals(folder, name) };
}

interface Around {
  readonly signals: SignalRelay;
  readonly warn: RecordParts["warn"];
}

/** Sends the file that is there now, unless a signal comes. What becomes of it is told, and changes nothing else. */
async function push(path: string, target: PushConfig, { signals, warn }: Around): Promise<void> {
  const stop = new AbortController();
  signals.onIdle = () => stop.abort();
  const { pushAfterRun } = await import("./push.ts");
  await pushAfterRun(path, target, { warn, signal: stop.signal });
}

/** Makes the metrics file: whether it is there. Where that fails, or a signal comes, the journal stays and is named. */
async function finish({ file, journal, recording, signals, problems }: Finish, write: Write): Promise<boolean> {
  let signal: number | undefined;
  let whole = false;
  signals.onIdle = (received) => {
    signal ??= received;
  };
  // A write that waits for a reader could not be stopped by a handler of ours.
  if (file.mayBlock) signals.close();
  try {
    whole = await write(file, recording, () => signal !== undefined);
    if (whole) journal?.discard();
    else keep(journal, problems, `${file.path}: not written, stopped by ${signalName(signal ?? 0)}`);
  } catch (error) {
    keep(journal, problems, error);
  }
  if (journal?.loss) problems.report(journal.loss);
  return whole;
}

/** Reports why there is no file, and in the same line what is there instead. */
function keep(journal: RunJournal | undefined, problems: Problems, why: unknown): void {
  const reason = why instanceof Error ? why.message : String(why);
  problems.report(journal ? `${reason}; ${journal.keep()}` : reason);
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
