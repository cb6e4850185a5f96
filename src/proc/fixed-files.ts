/**
 * The files of the collectors that have the same ones on every machine, by the collector's name: a first sample is made of
 * what was read of them just before the command started.
 */
export const FIXED_FILES = {
  cpu: ["/proc/stat"],
  memory: ["/proc/meminfo"],
  network: ["/proc/net/dev"],
  disk: ["/proc/diskstats"],
  pressure: ["/proc/pressure/cpu", "/proc/pressure/memory", "/proc/pressure/io"],
  load: ["/proc/loadavg"],
  paging: ["/proc/vmstat"],
  tcp: ["/proc/net/snmp"],
  listen: ["/proc/net/netstat"],
  sockets: ["/proc/net/sockstat", "/proc/net/sockstat6"],
} as const;
