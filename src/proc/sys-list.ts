import { ForbiddenError } from "../errors.ts";
import type { ProcFs } from "./procfs.ts";

/** The names in a folder of /sys; undefined where it is not there or refused: what it would say is then guessed. */
export function listIfAllowed(proc: ProcFs, path: string): readonly string[] | undefined {
  try {
    return proc.list(path);
  } catch (error) {
    if (error instanceof ForbiddenError) return undefined;
    throw error;
  }
}

/** The content of a file; undefined where it is not there or refused, likewise. Valid until the next read. */
export function readIfAllowed(proc: ProcFs, path: string): Uint8Array | undefined {
  try {
    return proc.read(path);
  } catch (error) {
    if (error instanceof ForbiddenError) return undefined;
    throw error;
  }
}
