import { linkTarget, listFolder, readText, readWhole } from "../os/files.ts";
import { isRaw, rawBytes, rawText } from "../os/libc.ts";
import { wasClosed } from "../os/process.ts";
import { originalSoftLimit } from "./file-limit.ts";
import { signalsIn } from "./process-status.ts";
import type { ResolvedCommand } from "./resolve-command.ts";
import { ignoredByShell } from "./shell-parent.ts";

/** What the caller set up for the command and the runtime has changed, or would not pass on, since the process began. */
export interface Inherited {
  /** Signals that the caller ignored; those of `HIDDEN_SIGNALS` only where it is a shell. */
  readonly ignoredSignals: ReadonlySet<number>;
  /** Open descriptors above 2. */
  readonly descriptors: readonly number[];
  /** Standard descriptors that were closed. */
  readonly closed: readonly number[];
  /** The soft limit of open files, which the runtime raised; undefined: it is as it was, or cannot be known. */
  readonly softFileLimit: bigint | undefined;
  /** Bytes of the last words of our command line, which these are; one that is not from there as UTF-8. */
  bytesOf(words: readonly string[]): readonly Uint8Array[];
  /** The environment, an entry each, as it came. */
  environment(): readonly Uint8Array[];
  /** Whether the process' own environment is another: that of the launcher's shell. */
  readonly launched: boolean;
}

/** Signals that the runtime itself ignores, PIPE and XFSZ: whether the caller did, our own state does not show. */
export const HIDDEN_SIGNALS: ReadonlySet<number> = new Set([13, 25]);

/**
 * The C library's own, for its threads. Whoever was started by its posix_spawn, by make for one, has them ignored, and
 * nothing can tell: they are passed on where that costs nothing, and are no reason to start a command in another way.
 */
export const THREAD_SIGNALS: ReadonlySet<number> = new Set([32, 33]);

/**
 * Reads it; the environment is that of the package's launcher, if there was one. To be called before anything is opened
 * and before any signal handler is set.
 */
export function readInherited(environment?: Uint8Array): Inherited {
  return {
    descriptors: openDescriptors(),
    closed: closedStandards(),
    ignoredSignals: ignoredByCaller(),
    softFileLimit: originalSoftLimit(),
    bytesOf: commandBytes,
    environment: () => entriesOf(environment ?? readWhole("/proc/self/environ")),
    launched: environment !== undefined,
  };
}

/** Whether the runtime would start this command other than as it came to us. */
export function needsExactLaunch(inherited: Inherited, { path, argv }: ResolvedCommand): boolean {
  return (
    inherited.launched ||
    isRaw(path) ||
    inherited.closed.length > 0 ||
    [...inherited.ignoredSignals].some((signal) => !THREAD_SIGNALS.has(signal)) ||
    argv.some((word) => word.includes("\ufffd")) ||
    !isPlain(readWhole("/proc/self/environ"))
  );
}

function ignoredByCaller(): Set<number> {
  const ignored = ignoredSignals(readText("/proc/self/status"));
  for (const signal of ignoredByShell()) if (HIDDEN_SIGNALS.has(signal)) ignored.add(signal);
  return ignored;
}

/** The SigIgn line of proc_pid_status(5) as numbers. */
export function ignoredSignals(status: string): Set<number> {
  const ignored = new Set<number>();
  for (const signal of signalsIn(status, "SigIgn")) if (!HIDDEN_SIGNALS.has(signal)) ignored.add(signal);
  return ignored;
}

function closedStandards(): number[] {
  const closed: number[] = [];
  for (const fd of [0, 1, 2] as const) if (wasClosed(fd)) closed.push(fd);
  return closed;
}

/** Descriptors above 2 but the runtime's own, which are all anonymous inodes at this time. */
function openDescriptors(): number[] {
  const open: number[] = [];
  for (const name of listFolder("/proc/self/fd")) {
    const fd = Number(name);
    if (fd <= 2) continue;
    const target = linkTarget(`/proc/self/fd/${name}`);
    if (target !== undefined && !target.startsWith("anon_inode:")) open.push(fd);
  }
  return open;
}

function commandBytes(words: readonly string[]): Uint8Array[] {
  const decoder = new TextDecoder();
  const raw = entriesOf(readWhole("/proc/self/cmdline"));
  return words.map((word, i) => {
    const bytes = raw[raw.length - words.length + i];
    return bytes !== undefined && decoder.decode(bytes) === word ? bytes : rawBytes(word);
  });
}

/** Our own command line, a word each, as text. */
export function commandLine(): string[] {
  const decoder = new TextDecoder();
  return entriesOf(readWhole("/proc/self/cmdline")).map((word) => decoder.decode(word));
}

/** What a command is found by, its name and PATH, with the bytes that the runtime's text has lost. */
export function lookup(inherited: Inherited, argv: readonly string[], path: string | undefined) {
  const lossy = (text: string | undefined) => text?.includes("\ufffd");
  const name = argv[0] ?? "";
  const entry = () =>
    inherited
      .environment()
      .map(rawText)
      .findLast((entry) => entry.startsWith("PATH="));
  return {
    name: lossy(name) ? rawText(inherited.bytesOf(argv)[0]!) : name,
    path: lossy(path) ? entry()?.slice("PATH=".length) : path,
  };
}

/** Strings that each end with a NUL, as /proc has argv and environment. */
function entriesOf(bytes: Uint8Array): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0, start);
    entries.push(bytes.slice(start, end < 0 ? bytes.length : end));
    start = end < 0 ? bytes.length : end + 1;
  }
  return entries;
}

/** Whether each entry of an environment is a name, which is there once, and a value: all else the runtime tidies up. */
function isPlain(environment: Uint8Array): boolean {
  const names = new Set<string>();
  const entries = new TextDecoder().decode(environment).split("\0");
  if (entries.at(-1) === "") entries.pop();
  for (const entry of entries) {
    const end = entry.indexOf("=");
    if (end < 1) return false;
    names.add(entry.slice(0, end));
  }
  return names.size === entries.length;
}
