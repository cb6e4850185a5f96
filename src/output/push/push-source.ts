import { OutputError } from "../../errors.ts";
import { DamagedFileError, openText, type TextReader } from "../../load/open-text.ts";
import { fileStatus, SystemError } from "../../os/files.ts";

/** Whole lines at the start of `bytes`. They are valid until two more have been requested. */
export interface Lines {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly length: number;
  /** Whether these are the last bytes of a file that does not end in a line feed. */
  readonly cut: boolean;
}

const LINE_FEED = 0x0a;

/** Bytes read at a time. */
const CHUNK_BYTES = 1 << 18;

/**
 * Yields the lines of a file of any size, compressed or not, in blocks of about `blockBytes`. Throws OutputError where
 * the file cannot be read to its end.
 */
export async function* linesOf(path: string, blockBytes: number): AsyncGenerator<Lines> {
  const text = openMetrics(path);
  try {
    yield* blocksOf(text, path, blockBytes);
  } catch (error) {
    throw outputErrorOf(error, path);
  } finally {
    await text.close();
  }
}

async function* blocksOf(text: TextReader, path: string, blockBytes: number): AsyncGenerator<Lines> {
  // Two, so that one can be filled while the other is sent.
  const buffers = [new Uint8Array(blockBytes + CHUNK_BYTES), new Uint8Array(blockBytes + CHUNK_BYTES)] as const;
  let turn = 0;
  let bytes: Uint8Array<ArrayBuffer> = buffers[0];
  let length = 0;
  for (;;) {
    const count = await text.read(bytes.subarray(length, length + CHUNK_BYTES));
    if (count === 0) break;
    length += count;
    if (length < blockBytes) continue;
    const whole = bytes.lastIndexOf(LINE_FEED, length - 1) + 1;
    if (whole === 0) throw new OutputError(`${path}: is not a metrics file (it has no lines)`);
    yield { bytes, length: whole, cut: false };
    // The other buffer is free now: its lines have been sent.
    const next = buffers[++turn % 2]!;
    next.set(bytes.subarray(whole, length));
    length -= whole;
    bytes = next;
  }
  const whole = bytes.lastIndexOf(LINE_FEED, length - 1) + 1;
  if (whole > 0) yield { bytes, length: whole, cut: false };
  if (whole < length) yield { bytes: bytes.subarray(whole), length: length - whole, cut: true };
}

function openMetrics(path: string): TextReader {
  try {
    const kind = fileStatus(path)?.kind;
    if (kind === undefined) throw new OutputError(`${path}: there is no such file`);
    // A pipe can be read only once, and its lines could not be sent again.
    if (kind !== "file") throw new OutputError(`${path}: is a ${kind}, expected a metrics file`);
    return openText(path);
  } catch (error) {
    throw outputErrorOf(error, path);
  }
}

function outputErrorOf(error: unknown, path: string): unknown {
  if (error instanceof SystemError) return new OutputError(`${path}: cannot be read (${error.reason})`);
  if (error instanceof DamagedFileError)
    return new OutputError(`${path}: is not a complete ${error.compression} file (${error.reason})`);
  return error;
}
