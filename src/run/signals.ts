import type { Clock } from "../clock.ts";
import { readText } from "../os/files.ts";
import type { Child } from "./child.ts";
import type { Inherited } from "./inherited.ts";
import { Sentinel } from "./sentinel.ts";
import { signalNumber } from "./signal-names.ts";

/** The signals that people and supervisors send to the pid they know, which is ours. We leave the others alone. */
const RELAYED = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGTERM"] as const;

/** The signals that a terminal sends to its whole foreground group at a key. */
const TYPED = new Set(["SIGINT", "SIGQUIT"].map(signalNumber));

/** The signals that ask for an end. */
const ENDING = new Set(["SIGINT", "SIGQUIT", "SIGTERM"].map(signalNumber));

/** This long after our own copy of a group's signal, the sentinel certainly has its copy. */
const GROUP_DELIVERY_MS = 3;

/** timeout(1) sends to the pid and then to its group: a second equal signal within this time is the same one. */
const SAME_SIGNAL_MS = 20;

/**
 * Makes every signal that is sent to us reach the command exactly once: a signal to the whole group is dropped, since
 * the command has its own copy; a signal to our pid alone is passed on. While no command runs, a signal ends the wait.
 */
export class SignalRelay {
  /** The process in our group by which we know whom a signal was for. */
  readonly sentinel = new Sentinel();
  private readonly handlers = new Map<string, () => void>();
  private readonly lastToGroup = new Map<number, number>();
  /** Signals to the group from just before the command was in it, which has no copy of them. */
  private readonly missed = new Set<number>();
  /** Whether a signal that asks for an end came while the command ran. */
  endAsked = false;
  /** While no command runs: called with each signal that the caller did not ignore. */
  onIdle: ((signal: number) => void) | undefined;
  private child: Child | undefined;

  constructor(
    readonly inherited: Inherited,
    readonly clock: Clock,
  ) {
    for (const name of RELAYED) {
      const number = signalNumber(name);
      if (!inherited.ignoredSignals.has(number)) this.listen(name, number);
    }
  }

  /** Starts the sentinel early, so that the command's start is quick later. */
  prepare(): void {
    this.sentinel.arm();
  }

  /**
   * Starts the command when the sentinel and all handlers are in place, so that no signal is missed. There are handlers
   * for the signals that the caller ignored too, since the command may not ignore them.
   */
  starting(start: () => Child): Child {
    for (const name of RELAYED) this.listen(name, signalNumber(name));
    // A sentinel that was started early is still good if no signal is pending on it.
    if (this.sentinel.seen()?.length !== 0) for (const signal of this.sentinel.arm()) this.missed.add(signal);
    return start();
  }

  /** From now on signals are for the command. */
  attach(child: Child): void {
    this.child = child;
  }

  /** The command has ended. */
  detach(): void {
    this.child = undefined;
    this.sentinel.disarm();
  }

  /** Restores the default action of every signal. */
  close(): void {
    for (const [name, handler] of this.handlers) process.off(name, handler);
    this.handlers.clear();
  }

  private listen(name: (typeof RELAYED)[number], number: number): void {
    if (this.handlers.has(name)) return;
    const handler = () => void this.received(number);
    this.handlers.set(name, handler);
    process.on(name, handler);
  }

  private async received(signal: number): Promise<void> {
    const child = this.child;
    if (!child) {
      if (!this.inherited.ignoredSignals.has(signal)) this.onIdle?.(signal);
      return;
    }
    if (ENDING.has(signal)) this.endAsked = true;
    if (this.missed.delete(signal)) return child.signal(signal);
    if (this.isEcho(signal)) return;
    if (await this.wasForGroup(signal)) {
      if (!this.isEcho(signal)) this.groupGot(signal);
      return;
    }
    if (!this.isEcho(signal) && this.child === child) child.signal(signal);
  }

  /** Notes what the whole group got, this signal and those that came with it, and replaces the sentinel. */
  private groupGot(signal: number): void {
    const others = this.child ? this.sentinel.arm() : [];
    for (const each of [signal, ...others]) this.lastToGroup.set(each, this.clock.now());
  }

  private isEcho(signal: number): boolean {
    return this.clock.now() - (this.lastToGroup.get(signal) ?? Number.NEGATIVE_INFINITY) < SAME_SIGNAL_MS;
  }

  private async wasForGroup(signal: number): Promise<boolean> {
    if (this.sentinel.seen()?.includes(signal)) return true;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.clock.at(this.clock.now() + GROUP_DELIVERY_MS, resolve);
    await promise;
    return this.sentinel.seen()?.includes(signal) ?? (TYPED.has(signal) && inForeground());
  }
}

/** Whether our process group is the terminal's foreground group: pgrp and tpgid of proc_pid_stat(5). */
function inForeground(): boolean {
  const stat = readText("/proc/self/stat");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[2] === fields[5];
}
