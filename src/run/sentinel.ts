import { readText, SystemError } from "../os/files.ts";
import { withSignalsBlocked } from "../os/process.ts";
import { fieldOf, signalsIn } from "./process-status.ts";

/**
 * Waits for its standard input to end, which it does with us, however we end. Where it is almost everywhere first: to
 * look through a long PATH takes longer than to start it.
 */
const IDLE_COMMANDS = ["/bin/cat", "cat"];

/** How often it is replaced at once where signals come faster than that can be done. */
const MOST_TRIES = 3;

type Helper = Bun.Subprocess<"pipe", "ignore", "ignore">;

/**
 * An idle process in our own process group, with every signal blocked. A signal that was sent to the whole group stays
 * pending on it, one that was sent to us alone does not: this is how the two are told apart, and the command, which is
 * in the group too, gets each signal once.
 */
export class Sentinel {
  #helper: Helper | undefined;
  readonly #pids = new Set<number>();

  /** Whether this is one of these processes, or was. */
  isHelper(pid: number): boolean {
    return this.#pids.has(pid);
  }

  /** CPU time of those that have ended: it is not the command's. */
  userSeconds = 0;
  systemSeconds = 0;

  /** Starts the process; answers the signals that the group got until now and one that was there before had seen. */
  arm(): number[] {
    const seen = new Set<number>();
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      // The new one first: no signal may come between the two. One that both have seen makes the new one an old one.
      const previous = this.#helper;
      this.#helper = start((helper) => this.#ended(helper));
      if (this.#helper) this.#pids.add(this.#helper.pid);
      if (previous) for (const signal of pendingSignals(previous.pid) ?? []) seen.add(signal);
      previous?.kill("SIGKILL");
      const stale = this.seen() ?? [];
      for (const signal of stale) seen.add(signal);
      if (stale.length === 0) break;
    }
    return [...seen];
  }

  /** The signals that were sent to the group since; undefined where that cannot be known. */
  seen(): number[] | undefined {
    return this.#helper && pendingSignals(this.#helper.pid);
  }

  disarm(): void {
    this.#helper?.kill("SIGKILL");
    this.#helper = undefined;
  }

  #ended(helper: Helper): void {
    const cpu = helper.resourceUsage()?.cpuTime;
    this.userSeconds += Number(cpu?.user ?? 0) / 1e6;
    this.systemSeconds += Number(cpu?.system ?? 0) / 1e6;
  }
}

function start(ended: (helper: Helper) => void): Helper | undefined {
  for (const command of IDLE_COMMANDS) {
    try {
      const helper = withSignalsBlocked(() =>
        Bun.spawn([command], { argv0: "cat", stdin: "pipe", stdout: "ignore", stderr: "ignore", onExit: ended }),
      );
      helper.unref();
      return helper;
    } catch {
      // A machine without it (a container from scratch): the relay goes by the terminal's foreground group instead.
    }
  }
  return undefined;
}

/** ShdPnd of proc_pid_status(5); undefined: the process is gone. */
function pendingSignals(pid: number): number[] | undefined {
  try {
    const status = readText(`/proc/${pid}/status`);
    return fieldOf(status, "ShdPnd") === undefined ? undefined : signalsIn(status, "ShdPnd");
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}
