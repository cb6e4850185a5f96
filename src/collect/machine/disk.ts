import { DEVICES, MACHINE, type SeriesKey, series } from "../../catalog/index.ts";
import { BlockDevices } from "../../proc/block-devices.ts";
import { DISK_FIELDS, Diskstats } from "../../proc/diskstats.ts";
import { FIXED_FILES } from "../../proc/fixed-files.ts";
import type { ProcFs } from "../../proc/procfs.ts";
import type { Collector, CollectorKind } from "../collector.ts";
import { Source } from "../source.ts";

const [PATH] = FIXED_FILES.disk;

export const DISK: CollectorKind = {
  name: "disk",
  what: "bytes, requests, waiting and busy time by disk",
  reads: [PATH],
  make: (proc) => new DiskCollector(proc),
};

type DiskField = (typeof DISK_FIELDS)[number];

/** The series of a disk and the field that each is; those of a kernel's later columns behind. */
const BASE: readonly (readonly [field: DiskField, key: (disk: string) => SeriesKey])[] = [
  ["readBytes", (disk) => series(MACHINE.diskRead, { disk })],
  ["writtenBytes", (disk) => series(MACHINE.diskWrite, { disk })],
  ["reads", (disk) => series(DEVICES.diskOperations, { disk, mode: "read" })],
  ["writes", (disk) => series(DEVICES.diskOperations, { disk, mode: "write" })],
  ["readSeconds", (disk) => series(DEVICES.diskWaitSeconds, { disk, mode: "read" })],
  ["writeSeconds", (disk) => series(DEVICES.diskWaitSeconds, { disk, mode: "write" })],
  ["busySeconds", (disk) => series(DEVICES.diskBusySeconds, { disk })],
  ["inFlight", (disk) => series(DEVICES.diskInFlight, { disk })],
];
const DISCARDS: typeof BASE = [
  ["discards", (disk) => series(DEVICES.diskOperations, { disk, mode: "discard" })],
  ["discardSeconds", (disk) => series(DEVICES.diskWaitSeconds, { disk, mode: "discard" })],
  ["discardedBytes", (disk) => series(DEVICES.diskDiscard, { disk })],
];
const FLUSHES: typeof BASE = [
  ["flushes", (disk) => series(DEVICES.diskOperations, { disk, mode: "flush" })],
  ["flushSeconds", (disk) => series(DEVICES.diskWaitSeconds, { disk, mode: "flush" })],
];

/** Bytes, requests and times by whole disk, from /proc/diskstats. One that goes has no points; back, it has its old series. */
export class DiskCollector implements Collector {
  readonly name = DISK.name;
  private readonly diskstats = new Diskstats();
  private readonly source: Source;
  /** The rows that are whole disks, by index in diskstats. */
  private readonly disks: number[] = [];
  /** How many rows have been told apart; and how many of the disks among them were described. */
  private classified = 0;
  private described = 0;
  /** Where in a row of the table the series of a disk are. */
  private places = new Uint8Array(0);

  constructor(private readonly proc: ProcFs) {
    this.source = new Source(proc, PATH, this.diskstats);
  }

  describe(): readonly SeriesKey[] {
    this.source.look();
    this.classify();
    this.described = this.disks.length;
    const { hasDiscards, hasFlushes } = this.diskstats;
    const all = [...BASE, ...(hasDiscards ? DISCARDS : []), ...(hasFlushes ? FLUSHES : [])];
    this.places = Uint8Array.from(all, ([field]) => DISK_FIELDS.indexOf(field));
    return this.disks.flatMap((index) => all.map(([, key]) => key(this.diskstats.names.all[index]!)));
  }

  /** The disks that a sum takes: traffic of one that is stacked on another is in the other's counters. */
  facts(): readonly (readonly [fact: string, value: string])[] {
    const devices = new BlockDevices(this.proc);
    const names = this.disks.map((index) => this.diskstats.names.all[index]!);
    return names.filter((name) => !devices.isStacked(name)).map((name) => ["summed_disk", name]);
  }

  sample(row: Float64Array): boolean {
    if (!this.source.exists) return true;
    this.source.update();
    this.classify();
    if (this.disks.length !== this.described) return false;
    const { places } = this;
    const { values } = this.diskstats.rows;
    for (let i = 0; i < this.described; i++) {
      const start = this.disks[i]! * DISK_FIELDS.length;
      for (let field = 0; field < places.length; field++)
        row[i * places.length + field] = values[start + places[field]!]!;
    }
    return true;
  }

  /** Finds the whole disks among rows that were not there before; a new partition changes no series. */
  private classify(): void {
    const names = this.diskstats.names.all;
    if (this.classified === names.length) return;
    const devices = new BlockDevices(this.proc);
    for (; this.classified < names.length; this.classified++)
      if (devices.isWholeDisk(names[this.classified]!)) this.disks.push(this.classified);
      else this.diskstats.ignore(this.classified);
  }
}
