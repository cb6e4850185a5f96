import { ParseError } from "../errors.ts";
import { closeFile, fileStatus, O_RDONLY, openFile, readRange } from "../os/files.ts";

export type Compression = "gzip" | "zstd";

/** The first bytes of compressed files. File names are not a reliable sign. */
const MAGIC: readonly { readonly compression: Compression; readonly bytes: readonly number[] }[] = [
  { compression: "gzip", bytes: [0x1f, 0x8b] },
  { compression: "zstd", bytes: [0x28, 0xb5, 0x2f, 0xfd] },
];

/** A compressed file ends early or is damaged. */
export class DamagedFileError extends ParseError {
  constructor(
    path: string,
    readonly compression: Compression,
    readonly reason: string,
  ) {
    super(path, `a whole ${compression} file`, reason);
  }
}

/** The text of a file, from its start to its end. */
export interface TextReader {
  /**
   * Puts the next bytes at the start of `into`. Returns their number; 0: the end.
   * @throws SystemError; DamagedFileError, after all bytes before the damage were read
   */
  read(into: Uint8Array): number | Promise<number>;
  close(): void | Promise<void>;
}

/**
 * Opens a file for its text: plain, gzip or zstd. A pipe is read as plain text.
 * @throws SystemError; ParseError where the path is a directory
 */
export function openText(path: string): TextReader {
  const fd = openFile(path, O_RDONLY);
  try {
    const kind = fileStatus(fd)?.kind;
    if (kind === "directory") throw new ParseError(path, "a file", "a directory");
    // pread(2) needs a file.
    if (kind !== "file") return new StreamText(Bun.file(fd).stream(), fd);
    const compression = compressionOf(fd);
    return compression ? unpackedText(path, compression, fd) : new PlainText(fd);
  } catch (error) {
    closeFile(fd);
    throw error;
  }
}

function compressionOf(fd: number): Compression | undefined {
  const start = new Uint8Array(4);
  readRange(fd, 0, start, start.length);
  return MAGIC.find(({ bytes }) => bytes.every((byte, i) => start[i] === byte))?.compression;
}

class PlainText implements TextReader {
  private readonly fd: number;
  private offset = 0;

  constructor(fd: number) {
    this.fd = fd;
  }

  read(into: Uint8Array): number {
    const count = readRange(this.fd, this.offset, into, into.length);
    this.offset += count;
    return count;
  }

  close(): void {
    closeFile(this.fd);
  }
}

/**
 * The web's DecompressionStream reads all members of a file. `Bun.gunzipSync` reads only the first gzip member, and
 * `node:zlib` ends a truncated zstd frame without an error.
 */
function unpackedText(path: string, compression: Compression, fd: number): TextReader {
  // The types list gzip only.
  const unpacking = new DecompressionStream(compression as "gzip");
  const stream = Bun.file(path).stream().pipeThrough(unpacking);
  return new StreamText(stream, fd, (error) => new DamagedFileError(path, compression, error.message));
}

class StreamText implements TextReader {
  private readonly chunks: AsyncIterator<Uint8Array>;
  private readonly fd: number;
  private readonly damaged: ((error: Error) => Error) | undefined;
  private chunk: Uint8Array = new Uint8Array(0);
  private isOver = false;

  /** `damaged`: makes the error to throw where the stream fails; by default the stream's own. */
  constructor(stream: ReadableStream<Uint8Array>, fd: number, damaged?: (error: Error) => Error) {
    this.chunks = stream[Symbol.asyncIterator]();
    this.fd = fd;
    this.damaged = damaged;
  }

  async read(into: Uint8Array): Promise<number> {
    while (this.chunk.length === 0 && !this.isOver) await this.next();
    const part = this.chunk.subarray(0, into.length);
    into.set(part);
    this.chunk = this.chunk.subarray(part.length);
    return part.length;
  }

  async close(): Promise<void> {
    if (!this.isOver) await this.chunks.return?.();
    closeFile(this.fd);
  }

  private async next(): Promise<void> {
    try {
      const { done, value } = await this.chunks.next();
      if (done) this.isOver = true;
      else this.chunk = value;
    } catch (error) {
      this.isOver = true;
      throw this.damaged && error instanceof Error ? this.damaged(error) : error;
    }
  }
}
