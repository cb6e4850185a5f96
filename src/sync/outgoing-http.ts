import { SyncError } from "../errors.ts";
import { type BoundedAnswer, MOST_STATUS_BYTES, requestBounded } from "../net/bounded-request.ts";
import { failureOf } from "../net/request-failure.ts";
import { print, unlessClosed } from "../os/print.ts";
import { isTerminal } from "../os/process.ts";
import { PATHS, parseStatus, type SyncStatus, TOO_MANY } from "./sync-protocol.ts";

/** Variables that list hosts to be reached without a proxy. */
const NO_PROXY_NAMES = ["NO_PROXY", "no_proxy"] as const;

let originalNoProxy: readonly (string | undefined)[] | undefined;

/**
 * Makes requests of this process bypass proxies. The runtime would send even requests to this machine through http_proxy,
 * unless no_proxy is `*`. The command would inherit the change, so it is started by `withOriginalProxies`.
 */
export function bypassProxies(): void {
  originalNoProxy ??= NO_PROXY_NAMES.map((name) => process.env[name]);
  for (const name of NO_PROXY_NAMES) process.env[name] = "*";
}

/** Calls `action` while the environment is as statexec got it. */
export function withOriginalProxies<T>(action: () => T): T {
  if (!originalNoProxy) return action();
  for (const [i, name] of NO_PROXY_NAMES.entries()) {
    const value = originalNoProxy[i];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  try {
    return action();
  } finally {
    bypassProxies();
  }
}

/** Longest time of one attempt, and the pause before the next. */
const ATTEMPT_MS = 5000;
const RETRY_MS = 150;

export interface ServerAddress {
  /** `http://host:port` or `https://host:port`. */
  readonly base: string;
  /** `host:port`, as messages name it. */
  readonly name: string;
  readonly headers: Record<string, string>;
}

/** The status of a server, undefined for an original one; or why the server cannot be used yet. */
type Attempt = { readonly status: SyncStatus | undefined } | { readonly reason: string };

/**
 * Polls until a server answers, for at most `timeoutSeconds`, which may be Infinity. Returns its status, undefined for an
 * original server. Throws SyncError.
 */
export async function waitForServer(server: ServerAddress, timeoutSeconds: number): Promise<SyncStatus | undefined> {
  const { name } = server;
  const progress = new Progress(`statexec: waiting for the server at ${name} `);
  const deadline = performance.now() + timeoutSeconds * 1000;
  try {
    for (;;) {
      const left = deadline - performance.now();
      const attempt = await requestStatus(server, Math.max(1, Math.min(ATTEMPT_MS, left)));
      if ("status" in attempt) return attempt.status;
      if (performance.now() + RETRY_MS >= deadline)
        throw new SyncError(
          `--connect ${name}: no server within ${timeoutSeconds} s (${attempt.reason}); start it, or give --sync-timeout`,
        );
      await Bun.sleep(RETRY_MS);
    }
  } finally {
    progress.end();
  }
}

async function requestStatus({ base, name, headers }: ServerAddress, timeoutMs: number): Promise<Attempt> {
  try {
    const signal = AbortSignal.timeout(Math.ceil(timeoutMs));
    const request = { url: `${base}${PATHS.status}`, method: "GET", headers, signal } as const;
    return interpret(await requestBounded({ ...request, mostBytes: MOST_STATUS_BYTES }), name);
  } catch (error) {
    if (error instanceof SyncError || !(error instanceof Error)) throw error;
    const { reason, isFinal } = failureOf(error);
    if (isFinal) throw new SyncError(`--connect ${name}: ${reason}`);
    return { reason };
  }
}

function interpret({ status, text, isCut }: BoundedAnswer, name: string): Attempt {
  if (status === 401)
    throw new SyncError(`--connect ${name}: the server wants its token; give it by --sync-token or --sync-token-file`);
  // A gateway answers in place of a server that is not up yet; and a server that is sent wrong tokens says 429.
  if (status >= 500 || status === TOO_MANY) return { reason: `it answers ${status}` };
  if (status !== 200) return { status: undefined };
  if (isCut) throw new SyncError(`--connect ${name}: its status is too long or does not end: is it a statexec server?`);
  try {
    return { status: parseStatus(JSON.parse(text)) };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return { status: undefined };
    throw error;
  }
}

const DOT_MS = 1000;

/** On a terminal, writes a text after a second and a dot each second; elsewhere nothing. */
class Progress {
  private shown = false;
  private readonly timer: Timer | undefined;

  constructor(text: string) {
    if (!isTerminal(2)) return;
    this.timer = setInterval(() => {
      write(this.shown ? "." : `${text}.`);
      this.shown = true;
    }, DOT_MS);
  }

  end(): void {
    clearInterval(this.timer);
    if (this.shown) write("\n");
  }
}

function write(text: string): void {
  unlessClosed(() => print(2, text));
}
