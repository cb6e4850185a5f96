import { SyncError } from "../errors.ts";
import { writeAll } from "../os/files.ts";
import { isTerminal } from "../os/process.ts";
import { PATHS, parseStatus, type Status } from "./sync-protocol.ts";

/** How long one attempt may take, and from one to the next. */
const ATTEMPT_MS = 5000;
const RETRY_MS = 150;

/** A dot each, for a person. */
const DOT_MS = 1000;

export interface ReachParts {
  /** `http://host:port`. */
  readonly base: string;
  /** `host:port`, as messages name it. */
  readonly name: string;
  readonly headers: Record<string, string>;
  /** How long a server that is not up is waited for; Infinity: for ever. */
  readonly timeoutSeconds: number;
}

/** What is at an address: a server of ours, of the original, or nothing that could be spoken to yet, and why. */
type Found = { readonly status: Status | undefined } | { readonly reason: string };

/** Waits for a server: what it says of itself, or undefined for one of the original's. Throws SyncError. */
export async function reach(parts: ReachParts): Promise<Status | undefined> {
  const { name, timeoutSeconds } = parts;
  const progress = new Progress(`statexec: waiting for the server at ${name} `);
  const deadline = performance.now() + timeoutSeconds * 1000;
  try {
    for (;;) {
      const left = deadline - performance.now();
      const found = await look(parts, Math.max(1, Math.min(ATTEMPT_MS, left)));
      if ("status" in found) return found.status;
      if (performance.now() + RETRY_MS >= deadline)
        throw new SyncError(
          `--connect ${name}: no server within ${timeoutSeconds} s (${found.reason}); start it, or give --sync-timeout`,
        );
      await Bun.sleep(RETRY_MS);
    }
  } finally {
    progress.end();
  }
}

async function look({ base, name, headers }: ReachParts, timeoutMs: number): Promise<Found> {
  try {
    const signal = AbortSignal.timeout(Math.ceil(timeoutMs));
    const response = await fetch(`${base}${PATHS.status}`, { headers, redirect: "manual", signal });
    return await judge(response, name);
  } catch (error) {
    if (error instanceof SyncError || !(error instanceof Error)) throw error;
    return { reason: reasonOf(error) };
  }
}

async function judge(response: Response, name: string): Promise<Found> {
  const { status } = response;
  if (status === 401)
    throw new SyncError(`--connect ${name}: the server wants its token; give it by --sync-token or --sync-token-file`);
  // A gate in front of a server that is not up yet.
  if (status >= 500) return { reason: `it answers ${status}` };
  const text = await response.text();
  if (status !== 200) return { status: undefined };
  try {
    return { status: parseStatus(JSON.parse(text)) };
  } catch (error) {
    if (error instanceof SyntaxError) return { status: undefined };
    throw error;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ConnectionRefused: "connection refused",
  ECONNRESET: "connection reset",
  ENOTFOUND: "no such host",
  TimeoutError: "no answer",
};

/** Why a request failed, in words. */
export function reasonOf(error: Error): string {
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return REASONS[code] ?? (code === "Error" ? error.message : code);
}

/** Dots on a terminal, behind a text; nothing elsewhere. */
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
  writeAll(2, new TextEncoder().encode(text), "/dev/stderr");
}
