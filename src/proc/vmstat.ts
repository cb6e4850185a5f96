import { pageBytes } from "../os/process.ts";
import { LineKeys } from "./line-keys.ts";
import { Scanner } from "./scan.ts";

/** Reclaim stalls are counted by zone since 4.8, and were one number before. */
const STALLS = ["allocstall ", "allocstall_dma ", "allocstall_dma32 ", "allocstall_normal ", "allocstall_high "].concat(
  ["allocstall_movable ", "allocstall_device "],
);

const KEYS = ["pswpin ", "pswpout ", "pgfault ", "pgmajfault ", "oom_kill ", ...STALLS] as const;
const EXPECTED = "`name number` lines, one for pgfault";

/** The counters of `proc_vmstat(5)` that tell of paging; NaN: this kernel does not count it. */
export class Vmstat {
  swapInBytes = Number.NaN;
  swapOutBytes = Number.NaN;
  /** Of both kinds. */
  faults = Number.NaN;
  majorFaults = Number.NaN;
  /** NaN before Linux 4.13. */
  oomKills = Number.NaN;
  /** Of all zones. */
  reclaimStalls = Number.NaN;
  private readonly keys = new LineKeys(KEYS);
  private readonly scan = new Scanner("vmstat");

  /** Takes a text in place of the last. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    const { scan, keys } = this;
    this.clear();
    scan.begin(bytes);
    if (!keys.locate(bytes)) scan.fail(EXPECTED);
    this.swapInBytes = this.count(0) * pageBytes();
    this.swapOutBytes = this.count(1) * pageBytes();
    this.faults = this.count(2);
    this.majorFaults = this.count(3);
    this.oomKills = this.count(4);
    for (let key = KEYS.length - STALLS.length; key < KEYS.length; key++) {
      const stalls = this.count(key);
      if (Number.isNaN(stalls)) continue;
      this.reclaimStalls = Number.isNaN(this.reclaimStalls) ? stalls : this.reclaimStalls + stalls;
    }
    if (Number.isNaN(this.faults)) {
      keys.forget();
      scan.at = 0;
      scan.fail(EXPECTED);
    }
  }

  /** No text: no value. */
  clear(): void {
    this.swapInBytes = Number.NaN;
    this.swapOutBytes = Number.NaN;
    this.faults = Number.NaN;
    this.majorFaults = Number.NaN;
    this.oomKills = Number.NaN;
    this.reclaimStalls = Number.NaN;
  }

  private count(key: number): number {
    const { scan } = this;
    const at = this.keys.values[key]!;
    if (at < 0) return Number.NaN;
    scan.at = at;
    return scan.number(EXPECTED);
  }
}
