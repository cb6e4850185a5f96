import type { Clock } from "../clock.ts";
import { equalTokens, tokenIn } from "./sync-token.ts";
import { WrongTokens } from "./wrong-tokens.ts";

/** What a request proves: that it may command, nothing, or that its peer has guessed too often. */
export type Authority = "granted" | "missing" | "slowed";

/** Decides by its token whether a request may command. */
export class TokenGuard {
  private readonly token: string | undefined;
  private readonly wrong: WrongTokens;

  constructor(token: string | undefined, clock: Pick<Clock, "now">) {
    this.token = token;
    this.wrong = new WrongTokens(clock);
  }

  /** Whether a token is asked for. */
  get asks(): boolean {
    return this.token !== undefined;
  }

  /** `typed`: the token that a person typed, which counts instead of that in the header. `address` is the peer's. */
  authority(headers: Headers, address: string, typed?: string | null): Authority {
    if (this.token === undefined) return typed ? "missing" : "granted";
    const given = typed || tokenIn(headers.get("authorization"));
    if (given === undefined) return "missing";
    // Before the token is looked at: a right one among many wrong ones must not stand out.
    if (!this.wrong.mayTry(address)) return "slowed";
    if (equalTokens(given, this.token)) return "granted";
    this.wrong.failed(address);
    return "missing";
  }
}

/** Under which names the server is reached. */
export interface OwnNames {
  /** In lower case: the name of this machine, and that on which the server listens. */
  readonly names: readonly string[];
  readonly scheme: "http" | "https";
}

const IP_ADDRESS = /^(\[[0-9a-f:.]+\]|[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+)$/i;

/** Headers that browsers send with every request, and that a page can change but not leave out. */
const OF_BROWSERS = ["sec-fetch-site", "origin", "accept-language"] as const;

/**
 * Whether a request comes from a page of another site. A host name that is neither this machine's nor an IP address may be
 * a foreign one that was made to resolve to this machine: then the page's site is that name, its requests are to its own
 * site, and reading needs no Origin. Other clients than browsers may use any name that leads here.
 */
export function isCrossSite(headers: Headers, own: OwnNames): boolean {
  if (!OF_BROWSERS.some((name) => headers.has(name))) return false;
  if (headers.get("sec-fetch-site") === "cross-site") return true;
  const host = headers.get("host")?.toLowerCase() ?? "";
  const origin = headers.get("origin");
  if (origin !== null && origin.toLowerCase() !== `${own.scheme}://${host}`) return true;
  const name = host.replace(/:[0-9]*$/, "").replace(/(?<=[^.])\.$/, "");
  return !IP_ADDRESS.test(name) && name !== "localhost" && !own.names.includes(name);
}
