import type { PushConfig } from "../../cli/config.ts";
import { PushError } from "../../errors.ts";
import { MOST_ERROR_BYTES, requestBounded } from "../../net/bounded-request.ts";
import { failureOf, isLoopback, withoutSecrets } from "../../net/request-failure.ts";

interface PushAnswer {
  readonly status: number;
  readonly text: string;
  /** Whether the body is longer than `text`. */
  readonly isCut: boolean;
}

interface Try {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer> | undefined;
  /** The most that is read of the answer. */
  readonly mostBytes: number;
}

/** The first wait between tries; the last is eight seconds. Together they are enough for a database to restart. */
const FIRST_WAIT_MS = 250;
const MOST_TRIES = 7;

/** The shortest wait after which a server may ask for the next try, and the longest; if it asks for more, the push fails. */
const LEAST_WAIT_MS = 1000;
const MOST_WAIT_MS = 60_000;

/** Without an answer for this long the connection counts as lost. */
const ANSWER_MS = 60_000;

/** Tries that end so. A server that accepts connections and does not answer is not one that restarts. */
const MOST_SILENT_TRIES = 2;

/**
 * Sends requests to one server, with its secrets. After 429, 5xx and lost connections it retries, after a wait that grows
 * or that the server asks for. It uses the proxy of the environment, but not to reach this machine itself.
 */
export class PushClient {
  private readonly target: PushConfig;
  private readonly signal: AbortSignal;

  constructor(target: PushConfig, signal: AbortSignal) {
    this.target = target;
    this.signal = signal;
    // No other part of this process sends requests now, and the command has an environment of its own.
    if (isLoopback(new URL(target.url).hostname)) process.env.NO_PROXY = "*";
  }

  get url(): string {
    return this.target.url;
  }

  /** Sends a body until the server accepts it, and returns the answer. Throws PushError. */
  async post(body: Uint8Array<ArrayBuffer>, headers: Readonly<Record<string, string>>): Promise<PushAnswer> {
    const request: Try = { method: "POST", url: this.url, headers, body, mostBytes: MOST_ERROR_BYTES };
    for (let tries = 1; ; tries++) {
      const answer = await this.ask(request);
      if ("status" in answer && answer.status >= 200 && answer.status < 300) return answer;
      const wait = this.waitMs(answer, tries);
      if (wait === undefined) throw new PushError(this.failure(answer, tries));
      await this.sleep(wait);
    }
  }

  /** Requests another path of the same server once; undefined: no answer. Of the body so many bytes are read. */
  async get(url: string, mostBytes: number): Promise<PushAnswer | undefined> {
    const answer = await this.ask({ method: "GET", url, headers: {}, body: undefined, mostBytes });
    return "status" in answer ? answer : undefined;
  }

  /** A redirect is not followed: it would turn the POST into a GET, and send the secrets elsewhere. */
  private async ask(request: Try): Promise<(PushAnswer & { readonly retryAfter: string }) | Lost> {
    const signal = AbortSignal.any([this.signal, AbortSignal.timeout(ANSWER_MS)]);
    try {
      const headers = { ...request.headers, ...this.authorization() };
      const answer = await requestBounded({ ...request, headers, signal });
      const { status, isCut } = answer;
      // The query of the other address may hold secrets as ours does.
      const where = answer.headers.get("location")?.replace(/\?.*/s, "");
      const text = this.redacted(where ?? answer.text);
      return { status, text, isCut, retryAfter: answer.headers.get("retry-after") ?? "" };
    } catch (error) {
      if (this.signal.aborted) throw new PushError(`${shown(this.url)}: stopped before everything was sent`);
      if (!(error instanceof Error)) throw error;
      return lostBy(error);
    }
  }

  private authorization(): Record<string, string> {
    const { token, user, password } = this.target.secrets;
    if (token !== undefined) return { authorization: `Bearer ${token}` };
    if (user === undefined) return {};
    return { authorization: `Basic ${Buffer.from(`${user}:${password ?? ""}`).toString("base64")}` };
  }

  /** Returns how long to wait before the next try; undefined: do not retry. */
  private waitMs(answer: (PushAnswer & { readonly retryAfter: string }) | Lost, tries: number): number | undefined {
    if (tries >= MOST_TRIES) return undefined;
    const wait = FIRST_WAIT_MS * 2 ** (tries - 1) * (0.75 + Math.random() / 2);
    if ("lost" in answer) return tries < answer.mostTries ? wait : undefined;
    if (answer.status !== 429 && answer.status < 500) return undefined;
    const asked = retryAfterMs(answer.retryAfter);
    return asked === undefined ? wait : asked <= MOST_WAIT_MS ? asked : undefined;
  }

  private async sleep(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    const stop = () => resolve();
    this.signal.addEventListener("abort", stop);
    await promise;
    clearTimeout(timer);
    this.signal.removeEventListener("abort", stop);
  }

  private failure(answer: PushAnswer | Lost, tries: number): string {
    const times = tries > 1 ? `, tried ${tries} times` : "";
    if ("lost" in answer) return `${shown(this.url)}: ${answer.lost}${times}`;
    const { status, text } = answer;
    const said = text.trim() === "" ? "" : `, ${JSON.stringify(text.trim().slice(0, 300))}`;
    return `${shown(this.url)}: answered ${status}${said}${times}${adviceOn(status)}`;
  }

  /** Removes our secrets from a text that the server sent: those of variables, and the values in the address. */
  private redacted(text: string): string {
    const { token, password } = this.target.secrets;
    const query = [...new URL(this.url).searchParams.values()].flatMap((value) => [value, encodeURIComponent(value)]);
    return withoutSecrets(text, [token, password, this.authorization().authorization?.split(" ")[1], ...query]);
  }
}

/** The reason why there was no answer. */
interface Lost {
  readonly lost: string;
  readonly mostTries: number;
}

/** Returns an address for messages: without its query, which may hold secrets. */
export function shown(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + (pathname === "/" ? "" : pathname);
}

function lostBy(error: Error): Lost {
  if (error.name === "TimeoutError")
    return { lost: `no answer within ${ANSWER_MS / 1000} s`, mostTries: MOST_SILENT_TRIES };
  const { reason, isFinal } = failureOf(error);
  const hint = reason === "connection refused" ? " (is it running?)" : "";
  return { lost: reason + hint, mostTries: isFinal ? 1 : MOST_TRIES };
}

function adviceOn(status: number): string {
  if (status === 401 || status === 403)
    return "; set SE_PUSH_TOKEN, or SE_PUSH_USER and SE_PUSH_PASSWORD, to what it knows";
  if (status === 404) return "; is the path right?";
  if (status >= 300 && status < 400) return "; name that address instead";
  return "";
}

/** Reads `Retry-After`, which holds seconds or a date; undefined: neither. A server that says 0 is not asked at once. */
function retryAfterMs(text: string): number | undefined {
  const asked = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(asked) ? undefined : Math.max(LEAST_WAIT_MS, asked);
}
