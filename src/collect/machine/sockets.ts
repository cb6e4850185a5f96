import { DEVICES, type SeriesKey, series } from "../../catalog/index.ts";
import { FIXED_FILES } from "../../proc/fixed-files.ts";
import type { ProcFs } from "../../proc/procfs.ts";
import { Sockstat } from "../../proc/sockstat.ts";
import type { Collector, CollectorKind } from "../collector.ts";
import { Source } from "../source.ts";

const [IPV4, IPV6] = FIXED_FILES.sockets;

export const SOCKETS: CollectorKind = {
  name: "sockets",
  what: "TCP sockets in use",
  reads: FIXED_FILES.sockets,
  make: (proc) => new SocketsCollector(proc),
};

/** TCP sockets of both address families, from net/sockstat and, where the kernel has IPv6, net/sockstat6. */
class SocketsCollector implements Collector {
  readonly name = SOCKETS.name;
  private readonly ipv4 = new Sockstat("net/sockstat");
  private readonly ipv6 = new Sockstat("net/sockstat6");
  private readonly first: Source;
  private readonly second: Source;

  constructor(proc: ProcFs) {
    this.first = new Source(proc, IPV4, this.ipv4);
    this.second = new Source(proc, IPV6, this.ipv6);
  }

  describe(): readonly SeriesKey[] {
    this.first.look();
    this.second.look();
    if (!this.first.exists) return [];
    return [
      series(DEVICES.tcpSockets, { mode: "in_use" }),
      series(DEVICES.tcpSockets, { mode: "orphan" }),
      series(DEVICES.tcpSockets, { mode: "time_wait" }),
    ];
  }

  sample(row: Float64Array): boolean {
    if (!this.first.exists) return true;
    this.first.update();
    row[0] = this.ipv4.inUse;
    row[1] = this.ipv4.orphans;
    row[2] = this.ipv4.timeWait;
    if (this.second.exists && this.second.update()) row[0] += this.ipv6.inUse;
    return true;
  }
}
