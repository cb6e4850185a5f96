import { MACHINE, type SeriesKey, series } from "../catalog/index.ts";
import { NetDev } from "../proc/net-dev.ts";
import { isStackedInterface } from "../proc/net-devices.ts";
import type { ProcFs } from "../proc/procfs.ts";
import type { Collector } from "./collector.ts";
import { Source } from "./source.ts";

/** Bytes sent and received by interface, from /proc/net/dev. One that goes has no points; back, it has its old series. */
export class NetworkCollector implements Collector {
  readonly name = "network";
  private readonly netDev = new NetDev();
  private readonly source: Source;
  private described = 0;

  constructor(private readonly proc: ProcFs) {
    this.source = new Source(proc, "/proc/net/dev", this.netDev);
  }

  describe(): readonly SeriesKey[] {
    this.source.look();
    const names = this.netDev.names.all;
    this.described = names.length;
    return names.flatMap((name) => [
      series(MACHINE.networkSent, { interface: name }),
      series(MACHINE.networkReceived, { interface: name }),
    ]);
  }

  /** The interfaces that a sum takes: traffic of one that is stacked on another is in the other's counters. */
  facts(): readonly (readonly [fact: string, value: string])[] {
    const summed = this.netDev.names.all.filter((name) => !isStackedInterface(this.proc, name));
    return summed.map((name) => ["summed_interface", name]);
  }

  sample(row: Float64Array): boolean {
    if (!this.source.exists) return true;
    this.source.update();
    if (this.netDev.names.all.length !== this.described) return false;
    for (let i = 0; i < this.described; i++) {
      row[2 * i] = this.netDev.sentBytes[i]!;
      row[2 * i + 1] = this.netDev.receivedBytes[i]!;
    }
    return true;
  }
}
