import { gunzipSync } from "node:zlib";
import { ParseError } from "../errors.ts";

/**
 * What a compressed file begins with. A name may lie, these do not. Each by the library that can: of a row of gzip
 * members `Bun.gunzipSync` gives the first alone, and of a cut zstd frame `node:zlib` gives nothing, without an error.
 */
const FORMATS = [
  { name: "gzip", magic: [0x1f, 0x8b], unpack: gunzipSync },
  {
    name: "zstd",
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    unpack: (bytes: Uint8Array) => Bun.zstdDecompressSync(bytes as Uint8Array<ArrayBuffer>),
  },
] as const;

/** The text of a metrics file, compressed or not, for `parse`. Throws ParseError where it is damaged. */
export function unpacked(bytes: Uint8Array, name: string): Uint8Array {
  const format = FORMATS.find(({ magic }) => magic.every((byte, i) => bytes[i] === byte));
  if (!format) return bytes;
  try {
    return format.unpack(bytes);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new ParseError(name, `a whole ${format.name} file`, String(error.message));
  }
}
