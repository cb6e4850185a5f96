import { OutputError } from "../errors.ts";
import { closeFile, fileStatus, O_RDONLY, openFile, readRange, SystemError } from "../os/files.ts";

/** What a compressed file begins with: a name may lie, these do not. */
const PACKED = [
  { format: "gzip", magic: [0x1f, 0x8b] },
  { format: "zstd", magic: [0x28, 0xb5, 0x2f, 0xfd] },
] as const;

/** Some whole lines at the start of `bytes`; they are there until the next but one is asked for. */
export interface Lines {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly length: number;
  /** Whether these are the last bytes of the file, without the line feed that ends a line. */
  readonly cut: boolean;
}

const LINE_FEED = 0x0a;

/** Read at a time. */
const CHUNK_BYTES = 1 << 18;

/**
 * The lines of a file, compressed or not, so many bytes at a time at most, whatever its size. Throws OutputError where it
 * cannot be read to its end.
 */
export async function* linesOf(path: string, blockBytes: number): AsyncGenerator<Lines> {
  // Two, so that one can be filled while the other is sent.
  const buffers = [new Uint8Array(blockBytes + CHUNK_BYTES), new Uint8Array(blockBytes + CHUNK_BYTES)] as const;
  let turn = 0;
  let bytes: Uint8Array<ArrayBuffer> = buffers[0];
  let length = 0;
  for await (const chunk of chunksOf(path)) {
    bytes.set(chunk, length);
    length += chunk.length;
    if (length < blockBytes) continue;
    const whole = bytes.lastIndexOf(LINE_FEED, length - 1) + 1;
    if (whole === 0) throw new OutputError(`${path}: is no metrics file (it has no lines)`);
    yield { bytes, length: whole, cut: false };
    // Only now is the other one free: what it held has been sent.
    const next = buffers[++turn % 2] as Uint8Array<ArrayBuffer>;
    next.set(bytes.subarray(whole, length));
    length -= whole;
    bytes = next;
  }
  const whole = bytes.lastIndexOf(LINE_FEED, length - 1) + 1;
  if (whole > 0) yield { bytes, length: whole, cut: false };
  if (whole < length) yield { bytes: bytes.subarray(whole), length: length - whole, cut: true };
}

/** The bytes of a file as text, in small pieces; each is valid until the next. */
async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  try {
    const format = packing(path);
    if (format === undefined) yield* plainChunks(path);
    else yield* unpackedChunks(path, format);
  } catch (error) {
    if (error instanceof SystemError) throw new OutputError(`${path}: cannot be read (${error.reason})`);
    throw error;
  }
}

/** How a file is compressed, if it is. */
function packing(path: string): "gzip" | "zstd" | undefined {
  const kind = fileStatus(path)?.kind;
  if (kind === undefined) throw new OutputError(`${path}: there is no such file`);
  // What comes through a pipe comes once, and could not be sent again.
  if (kind !== "file") throw new OutputError(`${path}: is a ${kind}, expected a metrics file`);
  const fd = openFile(path, O_RDONLY);
  try {
    const start = new Uint8Array(4);
    readRange(fd, 0, start, start.length);
    return PACKED.find(({ magic }) => magic.every((byte, i) => start[i] === byte))?.format;
  } finally {
    closeFile(fd);
  }
}

function* plainChunks(path: string): Generator<Uint8Array> {
  const fd = openFile(path, O_RDONLY);
  try {
    const chunk = new Uint8Array(CHUNK_BYTES);
    for (let offset = 0; ; ) {
      const count = readRange(fd, offset, chunk, chunk.length);
      if (count === 0) return;
      offset += count;
      yield chunk.subarray(0, count);
    }
  } finally {
    closeFile(fd);
  }
}

/** Both by the web's own: of a row of members it gives all, and a cut one is an error, which node:zlib's zstd hides. */
async function* unpackedChunks(path: string, format: string): AsyncGenerator<Uint8Array> {
  // The types know of gzip only.
  const unpacking = new DecompressionStream(format as "gzip");
  try {
    for await (const chunk of Bun.file(path).stream().pipeThrough(unpacking))
      for (let at = 0; at < chunk.length; at += CHUNK_BYTES) yield chunk.subarray(at, at + CHUNK_BYTES);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new OutputError(`${path}: is no whole ${format} file (${error.message})`);
  }
}
