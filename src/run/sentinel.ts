import { readText, SystemError } from "../os/files.ts";
import { withSignalsBlocked } from "../os/process.ts";
import { signalsIn, statusField } from "./signal-names.ts";

/**
 * Reads its standard input until that ends, as it does when we end in any way. The usual path first: searching a long
 * PATH takes longer than starting it.
 */
const IDLE_COMMANDS = ["/bin/cat", "cat"];

/** It is replaced at most this often at once, where signals come faster than it can be replaced. */
const MOST_TRIES = 3;

type Helper = Bun.Subprocess<"pipe", "ignore", "ignore">;

/**
 * An idle process in our process group, with every signal blocked. A signal to the whole group becomes pending on it, a
 * signal to us alone does not. So we can pass on the second kind only, and the command, which is in the group too, gets
 * each signal once.
 */
export class Sentinel {
  private helper: Helper | undefined;
  private readonly pids = new Set<number>();
  /** Called before each of these processes is killed, while its files exist; the function it returns, after its end. */
  onEnding: ((pid: number) => (() => void) | undefined) | undefined;
  private readonly afterwards = new Map<number, () => void>();

  /** Whether this is one of these processes, or was. */
  isHelper(pid: number): boolean {
    return this.pids.has(pid);
  }

  /** CPU time and context switches of those that have ended, which are not the command's. */
  userSeconds = 0;
  systemSeconds = 0;
  voluntarySwitches = 0;
  involuntarySwitches = 0;

  /** Starts the process, in place of the last one, and returns the signals that were pending on that. */
  arm(): number[] {
    const seen = new Set<number>();
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      // The new one first, so that no signal comes between the two. One that has a signal already is replaced too.
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

  /** Returns the signals that were sent to the group since it was started; undefined: unknown. */
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
      // A machine without it, such as an empty container: the relay goes by the terminal's foreground group instead.
    }
  }
  return undefined;
}

/** Returns the signals of ShdPnd, proc_pid_status(5); undefined: the process is gone. */
function pendingSignals(pid: number): number[] | undefined {
  try {
    const status = readText(`/proc/${pid}/status`);
    return statusField(status, "ShdPnd") === undefined ? undefined : signalsIn(status, "ShdPnd");
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}
