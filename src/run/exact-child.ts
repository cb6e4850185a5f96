import { systemClock } from "../clock.ts";
import { rawBytes } from "../os/libc.ts";
import { sendSignal } from "../os/process.ts";
import { becomeProcess, posixSpawn, reapChild, type SpawnRequest } from "../os/spawn.ts";
import type { Child, Ending, Launch } from "./child.ts";
import { HIDDEN_SIGNALS, type Inherited, THREAD_SIGNALS } from "./inherited.ts";

const SIGCHLD = 17;

/** Should a SIGCHLD get lost, the command's end is found by polling at this interval at most. */
const POLL_MS = 1000;

/**
 * Starts the command by the C library: it gets arguments, environment, signals, descriptors and limits exactly as the
 * caller set them, and no descriptor or memory of ours is needed in between.
 */
export const launchExactly: Launch = (path, argv, inherited) => started(requestOf(path, argv, inherited));

/** The same with other descriptors in place of the standard ones. */
export function launchWith(streams: Pick<SpawnRequest, "output" | "standard">): Launch {
  return (path, argv, inherited) => started({ ...requestOf(path, argv, inherited), ...streams });
}

function started(request: SpawnRequest): Child {
  const pid = posixSpawn(request);
  let alive = true;
  const ended = endOf(pid).finally(() => {
    alive = false;
  });
  return {
    pid,
    ended,
    signal(signal) {
      if (alive) sendSignal(pid, signal);
    },
  };
}

/** Becomes the command, unrecorded. Returns the error that prevented it. */
export function becomeExactly(path: string, argv: readonly string[], inherited: Inherited): Error {
  const request = requestOf(path, argv, inherited);
  return becomeProcess({ ...request, ignored: [...inherited.ignoredSignals] });
}

function requestOf(path: string, argv: readonly string[], inherited: Inherited): SpawnRequest {
  const { descriptors, closed, ignoredSignals, blockedSignals: blocked, limits } = inherited;
  return {
    path: rawBytes(path),
    argv: joinStrings(inherited.bytesOf(argv)),
    environment: inherited.environment(),
    ...{ descriptors, closed, blocked, limits },
    // Never SIGCHLD: were it ignored during the start, the kernel could discard the command's status.
    ignored: [...ignoredSignals].filter((signal) => signal !== SIGCHLD && !THREAD_SIGNALS.has(signal)),
    // The C library's posix_spawn makes a process ignore the thread signals, unless they are named here.
    defaulted: [...HIDDEN_SIGNALS, ...THREAD_SIGNALS].filter((signal) => !ignoredSignals.has(signal)),
  };
}

/** Returns strings one after the other, each with a NUL behind it. */
function joinStrings(strings: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const string of strings) length += string.length + 1;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const string of strings) {
    joined.set(string, at);
    at += string.length + 1;
  }
  return joined;
}

function endOf(pid: number): Promise<Ending> {
  const { promise, resolve, reject } = Promise.withResolvers<Ending>();
  let cancel: (() => void) | undefined;
  const end = () => {
    process.off("SIGCHLD", reap);
    cancel?.();
  };
  const reap = () => {
    try {
      const status = reapChild(pid);
      if (status === undefined) return false;
      resolve(endingOf(status));
    } catch (error) {
      reject(error);
    }
    end();
    return true;
  };
  const poll = () => {
    if (!reap()) cancel = systemClock.at(systemClock.now() + POLL_MS / 2, poll, POLL_MS / 2);
  };
  process.on("SIGCHLD", reap);
  poll();
  return promise;
}

/** Decodes a wait(2) status: a signal in the low seven bits, or an exit status above them. */
function endingOf(status: number): Ending {
  const signal = status & 0x7f;
  return signal === 0 ? { kind: "exited", code: (status >> 8) & 0xff } : { kind: "signaled", signal };
}
