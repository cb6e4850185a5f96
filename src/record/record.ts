import type { CommandCgroup } from "../cgroup/run-in-cgroup.ts";
import { systemClock } from "../clock.ts";
import { hasEnded } from "../os/children.ts";
import { kernelFs } from "../proc/kernel-fs.ts";
import type { Ending } from "../run/child.ts";
import { type MachineMeasurement, machineMeasurement } from "../run/machine-measurement.ts";
import { Session } from "../run/session.ts";
import type { SessionEnd } from "../run/session-parts.ts";
import { checkDescriptors } from "../run/shortage.ts";
import { compileEagerly, loadSourcesAhead, WORTH_COMPILING_SAMPLES } from "../run/start.ts";
import { shellQuoted } from "../safe-text.ts";
import { finish, keepJournal, loadFinish } from "./finish.ts";
import { checkCollectors, type PreparedRun, prepare, type RecordParts } from "./prepare.ts";

/** How a run ended. */
export interface RunEnd {
  readonly ending: Ending;
  /** Whether it exceeded a budget, or with --budget-strict may have. */
  readonly overBudget: boolean;
  /** Whether the command was ended for that. */
  readonly stoppedForBudget: boolean;
}

/** Runs the command, writes what was recorded, and returns how it ended. Throws what prevents the command's start. */
export async function record(parts: RecordParts): Promise<RunEnd> {
  const { cgroup, collectors } = parts.config;
  const proc = kernelFs();
  loadSourcesAhead(collectors);
  checkCollectors(collectors);
  checkDescriptors(parts.inherited);
  const machine = machineMeasurement(proc, collectors);
  if (cgroup === undefined) return recordIn(undefined, parts, machine);
  // Made before the group: to make room for it, we may have to leave the one that they measure.
  machine.collectors();
  const { openCommandCgroup } = await import("../cgroup/create-cgroup.ts");
  const group = openCommandCgroup(proc, cgroup, parts.warn);
  try {
    return await recordIn(group, parts, machine);
  } finally {
    await group?.end();
  }
}

const FOREIGN_PROC_NOTICE =
  "/proc shows another pid namespace: only CPU time, faults and switches of the command are known, at least so much; " +
  "mount a /proc of this one (unshare --mount-proc, or mount -t proc proc /proc), or take --cgroup auto";

async function recordIn(
  group: CommandCgroup | undefined,
  parts: RecordParts,
  machine: MachineMeasurement,
): Promise<RunEnd> {
  const run = await prepare(parts, machine, group);
  if (typeof run === "number") return runEnd({ kind: "signaled", signal: run });
  const { command, gate, places, companions } = run;
  if (command.isProcForeign) parts.warn(FOREIGN_PROC_NOTICE);
  try {
    // A group's own figures must be read before the command is in it, and a budget is watched from the start on.
    const capture = group || parts.config.budgetKill ? undefined : machine.capture;
    const collectors = () => [...command.collectors(), ...machine.collectors(), ...(gate?.collectors ?? [])];
    const session = runSession(parts, run, { collectors, capture });
    const loaded = loadFinish(places.journal, parts.config);
    const { recording, ending } = await session;
    await companions?.endView();
    const { write, stale, elsewhere } = await loaded;
    const judged = await finish({ parts, run, recording }, write);
    const others = elsewhere(command.journal?.hadFile === true);
    if (stale.length + others.length > 0) mentionLeft(stale, others, places.journal.target, parts.warn);
    const { budgetStrict } = parts.config;
    const overBudget = judged.some(({ verdict }) => verdict === "exceeded" || (budgetStrict && verdict !== "kept"));
    return runEnd(gate?.reportedEnding(ending) ?? ending, { overBudget, stoppedForBudget: command.stoppedForBudget });
  } catch (error) {
    return await endAfter(error, parts, run);
  } finally {
    await companions?.end();
    await gate?.close();
  }
}

const MOST_MENTIONED = 3;

/** Names the journals that earlier runs left: in the metrics file's folder, and in another one. */
function mentionLeft(
  stale: readonly string[],
  elsewhere: readonly string[],
  target: string,
  warn: RecordParts["warn"],
): void {
  const lines = [
    ...stale.map((path) => `${path} is left from an earlier run: statexec --recover ${shellQuoted(path)}`),
    ...elsewhere.map(
      (path) =>
        `${path} is left from an earlier run: statexec --recover ${shellQuoted(path)} -f ${shellQuoted(target)}`,
    ),
  ];
  for (const line of lines.slice(0, MOST_MENTIONED)) warn(line);
  const more = lines.length - MOST_MENTIONED;
  if (more > 0) warn(`${more} more ${more === 1 ? "journal is" : "journals are"} left: statexec --recover lists them`);
}

/** Runs the session to its end. */
async function runSession(
  { config, version }: RecordParts,
  { command, signals, gate }: PreparedRun,
  measuring: Pick<MachineMeasurement, "collectors"> & { readonly capture: MachineMeasurement["capture"] | undefined },
): Promise<SessionEnd> {
  const clock = systemClock;
  const beganMs = clock.now();
  const { store, start, report, settled } = command;
  const session = new Session({
    ...{ config, ...measuring, store, start, hasEnded, settled, report, signals, clock, version, gate },
  });
  const end = await session.run();
  command.ended();
  const samples = (clock.now() - beganMs) / 1000 / config.intervalSeconds;
  if (samples > WORTH_COMPILING_SAMPLES) compileEagerly();
  return end;
}

/** Ends a run that failed: without the command, by its error; with it, by the command's own end. */
async function endAfter(error: unknown, { problems }: RecordParts, { command, places }: PreparedRun): Promise<RunEnd> {
  const { journal, stoppedForBudget } = command;
  places.abandon();
  if (!command.child) {
    problems.guard(() => journal?.abandon());
    throw error;
  }
  problems.guard(() => keepJournal(journal, problems, error));
  return runEnd(await command.waited(), { stoppedForBudget });
}

function runEnd(ending: Ending, { overBudget = false, stoppedForBudget = false } = {}): RunEnd {
  return { ending, overBudget, stoppedForBudget };
}
