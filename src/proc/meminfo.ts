import { Scanner } from "./scan.ts";

/** kB in meminfo are 1024 bytes: the kernel shifts pages left by PAGE_SHIFT - 10. */
const KILOBYTE = 1024;

const KEYS = ["MemTotal:", "MemFree:", "MemAvailable:", "Buffers:", "Cached:", "SReclaimable:"].map((key) =>
  new TextEncoder().encode(key),
);
const UNIT = new TextEncoder().encode("kB");

/** The fields of `proc_meminfo(5)` that are recorded. */
export class Meminfo {
  /** Bytes by key; NaN: this kernel has no such line. */
  private readonly values = new Float64Array(KEYS.length).fill(Number.NaN);
  private readonly scan = new Scanner("meminfo");

  get totalBytes(): number {
    return this.values[0]!;
  }
  get freeBytes(): number {
    return this.values[1]!;
  }
  /** NaN before Linux 3.14. */
  get availableBytes(): number {
    return this.values[2]!;
  }
  get buffersBytes(): number {
    return this.values[3]!;
  }
  /** The page cache alone. */
  get cachedBytes(): number {
    return this.values[4]!;
  }
  /** NaN before Linux 2.6.19. */
  get reclaimableSlabBytes(): number {
    return this.values[5]!;
  }

  /** Takes a text in place of the last. Throws ParseError, also where one of the lines is missing that every kernel has. */
  parse(bytes: Uint8Array): void {
    const { scan, values } = this;
    this.clear();
    scan.begin(bytes);
    for (let found = 0; found < KEYS.length && !scan.ended; scan.nextLine()) {
      const key = this.key();
      if (key < 0) continue;
      scan.skipSpaces();
      values[key] = scan.number("`key: number kB`") * KILOBYTE;
      scan.skipSpaces();
      if (!scan.accept(UNIT) || !scan.lineEnded) scan.fail("`key: number kB`");
      found++;
    }
    if (Number.isNaN(this.totalBytes + this.freeBytes + this.buffersBytes + this.cachedBytes))
      scan.fail("lines for MemTotal, MemFree, Buffers and Cached");
  }

  /** No text: no value. */
  clear(): void {
    this.values.fill(Number.NaN);
  }

  /** Past the key that the line begins with; -1: none that is wanted, or one that was already met. */
  private key(): number {
    for (let i = 0; i < KEYS.length; i++) if (Number.isNaN(this.values[i]) && this.scan.accept(KEYS[i]!)) return i;
    return -1;
  }
}
