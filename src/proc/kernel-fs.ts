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
 * Not there, or no longer: a pid that ended (ESRCH), a device that was pulled (ENODEV), a path through a file, pressure
 * of a kernel that was started without it (EOPNOTSUPP).
 */
const ABSENT = new Set(["ENOENT", "ESRCH", "ENODEV", "ENOTDIR", "EOPNOTSUPP"]);
const FORBIDDEN = new Set(["EACCES", "EPERM"]);

/**
 * A read of less than half a page came to the file's end: the kernel ends one sooner only where the next line does not fit
 * into what is left of a page, and a file of one text, as meminfo is for it, it gives whole.
 */
const ENDED_BELOW = 2048;

/** Files whose lines, or what the kernel gives in one piece, may be longer: they are read until there is no more. */
const LONG_LINES: ReadonlySet<string> = new Set(["/proc/self/mountinfo", "/proc/cpuinfo"]);

interface OpenFile {
  readonly fd: number;
  /** Bytes of a read that make it certain that there is no more. */
  readonly endedBelow: number;
  /** The buffer's memory when the view of it was made. */
  memory: Uint8Array;
  view: Uint8Array;
}

/** Files that stay open, and can be read now for a sample that is made of them a little later. */
export interface KernelFiles extends ProcFs {
  /**
   * Reads files now: the next `read` of each gives what it said then. To call the answer forgets what nobody has read.
   * Never throws: what goes wrong is the next `read`'s.
   */
  capture(paths: readonly string[]): () => void;
  close(): void;
}

/** The kernel's own files, or a recorded tree of them below `root`. */
export function kernelFs(root = ""): KernelFiles {
  return new KernelFs(root);
}

/**
 * What is read once is read again: a file stays open from its first read on, close-on-exec, and all share one buffer.
 * A file that has not changed in length costs its system calls and nothing else.
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
      // Some are looked for on every machine, and are on few.
      if (isAbsent(this.root + path)) return undefined;
      return listFolder(this.root + path);
    } catch (error) {
      return absentOrThrow(path, error);
    }
  }

  exists(path: string): boolean {
    return mayAccess(this.root + path, "exist");
  }

  /** Closes every file; one that is read after that is opened again. */
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
  // A driver that fails, as some files of /sys do for a moment: no text at all is no good text either.
  throw new ParseError(path, "a file that can be read", error.reason);
}
