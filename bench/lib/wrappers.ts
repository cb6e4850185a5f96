import { join } from "node:path";
import { installPackages } from "../../scripts/packages.ts";
import { NOT_INSTALLED } from "./experiment.ts";
import type { Lab } from "./lab.ts";

/** One run of a wrapper. */
interface Run {
  readonly lab: Lab;
  /** Names its file; runs at the same time need different tags. */
  readonly tag: string;
  readonly command: readonly string[];
}

/** Returns the words that run a command under a wrapper, or a text that says why this wrapper cannot be run here. */
export type Wrapper = (run: Run) => Promise<readonly string[] | string>;

/** The collectors that read what the floors read; the command's processes are always accounted for. */
const BASIC_WORDS = ["--collectors", "cpu,memory,network,disk"] as const;
/** With what is always recorded, some 60 series. */
const FEW_WORDS = ["--collectors", "load,pressure"] as const;

/** The file into which a wrapper writes what it records. */
const file = ({ lab, tag }: Run, ending: string) => join(lab.folder, `${tag}.${ending}`);

/** A wrapper whose command follows its own words. */
function prefix(front: (run: Run) => Promise<readonly string[] | string>): Wrapper {
  return async (run) => {
    const words = await front(run);
    return typeof words === "string" ? words : [...words, ...run.command];
  };
}

export const noWrapper: Wrapper = prefix(async () => []);

/** The product without options but its interval in seconds, or with more words. */
export function statexec(interval: number, ...words: readonly string[]): Wrapper {
  const pace = ["--interval", String(interval)];
  return prefix(async (run) => [await run.lab.product(), ...pace, ...words, "-f", file(run, "prom")]);
}

/** The product, recording what the floor records. */
export const statexecBasic = (interval: number): Wrapper => statexec(interval, ...BASIC_WORDS);

/** The product, recording some 60 series. */
export const statexecFew = (interval: number): Wrapper => statexec(interval, ...FEW_WORDS);

/** Fork, exec and wait4, and nothing else. */
export const cWrapper: Wrapper = prefix(async ({ lab }) => [await lab.floor("wrap")]);

/** Fork, exec and wait4, with a sample of the four sources and the command's processes once a period. */
export function cSampler(interval: number): Wrapper {
  return prefix(async (run) => [await run.lab.floor("sampler"), String(interval), file(run, "rows")]);
}

export const bareBun: Wrapper = prefix(async ({ lab }) => [await lab.program("bare-wrapper")]);

/** As bare, but it waits as the product does: no turn of the runtime's event loop while nothing happens. */
export const pollingBun: Wrapper = prefix(async ({ lab }) => [await lab.program("polling-wrapper")]);

interface Peer {
  readonly command: string;
  readonly debian: string;
  /** Arguments with which it ends at once, with 0 if it works here. */
  readonly probe: readonly string[];
}

/** Programs by others that wrap a command or measure one, with their Debian packages. */
const PEERS = {
  gnuTime: { command: "time", debian: "time", probe: ["true"] },
  runlim: { command: "runlim", debian: "runlim", probe: ["--version"] },
  // It may be installed and fail: some kernels let no user count.
  perf: { command: "perf", debian: "linux-perf", probe: ["stat", "-o", "/dev/null", "true"] },
  resourceMonitor: { command: "resource_monitor", debian: "coop-computing-tools", probe: ["--version"] },
  hyperfine: { command: "hyperfine", debian: "hyperfine", probe: ["--version"] },
} as const satisfies Record<string, Peer>;

type PeerName = keyof typeof PEERS;

/** The paths of the peers that work here. */
const usable = new Map<PeerName, string>();

/** Installs the missing peers, if this user may. */
export function installPeers(): void {
  const missing = installPackages(missingPeers);
  if (missing.length > 0) console.error(`not measured: what needs ${missing.join(", ")} (not installed)`);
}

function missingPeers(): string[] {
  const names = Object.keys(PEERS) as PeerName[];
  return names.filter((name) => pathOf(name) === undefined).map((name) => PEERS[name].debian);
}

function pathOf(name: PeerName): string | undefined {
  const known = usable.get(name);
  if (known !== undefined) return known;
  const { command, probe } = PEERS[name];
  const path = Bun.which(command);
  if (path === null || Bun.spawnSync([path, ...probe]).exitCode !== 0) return undefined;
  usable.set(name, path);
  return path;
}

/** Returns the words that start a peer with its arguments, or NOT_INSTALLED. */
export function peer(name: PeerName, ...args: readonly string[]): readonly string[] | string {
  const path = pathOf(name);
  return path === undefined ? NOT_INSTALLED : [path, ...args];
}

export const gnuTime: Wrapper = prefix(async (run) => peer("gnuTime", "-v", "-o", file(run, "time")));

/** Samples every 0.1 s. */
export const runlim: Wrapper = prefix(async (run) => peer("runlim", "-o", file(run, "runlim")));

/** Counts the kernel's events of the command, at its end or once a period. */
export function perfStat(interval?: number): Wrapper {
  const pace = interval === undefined ? [] : ["-I", String(interval * 1000)];
  return prefix(async (run) => peer("perf", "stat", ...pace, "-o", file(run, "perf")));
}

/** Samples every second and at the end. It would also measure its working folder, which no other wrapper does. */
export const resourceMonitor: Wrapper = prefix(async (run) =>
  peer("resourceMonitor", "-i", "1", "--without-disk-footprint", "-O", file(run, "monitor"), "--"),
);

/** One run without a shell. It takes the command as one word, which it splits as a shell would. */
export const hyperfine: Wrapper = async (run) => {
  const quoted = run.command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  return peer("hyperfine", "-N", "--runs", "1", "--style", "none", "--export-json", file(run, "json"), quoted);
};
