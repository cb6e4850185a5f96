import { ParseError } from "../errors.ts";
import { closeFile, readRange, SystemError } from "../os/files.ts";
import { openForeign, type PipeState, pipePatience, readPipe } from "../os/foreign-files.ts";

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
 * Opens a file for its text: plain, gzip or zstd. A pipe is read as plain text. What is unpacked is in memory piece by piece.
 * @throws SystemError, also where the path is neither a file nor a pipe
 */
export function openText(path: string): TextReader {
  const { fd, kind } = openForeign(path);
  try {
    if (kind === "pipe") return new PipeText(fd, path);
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

/** A pipe. Nothing waits for its writer but the reading itself, so that a signal ends it. */
class PipeText implements TextReader {
  private readonly fd: number;
  private readonly path: string;
  private lookAt: ((state: PipeState) => void) | undefined;

  constructor(fd: number, path: string) {
    this.fd = fd;
    this.path = path;
  }

  async read(into: Uint8Array): Promise<number> {
    const isFirst = this.lookAt === undefined;
    this.lookAt ??= pipePatience(this.path);
    for (;;) {
      const { count, state } = readPipe(this.fd, into);
      if (count > 0 || (state === "unwritten" && !isFirst)) return count;
      // Once something was written, more may come at any time.
      if (isFirst) this.lookAt(state);
      await Bun.sleep(PIPE_PAUSE_MS);
    }
  }

  close(): void {
    closeFile(this.fd);
  }
}

/** Between two looks at a pipe that has nothing in it. */
const PIPE_PAUSE_MS = 5;

/** Compressed bytes that are unpacked at a time. */
const PACKED_BYTES = 1 << 16;

/**
 * The web's DecompressionStream reads all members of a file. `Bun.gunzipSync` reads only the first gzip member, and
 * `node:zlib` ends a truncated zstd frame without an error.
 */
function unpackedText(path: string, compression: Compression, fd: number): TextReader {
  let offset = 0;
  const packed = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        const bytes = new Uint8Array(PACKED_BYTES);
        const count = readRange(fd, offset, bytes, bytes.length);
        offset += count;
        if (count === 0) controller.close();
        else controller.enqueue(bytes.subarray(0, count));
      },
    },
    { highWaterMark: 0 },
  );
  // The types list gzip only.
  const stream = packed.pipeThrough(new DecompressionStream(compression as "gzip"));
  return new StreamText(stream, fd, (error) => new DamagedFileError(path, compression, error.message));
}

class StreamText implements TextReader {
  private readonly chunks: AsyncIterator<Uint8Array>;
  private readonly fd: number;
  private readonly damaged: (error: Error) => Error;
  private chunk: Uint8Array = new Uint8Array(0);
  private isOver = false;

  /** `damaged`: makes the error to throw where the stream fails. */
  constructor(stream: ReadableStream<Uint8Array>, fd: number, damaged: (error: Error) => Error) {
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
      throw error instanceof Error && !(error instanceof SystemError) ? this.damaged(error) : error;
    }
  }
}
