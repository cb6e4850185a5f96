import { DEVICES, MACHINE, type SeriesKey, series } from "../../catalog/index.ts";
import { FIXED_FILES } from "../../proc/fixed-files.ts";
import { NET_FIELDS, NetDev } from "../../proc/net-dev.ts";
import { isStackedInterface } from "../../proc/net-devices.ts";
import type { ProcFs } from "../../proc/procfs.ts";
import type { Collector, CollectorKind } from "../collector.ts";
import { Source } from "../source.ts";

const [PATH] = FIXED_FILES.network;

export const NETWORK: CollectorKind = {
  name: "network",
  what: "bytes, packets, errors and drops by interface",
  reads: [PATH],
  make: (proc) => new NetworkCollector(proc),
};

/** Where in a row of the table the series of an interface are, in the order of `describe()`. */
const PLACES = Uint8Array.from(
  [
    "sentBytes",
    "receivedBytes",
    "sentPackets",
    "receivedPackets",
    "sendErrors",
    "receiveErrors",
    "sendDrops",
    "receiveDrops",
  ] satisfies (typeof NET_FIELDS)[number][],
  (field) => NET_FIELDS.indexOf(field),
);

/** Bytes and packets sent and received by interface, from /proc/net/dev. One that goes has no points; back, it has its old series. */
export class NetworkCollector implements Collector {
  readonly name = NETWORK.name;
  private readonly netDev = new NetDev();
  private readonly source: Source;
  private described = 0;

  constructor(private readonly proc: ProcFs) {
    this.source = new Source(proc, PATH, this.netDev);
  }

  describe(): readonly SeriesKey[] {
    this.source.look();
    const names = this.netDev.names.all;
    this.described = names.length;
    return names.flatMap((name) => [
      series(MACHINE.networkSent, { interface: name }),
      series(MACHINE.networkReceived, { interface: name }),
      series(DEVICES.networkPackets, { interface: name, mode: "sent" }),
      series(DEVICES.networkPackets, { interface: name, mode: "received" }),
      series(DEVICES.networkErrors, { interface: name, mode: "sent" }),
      series(DEVICES.networkErrors, { interface: name, mode: "received" }),
      series(DEVICES.networkDrops, { interface: name, mode: "sent" }),
      series(DEVICES.networkDrops, { interface: name, mode: "received" }),
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
    const { values } = this.netDev.rows;
    const width = PLACES.length;
    for (let i = 0; i < this.described; i++)
      for (let field = 0; field < width; field++) row[i * width + field] = values[i * width + PLACES[field]!]!;
    return true;
  }
}
