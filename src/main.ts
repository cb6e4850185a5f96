import type { ExploreRequest } from "../explorer/server/explore-server.ts";
import { version } from "../package.json";
import type { Invocation, PushConfig } from "./cli/config.ts";
import { parseInvocation } from "./cli/resolve.ts";
import { CommandError } from "./errors.ts";
import { SystemError, writeAll } from "./os/files.ts";
import { exitNow, isTerminal } from "./os/process.ts";
import type { CompareRequest } from "./output/compare.ts";
import { type RunEnd, record } from "./record/record.ts";
import { endLike } from "./run/child.ts";
import { commandLine, launcherEnvironment, readInherited, typedWords, variablesOf } from "./run/inherited.ts";
import { Problems } from "./run/problems.ts";
import { compileEagerly } from "./run/start.ts";

/** Exit statuses of our own, as env(1) and timeout(1) have them; all others are the command's. */
const STATUS = { done: 0, worse: 1, overBudget: 124, failed: 125, notExecutable: 126, notFound: 127 } as const;

/** Everything: words in, an exit status out. The order of the first lines is that of what can be read only once. */
export async function main(words: readonly string[], env: NodeJS.ProcessEnv): Promise<never> {
  const problems = new Problems();
  try {
    const environment = launcherEnvironment(env);
    const inherited = readInherited(environment);
    problems.watch();
    const variables = environment ? variablesOf(environment) : env;
    const invocation = parseInvocation(typedWords(words, commandLine()), variables);
    if (invocation.mode === "run") {
      for (const warning of invocation.warnings) warn(warning);
      const end = await record({ config: invocation.config, inherited, problems, warn, version });
      for (const message of problems.messages()) warn(message);
      return leave(end, problems.any);
    }
    return exitNow(await runMode(invocation));
  } catch (error) {
    warn(error instanceof Error ? error.message : String(error));
    for (const message of problems.messages()) warn(message);
    return exitNow(statusOf(error));
  }
}

/** The command's own end is ours, unless it did well and the run went over its budget, or the recording failed. */
function leave({ ending, overBudget, stoppedForBudget }: RunEnd, failed: boolean): never {
  const didWell = ending.kind === "exited" && ending.code === 0;
  if (stoppedForBudget || (overBudget && didWell)) return exitNow(STATUS.overBudget);
  if (ending.kind === "unknown" || (failed && didWell)) return exitNow(STATUS.failed);
  return endLike(ending);
}

/** What runs no command; answers the exit status. */
async function runMode(invocation: Exclude<Invocation, { mode: "run" }>): Promise<number> {
  switch (invocation.mode) {
    case "list-collectors":
      say(1, await collectorList());
      return STATUS.done;
    case "recover":
      await recoverAll(invocation.journals, invocation.file);
      return STATUS.done;
    case "report":
      await (await import("./report.ts")).writeReport(invocation, say);
      return STATUS.done;
    case "compare":
      return compare(invocation);
    case "push":
      return push(invocation.target, invocation.files);
    case "explore":
      await explore(invocation);
      return STATUS.done;
    case "version":
      say(1, `statexec ${version}\n`);
      return STATUS.done;
    case "help":
      say(1, await helpText());
      return STATUS.done;
  }
}

function statusOf(error: unknown): number {
  if (!(error instanceof CommandError)) return STATUS.failed;
  return error.reason === "not found" ? STATUS.notFound : STATUS.notExecutable;
}

/** Loaded only when asked for: it brings citty with it. */
async function helpText(): Promise<string> {
  const { renderHelp } = await import("./cli/help.ts");
  return renderHelp();
}

/** Likewise. */
async function collectorList(): Promise<string> {
  const [{ listCollectors }, { kernelFs }] = await Promise.all([
    import("./collect/list-collectors.ts"),
    import("./proc/kernel-fs.ts"),
  ]);
  return listCollectors(kernelFs());
}

/** Likewise; code that runs once over much data is worth compiling. */
async function recoverAll(journals: readonly string[], file: string | undefined): Promise<void> {
  compileEagerly();
  const { listRecoverable, recover } = await import("./output/recover.ts");
  if (journals.length === 0) say(1, listRecoverable(process.cwd()));
  const { log } = await import("./log.ts");
  for (const journal of journals) {
    const { file: made, content, warnings } = await recover(journal, file);
    for (const warning of warnings) log.warn(`${journal}: ${warning}`);
    say(1, `${made}: ${content}\n`);
  }
}

/** The exit status: whether anything became worse. */
async function compare(request: CompareRequest): Promise<number> {
  compileEagerly();
  const { compareFiles } = await import("./output/compare.ts");
  const { NO_COLOR, TERM } = process.env;
  const colour = isTerminal(1) && !NO_COLOR && TERM !== "dumb";
  const { table, warnings, isWorse } = await compareFiles(request, colour);
  if (warnings.length > 0) {
    const { log } = await import("./log.ts");
    for (const warning of warnings) log.warn(warning);
  }
  say(1, table);
  return isWorse ? STATUS.worse : STATUS.done;
}

/** Until it is told to end. */
async function explore(request: ExploreRequest): Promise<void> {
  compileEagerly();
  const [{ explore }, { log }] = await Promise.all([
    import("../explorer/server/explore-server.ts"),
    import("./log.ts"),
  ]);
  const tell = (address: string) => {
    say(1, address);
    if (isTerminal(1)) say(2, "Ctrl-C ends it.\n");
  };
  await explore(request, { say: tell, warn: (text) => log.warn(text) });
}

/** Sends files, and answers the exit status: done is when all of them arrived whole. */
async function push(target: PushConfig, files: readonly string[]): Promise<number> {
  compileEagerly();
  const { pushAll } = await import("./push.ts");
  return (await pushAll(files, target, say)) ? STATUS.done : STATUS.failed;
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
