import type { ProcFs } from "./procfs.ts";
import { listIfAllowed } from "./sys-list.ts";

/** No disks: files shown as one, and memory. */
const NO_DISK = /^(loop|ram|zram)\d/;

/** A partition's name: a number after letters, or `p` and a number after a disk's name that ends in a digit. */
const PARTITION = /^((s|v|xv|h)d|dasd)[a-z]+\d+$|\dp\d+$/;

/** Made of other disks, by name. */
const STACKED = /^(dm-|md|md_d|bcache|drbd|zd)\d/;

/** Made of other disks, which /sys does not say of them. */
const STACKED_UNSAID = /^(drbd|zd)\d/;

/** One path to an NVMe disk that has several, and the disk it leads to: `nvme0c1n2` to `nvme0n2`. */
const NVME_PATH = /^(nvme\d+)c\d+(n\d+)$/;

/** What kind of thing a name of diskstats is, by /sys/block, or where that is not to be had by the name alone. */
export class BlockDevices {
  private readonly names: ReadonlySet<string> | undefined;
  /** Disks reached by paths that are counted too. */
  private readonly multipath = new Set<string>();

  /** Reads /sys/block as it is now. */
  constructor(private readonly proc: ProcFs) {
    const names = listIfAllowed(proc, "/sys/block");
    this.names = names && new Set(names);
    for (const name of names ?? []) {
      const path = NVME_PATH.exec(name);
      if (path) this.multipath.add(`${path[1]}${path[2]}`);
    }
  }

  /** A disk as a whole, be it made of others: no partition, no loop device, no memory. */
  isWholeDisk(name: string): boolean {
    if (NO_DISK.test(name)) return false;
    return this.names === undefined ? !PARTITION.test(name) : this.names.has(sysName(name));
  }

  /** Made of other block devices, whose counters hold its traffic: device mapper, RAID, an NVMe disk with counted paths. */
  isStacked(name: string): boolean {
    if (this.names === undefined) return STACKED.test(name);
    if (STACKED_UNSAID.test(name) || this.multipath.has(name)) return true;
    return (listIfAllowed(this.proc, `/sys/block/${sysName(name)}/slaves`)?.length ?? 0) > 0;
  }
}

/** `cciss/c0d0` is a file name in /sys, where the slash has become `!`. */
function sysName(name: string): string {
  return name.replaceAll("/", "!");
}
