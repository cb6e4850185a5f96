import { readWhole, SystemError } from "../os/files.ts";
import { withSignalsBlocked } from "../os/process.ts";

/** Waits for its standard input to end, which it does with us, however we end. */
const IDLE_COMMAND = ["cat"];

/**
 * An idle process in our own process group, with every signal blocked. A signal that was sent to the whole group stays
 * pending on it, one that was sent to us alone does not: this is how the two are told apart, and the command, which is
 * in the group too, gets each signal once.
 */
export class Sentinel {
  #helper: Bun.Subprocess<"pipe", "ignore", "ignore"> | undefined;

  /** Starts the process, or replaces one that has seen a signal. */
  arm(): void {
    const previous = this.#helper;
    this.#helper = start();
    previous?.kill("SIGKILL");
  }

  /** Whether the signal was sent to the group; undefined where that cannot be known. */
  saw(signal: number): boolean | undefined {
    if (!this.#helper) return undefined;
    const pending = pendingSignals(this.#helper.pid);
    return pending === undefined ? undefined : ((pending >> BigInt(signal - 1)) & 1n) === 1n;
  }

  disarm(): void {
    this.#helper?.kill("SIGKILL");
    this.#helper = undefined;
  }
}

function start(): Bun.Subprocess<"pipe", "ignore", "ignore"> | undefined {
  try {
    const helper = withSignalsBlocked(() =>
      Bun.spawn(IDLE_COMMAND, { stdin: "pipe", stdout: "ignore", stderr: "ignore" }),
    );
    helper.unref();
    return helper;
  } catch {
    // A machine without it (a container from scratch): the relay goes by the terminal's foreground group instead.
    return undefined;
  }
}

/** ShdPnd of proc_pid_status(5); undefined: the process is gone. */
function pendingSignals(pid: number): bigint | undefined {
  try {
    const status = new TextDecoder("latin1").decode(readWhole(`/proc/${pid}/status`));
    const mask = /^ShdPnd:\s*([0-9a-f]+)/m.exec(status)?.[1];
    return mask === undefined ? undefined : BigInt(`0x${mask}`);
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}
