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
