import { systemClock } from "../clock.ts";
import { rawBytes } from "../os/libc.ts";
import { sendSignal } from "../os/process.ts";
import { posixSpawn, reapChild } from "../os/spawn.ts";
import type { Ending, Launch } from "./child.ts";
import { HIDDEN_SIGNALS, THREAD_SIGNALS } from "./inherited.ts";

const SIGCHLD = 17;

/** Where the caller blocked SIGCHLD, the command's end is found by polling at this interval. */
const POLL_MS = 20;

/**
 * Starts the command by the C library: it gets arguments, environment, ignored signals and closed descriptors byte for
 * byte as the caller set them. Used only where the runtime would change one of them.
 */
export const launchExactly: Launch = (path, argv, inherited) => {
  const pid = posixSpawn({
    path: rawBytes(path),
    argv: inherited.bytesOf(argv),
    environment: inherited.environment(),
    descriptors: inherited.descriptors,
    closed: inherited.closed,
    // Never SIGCHLD: were it ignored during the start, the kernel could discard the command's status.
    ignored: [...inherited.ignoredSignals].filter((signal) => signal !== SIGCHLD && !THREAD_SIGNALS.has(signal)),
    // The C library's posix_spawn makes a process ignore the thread signals, unless they are named here.
    defaulted: [...HIDDEN_SIGNALS, ...THREAD_SIGNALS].filter((signal) => !inherited.ignoredSignals.has(signal)),
  });
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
};

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
    if (!reap()) cancel = systemClock.at(systemClock.now() + POLL_MS, poll);
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
