import { readText } from "../os/files.ts";
import type { Child } from "./child.ts";
import type { Inherited } from "./inherited.ts";
import { Sentinel } from "./sentinel.ts";
import { signalNumber } from "./signal-names.ts";

/** The signals that a person or a supervisor sends to the pid they know, which is ours. The others are left alone. */
const RELAYED = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGTERM"] as const;

/** The signals that a terminal sends to its whole foreground group when a key is typed. */
const TYPED = new Set(["SIGINT", "SIGQUIT"].map(signalNumber));

/** The signals that ask for an end. */
const ENDING = new Set(["SIGINT", "SIGQUIT", "SIGTERM"].map(signalNumber));

/** How long after our own copy of a group's signal the sentinel has certainly got its. */
const GROUP_DELIVERY_MS = 3;

/** timeout(1) sends to the pid and then to its group: the second of equal signals within this time is the same one. */
const SAME_SIGNAL_MS = 20;

/**
 * Every signal sent to us reaches the command exactly once: one that the whole group got is dropped, since the command
 * has its own copy; one that was meant for our pid alone is passed on. Outside the command's life a signal ends the wait.
 */
export class SignalRelay {
  /** The process beside the command that tells whom a signal was for. */
  readonly sentinel = new Sentinel();
  private readonly handlers = new Map<string, () => void>();
  private readonly lastToGroup = new Map<number, number>();
  /** Signals to the group from just before the command was in it: it has no copy of these. */
  private readonly missed = new Set<number>();
  /** Somebody here asked for an end while the command ran, of it or of its group. */
  endAsked = false;
  private child: Child | undefined;
  private _onIdle: ((signal: number) => void) | undefined;

  constructor(readonly inherited: Inherited) {
    for (const name of RELAYED) {
      const number = signalNumber(name);
      if (!inherited.ignoredSignals.has(number)) this.listen(name, number);
    }
  }

  /** While no command runs: told of each signal that the caller did not ignore. */
  set onIdle(listener: ((signal: number) => void) | undefined) {
    this._onIdle = listener;
  }

  /** Does beforehand what takes time, for a start that shall be quick when it comes. */
  prepare(): void {
    this.sentinel.arm();
  }

  /**
   * Starts the command with all in place, so that no signal comes in between: with the sentinel, and with those signals
   * too that the caller ignored, since the command may not.
   */
  starting(start: () => Child): Child {
    for (const name of RELAYED) this.listen(name, signalNumber(name));
    // One that stands ready and has seen nothing is as good as a new one.
    if (this.sentinel.seen()?.length !== 0) for (const signal of this.sentinel.arm()) this.missed.add(signal);
    return start();
  }

  /** The command runs: signals are its own now. */
  attach(child: Child): void {
    this.child = child;
  }

  /** The command has ended. */
  detach(): void {
    this.child = undefined;
    this.sentinel.disarm();
  }

  /** Gives every signal back its default action. */
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
      if (!this.inherited.ignoredSignals.has(signal)) this._onIdle?.(signal);
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

  /** Notes what the whole group got, this signal and those that came with it, and sets the sentinel up for the next. */
  private groupGot(signal: number): void {
    const others = this.child ? this.sentinel.arm() : [];
    for (const each of [signal, ...others]) this.lastToGroup.set(each, performance.now());
  }

  private isEcho(signal: number): boolean {
    return performance.now() - (this.lastToGroup.get(signal) ?? Number.NEGATIVE_INFINITY) < SAME_SIGNAL_MS;
  }

  private async wasForGroup(signal: number): Promise<boolean> {
    if (this.sentinel.seen()?.includes(signal)) return true;
    await Bun.sleep(GROUP_DELIVERY_MS);
    return this.sentinel.seen()?.includes(signal) ?? (TYPED.has(signal) && inForeground());
  }
}

/** Whether our process group is the one that the terminal sends typed signals to: pgrp and tpgid of proc_pid_stat(5). */
function inForeground(): boolean {
  const stat = readText("/proc/self/stat");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[2] === fields[5];
}
