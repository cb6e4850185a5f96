import { installPackages } from "../../scripts/packages.ts";

interface Peer {
  readonly command: string;
  readonly debian: string;
  /** Arguments with which it ends at once, with 0 where it can be used. */
  readonly probe: readonly string[];
}

/** Programs by others that wrap a command too, or measure one, and the Debian packages that have them. */
const PEERS = {
  gnuTime: { command: "time", debian: "time", probe: ["true"] },
  runlim: { command: "runlim", debian: "runlim", probe: ["--version"] },
  // Where the kernel lets nobody count it is there and of no use.
  perf: { command: "perf", debian: "linux-perf", probe: ["stat", "-o", "/dev/null", "true"] },
  resourceMonitor: { command: "resource_monitor", debian: "coop-computing-tools", probe: ["--version"] },
  hyperfine: { command: "hyperfine", debian: "hyperfine", probe: ["--version"] },
} as const satisfies Record<string, Peer>;

export type PeerName = keyof typeof PEERS;

/** What stands in the table for a program that is not there, or does not run here. */
export const NOT_INSTALLED = "not installed";

/** The path of a peer that can be used, by name. */
const usable = new Map<PeerName, string>();

/** Installs the peers that are missing where that may be. */
export function installPeers(): void {
  const missing = installPackages(missingPeers);
  if (missing.length > 0) console.error(`not measured: what needs ${missing.join(", ")} (not installed)`);
}

function missingPeers(): string[] {
  return (Object.keys(PEERS) as PeerName[]).filter((name) => !isUsable(name)).map((name) => PEERS[name].debian);
}

function isUsable(name: PeerName): boolean {
  const { command, probe } = PEERS[name];
  const path = Bun.which(command);
  if (path === null || Bun.spawnSync([path, ...probe]).exitCode !== 0) return false;
  usable.set(name, path);
  return true;
}

/** The words that start a peer with its arguments, or that it is not installed. */
export function peer(name: PeerName, ...args: readonly string[]): readonly string[] | string {
  const path = usable.get(name) ?? (isUsable(name) ? usable.get(name)! : undefined);
  return path === undefined ? NOT_INSTALLED : [path, ...args];
}
