import { DEVICES, type Fact, MACHINE, type SeriesKey, series } from "../../catalog/index.ts";
import { type NET_FIELDS, NetDev } from "../../proc/net-dev.ts";
import type { ProcFs } from "../../proc/procfs.ts";
import { isStackedInterface } from "../../proc/sys-devices.ts";
import type { Collector, CollectorContext, MakeCollector } from "../collector.ts";
import { type RowColumn, RowColumns } from "../columns.ts";
import { KernelSource } from "../kernel-source.ts";

const INTERFACE: readonly RowColumn<(typeof NET_FIELDS)[number]>[] = [
  { field: "sentBytes", key: (name) => series(MACHINE.networkSent, { interface: name }) },
  { field: "receivedBytes", key: (name) => series(MACHINE.networkReceived, { interface: name }) },
  { field: "sentPackets", key: (name) => series(DEVICES.networkPackets, { interface: name, mode: "sent" }) },
  { field: "receivedPackets", key: (name) => series(DEVICES.networkPackets, { interface: name, mode: "received" }) },
  { field: "sendErrors", key: (name) => series(DEVICES.networkErrors, { interface: name, mode: "sent" }) },
  { field: "receiveErrors", key: (name) => series(DEVICES.networkErrors, { interface: name, mode: "received" }) },
  { field: "sendDrops", key: (name) => series(DEVICES.networkDrops, { interface: name, mode: "sent" }) },
  { field: "receiveDrops", key: (name) => series(DEVICES.networkDrops, { interface: name, mode: "received" }) },
];

/**
 * What each network interface sent and received, from /proc/net/dev. An interface that goes has no points; one that comes
 * back has its old series.
 */
class NetworkCollector implements Collector {
  readonly name: string;
  private readonly proc: ProcFs;
  private readonly netDev = new NetDev();
  private readonly columns = new RowColumns(this.netDev.interfaces);
  private readonly source: KernelSource;

  constructor({ name, proc }: CollectorContext) {
    this.name = name;
    this.proc = proc;
    this.source = new KernelSource(proc, "/proc/net/dev", this.netDev);
  }

  describe(): readonly SeriesKey[] {
    this.source.probe();
    return this.columns.describe([...this.names.keys()], INTERFACE);
  }

  /** The interfaces that sums count: the traffic of one that is stacked on another is in the other's counters, too. */
  facts(): readonly Fact[] {
    const summed = this.names.filter((name) => !isStackedInterface(this.proc, name));
    return summed.map((name) => ["summed_interface", name]);
  }

  sample(row: Float64Array): boolean {
    if (!this.source.exists) return true;
    this.source.refresh();
    if (this.names.length !== this.columns.count) return false;
    this.columns.fill(row, 0);
    return true;
  }

  private get names(): readonly string[] {
    return this.netDev.interfaces.names.all;
  }
}

export const network: MakeCollector = (context) => new NetworkCollector(context);
