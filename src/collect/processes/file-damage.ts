import { ForbiddenError, ParseError } from "../../errors.ts";
import type { Processes } from "../../proc/processes.ts";

/**
 * What could not be parsed of the files of processes: cut short, or another kernel's. It costs the figures of that file:
 * they go on with what was read before, and are lower bounds from then on. It is told once a sample.
 */
export class FileDamage {
  /** Whether there was some, ever. */
  hasBeen = false;
  private first: ParseError | undefined;

  /** Has a text parsed; false: it is damaged, which is noted. */
  isParsed(table: { parse(bytes: Uint8Array): void }, bytes: Uint8Array): boolean {
    try {
      table.parse(bytes);
      return true;
    } catch (error) {
      this.note(error);
      return false;
    }
  }

  /** Takes an error. Throws one that is no ParseError. */
  note(error: unknown): void {
    if (!(error instanceof ParseError)) throw error;
    this.hasBeen = true;
    this.first ??= error;
  }

  /** Throws the first error that was noted since the last call. */
  tell(): void {
    const { first } = this;
    this.first = undefined;
    if (first) throw first;
  }
}

/** Whether the kernel shows a process, which runs for sure, to us. Throws SystemError. */
export function isReadable(processes: Processes, pid: number): boolean {
  try {
    return processes.read(pid, "stat") !== undefined;
  } catch (error) {
    if (error instanceof ForbiddenError) return false;
    throw error;
  } finally {
    processes.forget(pid);
  }
}
