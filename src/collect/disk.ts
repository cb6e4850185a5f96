import { MACHINE, type SeriesKey, series } from "../catalog/index.ts";
import { BlockDevices } from "../proc/block-devices.ts";
import { Diskstats } from "../proc/diskstats.ts";
import type { ProcFs } from "../proc/procfs.ts";
import type { Collector } from "./collector.ts";
import { Source } from "./source.ts";

/** Bytes read and written by whole disk, from /proc/diskstats. One that goes has no points; back, it has its old series. */
export class DiskCollector implements Collector {
  readonly name = "disk";
  private readonly diskstats = new Diskstats();
  private readonly source: Source;
  /** The rows that are whole disks, by index in diskstats. */
  private readonly disks: number[] = [];
  /** How many rows have been told apart; and how many of the disks among them were described. */
  private classified = 0;
  private described = 0;

  constructor(private readonly proc: ProcFs) {
    this.source = new Source(proc, "/proc/diskstats", this.diskstats);
  }

  describe(): readonly SeriesKey[] {
    this.source.look();
    this.classify();
    this.described = this.disks.length;
    return this.disks.flatMap((index) => {
      const disk = this.diskstats.names.all[index]!;
      return [series(MACHINE.diskRead, { disk }), series(MACHINE.diskWrite, { disk })];
    });
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
    for (let i = 0; i < this.described; i++) {
      row[2 * i] = this.diskstats.readBytes[this.disks[i]!]!;
      row[2 * i + 1] = this.diskstats.writtenBytes[this.disks[i]!]!;
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
