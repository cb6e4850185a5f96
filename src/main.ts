import { version } from "../package.json";
import { isSeries } from "./cli/config.ts";
import { parseInvocation } from "./cli/resolve.ts";
import { CommandError, EXIT_STATUS } from "./errors.ts";
import { warn } from "./os/print.ts";
import { exitNow } from "./os/process.ts";
import type { RecordParts } from "./record/prepare.ts";
import { type RunEnd, record } from "./record/record.ts";
import { endLike } from "./run/child.ts";
import { commandLine, launcherState, readInherited, typedWords, variablesOf } from "./run/inherited.ts";
import { Problems } from "./run/problems.ts";
import { isShortage } from "./run/shortage.ts";

/** Runs statexec: words in, an exit status out. The first lines read what can be read only once, in this order. */
export async function main(words: readonly string[], env: NodeJS.ProcessEnv): Promise<never> {
  const problems = new Problems();
  try {
    const launched = launcherState(env);
    const inherited = readInherited(launched);
    problems.watch();
    const variables = launched ? variablesOf(launched.environment) : env;
    const invocation = parseInvocation(typedWords(words, commandLine()), variables);
    if (invocation.mode === "run") {
      for (const warning of invocation.warnings) warn(warning);
      if (isSeries(invocation.config)) {
        const { repeatCommand } = await import("./repeat/repeat-command.ts");
        return endLike(await repeatCommand({ ...invocation, inherited }));
      }
      const end = await recordOrRun({ config: invocation.config, inherited, problems, warn, version });
      for (const message of problems.messages()) warn(message);
      return leave(end, problems.any);
    }
    const { runMode } = await import("./modes/run-mode.ts");
    return endLike(await runMode(invocation));
  } catch (error) {
    warn(error instanceof Error ? error.message : String(error));
    for (const message of problems.messages()) warn(message);
    return exitNow(statusOf(error));
  }
}

/** Records the command; where a limit of the caller leaves too little for that, becomes the command. Throws likewise. */
async function recordOrRun(parts: RecordParts): Promise<RunEnd> {
  try {
    return await record(parts);
  } catch (error) {
    if (isShortage(error)) {
      const { runUnrecorded } = await import("./record/unrecorded.ts");
      runUnrecorded(error, parts);
    }
    throw error;
  }
}

/** Ends as the command ended, unless the command succeeded and the run exceeded its budget or could not be recorded. */
function leave({ ending, overBudget, stoppedForBudget }: RunEnd, failed: boolean): never {
  const succeeded = ending.kind === "exited" && ending.code === 0;
  if (stoppedForBudget || (overBudget && succeeded)) return exitNow(EXIT_STATUS.overBudget);
  if (ending.kind === "unknown" || (failed && succeeded)) return exitNow(EXIT_STATUS.failed);
  return endLike(ending);
}

function statusOf(error: unknown): number {
  if (!(error instanceof CommandError)) return EXIT_STATUS.failed;
  return error.reason === "not found" ? EXIT_STATUS.notFound : EXIT_STATUS.notExecutable;
}
