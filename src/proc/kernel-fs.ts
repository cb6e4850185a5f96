import { ForbiddenError, ParseError } from "../errors.ts";
import {
  closeFile,
  isAbsent,
  listFolder,
  mayAccess,
  O_RDONLY,
  openFile,
  ReadBuffer,
  SystemError,
} from "../os/files.ts";
import type { ProcFs } from "./procfs.ts";

/**
 * The file does not exist, or no longer: a process ended (ESRCH), a device was pulled (ENODEV), a path leads through a
 * file (ENOTDIR), the kernel was started without pressure information (EOPNOTSUPP).
 */
const ABSENT = new Set(["ENOENT", "ESRCH", "ENODEV", "ENOTDIR", "EOPNOTSUPP"]);
const FORBIDDEN = new Set(["EACCES", "EPERM"]);

/**
 * A read that returns less than half a page has reached the file's end: the kernel ends a read sooner only where the next
 * line does not fit into the rest of a page, and returns a file that is one text, as meminfo is, whole.
 */
const ENDED_BELOW = 2048;

/** Files with lines that may be longer than that: they are read until a read returns nothing. */
const LONG_LINES: ReadonlySet<string> = new Set(["/proc/self/mountinfo", "/proc/cpuinfo"]);

interface OpenFile {
  readonly fd: number;
  /** A read of fewer bytes has reached the end. */
  readonly endedBelow: number;
  /** The buffer's memory when the view of it was made. */
  memory: Uint8Array;
  view: Uint8Array;
}

/** Kernel files that stay open, and can be read now for a sample that is made a little later. */
export interface KernelFiles extends ProcFs {
  /**
   * Reads files now: the next `read` of each returns what it held then. Returns a function that drops the texts that were
   * not read. Never throws: a failure is thrown by the next `read`.
   */
  capture(paths: readonly string[]): () => void;
  close(): void;
}

/** Opens the kernel's own files, or a recorded tree of them below `root`. */
export function kernelFs(root = ""): KernelFiles {
  return new KernelFs(root);
}

/**
 * A file that was read once will be read again: it stays open from its first read on, close-on-exec, and all files share
 * one buffer. A read of a file whose length has not changed costs its system calls and nothing else.
 */
class KernelFs implements KernelFiles {
  private readonly files = new Map<string, OpenFile>();
  private readonly buffer = new ReadBuffer();
  private readonly captured = new Map<string, () => Uint8Array | undefined>();

  constructor(private readonly root: string) {}

  capture(paths: readonly string[]): () => void {
    for (const path of paths) {
      try {
        const bytes = this.read(path)?.slice();
        this.captured.set(path, () => bytes);
      } catch (error) {
        this.captured.set(path, () => {
          throw error;
        });
      }
    }
    return () => this.captured.clear();
  }

  read(path: string): Uint8Array | undefined {
    if (this.captured.size > 0) {
      const captured = this.captured.get(path);
      if (captured !== undefined) {
        this.captured.delete(path);
        return captured();
      }
    }
    try {
      const file = this.files.get(path) ?? this.open(path);
      const length = this.buffer.fill(file.fd, path, file.endedBelow);
      if (file.view.length !== length || file.memory !== this.buffer.bytes) {
        file.memory = this.buffer.bytes;
        file.view = file.memory.subarray(0, length);
      }
      return file.view;
    } catch (error) {
      this.forget(path);
      return absentOrThrow(path, error);
    }
  }

  list(path: string): readonly string[] | undefined {
    try {
      // Some folders are asked for on every machine and exist on few: this costs less than an exception.
      if (isAbsent(this.root + path)) return undefined;
      return listFolder(this.root + path);
    } catch (error) {
      return absentOrThrow(path, error);
    }
  }

  exists(path: string): boolean {
    return mayAccess(this.root + path, "exist");
  }

  /** Closes every file; a later read opens it again. */
  close(): void {
    for (const path of [...this.files.keys()]) this.forget(path);
  }

  private open(path: string): OpenFile {
    const memory = this.buffer.bytes;
    const endedBelow = LONG_LINES.has(path) ? 1 : ENDED_BELOW;
    const file = { fd: openFile(this.root + path, O_RDONLY), endedBelow, memory, view: memory.subarray(0, 0) };
    this.files.set(path, file);
    return file;
  }

  private forget(path: string): void {
    const file = this.files.get(path);
    if (file === undefined) return;
    this.files.delete(path);
    closeFile(file.fd);
  }
}

function absentOrThrow(path: string, error: unknown): undefined {
  if (!(error instanceof SystemError)) throw error;
  if (ABSENT.has(error.code)) return undefined;
  if (FORBIDDEN.has(error.code)) throw new ForbiddenError(path);
  // A driver failed, as some files of /sys do for a moment: having no text counts as a malformed one.
  throw new ParseError(path, "a file that can be read", error.reason);
}
