import { DEVICES, type SeriesKey, series } from "../catalog/index.ts";
import type { ProcFs } from "../proc/procfs.ts";
import { Sockstat } from "../proc/sockstat.ts";
import type { Collector, CollectorKind } from "./collector.ts";
import { Source } from "./source.ts";

const PATHS = { ipv4: "/proc/net/sockstat", ipv6: "/proc/net/sockstat6" } as const;

export const SOCKETS: CollectorKind = {
  name: "sockets",
  what: "TCP sockets in use",
  reads: [PATHS.ipv4, PATHS.ipv6],
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
    this.first = new Source(proc, PATHS.ipv4, this.ipv4);
    this.second = new Source(proc, PATHS.ipv6, this.ipv6);
  }

  capture(): void {
    this.first.capture();
    this.second.capture();
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
