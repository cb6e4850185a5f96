import { FFIType, ptr } from "bun:ffi";
import { cString, loadLibc, pinned } from "./libc.ts";

/*
 * A text of known shape is read by one call of the C library, in place of some ten calls and loops of ours a number: code
 * that runs once a second is never compiled, and takes some fifty times as long as the C library's.
 */

/** Addresses are numbers here. */
const ADDRESS = FFIType.u64_fast;

const calls = loadLibc({
  memcmp: { args: ["ptr", ADDRESS, FFIType.u64_fast], returns: "int" },
  vsscanf: { args: [ADDRESS, ADDRESS, ADDRESS], returns: "int" },
});

/** Room for texts that grow: their numbers get more digits. */
const SPARE_BYTES = 64;

/** A copy of the last text, which ends in a zero byte as the C library wants it. */
export class LastText {
  private memory = pinned(SPARE_BYTES);
  /** Its bytes; -1: there is none. */
  length = -1;

  get address(): number {
    return this.memory.address;
  }

  isSame(bytes: Uint8Array): boolean {
    return bytes.length === this.length && calls.memcmp(bytes, this.memory.address, bytes.length) === 0;
  }

  take(bytes: Uint8Array): void {
    const { length } = bytes;
    if (length >= this.memory.bytes.length) this.memory = pinned(length + SPARE_BYTES);
    this.memory.bytes.set(bytes);
    this.memory.bytes[length] = 0;
    this.length = length;
  }
}

/**
 * Where a `va_list` keeps the arguments that are in memory, as all of ours are, in 64-bit words: System V ABI of x86-64, with
 * its registers used up, and AAPCS64.
 */
const [VA_LIST, VA_MEMORY] = process.arch === "arm64" ? [[0n, 0n, 0n, 0n], 0] : [[48n | (304n << 32n), 0n, 0n], 1];

/** A pattern of scanf(3) of whole numbers, each `%lu`, of at most 2^64 - 1. */
export class ScanPattern {
  /** The numbers of the last text: the low and the high half of each. */
  readonly halves: Uint32Array;
  private readonly memory;
  private readonly pattern: Uint8Array;
  private readonly patternAt: number;
  private readonly places: BigUint64Array;
  private readonly placesAt: bigint;
  private readonly list = new BigUint64Array(VA_LIST.length);
  private readonly listAt: number;

  constructor(
    pattern: string,
    private readonly count: number,
  ) {
    // After the numbers comes how many bytes of the text were read.
    this.pattern = cString(`${pattern} %n`);
    this.memory = pinned(8 * (count + 1));
    this.halves = new Uint32Array(this.memory.bytes.buffer);
    this.places = new BigUint64Array(new ArrayBuffer(8 * (count + 1)));
    for (let i = 0; i <= count; i++) this.places[i] = BigInt(this.memory.address + 8 * i);
    this.patternAt = ptr(this.pattern);
    this.placesAt = BigInt(ptr(this.places));
    for (let i = 0; i < VA_LIST.length; i++) this.list[i] = VA_LIST[i]!;
    this.listAt = ptr(this.list);
  }

  /** Reads the numbers of a text; false: it has another shape, or more than that. */
  scan(text: LastText): boolean {
    // The call may have moved these on.
    this.list[0] = VA_LIST[0]!;
    this.list[VA_MEMORY] = this.placesAt;
    const scanned = calls.vsscanf(text.address, this.patternAt, this.listAt);
    return scanned === this.count && this.halves[2 * this.count] === text.length;
  }
}
