import { awaitChild, ChildUsage } from "../os/children.ts";
import { readText, SystemError } from "../os/files.ts";
import { cString } from "../os/libc.ts";
import { sendSignal } from "../os/process.ts";
import { ALL_SIGNALS } from "../os/signal-actions.ts";
import { openPipe, posixSpawn } from "../os/spawn.ts";
import { resolveCommand } from "./resolve-command.ts";
import { signalNumber, signalsIn, statusField } from "./signal-names.ts";

/**
 * Reads its standard input until that ends, as it does when we end in any way. The usual path first: searching a long
 * PATH takes longer than starting it.
 */
const IDLE_COMMAND = "/bin/cat";

/** It is replaced at most this often at once, where signals come faster than it can be replaced. */
const MOST_TRIES = 3;

/**
 * An idle process in our process group, with every signal blocked. A signal to the whole group becomes pending on it, a
 * signal to us alone does not. So we can pass on the second kind only, and the command, which is in the group too, gets
 * each signal once.
 */
export class Sentinel {
  /** The process's pid; undefined: there is none. */
  private helper: number | undefined;
  /** What it reads: nothing ever comes, and its other end is closed only by our end. */
  private input: number | undefined;
  private readonly pids = new Set<number>();
  private readonly usage = new ChildUsage();
  /** Called before each of these processes is killed, while its files exist; the function it returns, after its end. */
  onEnding: ((pid: number) => (() => void) | undefined) | undefined;

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
      this.helper = this.start();
      if (this.helper !== undefined) this.pids.add(this.helper);
      if (previous !== undefined) {
        for (const signal of pendingSignals(previous) ?? []) seen.add(signal);
        this.end(previous);
      }
      const stale = this.seen() ?? [];
      for (const signal of stale) seen.add(signal);
      if (stale.length === 0) break;
    }
    return [...seen];
  }

  /** Returns the signals that were sent to the group since it was started; undefined: unknown. */
  seen(): number[] | undefined {
    return this.helper === undefined ? undefined : pendingSignals(this.helper);
  }

  disarm(): void {
    if (this.helper !== undefined) this.end(this.helper);
    this.helper = undefined;
  }

  /** Waits for one that something else has ended, and starts another. */
  replace(pid: number): void {
    if (pid === this.helper) this.arm();
  }

  private end(pid: number): void {
    const afterwards = this.onEnding?.(pid);
    const { usage } = this;
    sendSignal(pid, signalNumber("SIGKILL"));
    awaitChild(pid, usage);
    afterwards?.();
    this.userSeconds += usage.userSeconds;
    this.systemSeconds += usage.systemSeconds;
    this.voluntarySwitches += usage.voluntarySwitches;
    this.involuntarySwitches += usage.involuntarySwitches;
  }

  /** Returns its pid; undefined: a machine without it, such as an empty container, or one that has no room. */
  private start(): number | undefined {
    try {
      this.input ??= openPipe()[0];
      return this.spawn(IDLE_COMMAND) ?? this.spawn(resolveCommand(["cat"], process.env.PATH).path);
    } catch {
      // The relay goes by the terminal's foreground group instead.
      return undefined;
    }
  }

  /** Undefined: there is no such file. */
  private spawn(path: string): number | undefined {
    const none: readonly number[] = [];
    try {
      return posixSpawn({
        ...{ path: cString(path), argv: cString("cat"), environment: new Uint8Array(0) },
        ...{ descriptors: none, closed: none, standard: this.input!, limits: [] },
        ...{ ignored: none, defaulted: none, blocked: ALL_SIGNALS },
      });
    } catch (error) {
      if (error instanceof SystemError && error.code === "ENOENT") return undefined;
      throw error;
    }
  }
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
