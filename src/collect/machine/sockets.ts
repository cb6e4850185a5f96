import { DEVICES, type SeriesKey } from "../../catalog/index.ts";
import { NetSnmp } from "../../proc/net-snmp.ts";
import { Sockstat } from "../../proc/net-sockets.ts";
import type { Collector, CollectorContext, MakeCollector } from "../collector.ts";
import { type Column, column, fillColumns, keysOf } from "../columns.ts";
import { KernelFileCollector, kernelFile } from "../kernel-file.ts";
import { KernelSource } from "../kernel-source.ts";

const TCP: readonly Column<NetSnmp>[] = [
  column(DEVICES.tcpSegments, { mode: "sent" }, (snmp) => snmp.number("Tcp:OutSegs")),
  column(DEVICES.tcpSegments, { mode: "received" }, (snmp) => snmp.number("Tcp:InSegs")),
  column(DEVICES.tcpRetransmits, (snmp) => snmp.number("Tcp:RetransSegs")),
  column(DEVICES.tcpResets, { mode: "sent" }, (snmp) => snmp.number("Tcp:OutRsts")),
  column(DEVICES.tcpResets, { mode: "received" }, (snmp) => snmp.number("Tcp:EstabResets")),
  column(DEVICES.udpErrors, { mode: "receive_buffer" }, (snmp) => snmp.number("Udp:RcvbufErrors")),
  column(DEVICES.udpErrors, { mode: "send_buffer" }, (snmp) => snmp.number("Udp:SndbufErrors")),
  column(DEVICES.udpErrors, { mode: "no_port" }, (snmp) => snmp.number("Udp:NoPorts")),
];

/** TCP segments, retransmits and resets, and datagrams that UDP lost, from net/snmp. */
export const tcp: MakeCollector = ({ name, proc }) => {
  const file = kernelFile(proc, "/proc/net/snmp", new NetSnmp("net/snmp"), TCP);
  return new KernelFileCollector(name, () => [file]);
};

const LISTEN: readonly Column<NetSnmp>[] = [
  column(DEVICES.tcpListenDrops, (netstat) => netstat.number("TcpExt:ListenDrops")),
  column(DEVICES.tcpListenOverflows, (netstat) => netstat.number("TcpExt:ListenOverflows")),
];

/** Connections that listening sockets refused, from net/netstat. */
export const listen: MakeCollector = ({ name, proc, clock }) => {
  const file = kernelFile(proc, "/proc/net/netstat", new NetSnmp("net/netstat"), LISTEN);
  // It has 130 counters, each summed over all CPUs: as much work for the kernel as the four basic files together.
  return new KernelFileCollector(name, () => [file], { onceASecond: clock });
};

const SOCKETS: readonly Column<SocketsCollector>[] = [
  column(DEVICES.tcpSockets, { mode: "in_use" }, ({ inUse }) => inUse),
  column(DEVICES.tcpSockets, { mode: "orphan" }, ({ ipv4 }) => ipv4.orphans),
  column(DEVICES.tcpSockets, { mode: "time_wait" }, ({ ipv4 }) => ipv4.timeWait),
];

/** TCP sockets of both address families, from net/sockstat and, where the kernel has IPv6, net/sockstat6. */
class SocketsCollector implements Collector {
  readonly name: string;
  readonly ipv4 = new Sockstat("net/sockstat");
  readonly ipv6 = new Sockstat("net/sockstat6");
  private readonly source4: KernelSource;
  private readonly source6: KernelSource;

  constructor({ name, proc }: CollectorContext) {
    this.name = name;
    this.source4 = new KernelSource(proc, "/proc/net/sockstat", this.ipv4);
    this.source6 = new KernelSource(proc, "/proc/net/sockstat6", this.ipv6);
  }

  get inUse(): number {
    return this.source6.exists ? this.ipv4.inUse + this.ipv6.inUse : this.ipv4.inUse;
  }

  describe(): readonly SeriesKey[] {
    this.source4.probe();
    this.source6.probe();
    return this.source4.exists ? keysOf(SOCKETS) : [];
  }

  sample(row: Float64Array): boolean {
    if (!this.source4.exists) return true;
    this.source4.refresh();
    if (this.source6.exists) this.source6.refresh();
    fillColumns(row, 0, SOCKETS, this);
    return true;
  }
}

export const sockets: MakeCollector = (context) => new SocketsCollector(context);
