import { ShortageError } from "../errors.ts";
import { LIMIT, resourceLimit } from "../os/limits.ts";
import type { Inherited } from "./inherited.ts";

/* A limit of the caller that leaves too little for the recorder: the command may do with less. */

/** What the kernel answers where descriptors, processes or memory are short. */
const SHORTAGES = new Set(["EMFILE", "ENFILE", "EAGAIN", "ENOMEM"]);

/** Whether a call failed for want of descriptors, processes or memory. */
export function isShortage(error: unknown): error is Error {
  const code = codeOf(error);
  return error instanceof ShortageError || (code !== undefined && SHORTAGES.has(code));
}

/** Returns the name of the errno of a refused call. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

/** What the runtime and a recording of a few processes have open at one time, with something to spare. */
const NEEDED_DESCRIPTORS = 48;

/** Throws ShortageError where the hard limit leaves too few descriptors to record. */
export function checkDescriptors({ descriptors }: Inherited): void {
  const { hard } = resourceLimit(LIMIT.openFiles);
  let needed = NEEDED_DESCRIPTORS;
  for (const fd of descriptors) if (fd < hard) needed++;
  if (hard < needed) throw new ShortageError(`ulimit -n allows ${hard} open files, and a recording takes ${needed}`);
}
