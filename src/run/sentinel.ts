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
  private helper: Helper | undefined;
  private readonly pids = new Set<number>();
  /** Told of each such process that is about to be ended, while its files are still there; what it answers, once it has. */
  onEnding: ((pid: number) => (() => void) | undefined) | undefined;
  private readonly afterwards = new Map<number, () => void>();

  /** Whether this is one of these processes, or was. */
  isHelper(pid: number): boolean {
    return this.pids.has(pid);
  }

  /** CPU time and context switches of those that have ended: they are not the command's. */
  userSeconds = 0;
  systemSeconds = 0;
  voluntarySwitches = 0;
  involuntarySwitches = 0;

  /** Starts the process; answers the signals that the group got until now and one that was there before had seen. */
  arm(): number[] {
    const seen = new Set<number>();
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      // The new one first: no signal may come between the two. One that both have seen makes the new one an old one.
      const previous = this.helper;
      this.helper = start((helper) => this.ended(helper));
      if (this.helper) this.pids.add(this.helper.pid);
      if (previous) for (const signal of pendingSignals(previous.pid) ?? []) seen.add(signal);
      if (previous) this.end(previous);
      const stale = this.seen() ?? [];
      for (const signal of stale) seen.add(signal);
      if (stale.length === 0) break;
    }
    return [...seen];
  }

  /** The signals that were sent to the group since; undefined where that cannot be known. */
  seen(): number[] | undefined {
    return this.helper && pendingSignals(this.helper.pid);
  }

  disarm(): void {
    if (this.helper) this.end(this.helper);
    this.helper = undefined;
  }

  private end(helper: Helper): void {
    const afterwards = this.onEnding?.(helper.pid);
    if (afterwards) this.afterwards.set(helper.pid, afterwards);
    helper.kill("SIGKILL");
  }

  private ended(helper: Helper): void {
    this.afterwards.get(helper.pid)?.();
    this.afterwards.delete(helper.pid);
    const used = helper.resourceUsage();
    if (!used) return;
    this.userSeconds += Number(used.cpuTime.user) / 1e6;
    this.systemSeconds += Number(used.cpuTime.system) / 1e6;
    this.voluntarySwitches += used.contextSwitches.voluntary;
    this.involuntarySwitches += used.contextSwitches.involuntary;
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
