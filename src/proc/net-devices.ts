import type { ProcFs } from "./procfs.ts";
import { listIfAllowed } from "./sys-list.ts";

/**
 * Names by which interfaces that stand on others are known: `eth0.100`, `eth0:1`, `vlan7`, `bond0`, `team0`, `br0`,
 * `br-lan`, `docker0`, `virbr0`, `macvlan0`. `brcm0` is none of them.
 */
const STACKED = /^.+\.\d+$|:|^(vlan|bond|team|br|docker|virbr|macvlan|ipvlan)-?\d+$|^br-/;

/**
 * Whether an interface stands on another one, whose counters hold its traffic: /sys/class/net has a `lower_` entry
 * for VLANs, bonds, bridges and MAC-VLANs. Where it does not know the interface, or is not there, its name decides.
 */
export function isStackedInterface(proc: ProcFs, name: string): boolean {
  const entries = listIfAllowed(proc, `/sys/class/net/${name}`);
  return entries === undefined ? STACKED.test(name) : entries.some((entry) => entry.startsWith("lower_"));
}
