import { ParseError } from "../errors.ts";
import { type MetricsRead, MetricsReading } from "../openmetrics/reading.ts";
import { closeFile, fileStatus, O_RDONLY, openFile, readRange } from "../os/files.ts";

/** What a compressed file begins with: a name may lie, these do not. */
const PACKED = [
  { format: "gzip", magic: [0x1f, 0x8b] },
  { format: "zstd", magic: [0x28, 0xb5, 0x2f, 0xfd] },
] as const;

type Format = (typeof PACKED)[number]["format"];

/** How long a file is read before something else has its turn. */
const TURN_MS = 20;

/**
 * Reads a metrics file of any size, compressed or not, in turns: meanwhile a server can answer. What it holds is in
 * memory then. Throws SystemError where it cannot be opened or read, ParseError where it
 * is a folder.
 */
export async function readMetrics(path: string): Promise<MetricsRead> {
  const fd = openFile(path, O_RDONLY);
  try {
    const reading = new MetricsReading(path);
    const kind = fileStatus(fd)?.kind;
    if (kind === "directory") throw new ParseError(path, "a file", "a directory");
    // Only a file can be read from a place: what comes through a pipe comes once.
    if (kind !== "file") return await readStream(reading, Bun.file(fd).stream());
    const format = formatOf(fd);
    if (format) return await readPacked(reading, path, format);
    return await readPlain(reading, fd);
  } finally {
    closeFile(fd);
  }
}

function formatOf(fd: number): Format | undefined {
  const start = new Uint8Array(4);
  readRange(fd, 0, start, start.length);
  return PACKED.find(({ magic }) => magic.every((byte, i) => start[i] === byte))?.format;
}

async function readPlain(reading: MetricsReading, fd: number): Promise<MetricsRead> {
  let turnEnds = performance.now() + TURN_MS;
  for (let offset = 0; !reading.isHopeless; ) {
    const room = reading.room();
    const count = readRange(fd, offset, room, room.length);
    if (count === 0) break;
    reading.take(count);
    offset += count;
    if (performance.now() < turnEnds) continue;
    await Bun.sleep(0);
    turnEnds = performance.now() + TURN_MS;
  }
  return reading.finish();
}

/** Both are the web's own: of a row of members they give all, and a cut one is an error, which node:zlib's zstd hides. */
async function readPacked(reading: MetricsReading, path: string, format: Format): Promise<MetricsRead> {
  // The types know of gzip only.
  const unpacking = new DecompressionStream(format as "gzip");
  try {
    return await readStream(reading, Bun.file(path).stream().pipeThrough(unpacking));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return reading.finish(new ParseError(path, `a whole ${format} file`, error.message).message);
  }
}

async function readStream(reading: MetricsReading, stream: ReadableStream<Uint8Array>): Promise<MetricsRead> {
  for await (const chunk of stream) {
    reading.push(chunk);
    if (reading.isHopeless) break;
  }
  return reading.finish();
}
