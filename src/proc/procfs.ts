import { ForbiddenError } from "../errors.ts";
import type { RowNames } from "./row-table.ts";

/** The files of /proc and /sys, as the kernel or a recorded tree gives them. */
export interface ProcFs {
  /**
   * Returns the whole content as a view that is valid until the next read; undefined: the file does not exist, or no
   * longer. Throws ForbiddenError where the kernel refuses, ParseError where it fails to give it.
   */
  read(path: string): Uint8Array | undefined;
  /** Returns the names in a folder, in no order; undefined: it does not exist. Throws like `read`. */
  list(path: string): readonly string[] | undefined;
  /** Whether a file or folder exists, as far as we may know. */
  exists(path: string): boolean;
}

/** What a parser fills from a kernel file's text. */
export interface KernelTable {
  /** Takes the values of a text in place of the last one's; allocates nothing on later calls. Throws ParseError. */
  parse(bytes: Uint8Array): void;
  /** Makes every value NaN, as for a file that does not exist. */
  clear(): void;
  /** Where each value is one number of the text, in another unit: the values. Another array after a text with more of them. */
  readonly values?: Float64Array;
  /** Values of another kind, likewise. */
  readonly counts?: Float64Array;
  /** Of the rows that the values are of. */
  readonly names?: RowNames;
  /** Forgets what the texts so far said about the next one, such as where a line is. */
  restart?(): void;
}

/** Lists a folder; undefined also where it is refused: what it would say is then guessed. */
export function listIfAllowed(proc: ProcFs, path: string): readonly string[] | undefined {
  try {
    return proc.list(path);
  } catch (error) {
    if (error instanceof ForbiddenError) return undefined;
    throw error;
  }
}

/** Reads a file; undefined also where it is refused. The view is valid until the next read. */
export function readIfAllowed(proc: ProcFs, path: string): Uint8Array | undefined {
  try {
    return proc.read(path);
  } catch (error) {
    if (error instanceof ForbiddenError) return undefined;
    throw error;
  }
}
