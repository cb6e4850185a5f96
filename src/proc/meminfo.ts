import { LineKeys } from "./line-keys.ts";
import { encode, Scanner } from "./scan.ts";

/** kB in meminfo are 1024 bytes: the kernel shifts pages left by PAGE_SHIFT - 10. */
const KILOBYTE = 1024;

/** The lines that are read, in the kernel's order, and of huge pages the number, which has no unit. */
const KEYS = [
  "MemTotal",
  "MemFree",
  "MemAvailable",
  "Buffers",
  "Cached",
  "Active(file)",
  "Inactive(file)",
  "SwapTotal",
  "SwapFree",
  "Dirty",
  "Writeback",
  "AnonPages",
  "Shmem",
  "Slab",
  "SReclaimable",
  "Committed_AS",
  "HugePages_Total",
  "Hugepagesize",
  "Hugetlb",
] as const;

type Key = (typeof KEYS)[number];

const PLACE = Object.fromEntries(KEYS.map((key, place) => [key, place])) as Readonly<Record<Key, number>>;
const COUNT = PLACE.HugePages_Total;
const UNIT = encode("kB");

/** The fields of `proc_meminfo(5)` that are recorded. */
export class Meminfo {
  /** Bytes by key, of huge pages their number; NaN: this kernel has no such line. */
  private readonly values = new Float64Array(KEYS.length).fill(Number.NaN);
  private readonly keys = new LineKeys(KEYS.map((key) => `${key}:`));
  private readonly scan = new Scanner("meminfo");

  /** Bytes of a line; NaN: this kernel has it not. MemAvailable is as old as 3.14, SReclaimable as 2.6.19. */
  bytesOf(key: Exclude<Key, "HugePages_Total" | "Hugepagesize" | "Hugetlb">): number {
    return this.values[PLACE[key]]!;
  }

  /** Memory set aside for huge pages of all sizes; before Linux 4.16 of the default size. */
  get hugePagesBytes(): number {
    const all = this.values[PLACE.Hugetlb]!;
    return Number.isNaN(all) ? this.values[COUNT]! * this.values[PLACE.Hugepagesize]! : all;
  }

  /** Takes a text in place of the last. Throws ParseError, also where one of the lines is missing that every kernel has. */
  parse(bytes: Uint8Array): void {
    const { scan, keys, values } = this;
    this.clear();
    scan.begin(bytes);
    keys.locate(bytes);
    for (let key = 0; key < KEYS.length; key++) {
      const at = keys.values[key]!;
      if (at < 0) continue;
      scan.at = at;
      values[key] = this.value(key === COUNT);
    }
    if (
      Number.isNaN(values[PLACE.MemTotal]! + values[PLACE.MemFree]! + values[PLACE.Buffers]! + values[PLACE.Cached]!)
    ) {
      keys.forget();
      scan.at = bytes.length;
      scan.fail("lines for MemTotal, MemFree, Buffers and Cached");
    }
  }

  /** No text: no value. */
  clear(): void {
    this.values.fill(Number.NaN);
  }

  /** What stands behind a key: a number of kB, or a mere number. */
  private value(isCount: boolean): number {
    const { scan } = this;
    const expected = isCount ? "`key: number`" : "`key: number kB`";
    scan.skipSpaces();
    const number = scan.number(expected);
    if (isCount) return number;
    scan.skipSpaces();
    if (!scan.accept(UNIT) || !scan.lineEnded) scan.fail(expected);
    return number * KILOBYTE;
  }
}
