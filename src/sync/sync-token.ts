import { createHash, timingSafeEqual } from "node:crypto";
import type { SyncConfig } from "../cli/config.ts";
import { Fault, token as readToken } from "../cli/option-values.ts";
import { UsageError } from "../errors.ts";
import { SystemError } from "../os/files.ts";
import { readShort } from "../os/foreign-files.ts";

/** A token is shorter, and a file that is not one may have no end. */
const MOST_FILE_BYTES = 4096;

/** Returns the secret that both sides share, undefined where none is given. Throws UsageError for a file without one. */
export function syncToken({ token }: SyncConfig): string | undefined {
  if (token === undefined || "secret" in token) return token?.secret;
  const where = `--sync-token-file (SE_SYNC_TOKEN_FILE): "${token.file}"`;
  const secret = readToken(firstLine(token.file, where));
  // The message does not quote the line, which may be a secret.
  if (secret instanceof Fault) throw new UsageError(`${where}: its first line is no token, ${secret.clause}`);
  return secret;
}

function firstLine(file: string, where: string): string {
  try {
    return (new TextDecoder().decode(readShort(file, MOST_FILE_BYTES)).trim().split("\n", 1)[0] ?? "").trimEnd();
  } catch (error) {
    if (error instanceof SystemError) throw new UsageError(`${where}: ${error.reason}`);
    throw error;
  }
}

/** Returns the headers that authorise a request. */
export function authorization(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** Returns the token that an Authorization header has, which may be empty; undefined: there is no such header. */
export function tokenIn(header: string | null): string | undefined {
  return header === null ? undefined : (/^Bearer +(\S+)$/i.exec(header)?.[1] ?? "");
}

/** Compares digests of one length in constant time, so that the time it takes says nothing about the token. */
export function equalTokens(given: string, token: string): boolean {
  return timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
