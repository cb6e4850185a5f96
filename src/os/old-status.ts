import { ptr } from "bun:ffi";
import { libc } from "./libc.ts";

/*
 * The status of a file where the kernel has no statx(2), or a container's filter of system calls does not know it: those
 * that are older than the call refuse it. Every program's fstatat(2) works there.
 */

const SYS_NEWFSTATAT = process.arch === "arm64" ? 79 : 262;

/** Offsets in `struct stat`, stat(2), where the two machines differ. The rest is the same on both. */
const AT =
  process.arch === "arm64"
    ? { mode: 16, links: 20, owner: 24, group: 28 }
    : { mode: 24, links: 16, owner: 28, group: 32 };

/**
 * Calls fstatat(2) and writes what it says into `answer` as a `struct statx`. Returns a number below 0 where it failed, with
 * the errno.
 */
export function oldStatus(folder: number, path: Uint8Array, flags: number, answer: DataView): number {
  const old = new DataView(new ArrayBuffer(144));
  const result = libc.syscall(
    SYS_NEWFSTATAT,
    folder,
    ptr(path),
    ptr(new Uint8Array(old.buffer)),
    flags,
    0,
    0,
  ) as number;
  if (result < 0) return result;
  const device = old.getBigUint64(0, true);
  answer.setUint32(16, old.getUint32(AT.links, true), true);
  answer.setUint32(20, old.getUint32(AT.owner, true), true);
  answer.setUint32(24, old.getUint32(AT.group, true), true);
  answer.setUint16(28, old.getUint32(AT.mode, true), true);
  answer.setBigUint64(32, old.getBigUint64(8, true), true);
  answer.setBigUint64(40, old.getBigUint64(48, true), true);
  answer.setBigUint64(48, old.getBigUint64(64, true), true);
  answer.setBigInt64(112, old.getBigInt64(88, true), true);
  answer.setUint32(120, Number(old.getBigUint64(96, true)), true);
  answer.setUint32(136, major(device), true);
  answer.setUint32(140, minor(device), true);
  return result;
}

/** makedev(3), the other way. */
function major(device: bigint): number {
  return Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n));
}

function minor(device: bigint): number {
  return Number((device & 0xffn) | ((device >> 12n) & 0xffffff00n));
}
