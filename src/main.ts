import { version } from "../package.json";
import { machineCollectors } from "./collect/index.ts";
import type { Config } from "./config/config.ts";
import { parseInvocation } from "./config/resolve.ts";
import { CommandError, UsageError } from "./errors.ts";
import { SystemError, writeAll } from "./os/files.ts";
import { exitNow } from "./os/process.ts";
import { claimMetricsFile } from "./output/metrics-file.ts";
import { kernelFs } from "./proc/kernel-fs.ts";
import { type Child, type Ending, type Launch, launch, startChild } from "./run/child.ts";
import { systemClock } from "./run/clock.ts";
import { endLike } from "./run/die.ts";
import { commandLine, type Inherited, lookup, needsExactLaunch, readInherited } from "./run/inherited.ts";
import type { OrphanReaper } from "./run/orphans.ts";
import { Problems } from "./run/problems.ts";
import { type ResolvedCommand, resolveCommand } from "./run/resolve-command.ts";
import { Session } from "./run/session.ts";
import { SignalRelay } from "./run/signals.ts";
import { typedWords } from "./run/typed-words.ts";

/** Exit statuses of our own, as env(1) and timeout(1) have them; all others are the command's. */
const STATUS = { done: 0, failed: 125, notExecutable: 126, notFound: 127 } as const;

/** Everything: words in, an exit status out. The order of the first lines is that of what can be read only once. */
export async function main(words: readonly string[], env: NodeJS.ProcessEnv): Promise<never> {
  const problems = new Problems();
  try {
    const inherited = readInherited();
    problems.watch();
    const invocation = parseInvocation(typedWords(words, commandLine()), env);
    if (invocation.mode === "run") {
      for (const warning of invocation.warnings) warn(warning);
      return await record(invocation.config, inherited, problems);
    }
    say(1, invocation.mode === "version" ? `statexec ${version}\n` : await helpText());
    return exitNow(STATUS.done);
  } catch (error) {
    warn(error instanceof Error ? error.message : String(error));
    return exitNow(statusOf(error));
  }
}

const NO_SYNC =
  "--server and --connect: synchronised runs are not in this version; leave the option out (or its SE_ variable unset)";

/** A run that lasts longer than this is worth compiled code; until then interpreting is cheaper (see scripts/build.ts). */
const WORTH_COMPILING_MS = 1000;

/** Runs the command and writes what was recorded of it. */
async function record(config: Config, inherited: Inherited, problems: Problems): Promise<never> {
  if (config.sync) throw new UsageError(NO_SYNC);
  const { name, path } = lookup(inherited, config.command, process.env.PATH);
  const command = resolveCommand(config.command, path, name);
  const launcher = await launcherFor(inherited, command);
  const file = claimMetricsFile(config.file);
  if (file.notice) warn(file.notice);
  const collectors = machineCollectors(kernelFs());
  const signals = new SignalRelay(inherited);
  const report = (error: unknown) => problems.report(error);
  const orphans = await orphanReaper(report);
  let child: Child | undefined;
  const start = () => {
    const started = signals.starting(() => startChild(command, inherited, launcher));
    child = started;
    problems.guard(() => orphans?.start(started.pid));
    return started;
  };
  const session = new Session({ config, start, signals, collectors, report, clock: systemClock, version });
  setTimeout(() => Bun.unsafe.setJITPolicy(1), WORTH_COMPILING_MS);
  try {
    // Loaded while the command runs.
    const output = import("./output/write-metrics.ts");
    const { recording, ending } = await session.run();
    if (file.mayBlock) signals.close();
    const { writeMetrics } = await output;
    problems.guard(() => writeMetrics(file, recording));
    return end(ending, problems);
  } catch (error) {
    problems.guard(() => file.abandon());
    if (!child) throw error;
    problems.report(error);
    return end(await endOf(child), problems);
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

/** The runtime's way, unless it would change something on it: the exact way is loaded only then. */
async function launcherFor(inherited: Inherited, command: ResolvedCommand): Promise<Launch> {
  if (!needsExactLaunch(inherited, command)) return launch;
  return (await import("./run/exact-child.ts")).launchExactly;
}

/** Only the first process of a container is left with the orphans of others. */
async function orphanReaper(report: (error: unknown) => void): Promise<OrphanReaper | undefined> {
  if (process.pid !== 1) return undefined;
  return new (await import("./run/orphans.ts")).OrphanReaper(report);
}

/** The command's own end is ours, unless it did well and the recording did not. */
function end(ending: Ending, problems: Problems): never {
  for (const message of problems.messages()) warn(message);
  const failed = problems.any && ending.kind === "exited" && ending.code === 0;
  if (failed || ending.kind === "unknown") return exitNow(STATUS.failed);
  return endLike(ending);
}

function statusOf(error: unknown): number {
  if (!(error instanceof CommandError)) return STATUS.failed;
  return error.reason === "not found" ? STATUS.notFound : STATUS.notExecutable;
}

/** Loaded only when asked for: it brings citty with it. */
async function helpText(): Promise<string> {
  const { renderHelp } = await import("./config/help.ts");
  return renderHelp();
}

function warn(message: string): void {
  try {
    say(2, `statexec: ${message}\n`);
  } catch (error) {
    // Nobody reads it, and there is nobody else to tell.
    if (!(error instanceof SystemError)) throw error;
  }
}

/** A plain write: the runtime's own streams would make a pipe that we share with the command non-blocking. */
function say(fd: 1 | 2, text: string): void {
  writeAll(fd, new TextEncoder().encode(text), fd === 1 ? "/dev/stdout" : "/dev/stderr");
}
