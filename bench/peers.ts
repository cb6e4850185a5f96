/** Programs by others that wrap a command too, by the names of their Debian packages. */
const PEERS = {
  gnuTime: { command: "time", debian: "time" },
  runlim: { command: "runlim", debian: "runlim" },
} as const;

export type PeerName = keyof typeof PEERS;

/** What stands in the table for a program that is not there. */
export const NOT_INSTALLED = "not installed";

/** The words that start a peer with its arguments, or that it is not installed. */
export function peer(name: PeerName, ...args: readonly string[]): readonly string[] | string {
  const path = Bun.which(PEERS[name].command);
  return path === null ? NOT_INSTALLED : [path, ...args];
}
