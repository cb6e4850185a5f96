import { listIfAllowed, type ProcFs, readIfAllowed } from "./procfs.ts";

/*
 * What kind of device a name stands for: CPUs, network interfaces, block devices. Read once, for facts and for the choice
 * of rows; so these are plain texts, not the parsers of a tick.
 */

const UTF8 = new TextDecoder();
const LATIN1 = new TextDecoder("latin1");

/** What architectures call the line that names the CPU, the clearest first. */
const MODEL_KEYS = ["model name", "Model Name", "cpu model", "cpu", "Processor", "uarch"] as const;

/** Returns the CPU's model by proc_cpuinfo(5); undefined where no line names it, or the file is refused. */
export function cpuModel(proc: ProcFs): string | undefined {
  const lines = new Map<string, string>();
  for (const line of UTF8.decode(readIfAllowed(proc, "/proc/cpuinfo")).split("\n")) {
    const colon = line.indexOf(":");
    if (colon < 0) continue;
    const key = line.slice(0, colon).trim();
    if (!lines.has(key)) lines.set(key, line.slice(colon + 1).trim());
  }
  const key = MODEL_KEYS.find((name) => lines.get(name));
  if (key !== undefined) return lines.get(key);
  // arm64 has only numbers, which still tell two machines apart.
  const implementer = lines.get("CPU implementer");
  const part = lines.get("CPU part");
  return implementer && part ? `implementer ${implementer} part ${part}` : undefined;
}

/** Returns how many CPUs our own affinity mask allows, by proc_pid_status(5); undefined where the kernel does not say. */
export function allowedCpus(proc: ProcFs): number | undefined {
  const status = LATIN1.decode(readIfAllowed(proc, "/proc/self/status"));
  const [, list] = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status) ?? [];
  if (list === undefined) return undefined;
  let cpus = 0;
  for (const range of list.split(",")) {
    const [first, last = first] = range.split("-").map(Number);
    cpus += last! - first! + 1;
  }
  return cpus > 0 ? cpus : undefined;
}

/** Returns the CPUs of a file like cpufreq's affected_cpus (`0 1 2`); undefined where it is absent, refused or empty. */
export function cpuNumbers(proc: ProcFs, path: string): readonly number[] | undefined {
  const words = LATIN1.decode(readIfAllowed(proc, path)).match(/\d+/g);
  return words?.map(Number);
}

/**
 * Names of interfaces that stand on others: `eth0.100`, `eth0:1`, `vlan7`, `bond0`, `team0`, `br0`, `br-lan`, `docker0`,
 * `virbr0`, `macvlan0`. `brcm0` is none of them.
 */
const STACKED_INTERFACE = /^.+\.\d+$|:|^(vlan|bond|team|br|docker|virbr|macvlan|ipvlan)-?\d+$|^br-/;

/**
 * Whether an interface stands on another one, whose counters include its traffic. /sys/class/net has a `lower_` entry
 * for VLANs, bonds, bridges and MAC-VLANs; where it does not have the interface, the name decides.
 */
export function isStackedInterface(proc: ProcFs, name: string): boolean {
  const entries = listIfAllowed(proc, `/sys/class/net/${name}`);
  return entries === undefined ? STACKED_INTERFACE.test(name) : entries.some((entry) => entry.startsWith("lower_"));
}

/** Block devices that are no disks: files shown as one, and memory. */
const NO_DISK = /^(loop|ram|zram)\d/;

/** A partition's name: a number after letters, or `p` and a number after a disk's name that ends in a digit. */
const PARTITION = /^((s|v|xv|h)d|dasd)[a-z]+\d+$|\dp\d+$/;

/** Names of devices that are made of other disks. */
const STACKED_DISK = /^(dm-|md|md_d|bcache|drbd|zd)\d/;

/** The same, where /sys lists no `slaves`. */
const STACKED_WITHOUT_SLAVES = /^(drbd|zd)\d/;

/** One of several paths to an NVMe disk, `nvme0c1n2`, and the disk that it leads to, `nvme0n2`. */
const NVME_PATH = /^(nvme\d+)c\d+(n\d+)$/;

/** The kinds of the names in diskstats, by /sys/block, or by the name alone where /sys/block cannot be read. */
export class BlockDevices {
  private readonly names: ReadonlySet<string> | undefined;
  /** NVMe disks with paths that have counters too. */
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

  /** Whether this is a disk as a whole, even one made of others: no partition, no loop device, no memory. */
  isWholeDisk(name: string): boolean {
    if (NO_DISK.test(name)) return false;
    return this.names === undefined ? !PARTITION.test(name) : this.names.has(sysName(name));
  }

  /** Whether other devices' counters include its traffic: device mapper, RAID, an NVMe disk with counted paths. */
  isStacked(name: string): boolean {
    if (this.names === undefined) return STACKED_DISK.test(name);
    if (STACKED_WITHOUT_SLAVES.test(name) || this.multipath.has(name)) return true;
    return (listIfAllowed(this.proc, `/sys/block/${sysName(name)}/slaves`)?.length ?? 0) > 0;
  }
}

/** Returns the file name in /sys: for `cciss/c0d0` it has `!` in place of the slash. */
function sysName(name: string): string {
  return name.replaceAll("/", "!");
}
