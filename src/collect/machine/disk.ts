import { DEVICES, type Fact, MACHINE, type SeriesKey, series } from "../../catalog/index.ts";
import { type DISK_FIELDS, Diskstats } from "../../proc/diskstats.ts";
import type { ProcFs } from "../../proc/procfs.ts";
import { BlockDevices } from "../../proc/sys-devices.ts";
import type { Collector, CollectorContext, MakeCollector } from "../collector.ts";
import { type RowColumn, RowColumns } from "../columns.ts";
import { KernelSource } from "../kernel-source.ts";

type DiskColumn = RowColumn<(typeof DISK_FIELDS)[number]>;

const ALWAYS: readonly DiskColumn[] = [
  { field: "readBytes", key: (disk) => series(MACHINE.diskRead, { disk }) },
  { field: "writtenBytes", key: (disk) => series(MACHINE.diskWrite, { disk }) },
  { field: "reads", key: (disk) => series(DEVICES.diskOperations, { disk, mode: "read" }) },
  { field: "writes", key: (disk) => series(DEVICES.diskOperations, { disk, mode: "write" }) },
  { field: "readSeconds", key: (disk) => series(DEVICES.diskWaitSeconds, { disk, mode: "read" }) },
  { field: "writeSeconds", key: (disk) => series(DEVICES.diskWaitSeconds, { disk, mode: "write" }) },
  { field: "busySeconds", key: (disk) => series(DEVICES.diskBusySeconds, { disk }) },
  { field: "inFlight", key: (disk) => series(DEVICES.diskInFlight, { disk }) },
];

/** Since Linux 4.18. */
const DISCARDS: readonly DiskColumn[] = [
  { field: "discards", key: (disk) => series(DEVICES.diskOperations, { disk, mode: "discard" }) },
  { field: "discardSeconds", key: (disk) => series(DEVICES.diskWaitSeconds, { disk, mode: "discard" }) },
  { field: "discardedBytes", key: (disk) => series(DEVICES.diskDiscard, { disk }) },
];

/** Since Linux 5.5. */
const FLUSHES: readonly DiskColumn[] = [
  { field: "flushes", key: (disk) => series(DEVICES.diskOperations, { disk, mode: "flush" }) },
  { field: "flushSeconds", key: (disk) => series(DEVICES.diskWaitSeconds, { disk, mode: "flush" }) },
];

/**
 * Bytes, requests and times of each whole disk, from /proc/diskstats. A disk that goes has no points; one that comes back
 * has its old series.
 */
class DiskCollector implements Collector {
  readonly name: string;
  private readonly proc: ProcFs;
  private readonly diskstats = new Diskstats();
  private readonly columns = new RowColumns(this.diskstats.devices);
  private readonly source: KernelSource;
  /** The rows of diskstats that are whole disks, by index. */
  private readonly disks: number[] = [];
  /** How many rows have been checked for that. */
  private classified = 0;

  constructor({ name, proc }: CollectorContext) {
    this.name = name;
    this.proc = proc;
    this.source = new KernelSource(proc, "/proc/diskstats", this.diskstats);
  }

  describe(): readonly SeriesKey[] {
    this.source.probe();
    this.classify();
    const { hasDiscards, hasFlushes } = this.diskstats;
    const columns = [...ALWAYS, ...(hasDiscards ? DISCARDS : []), ...(hasFlushes ? FLUSHES : [])];
    return this.columns.describe([...this.disks], columns);
  }

  /** The disks that sums count: the traffic of one that is stacked on another is in the other's counters, too. */
  facts(): readonly Fact[] {
    const devices = new BlockDevices(this.proc);
    const names = this.disks.map((index) => this.names[index]!);
    return names.filter((name) => !devices.isStacked(name)).map((name) => ["summed_disk", name]);
  }

  sample(row: Float64Array): boolean {
    if (!this.source.exists) return true;
    this.source.refresh();
    this.classify();
    if (this.disks.length !== this.columns.count) return false;
    this.columns.fill(row, 0);
    return true;
  }

  /** Finds the whole disks among the new rows; a new partition changes no series. */
  private classify(): void {
    if (this.classified === this.names.length) return;
    const devices = new BlockDevices(this.proc);
    for (; this.classified < this.names.length; this.classified++)
      if (devices.isWholeDisk(this.names[this.classified]!)) this.disks.push(this.classified);
      else this.diskstats.ignore(this.classified);
  }

  private get names(): readonly string[] {
    return this.diskstats.devices.names.all;
  }
}

export const disk: MakeCollector = (context) => new DiskCollector(context);
