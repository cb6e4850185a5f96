import { version } from "../package.json";
import { parseInvocation } from "./config/resolve.ts";
import { CommandError, UsageError } from "./errors.ts";
import { SystemError, writeAll } from "./os/files.ts";
import { exitNow } from "./os/process.ts";
import { record } from "./record.ts";
import { endLike } from "./run/die.ts";
import { commandLine, readInherited } from "./run/inherited.ts";
import { launcherEnvironment, variablesOf } from "./run/launcher.ts";
import { Problems } from "./run/problems.ts";
import { typedWords } from "./run/typed-words.ts";

/** Exit statuses of our own, as env(1) and timeout(1) have them; all others are the command's. */
const STATUS = { done: 0, failed: 125, notExecutable: 126, notFound: 127 } as const;

const NO_SYNC =
  "--server and --connect: synchronised runs are not in this version; leave the option out (or its SE_ variable unset)";

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
      if (invocation.config.sync) throw new UsageError(NO_SYNC);
      const ending = await record({ config: invocation.config, inherited, problems, warn, version });
      for (const message of problems.messages()) warn(message);
      // The command's own end is ours, unless it did well and the recording did not.
      const failed = problems.any && ending.kind === "exited" && ending.code === 0;
      if (failed || ending.kind === "unknown") return exitNow(STATUS.failed);
      return endLike(ending);
    }
    if (invocation.mode === "recover") await recoverAll(invocation.journals, invocation.file);
    else say(1, invocation.mode === "version" ? `statexec ${version}\n` : await helpText());
    return exitNow(STATUS.done);
  } catch (error) {
    warn(error instanceof Error ? error.message : String(error));
    return exitNow(statusOf(error));
  }
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

/** Likewise; code that runs once over much data is worth compiling. */
async function recoverAll(journals: readonly string[], file: string | undefined): Promise<void> {
  Bun.unsafe.setJITPolicy(1);
  const { listRecoverable, recover } = await import("./output/recover.ts");
  if (journals.length === 0) say(1, listRecoverable(process.cwd()));
  const { log } = await import("./log.ts");
  for (const journal of journals) {
    const { file: made, content, warnings } = await recover(journal, file);
    for (const warning of warnings) log.warn(`${journal}: ${warning}`);
    say(1, `${made}: ${content}\n`);
  }
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
