import { createHash, timingSafeEqual } from "node:crypto";
import type { SyncConfig } from "../cli/config.ts";
import { Fault, token as readToken } from "../cli/values.ts";
import { UsageError } from "../errors.ts";
import { readText, SystemError } from "../os/files.ts";

/** The secret that both sides know; undefined: there is none. Throws UsageError where its file has none. */
export function tokenOf({ token }: SyncConfig): string | undefined {
  if (token === undefined || "secret" in token) return token?.secret;
  const where = `--sync-token-file (SE_SYNC_TOKEN_FILE): "${token.file}"`;
  const secret = readToken(firstLine(token.file, where));
  // Its text is not for a terminal.
  if (secret instanceof Fault) throw new UsageError(`${where}: its first line is no token, ${secret.clause}`);
  return secret;
}

function firstLine(file: string, where: string): string {
  try {
    return (readText(file).split("\n", 1)[0] ?? "").trimEnd();
  } catch (error) {
    if (error instanceof SystemError) throw new UsageError(`${where}: ${error.reason}`);
    throw error;
  }
}

export function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** Whether a request's Authorization header has the token; what it takes to find out says nothing of the token. */
export function isAuthorised(header: string | null, token: string | undefined): boolean {
  return token === undefined || isSame(/^Bearer +(\S+)$/i.exec(header ?? "")?.[1] ?? "", token);
}

/** Compared by their digests, which are of one length, in constant time. */
export function isSame(given: string, token: string): boolean {
  return timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
