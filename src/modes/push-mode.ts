import type { PushConfig } from "../cli/config.ts";
import type { PushRequest } from "../cli/mode-requests.ts";
import { SECRETS } from "../cli/push-target.ts";
import { OutputError, ParseError, PushError } from "../errors.ts";
import { isLoopback } from "../net/request-failure.ts";
import { shown } from "../output/push/push-client.ts";
import { describePushed, pushFile } from "../output/push/push-file.ts";
import { safeLine, shellQuoted } from "../safe-text.ts";

/** Where a mode writes: a result to standard output, a message to standard error. */
interface Messages {
  readonly say: (text: string) => void;
  readonly warn: (message: string) => void;
}

/** `--push`: sends files one after the other, says what became of each, and returns whether all of them arrived whole. */
export async function pushAll({ files, target }: PushRequest, { say, warn }: Messages): Promise<boolean> {
  warnOfPlainSecrets(target, warn);
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
  warnOfPlainSecrets(target, warn);
  try {
    for (const warning of (await pushFile(file, target, signal)).warnings) warn(warning);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    warn(`${why}; ${file} is written: statexec --push URL ${shellQuoted(file)} sends it again`);
  }
}

/** Over plain HTTP to another machine, others on the network can read what is secret. */
function warnOfPlainSecrets({ url, secrets }: PushConfig, warn: (message: string) => void): void {
  const { protocol, hostname } = new URL(url);
  const given = secrets.token === undefined ? secrets.password && SECRETS.password : SECRETS.token;
  if (!given || protocol === "https:" || isLoopback(hostname)) return;
  warn(`${shown(url)}: ${given.env} is sent over plain HTTP, where others on the network can read it; use https://`);
}

function isExpected(error: unknown): error is Error {
  return error instanceof PushError || error instanceof OutputError || error instanceof ParseError;
}
