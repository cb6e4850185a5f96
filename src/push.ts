import type { PushConfig } from "./cli/config.ts";
import { OutputError, ParseError, PushError } from "./errors.ts";
import { describePushed, pushFile } from "./output/push.ts";

type Say = (fd: 1 | 2, text: string) => void;

/** Sends files one after the other and tells of each; whether all of them arrived whole. */
export async function pushAll(files: readonly string[], target: PushConfig, say: Say): Promise<boolean> {
  let whole = true;
  for (const file of files) {
    try {
      const pushed = await pushFile(file, target, new AbortController().signal);
      for (const warning of pushed.warnings) say(2, `statexec: ${warning}\n`);
      say(1, `${describePushed(pushed, target.url)}\n`);
      whole &&= pushed.count.kind === "unasked" || pushed.count.missing === 0;
    } catch (error) {
      if (!isExpected(error)) throw error;
      say(2, `statexec: ${error.message}\n`);
      whole = false;
    }
  }
  return whole;
}

/** What a run has to say, and what stops the sending after it. */
export interface AfterRun {
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
}

/** Sends the file of a run that is over. A failure is a message, as is what is missing: the run has its own status. */
export async function pushAfterRun(file: string, target: PushConfig, { warn, signal }: AfterRun): Promise<void> {
  try {
    for (const warning of (await pushFile(file, target, signal)).warnings) warn(warning);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    warn(`${why}; ${file} is written: statexec --push URL ${file} sends it again`);
  }
}

function isExpected(error: unknown): error is Error {
  return error instanceof PushError || error instanceof OutputError || error instanceof ParseError;
}
