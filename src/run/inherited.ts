import { linkTarget, listFolder, readText, readWhole, SystemError } from "../os/files.ts";
import { isRaw, rawBytes, rawText } from "../os/libc.ts";
import { keepFileLimit, LIMIT, type ResourceLimit, raiseLimits, resourceLimit } from "../os/limits.ts";
import { wasClosed } from "../os/process.ts";
import { type ResolvedCommand, resolveCommand } from "./resolve-command.ts";
import { signalsIn, statusField } from "./signal-names.ts";

/** What the caller set up for the command, and the runtime has changed or would not pass on. */
export interface Inherited {
  /** Signals that the caller ignored; those of `HIDDEN_SIGNALS` only where the caller is a shell. */
  readonly ignoredSignals: ReadonlySet<number>;
  /** Open descriptors above 2. */
  readonly descriptors: readonly number[];
  /** Standard descriptors that were closed. */
  readonly closed: readonly number[];
  /** Signals that the caller blocked, one bit each. */
  readonly blockedSignals: bigint;
  /** The caller's limits whose soft one the runtime or we raised. */
  readonly limits: readonly ResourceLimit[];
  /** Returns the bytes of words, which are the last ones of our command line; of other words, their UTF-8. */
  bytesOf(words: readonly string[]): readonly Uint8Array[];
  /** Returns the caller's environment, proc_pid_environ(5): each entry ends with a NUL. */
  environment(): Uint8Array;
  /** Whether bin/statexec or src/plain-runtime.ts started us: this process's own environment is then not the caller's. */
  readonly launched: boolean;
}

/** Signals that the runtime ignores in itself, PIPE and XFSZ: our own state does not show whether the caller did. */
export const HIDDEN_SIGNALS: ReadonlySet<number> = new Set([13, 25]);

/**
 * Signals that the C library uses for its threads. A process that was started by posix_spawn, as by make, ignores them,
 * and no program notices. They are passed on where that is free, and are no reason to use `launchExactly`.
 */
export const THREAD_SIGNALS: ReadonlySet<number> = new Set([32, 33]);

/**
 * Reads what the caller set up, and raises our own limits. Call it before opening any descriptor and before setting any
 * signal handler.
 */
export function readInherited(launched?: Launched): Inherited {
  const status = readText("/proc/self/status");
  return {
    descriptors: openDescriptors(),
    closed: closedStandards(),
    ignoredSignals: ignoredByCaller(status, launched),
    blockedSignals: BigInt(`0x${statusField(status, "SigBlk") ?? "0"}`),
    limits: limitsOfCaller(launched),
    bytesOf: commandBytes,
    environment: () => launched?.environment ?? readWhole("/proc/self/environ"),
    launched: launched !== undefined,
  };
}

/** Whether the runtime would change something of the command: words, environment, signals, descriptors or limits. */
export function needsExactLaunch(inherited: Inherited, { path, argv }: ResolvedCommand): boolean {
  return (
    inherited.launched ||
    isRaw(path) ||
    inherited.closed.length > 0 ||
    inherited.limits.length > 0 ||
    inherited.blockedSignals !== 0n ||
    [...inherited.ignoredSignals].some((signal) => !THREAD_SIGNALS.has(signal)) ||
    argv.some(isLossy) ||
    !isPlain(readWhole("/proc/self/environ"))
  );
}

/** `status`: our own proc_pid_status(5). */
function ignoredByCaller(status: string, launched: Launched | undefined): Set<number> {
  // The launcher's shell ignored what its caller did.
  if (launched?.state) return new Set(signalsIn(launched.state, "SigIgn"));
  const ignored = new Set<number>();
  for (const signal of signalsIn(status, "SigIgn")) if (!HIDDEN_SIGNALS.has(signal)) ignored.add(signal);
  for (const signal of ignoredByShell()) if (HIDDEN_SIGNALS.has(signal)) ignored.add(signal);
  return ignored;
}

function closedStandards(): number[] {
  const closed: number[] = [];
  for (const fd of [0, 1, 2] as const) if (wasClosed(fd)) closed.push(fd);
  return closed;
}

/** At most this many ancestors are passed over. */
const MOST_GENERATIONS = 8;

/** Programs that start others with exactly the signals ignored that they ignore themselves, by `trap ''`. */
const SHELLS = new Set(["ash", "bash", "busybox", "dash", "ksh", "ksh93", "mksh", "sh", "yash", "zsh"]);

/**
 * Returns the signals that our caller ignores where it is a shell: we ignored the same at our start. Other callers tell
 * nothing: Python and this runtime ignore SIGPIPE in themselves, and not in what they start.
 */
function ignoredByShell(): number[] {
  let pid = process.ppid;
  // One of us that started us, as for `--runs`, has passed on what its own caller ignored. Only our binary is surely that:
  // from sources, we are a Bun among others.
  const own = Bun.main.startsWith("/$bunfs/") ? process.execPath : undefined;
  for (let generation = 0; generation < MOST_GENERATIONS; generation++) {
    const file = linkTarget(`/proc/${pid}/exe`);
    if (file === undefined) return [];
    if (file !== own) return SHELLS.has(file.slice(file.lastIndexOf("/") + 1)) ? hiddenIn(pid) : [];
    pid = Number(statusField(fileOf(pid, "status"), "PPid") ?? 0);
  }
  return [];
}

function hiddenIn(pid: number): number[] {
  return signalsIn(fileOf(pid, "status"), "SigIgn");
}

/** Returns the open descriptors above 2, without the runtime's own: so early, these are all anonymous inodes. */
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
  if (!words.some(isLossy)) return words.map(rawBytes);
  const decoder = new TextDecoder();
  const raw = entriesOf(readWhole("/proc/self/cmdline"));
  return words.map((word, i) => {
    const bytes = raw[raw.length - words.length + i];
    return bytes !== undefined && decoder.decode(bytes) === word ? bytes : rawBytes(word);
  });
}

/** Whether the runtime may have replaced bytes in its text of a word. */
function isLossy(text: string | undefined): boolean {
  return text?.includes("\ufffd") ?? false;
}

/** Returns our own command line, word by word, as text. */
export function commandLine(): string[] {
  const decoder = new TextDecoder();
  return entriesOf(readWhole("/proc/self/cmdline")).map((word) => decoder.decode(word));
}

/**
 * Returns the words as they were typed. The package's first line runs `bun FILE -- WORDS`, where Bun drops a `--` that
 * is the first word; `commandLine` still has it.
 */
export function typedWords(words: readonly string[], commandLine: readonly string[]): readonly string[] {
  return commandLine.at(-words.length - 1) === "--" ? ["--", ...words] : words;
}

/** Finds a command by its first word and PATH, with the bytes that the runtime replaced in its text of them. Throws CommandError. */
export function findCommand(inherited: Inherited, argv: readonly string[]): ResolvedCommand {
  const { PATH: path } = process.env;
  const [name = ""] = argv;
  const entry = () =>
    entriesOf(inherited.environment())
      .map(rawText)
      .findLast((entry) => entry.startsWith("PATH="));
  return resolveCommand(
    argv,
    isLossy(path) ? entry()?.slice("PATH=".length) : path,
    isLossy(name) ? rawText(inherited.bytesOf(argv)[0]!) : name,
  );
}

/** Splits strings that each end with a NUL, as /proc has argv and environment. */
function entriesOf(bytes: Uint8Array): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0, start);
    entries.push(bytes.slice(start, end < 0 ? bytes.length : end));
    start = end < 0 ? bytes.length : end + 1;
  }
  return entries;
}

/** Whether each entry of an environment is `name=value` with a unique name: the runtime drops or merges the others. */
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

/** Prefix of the variables by which bin/statexec and src/plain-runtime.ts pass on their environment: hexadecimal, in parts named by offset. */
const PART = "_STATEXEC_ENVIRON_";

/** The variable by which it passes on its own proc_pid_limits(5) and proc_pid_status(5), from before it raised a limit. */
const STATE = "_STATEXEC_STATE";

/** What was called, bin/statexec or this program before it became itself again, with what the kernel had of it. */
export interface Launched {
  readonly environment: Uint8Array;
  /** The text of two files; empty where they could not be read, and where our own still say it. */
  readonly state: string;
}

/** Undefined: neither started us. */
export function launcherState(env: NodeJS.ProcessEnv): Launched | undefined {
  if (env[`${PART}0`] === undefined) return undefined;
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let part = env[`${PART}0`]; part; part = env[`${PART}${length}`]) {
    const bytes = Uint8Array.fromHex(part.replace(/\s/g, ""));
    parts.push(bytes);
    length += bytes.length;
  }
  return { environment: Bun.concatArrayBuffers(parts, length, true), state: env[STATE] ?? "" };
}

/** Returns an environment's variables as the runtime would: the last of those with the same name. */
export function variablesOf(environment: Uint8Array): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const entry of new TextDecoder().decode(environment).split("\0")) {
    const end = entry.indexOf("=");
    if (end > 0) variables[entry.slice(0, end)] = entry.slice(end + 1);
  }
  return variables;
}

/** Lines of proc_pid_limits(5). */
const LIMIT_NAMES: readonly (readonly [resource: number, name: string])[] = [
  [LIMIT.cpu, "Max cpu time"],
  [LIMIT.fileSize, "Max file size"],
  [LIMIT.data, "Max data size"],
  [LIMIT.stack, "Max stack size"],
  [LIMIT.openFiles, "Max open files"],
  [LIMIT.addressSpace, "Max address space"],
];

/** Raises our own limits. Returns those of the caller that are higher in us now. */
function limitsOfCaller(launched: Launched | undefined): ResourceLimit[] {
  const raised = raiseLimits();
  keepFileLimit();
  if (!launched?.state) {
    const files = originalFileLimit();
    if (files) raised.push(files);
    return raised;
  }
  const limits: ResourceLimit[] = [];
  for (const [resource, name] of LIMIT_NAMES) {
    const limit = limitIn(launched.state, name, resource);
    if (limit && limit.soft < resourceLimit(resource).soft) limits.push(limit);
  }
  return limits;
}

/** Programs that raise their own soft limit of open files, and so hide the one of their caller. */
const RAISERS = new Set(["bun", "bun.exe", "bunx", "statexec"]);

/**
 * Returns the limit of open files from before the runtime raised the soft one to the hard one, ahead of our first line.
 * It is the caller's own, unless that set another one just for us. Undefined: it was not raised, or is unknown.
 */
function originalFileLimit(): ResourceLimit | undefined {
  const own = resourceLimit(LIMIT.openFiles);
  let pid = process.ppid;
  for (let generation = 0; pid > 0 && generation < MOST_GENERATIONS; generation++) {
    const limit = limitIn(fileOf(pid, "limits"), "Max open files", LIMIT.openFiles);
    if (limit === undefined || limit.hard !== own.hard) return undefined;
    if (limit.soft < own.soft) return limit;
    if (!RAISERS.has(fileOf(pid, "comm"))) return undefined;
    pid = Number(statusField(fileOf(pid, "status"), "PPid") ?? 0);
  }
  return undefined;
}

const UNLIMITED = (1n << 64n) - 1n;

/** Returns a limit of proc_pid_limits(5); undefined: hidden from us. */
function limitIn(limits: string, name: string, resource: number): ResourceLimit | undefined {
  const start = limits.indexOf(name);
  if (start < 0) return undefined;
  const line = limits.slice(start + name.length, limits.indexOf("\n", start)).trim();
  const soft = line.slice(0, line.indexOf(" "));
  const rest = line.slice(soft.length).trimStart();
  const hard = rest.slice(0, rest.indexOf(" "));
  return soft === "" || hard === "" ? undefined : { resource, soft: limitOf(soft), hard: limitOf(hard) };
}

function limitOf(text: string): bigint {
  return text === "unlimited" ? UNLIMITED : BigInt(text);
}

/** Returns a file of another process as text; empty where it is gone or hidden from us. */
function fileOf(pid: number, file: string): string {
  try {
    return readText(`/proc/${pid}/${file}`);
  } catch (error) {
    if (error instanceof SystemError) return "";
    throw error;
  }
}
