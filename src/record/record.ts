import type { CommandCgroup } from "../cgroup/run-in-cgroup.ts";
import type { Config, SyncConfig } from "../cli/config.ts";
import { systemClock } from "../clock.ts";
import type { Collector } from "../collect/collector.ts";
import { filesBeforeStart } from "../collect/registry.ts";
import { hasEnded } from "../os/children.ts";
import type { JournalPlace, MetricsFile } from "../output/metrics-file.ts";
import { type KernelFiles, kernelFs } from "../proc/kernel-fs.ts";
import type { Ending } from "../run/child.ts";
import type { Inherited } from "../run/inherited.ts";
import type { Problems } from "../run/problems.ts";
import { Session } from "../run/session.ts";
import { SignalRelay } from "../run/signals.ts";
import type { PeerSession } from "../sync/peer-session.ts";
import { CommandRun } from "./command-run.ts";
import { finish, keep, loadEnd, type Telling } from "./finish.ts";
import { claimed, claimPage, found, journalPlace, launcherFor, toTell } from "./prepare.ts";

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
  const machine = machineOf(proc, parts.config);
  const { cgroup } = parts.config;
  if (cgroup === undefined) return recordWith(parts, machine, undefined);
  // Before the command's group is made: to make room for it we may have to leave the one that is measured.
  machine.collectors();
  const { openCommandCgroup } = await import("../cgroup/create-cgroup.ts");
  const group = openCommandCgroup(proc, cgroup, parts.warn);
  try {
    return await recordWith(parts, machine, group);
  } finally {
    await group?.end();
  }
}

/** What is measured of the machine: made when it is asked for, and read before that where the command waits for it. */
interface Machine {
  readonly collectors: () => readonly Collector[];
  readonly capture: () => () => void;
}

/** Throws UsageError for the name of a collector that there is not. */
function machineOf(proc: KernelFiles, config: Config): Machine {
  const { only, without, ways } = config.collectors;
  const measure = () => require("./measure.ts") as typeof import("./measure.ts");
  // Sources take long to load: while they do, nobody could see a short command end.
  if (!isCompiled()) measure();
  if (only.length + without.length + ways.length > 0) measure().checkCollectors(config);
  const files = filesBeforeStart(config.collectors);
  let made: readonly Collector[] | undefined;
  return {
    collectors() {
      made ??= measure().chosenCollectors(proc, config);
      return made;
    },
    capture: () => proc.capture(files),
  };
}

/** Whether this is the binary, whose own files are below a root that is nowhere else. */
function isCompiled(): boolean {
  return Bun.main.startsWith("/$bunfs/");
}

/** Places that are taken before the command starts. */
interface Places {
  readonly file: MetricsFile;
  readonly journal: JournalPlace & { readonly target: string };
  readonly page: MetricsFile | undefined;
  readonly telling: Telling | undefined;
  /** Leaves everything as it was. */
  abandon(): void;
}

async function recordWith(parts: RecordParts, machine: Machine, group: CommandCgroup | undefined): Promise<RunEnd> {
  const { config, inherited, problems, version } = parts;
  const command = found(config.command, inherited);
  const launcher = await launcherFor(inherited, command, group);
  const places = await takePlaces(parts);
  const signals = new SignalRelay(inherited);
  const run = new CommandRun({ command, launcher, inherited, config, signals, problems, group, places });
  const gate = config.sync && (await met(config.sync, parts, { signals, machine, abandon: places.abandon }));
  if (typeof gate === "number") return endOf({ kind: "signaled", signal: gate });
  run.gate = gate;
  const beganMs = performance.now();
  const collectors = () => [...run.collectors(), ...machine.collectors(), ...(gate?.collectors ?? [])];
  // What its own group says at the start must be said before the command is in it, and a budget is watched from then on.
  const capture = group || config.budgetKill ? undefined : machine.capture;
  const { store, start, report } = run;
  try {
    const ways = { store, start, hasEnded, collectors, capture, report };
    const session = new Session({ config, ...ways, signals, clock: systemClock, version, gate }).run();
    const atEnd = loadEnd(places.journal);
    const { recording, ending } = await session;
    run.ended();
    const samples = (performance.now() - beganMs) / 1000 / config.intervalSeconds;
    if (samples > WORTH_COMPILING_SAMPLES) Bun.unsafe.setJITPolicy(1);
    const { write, stale } = await atEnd;
    const { file, page, telling } = places;
    const { journal } = run;
    const { warn } = parts;
    const { pushTo } = config;
    const judged = await finish({ file, page, telling, pushTo, journal, recording, signals, problems, warn }, write);
    for (const path of stale) warn(`${path} is left from an earlier run: statexec --recover ${path}`);
    const overBudget = judged.some(({ verdict }) => verdict === "exceeded");
    return endOf(gate?.reportedEnding(ending) ?? ending, { overBudget, stoppedForBudget: run.stoppedForBudget });
  } catch (error) {
    places.abandon();
    if (!run.child) throw error;
    problems.guard(() => keep(run.journal, problems, error));
    return endOf(await run.waited(), { stoppedForBudget: run.stoppedForBudget });
  } finally {
    await gate?.close();
  }
}

function endOf(ending: Ending, { overBudget = false, stoppedForBudget = false } = {}): RunEnd {
  return { ending, overBudget, stoppedForBudget };
}

/** Everything that will be written has its place from now on. Throws OutputError, UsageError. */
async function takePlaces({ config, problems, warn }: RecordParts): Promise<Places> {
  const file = claimed(config);
  if (file.notice) warn(file.notice);
  const telling = await toTell(config, warn);
  const page = config.reportTo === undefined ? undefined : claimPage(config.reportTo, file);
  const abandon = () => {
    problems.guard(() => file.abandon());
    problems.guard(() => telling?.results.abandon());
    problems.guard(() => page?.abandon());
  };
  return { file, journal: journalPlace(file, config), page, telling, abandon };
}

/** What a wait for a peer gets ready, and gives back where it comes to nothing. */
interface Waiting {
  readonly signals: SignalRelay;
  readonly machine: Machine;
  readonly abandon: () => void;
}

/** The other side of a synchronised run, once both may begin, or the signal that ended the wait: then there is no file. */
async function met(
  sync: SyncConfig,
  { config, version, problems, warn }: RecordParts,
  { signals, machine, abandon }: Waiting,
): Promise<PeerSession | number> {
  try {
    const { connectPeer, warmUp } = await import("../sync/connect-peer.ts");
    // The start is to be quick when it comes.
    signals.prepare();
    await warmUp(config, machine.collectors(), systemClock);
    const report = problems.report.bind(problems);
    const session = await connectPeer(
      sync,
      { instance: config.instance, clock: systemClock, version, warn, report },
      signals,
    );
    if (typeof session === "number") abandon();
    return session;
  } catch (error) {
    abandon();
    throw error;
  }
}
