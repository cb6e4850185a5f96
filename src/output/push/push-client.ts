import { PushError } from "../../errors.ts";

/** Where requests go, and with what right. */
export interface Endpoint {
  /** The whole address, query included. */
  readonly url: string;
  readonly secrets: {
    readonly token?: string | undefined;
    readonly user?: string | undefined;
    readonly password?: string | undefined;
  };
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

interface Try {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer> | undefined;
}

/** Waits between tries grow from this to eight seconds: a database that is restarted is there again by then. */
const FIRST_WAIT_MS = 250;
const MOST_TRIES = 7;

/** A server may ask for more patience than ours; beyond this it had better be tried later. */
const MOST_WAIT_MS = 60_000;

/** No answer to a request for so long is a lost connection. */
const ANSWER_MS = 60_000;

const LOOPBACK = /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Asks one server, with its secrets, again where that may help: after 429, 5xx and lost connections, waiting longer each
 * time or as long as the server asks for. A proxy of the environment is used, as other programs use it, but never to
 * reach this machine itself.
 */
export class PushClient {
  private readonly endpoint: Endpoint;
  private readonly signal: AbortSignal;

  constructor(endpoint: Endpoint, signal: AbortSignal) {
    this.endpoint = endpoint;
    this.signal = signal;
    // Nothing else asks anybody in this process any more, and what it started has its own environment.
    if (LOOPBACK.test(new URL(endpoint.url).hostname)) process.env.NO_PROXY = "*";
  }

  get url(): string {
    return this.endpoint.url;
  }

  /** Sends a body until it is taken; the answer. Throws PushError. */
  async post(body: Uint8Array<ArrayBuffer>, headers: Readonly<Record<string, string>>): Promise<Answer> {
    const request: Try = { method: "POST", url: this.url, headers, body };
    for (let tries = 1; ; tries++) {
      const answer = await this.ask(request);
      if ("status" in answer && answer.status >= 200 && answer.status < 300) return answer;
      const wait = this.waitMs(answer, tries);
      if (wait === undefined) throw new PushError(this.failure(answer, tries));
      await this.sleep(wait);
    }
  }

  /** Asks once, of another path of the same server; undefined: no answer that says anything. */
  async get(url: string): Promise<Answer | undefined> {
    const answer = await this.ask({ method: "GET", url, headers: {}, body: undefined });
    return "status" in answer ? answer : undefined;
  }

  private async ask({ method, url, headers, body }: Try): Promise<(Answer & { readonly retryAfter: string }) | Lost> {
    const signal = AbortSignal.any([this.signal, AbortSignal.timeout(ANSWER_MS)]);
    try {
      // A redirected POST would become a GET, and take the secrets elsewhere.
      const answer = await fetch(url, {
        ...{ method, signal, redirect: "manual", headers: { ...headers, ...this.authorization() } },
        ...(body && { body }),
      });
      const text = this.redacted(await answer.text());
      const where = answer.headers.get("location");
      return { status: answer.status, text: where ?? text, retryAfter: answer.headers.get("retry-after") ?? "" };
    } catch (error) {
      if (this.signal.aborted) throw new PushError(`${shown(this.url)}: stopped before everything was sent`);
      if (!(error instanceof Error)) throw error;
      return { lost: this.redacted(lostBecause(error)) };
    }
  }

  private authorization(): Record<string, string> {
    const { token, user, password } = this.endpoint.secrets;
    if (token !== undefined) return { authorization: `Bearer ${token}` };
    if (user === undefined) return {};
    return { authorization: `Basic ${Buffer.from(`${user}:${password ?? ""}`).toString("base64")}` };
  }

  /** How long to wait before the next try; undefined: there is none. */
  private waitMs(answer: (Answer & { readonly retryAfter: string }) | Lost, tries: number): number | undefined {
    if (tries >= MOST_TRIES) return undefined;
    const wait = FIRST_WAIT_MS * 2 ** (tries - 1) * (0.75 + Math.random() / 2);
    if ("lost" in answer) return wait;
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

  private failure(answer: Answer | Lost, tries: number): string {
    const times = tries > 1 ? `, tried ${tries} times` : "";
    if ("lost" in answer) return `${shown(this.url)}: ${answer.lost}${times}`;
    const { status, text } = answer;
    const said = text.trim() === "" ? "" : `, ${JSON.stringify(text.trim().slice(0, 300))}`;
    return `${shown(this.url)}: answered ${status}${said}${times}${adviceOn(status)}`;
  }

  /** A text of the server's without what we told it in confidence. */
  private redacted(text: string): string {
    const { token, password } = this.endpoint.secrets;
    const authorization = this.authorization().authorization?.split(" ")[1];
    const secrets = [token, password, authorization].filter((one) => one !== undefined && one.length > 3);
    return secrets.reduce((rest: string, secret) => rest.replaceAll(secret as string, "…"), text);
  }
}

/** There was no answer, and why. */
interface Lost {
  readonly lost: string;
}

/** An address for messages: without what its query may hold. */
export function shown(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + (pathname === "/" ? "" : pathname);
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused (is it running?)",
  ECONNRESET: "the connection was lost",
  ENOTFOUND: "there is no such host",
  ETIMEDOUT: "no answer",
};

function lostBecause(error: Error): string {
  if (error.name === "TimeoutError") return `no answer within ${ANSWER_MS / 1000} s`;
  const code = "code" in error ? String(error.code) : "";
  return REASONS[code.replace(/^ConnectionRefused$/, "ECONNREFUSED")] ?? `${error.message}${code && ` (${code})`}`;
}

function adviceOn(status: number): string {
  if (status === 401 || status === 403)
    return "; set SE_PUSH_TOKEN, or SE_PUSH_USER and SE_PUSH_PASSWORD, to what it knows";
  if (status === 404) return "; is the path right?";
  if (status >= 300 && status < 400) return "; name that address instead";
  return "";
}

/** What `Retry-After` asks for: seconds, or a date; undefined: nothing. */
function retryAfterMs(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const until = Date.parse(text);
  return Number.isNaN(until) ? undefined : Math.max(0, until - Date.now());
}
