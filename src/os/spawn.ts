import { FFIType, type Pointer, ptr } from "bun:ffi";
import { loadLibc, systemError } from "./libc.ts";

const libc = loadLibc({
  posix_spawn: { args: ["ptr", "ptr", "ptr", "ptr", "ptr", "ptr"], returns: "int" },
  posix_spawn_file_actions_init: { args: ["ptr"], returns: "int" },
  posix_spawn_file_actions_adddup2: { args: ["ptr", "int", "int"], returns: "int" },
  posix_spawn_file_actions_addclose: { args: ["ptr", "int"], returns: "int" },
  posix_spawnattr_init: { args: ["ptr"], returns: "int" },
  posix_spawnattr_setsigdefault: { args: ["ptr", "ptr"], returns: "int" },
  posix_spawnattr_setflags: { args: ["ptr", "i16"], returns: "int" },
  sigaction: { args: ["int", "ptr", "ptr"], returns: "int" },
  signal: { args: ["int", "ptr"], returns: FFIType.ptr },
  waitpid: { args: ["int", "ptr", "int"], returns: "int" },
});

/** More than the size of `posix_spawnattr_t`, `posix_spawn_file_actions_t` and `struct sigaction`. */
const OPAQUE_BYTES = 512;

const POSIX_SPAWN_SETSIGDEF = 4;
const SIG_IGN = 1 as Pointer;
const WNOHANG = 1;
const ECHILD = 10;

/** A process to start, with every byte as given. */
export interface SpawnRequest {
  readonly path: Uint8Array;
  readonly argv: readonly Uint8Array[];
  readonly environment: readonly Uint8Array[];
  /** Descriptors above 2 that it inherits. */
  readonly descriptors: readonly number[];
  /** Standard descriptors that are closed in it. */
  readonly closed: readonly number[];
  /** Signals that it ignores at first. */
  readonly ignored: readonly number[];
  /** Signals that we ignore and it does not. */
  readonly defaulted: readonly number[];
}

/** Starts a process by posix_spawn(3) and returns its pid. Throws SystemError. */
export function posixSpawn(request: SpawnRequest): number {
  const actions = new Uint8Array(OPAQUE_BYTES);
  libc.posix_spawn_file_actions_init(actions);
  for (const fd of request.closed) libc.posix_spawn_file_actions_addclose(actions, fd);
  // A dup2 onto itself keeps the descriptor and clears its close-on-exec flag.
  for (const fd of request.descriptors) libc.posix_spawn_file_actions_adddup2(actions, fd, fd);
  const attributes = new Uint8Array(OPAQUE_BYTES);
  libc.posix_spawnattr_init(attributes);
  libc.posix_spawnattr_setsigdefault(attributes, signalSet(request.defaulted));
  libc.posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF);
  const pid = new Int32Array(1);
  const argv = new StringArray(request.argv);
  const environment = new StringArray(request.environment);
  const path = new StringArray([request.path]);
  const errno = withIgnored(request.ignored, () =>
    libc.posix_spawn(pid, path.first, actions, attributes, argv.pointers, environment.pointers),
  );
  if (errno !== 0) throw systemError(errno, "posix_spawn", new TextDecoder().decode(request.path));
  return pid[0]!;
}

/** Waits for a child that has ended and returns its wait(2) status; undefined: it still runs. Throws SystemError. */
export function reapChild(pid: number): number | undefined {
  const status = new Int32Array(1);
  const reaped = libc.waitpid(pid, status, WNOHANG);
  if (reaped < 0) throw systemError(ECHILD, "waitpid", "");
  return reaped === 0 ? undefined : status[0]!;
}

/** `char *const[]`: strings that each end with a NUL, and their addresses, which end with a null. */
class StringArray {
  readonly pointers: BigUint64Array;
  readonly first: Pointer;
  /** Kept as long as the addresses, which point into it. */
  readonly bytes: Uint8Array;

  constructor(strings: readonly Uint8Array[]) {
    const length = strings.reduce((sum, string) => sum + string.length + 1, 1);
    this.bytes = new Uint8Array(new ArrayBuffer(length));
    this.pointers = new BigUint64Array(strings.length + 1);
    this.first = ptr(this.bytes);
    let at = 0;
    for (const [i, string] of strings.entries()) {
      this.bytes.set(string, at);
      this.pointers[i] = BigInt(this.first + at);
      at += string.length + 1;
    }
  }
}

/** `sigset_t`. */
function signalSet(signals: readonly number[]): BigUint64Array {
  const set = new BigUint64Array(16);
  for (const signal of signals) set[0]! |= 1n << BigInt(signal - 1);
  return set;
}

/** Ignores signals while `action` starts a process, which inherits that. */
function withIgnored<T>(signals: readonly number[], action: () => T): T {
  const before = signals.map((signal) => {
    const old = new Uint8Array(OPAQUE_BYTES);
    libc.sigaction(signal, null, old);
    libc.signal(signal, SIG_IGN);
    return { signal, old };
  });
  try {
    return action();
  } finally {
    for (const { signal, old } of before) libc.sigaction(signal, old, null);
  }
}
