import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { ForbiddenError } from "../errors.ts";
import type { ProcFs } from "./procfs.ts";

/** Not there, or no longer: a pid that ended (ESRCH), a device that was pulled (ENODEV), a path through a file. */
const ABSENT = new Set(["ENOENT", "ESRCH", "ENODEV", "ENOTDIR"]);
const FORBIDDEN = new Set(["EACCES", "EPERM"]);

const FIRST_BUFFER_BYTES = 64 * 1024;

interface OpenFile {
  readonly fd: number;
  view: Uint8Array;
}

/** The kernel's own files, or a recorded tree of them below `root`. */
export function kernelFs(root = ""): ProcFs & { close(): void } {
  return new KernelFs(root);
}

/**
 * What is read once is read again: a file stays open from its first read on, close-on-exec, and all share one buffer.
 * A file that has not changed in length costs its system calls and nothing else.
 */
class KernelFs implements ProcFs {
  private readonly files = new Map<string, OpenFile>();
  private buffer = new Uint8Array(FIRST_BUFFER_BYTES);

  constructor(private readonly root: string) {}

  read(path: string): Uint8Array | undefined {
    try {
      const file = this.files.get(path) ?? this.open(path);
      const length = this.fill(file.fd);
      if (file.view.length !== length || file.view.buffer !== this.buffer.buffer)
        file.view = this.buffer.subarray(0, length);
      return file.view;
    } catch (error) {
      this.forget(path);
      return absentOrThrow(path, error);
    }
  }

  list(path: string): readonly string[] | undefined {
    try {
      return readdirSync(this.root + path);
    } catch (error) {
      return absentOrThrow(path, error);
    }
  }

  /** Closes every file; one that is read after that is opened again. */
  close(): void {
    for (const path of [...this.files.keys()]) this.forget(path);
  }

  private open(path: string): OpenFile {
    const file = { fd: openSync(this.root + path, "r"), view: this.buffer.subarray(0, 0) };
    this.files.set(path, file);
    return file;
  }

  /** Reads from the start to the end; the length. The kernel may give a page a read, so only an empty one is the end. */
  private fill(fd: number): number {
    let length = 0;
    for (;;) {
      if (length === this.buffer.length) this.grow();
      const count = readSync(fd, this.buffer, length, this.buffer.length - length, length);
      if (count === 0) return length;
      length += count;
    }
  }

  private grow(): void {
    const larger = new Uint8Array(this.buffer.length * 2);
    larger.set(this.buffer);
    this.buffer = larger;
  }

  private forget(path: string): void {
    const file = this.files.get(path);
    if (file === undefined) return;
    this.files.delete(path);
    closeSync(file.fd);
  }
}

function absentOrThrow(path: string, error: unknown): undefined {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (ABSENT.has(code)) return undefined;
  throw FORBIDDEN.has(code) ? new ForbiddenError(path) : error;
}
