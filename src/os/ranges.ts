import { FFIType } from "bun:ffi";
import { failed, libc, loadLibc } from "./libc.ts";

const SIZE = FFIType.u64_fast;
const WORD = FFIType.i64_fast;

type Calls = { readonly pwrite: (fd: number, bytes: Uint8Array, size: number, offset: number) => number | bigint };

let calls: Calls | undefined;

/** Loaded with the first write: most runs end before they have one. */
function lateCalls(): Calls {
  calls ??= loadLibc({ pwrite: { args: ["int", "ptr", SIZE, WORD], returns: WORD } });
  return calls;
}

/**
 * pread(2): puts the bytes from an offset of a file at the start of `into`; how many came, less than asked for at the
 * file's end. Throws SystemError.
 */
export function readRange(fd: number, offset: number, into: Uint8Array, size: number): number {
  let length = 0;
  while (length < size) {
    // A view costs more than the call: the first read, which nearly always is the last, needs none.
    const rest = length === 0 ? into : into.subarray(length);
    const count = Number(libc.pread(fd, rest, size - length, offset + length));
    if (count < 0) {
      const error = failed("pread");
      if (error.code === "EINTR") continue;
      throw error;
    }
    if (count === 0) break;
    length += count;
  }
  return length;
}

/** pwrite(2), once: how many of the bytes went to an offset of a file, maybe not all. Throws SystemError. */
export function writeRange(fd: number, bytes: Uint8Array, offset: number): number {
  for (;;) {
    const count = Number(lateCalls().pwrite(fd, bytes, bytes.length, offset));
    if (count >= 0) return count;
    const error = failed("pwrite");
    if (error.code !== "EINTR") throw error;
  }
}
