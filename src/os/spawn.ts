import { type Pointer, ptr } from "bun:ffi";
import { failed, libc, loadLibc, type SystemError, systemCall, systemError } from "./libc.ts";
import { type ResourceLimit, withSoftLimits } from "./limits.ts";
import { plainAction, SIG_DFL, SIG_IGN, setSignalAction, signalAction, withBlockedSignals } from "./signal-actions.ts";

/** More than the size of `posix_spawnattr_t` and of `posix_spawn_file_actions_t`. */
const OPAQUE_BYTES = 512;

const POSIX_SPAWN_SETSIGDEF = 4;
const WNOHANG = 1;
const O_CLOEXEC = 0x8_0000;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const ECHILD = 10;
const TWO_TO_32 = 2 ** 32;

/** A process to start, with every byte as given. */
export interface SpawnRequest {
  readonly path: Uint8Array;
  /** Strings that each end with a NUL, as /proc/self/cmdline has them. */
  readonly argv: Uint8Array;
  /** Likewise; the last NUL may be missing. */
  readonly environment: Uint8Array;
  /** Descriptors above 2 that it inherits. */
  readonly descriptors: readonly number[];
  /** Standard descriptors that are closed in it. */
  readonly closed: readonly number[];
  /** The descriptor that is all three standard ones; undefined: it has ours. */
  readonly standard?: number;
  /** The descriptor that is its standard output; undefined: it has ours. */
  readonly output?: number;
  /** Signals that it ignores at first. */
  readonly ignored: readonly number[];
  /** Signals that we ignore and it does not. */
  readonly defaulted: readonly number[];
  /** Signals that it blocks at first, one bit each. */
  readonly blocked: bigint;
  /** Limits of which it has another soft one than we. */
  readonly limits: readonly ResourceLimit[];
}

/** Starts a process by posix_spawn(3) and returns its pid. Throws SystemError. */
export function posixSpawn(request: SpawnRequest): number {
  const actions = fileActions(request);
  const attributes = new Uint8Array(OPAQUE_BYTES);
  libc.posix_spawnattr_init(attributes);
  libc.posix_spawnattr_setsigdefault(attributes, signalSet(request.defaulted));
  libc.posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF);
  const pid = new Int32Array(1);
  const argv = new StringArray(request.argv);
  const environment = new StringArray(request.environment);
  const path = new StringArray(request.path);
  const spawn = () => libc.posix_spawn(pid, path.first, actions, attributes, argv.pointers, environment.pointers);
  const errno = withAttributes(request, spawn);
  if (errno !== 0) throw systemError(errno, "posix_spawn", new TextDecoder().decode(request.path));
  return pid[0]!;
}

/** Returns what is done with the standard descriptors; null: nothing. */
function fileActions({ closed, standard, output }: SpawnRequest): Uint8Array | null {
  if (closed.length === 0 && standard === undefined && output === undefined) return null;
  const actions = new Uint8Array(OPAQUE_BYTES);
  libc.posix_spawn_file_actions_init(actions);
  for (const fd of closed) libc.posix_spawn_file_actions_addclose(actions, fd);
  if (standard !== undefined)
    for (let fd = 0; fd <= 2; fd++) libc.posix_spawn_file_actions_adddup2(actions, standard, fd);
  if (output !== undefined) libc.posix_spawn_file_actions_adddup2(actions, output, 1);
  return actions;
}

/** Becomes a process in place of starting it, by execve(2); returns why it did not. */
export function becomeProcess(request: SpawnRequest): SystemError {
  const { execve } = loadLibc({ execve: { args: ["ptr", "ptr", "ptr"], returns: "int" } });
  const argv = new StringArray(request.argv);
  const environment = new StringArray(request.environment);
  const path = new StringArray(request.path);
  for (const fd of request.closed) libc.close(fd);
  for (const signal of request.defaulted) setSignalAction(signal, plainAction(SIG_DFL));
  return withAttributes(request, () => {
    execve(path.first, argv.pointers, environment.pointers);
    return failed("execve", new TextDecoder().decode(request.path));
  });
}

/** Runs `action` with all that a process inherits set as wanted. */
function withAttributes<T>(request: SpawnRequest, action: () => T): T {
  const { descriptors, ignored, blocked, limits } = request;
  return withInheritable(descriptors, () =>
    withIgnored(ignored, () => withBlockedSignals(blocked, () => withSoftLimits(limits, action))),
  );
}

/** Returns both ends of a pipe, the one to read first; a process inherits neither. Throws SystemError. */
export function openPipe(flags = 0): readonly [read: number, write: number] {
  const ends = new Int32Array(2);
  systemCall("pipe2", ptr(ends), O_CLOEXEC + flags);
  return [ends[0]!, ends[1]!];
}

/** Waits for a child that has ended and returns its wait(2) status; undefined: it still runs. Throws SystemError. */
export function reapChild(pid: number): number | undefined {
  const status = new Int32Array(1);
  const reaped = libc.wait4(pid, status, WNOHANG, null);
  if (reaped < 0) throw systemError(ECHILD, "wait4", "");
  return reaped === 0 ? undefined : status[0]!;
}

/** `char *const[]`: the addresses of strings, and a null. */
class StringArray {
  readonly pointers: Uint32Array;
  readonly first: Pointer;
  /** Kept as long as the addresses, which point into it. */
  private readonly bytes: Uint8Array;

  /** `strings`: each ends with a NUL; the last one need not. */
  constructor(strings: Uint8Array) {
    this.bytes = new Uint8Array(new ArrayBuffer(strings.length + 1));
    this.bytes.set(strings);
    this.first = ptr(this.bytes);
    const starts: number[] = [];
    for (let at = 0; at < strings.length; at = this.bytes.indexOf(0, at) + 1) starts.push(at);
    this.pointers = new Uint32Array(2 * starts.length + 2);
    for (let i = 0; i < starts.length; i++) {
      const address = this.first + starts[i]!;
      this.pointers[2 * i] = address % TWO_TO_32;
      this.pointers[2 * i + 1] = address / TWO_TO_32;
    }
  }
}

/** `sigset_t`. */
function signalSet(signals: readonly number[]): Uint32Array {
  const set = new Uint32Array(32);
  for (const signal of signals) set[signal > 32 ? 1 : 0]! |= 1 << ((signal - 1) % 32);
  return set;
}

/** Lets a new process inherit descriptors, by fcntl(2): dup2(2) refuses those above a limit that was lowered since. */
function withInheritable<T>(descriptors: readonly number[], action: () => T): T {
  for (const fd of descriptors) libc.fcntl(fd, F_SETFD, 0);
  try {
    return action();
  } finally {
    for (const fd of descriptors) libc.fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
}

/** Ignores signals while `action` starts a process, which inherits that. */
function withIgnored<T>(signals: readonly number[], action: () => T): T {
  const before = signals.map(signalAction);
  try {
    for (const signal of signals) setSignalAction(signal, plainAction(SIG_IGN));
    return action();
  } finally {
    for (const [i, signal] of signals.entries()) setSignalAction(signal, before[i]!);
  }
}
