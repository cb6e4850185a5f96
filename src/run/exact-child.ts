import { rawBytes } from "../os/libc.ts";
import { sendSignal } from "../os/process.ts";
import { posixSpawn, reapChild } from "../os/spawn.ts";
import type { Ending, Launch } from "./child.ts";
import { HIDDEN_SIGNALS, THREAD_SIGNALS } from "./inherited.ts";

const SIGCHLD = 17;

/** Where the caller blocked SIGCHLD no signal tells of the command's end: then we look, this often. */
const LOOK_EVERY_MS = 20;

/**
 * By the C library: arguments, environment, ignored signals and closed descriptors as they came, byte for byte. Taken
 * only where the runtime would change one of them.
 */
export const launchExactly: Launch = (path, argv, inherited) => {
  const pid = posixSpawn({
    path: rawBytes(path),
    argv: inherited.bytesOf(argv),
    environment: inherited.environment(),
    descriptors: inherited.descriptors,
    closed: inherited.closed,
    // A moment with SIGCHLD ignored could cost us the command's status: it is the one that the command does not get.
    ignored: [...inherited.ignoredSignals].filter((signal) => signal !== SIGCHLD && !THREAD_SIGNALS.has(signal)),
    // The C library's posix_spawn has a new process ignore its own ones, unless it is told to default them.
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
  const look = () => {
    try {
      const status = reapChild(pid);
      if (status === undefined) return;
      resolve(endingOf(status));
    } catch (error) {
      reject(error);
    }
    process.off("SIGCHLD", look);
    clearInterval(timer);
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  process.on("SIGCHLD", look);
  look();
  return promise;
}

/** What wait(2) answers: a signal in the low seven bits, else an exit status above them. */
function endingOf(status: number): Ending {
  const signal = status & 0x7f;
  return signal === 0 ? { kind: "exited", code: (status >> 8) & 0xff } : { kind: "signaled", signal };
}
