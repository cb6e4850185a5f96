import type { PushConfig } from "../cli/config.ts";
import type { PushRequest } from "../cli/mode-requests.ts";
import { OutputError, ParseError, PushError } from "../errors.ts";
import { describePushed, pushFile } from "../output/push/push-file.ts";
import { safeLine } from "../safe-text.ts";

/** Where a mode writes: a result to standard output, a message to standard error. */
interface Messages {
  readonly say: (text: string) => void;
  readonly warn: (message: string) => void;
}

/** `--push`: sends files one after the other, says what became of each, and returns whether all of them arrived whole. */
export async function pushAll({ files, target }: PushRequest, { say, warn }: Messages): Promise<boolean> {
  let whole = true;
  for (const file of files) {
    try {
      const pushed = await pushFile(file, target, new AbortController().signal);
      for (const warning of pushed.warnings) warn(warning);
      say(`${safeLine(describePushed(pushed, target.url))}\n`);
      whole &&= pushed.count.kind === "unasked" || pushed.count.missing === 0;
    } catch (error) {
      if (!isExpected(error)) throw error;
      warn(error.message);
      whole = false;
    }
  }
  return whole;
}

/** What the push after a run needs. */
interface AfterRun {
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
}

/** `--push-to`: sends the file of a run that is over. A failure gives a warning only, since the run has its own status. */
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
