import { DEVICES, series } from "../../catalog/index.ts";
import { FIXED_FILES } from "../../proc/fixed-files.ts";
import { HeaderPairs } from "../../proc/header-pairs.ts";
import { kernelFile } from "../kernel-file.ts";

/** The series and where they are, in one order. */
const SNMP = [
  ["Tcp", "OutSegs", () => series(DEVICES.tcpSegments, { mode: "sent" })],
  ["Tcp", "InSegs", () => series(DEVICES.tcpSegments, { mode: "received" })],
  ["Tcp", "RetransSegs", () => series(DEVICES.tcpRetransmits)],
  ["Tcp", "OutRsts", () => series(DEVICES.tcpResets, { mode: "sent" })],
  ["Tcp", "EstabResets", () => series(DEVICES.tcpResets, { mode: "received" })],
  ["Udp", "RcvbufErrors", () => series(DEVICES.udpErrors, { mode: "receive_buffer" })],
  ["Udp", "SndbufErrors", () => series(DEVICES.udpErrors, { mode: "send_buffer" })],
  ["Udp", "NoPorts", () => series(DEVICES.udpErrors, { mode: "no_port" })],
] as const;

/** TCP segments, retransmits and resets, and datagrams that UDP lost, from net/snmp. */
export const TCP = kernelFile({
  name: "tcp",
  what: "TCP segments, retransmits, resets; UDP losses",
  path: FIXED_FILES.tcp[0],
  table: () =>
    new HeaderPairs(
      "net/snmp",
      SNMP.map(([lines, column]) => [lines, column]),
    ),
  series: () => SNMP.map(([, , key]) => key()),
  fill: (row, { values }) => row.set(values),
});

/** Connections that listening sockets refused, from net/netstat. */
export const LISTEN = kernelFile({
  name: "listen",
  what: "connections that listening sockets refused, once a second",
  path: FIXED_FILES.listen[0],
  // It has 130 counters, each summed over all CPUs: as much work for the kernel as the four basic files together.
  costly: true,
  table: () =>
    new HeaderPairs("net/netstat", [
      ["TcpExt", "ListenDrops"],
      ["TcpExt", "ListenOverflows"],
    ]),
  series: () => [series(DEVICES.tcpListenDrops), series(DEVICES.tcpListenOverflows)],
  fill: (row, { values }) => row.set(values),
});
