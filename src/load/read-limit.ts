import { READ_MEMORY, readMemoryBytes } from "../cli/read-memory.ts";
import { ParseError } from "../errors.ts";

const MEBIBYTE = 1024 * 1024;

/** A file has more in it than may be read. */
export class TooLargeError extends ParseError {
  constructor(path: string, mostBytes: number, size: string) {
    const most = `${Math.floor(mostBytes / MEBIBYTE)}MiB`;
    const more = `${Math.ceil((mostBytes * 4) / MEBIBYTE)}MiB`;
    super(path, `at most what takes ${most} of memory (${READ_MEMORY.env}=${more} allows more)`, `${size}, and more`);
  }
}

/** What reads a file, and keeps what it read. */
interface Reader {
  /** About as much memory as what it keeps. */
  readonly storedBytes: number;
  /** What it has read, for messages. */
  readonly size: string;
}

/** How much memory what is read may take: of one file, and of all that are kept at one time. */
export class ReadLimit {
  private readonly mostBytes = readMemoryBytes(process.env);
  private keptBytes = 0;

  /** Throws TooLargeError where a file, with those that are kept, takes more. */
  check(path: string, { storedBytes, size }: Reader): void {
    if (this.keptBytes + storedBytes <= this.mostBytes) return;
    throw new TooLargeError(path, this.mostBytes, this.keptBytes > 0 ? `${size}, beside other files` : size);
  }

  /** From now on, what was read of a file is kept. */
  keep({ storedBytes }: Pick<Reader, "storedBytes">): void {
    this.keptBytes += storedBytes;
  }
}
