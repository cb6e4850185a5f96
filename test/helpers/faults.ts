import { type Pointer, toArrayBuffer } from "bun:ffi";
import { appendFileSync } from "node:fs";
import { plugin } from "bun";

/*
 * Preloaded by a statexec of the sources, this fails one call of the C library that concerns the run's own files:
 *
 *   FAULT_FOLDER  only calls on files below this folder count
 *   FAULT_AT      the number of the call, from 1 on; 0: none
 *   FAULT_KIND    the errno's name, SHORT (half of a write), KILL (SIGKILL before the call) or KILLED (after it)
 *   FAULT_LOG     a line for each call: number, time in milliseconds, name
 *
 * The product has no part in it: the module that loads the C library is changed while it is loaded.
 */
const { FAULT_FOLDER: folder = "/none", FAULT_AT = "0", FAULT_KIND: kind = "EIO", FAULT_LOG: log } = process.env;
for (const name of ["FAULT_FOLDER", "FAULT_AT", "FAULT_KIND", "FAULT_LOG"]) delete process.env[name];

const ERRNO: Readonly<Record<string, number>> = { EINTR: 4, EIO: 5, ENOSPC: 28, EROFS: 30, EDQUOT: 122 };

/** Calls with a path first, and with a descriptor. */
const BY_PATH = new Set(["open", "rename", "unlink", "mkdir"]);
const BY_DESCRIPTOR = new Set(["write", "pwrite", "ftruncate", "fchmod", "flock", "fsync", "fdatasync"]);
/** Numbers for syscall(2). */
const BY_NUMBER: Readonly<Record<number, string>> =
  process.arch === "arm64"
    ? { 82: "fsync", 83: "fdatasync", 37: "linkat", 56: "openat" }
    : { 74: "fsync", 75: "fdatasync", 265: "linkat", 257: "openat" };

type Call = (...args: unknown[]) => unknown;

/** Descriptors of the run's files. */
const ours = new Set<unknown>();
let count = 0;

function textOf(path: unknown): string {
  return path instanceof Uint8Array ? Buffer.from(path.subarray(0, path.indexOf(0))).toString() : "";
}

/** Returns the name of a call that counts. */
function counted(name: string, args: readonly unknown[]): string | undefined {
  if (name === "syscall") {
    const called = BY_NUMBER[Number(args[0])];
    if (called === "openat" || called === "linkat") return textOf(args[2]).startsWith(folder) ? called : undefined;
    return called !== undefined && ours.has(args[1]) ? called : undefined;
  }
  if (BY_PATH.has(name)) return textOf(args[0]).startsWith(folder) ? name : undefined;
  return BY_DESCRIPTOR.has(name) && ours.has(args[0]) ? name : undefined;
}

/** Requests of aio(7) that were not begun, by the address of their block, and their errno. */
const failed = new Map<unknown, number>();

/** The calls of aio(7), where a request was not begun: it fails when its end is asked for. */
const BY_BLOCK: Readonly<Record<string, (block: unknown, errno: number) => number>> = {
  aio_error: (_, errno) => errno,
  aio_return: (block) => {
    failed.delete(block);
    return -1;
  },
};

/** Begins to sync a file in the background, or lets that fail later. */
function beginSync([how, block]: readonly unknown[], really: () => unknown, isEnded: () => boolean): unknown {
  if (!isChosen(how === O_DSYNC ? "background-fdatasync" : "background-fsync")) return really();
  if (kind === "KILL") process.kill(process.pid, "SIGKILL");
  if (kind === "KILLED") {
    really();
    while (!isEnded()) Bun.sleepSync(1);
    process.kill(process.pid, "SIGKILL");
  }
  failed.set(block, ERRNO[kind]!);
  return 0;
}

/** Counts a call; returns whether it is the one that fails. */
function isChosen(called: string): boolean {
  count++;
  if (log) appendFileSync(log, `${count} ${Date.now()} ${called}\n`);
  return count === Number(FAULT_AT);
}

function wrapped(name: string, call: Call, setErrno: (errno: number) => void): Call {
  const really: Call = (...args) => {
    const result = call(...args);
    const isOpen = name === "open" || (name === "syscall" && BY_NUMBER[Number(args[0])] === "openat");
    if (isOpen && Number(result) >= 0 && textOf(args[name === "open" ? 0 : 2]).startsWith(folder)) ours.add(result);
    if (name === "close") ours.delete(args[0]);
    return result;
  };
  return (...args) => {
    const errno = failed.get(args[0]);
    if (errno !== undefined && BY_BLOCK[name]) return BY_BLOCK[name](args[0], errno);
    const called = counted(name, args);
    if (called === undefined || !isChosen(called)) return really(...args);
    if (kind === "KILL") process.kill(process.pid, "SIGKILL");
    if (kind === "SHORT") return really(args[0], args[1], Math.ceil(Number(args[2]) / 2), ...args.slice(3));
    if (kind === "KILLED") {
      really(...args);
      process.kill(process.pid, "SIGKILL");
    }
    setErrno(ERRNO[kind]!);
    return -1;
  };
}

/** Called by the changed module with the functions that it has loaded. */
function withFaults<Symbols extends Record<string, unknown>>(symbols: Symbols, errnoAt: () => unknown): Symbols {
  const setErrno = (errno: number) => {
    new Int32Array(toArrayBuffer(errnoAt() as Pointer, 0, 4))[0] = errno;
  };
  const loaded = Object.entries(symbols).filter(([name]) => name !== "__errno_location");
  const calls = loaded.map(([name, call]) => [name, wrapped(name, call as Call, setErrno)]);
  return { ...symbols, ...Object.fromEntries(calls), ...syncs(symbols) };
}

/** Where these are the functions of aio(7), the one that begins to sync. */
function syncs({ aio_fsync: begin, aio_error: error }: Readonly<Record<string, unknown>>) {
  if (begin === undefined) return {};
  const isEnded = (block: unknown) => (error as Call)(block) !== EINPROGRESS;
  const aio_fsync: Call = (how, block) =>
    beginSync(
      [how, block],
      () => (begin as Call)(how, block),
      () => isEnded(block),
    );
  return { aio_fsync };
}

const EINPROGRESS = 115;
const O_DSYNC = 0o10000;

Object.assign(globalThis, { withFaults });

plugin({
  name: "faults",
  setup(build) {
    build.onLoad({ filter: /\/src\/os\/libc\.ts$/ }, async ({ path }) => {
      const source = await Bun.file(path).text();
      const own = "export function loadLibc<";
      if (!source.includes(own)) throw new Error(`${path} has no loadLibc: nothing would fail`);
      const changed = `${source.replace(own, "function loadPlain<")}
        const errnoAt = loadPlain({ __errno_location: { args: [], returns: "ptr" } }).__errno_location;
        export function loadLibc(symbols) { return globalThis.withFaults(loadPlain(symbols), () => errnoAt()); }`;
      return { contents: changed, loader: "ts" };
    });
  },
});
