import type { Clock } from "../clock.ts";
import { stopSignal } from "../os/children.ts";
import { readText } from "../os/files.ts";
import { sendSignal } from "../os/process.ts";
import { setBlockedSignals, setDefaultAction } from "../os/signal-actions.ts";
import { SENT_BY_KERNEL, SignalPipe } from "../os/signal-pipe.ts";
import type { Child } from "./child.ts";
import type { Inherited } from "./inherited.ts";
import { Sentinel } from "./sentinel.ts";
import { signalNumber } from "./signal-names.ts";

/** A number of the signals, with those of real time. KILL and STOP cannot be caught. */
const LAST_SIGNAL = 64;
const UNCATCHABLE = new Set(["SIGKILL", "SIGSTOP"].map(signalNumber));

/** These end a wait while no command runs. By the others' default action, nothing happens then, or we end, or stop. */
const EARLY = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGTERM"].map(signalNumber);

/** The runtime's handler of this one wakes it for all of them. */
const WAKE = "SIGUSR2";

/** The signals that ask for an end. */
const ENDING = new Set(["SIGINT", "SIGQUIT", "SIGTERM"].map(signalNumber));

/** The signals of job control by which a process stops, unless it handles or ignores them. */
const STOPPING = new Set(["SIGTSTP", "SIGTTIN", "SIGTTOU"].map(signalNumber));

/** The signals that do nothing by default. */
const HARMLESS = new Set(["SIGCHLD", "SIGCONT", "SIGURG", "SIGWINCH"].map(signalNumber));

/** The signals that a terminal sends to its whole foreground group at a key. */
const TYPED = new Set(["SIGINT", "SIGQUIT"].map(signalNumber));

const SIGCONT = signalNumber("SIGCONT");
const SIGWINCH = signalNumber("SIGWINCH");
const SIGXCPU = signalNumber("SIGXCPU");

/** This long after our own copy of a group's signal, the sentinel certainly has its copy. */
const GROUP_DELIVERY_MS = 3;

/** timeout(1) sends to the pid and then to its group: a second equal signal within this time is the same one. */
const SAME_SIGNAL_MS = 20;

/** A window that is being resized sends many signals; the sentinel is replaced at most this often for them. */
const RESIZE_MS = 200;

/** Our own copy of a signal to the group comes within this time after another process's. */
const OWN_COPY_MS = 1000;

/** A signal of which a copy may follow. */
interface Seen {
  readonly atMs: number;
  /** Undefined: unknown. */
  readonly sender: number | undefined;
}

/**
 * Makes every signal that is sent to us reach the command exactly once: a signal to the whole group is dropped, since
 * the command has its own copy; a signal to our pid alone is passed on. While no command runs, a signal ends the wait.
 */
export class SignalRelay {
  /** The process in our group by which we know whom a signal was for. */
  readonly sentinel = new Sentinel();
  private readonly pipe: SignalPipe;
  private readonly lastToGroup = new Map<number, Seen>();
  /** What came last while the command ran. */
  private readonly lastForCommand = new Map<number, Seen>();
  /** Signals that a sentinel got with the group, and when: our own copy is yet to come. */
  private readonly toCome = new Map<number, number>();
  /** Signals to the group from just before the command was in it, which has no copy of them. */
  private readonly missed = new Set<number>();
  /** Whether a signal that asks for an end came while the command ran. */
  endAsked = false;
  /** Whether a signal of job control came: we stop when the command does. */
  private stopAsked = false;
  private cancelRearm: (() => void) | undefined;
  /** While no command runs: called with each signal that the caller did not ignore. */
  onIdle: ((signal: number) => void) | undefined;
  private child: Child | undefined;

  /** Throws SystemError where descriptors or memory are short. */
  constructor(
    readonly inherited: Inherited,
    readonly clock: Clock,
  ) {
    process.on(WAKE, this.drain);
    this.pipe = new SignalPipe(signalNumber(WAKE));
    for (const signal of EARLY) if (!inherited.ignoredSignals.has(signal)) this.pipe.catch(signal);
  }

  /** Starts the sentinel early, so that the command's start is quick later. */
  prepare(): void {
    this.sentinel.arm();
  }

  /**
   * Starts the command when the sentinel and all handlers are in place, so that no signal is missed. There are handlers
   * for the signals that the caller ignored or blocked too, since the command may not do so.
   */
  starting(start: () => Child): Child {
    for (let signal = 1; signal <= LAST_SIGNAL; signal++) if (!UNCATCHABLE.has(signal)) this.pipe.catch(signal);
    setBlockedSignals(0n);
    // A sentinel that was started early is still good if no signal is pending on it.
    if (this.sentinel.seen()?.length !== 0) for (const signal of this.sentinel.arm()) this.missed.add(signal);
    try {
      return start();
    } catch (error) {
      this.sentinel.disarm();
      throw error;
    }
  }

  /** From now on signals are for the command. */
  attach(child: Child): void {
    this.child = child;
    process.on("SIGCHLD", this.childChanged);
  }

  /** The command has ended. What came while we knew nothing of that was for it. */
  detach(): void {
    this.drain();
    this.child = undefined;
    this.cancelRearm?.();
    this.sentinel.disarm();
    process.off("SIGCHLD", this.childChanged);
    // A write to the terminal from its background would send us these for ever.
    for (const signal of STOPPING) this.pipe.release(signal);
  }

  /** Restores the action of every signal. */
  close(): void {
    for (let signal = 1; signal <= LAST_SIGNAL; signal++) this.pipe.release(signal);
    process.off(WAKE, this.drain);
  }

  private readonly drain = (): void => this.pipe.drain(this.take);

  /**
   * Hands on what has come by now, before the runtime does, and then a child's end: the listeners of SIGCHLD ask the kernel,
   * so that they may be called at any time and twice.
   */
  readonly deliver = (): void => {
    this.drain();
    process.emit("SIGCHLD", "SIGCHLD", signalNumber("SIGCHLD"));
  };

  private readonly take = (signal: number, code: number, sender: number): void => {
    // From writes of our own to a closed pipe or a full file, and from our own limit of CPU time.
    if (sender === process.pid || (signal === SIGXCPU && code === SENT_BY_KERNEL)) return;
    void this.received(signal, code, sender);
  };

  private async received(signal: number, code: number, sender: number): Promise<void> {
    const child = this.child;
    if (!child) {
      const isForUs = !HARMLESS.has(signal) && !this.inherited.ignoredSignals.has(signal);
      if (isForUs && !this.isLateCopy(signal, code, sender)) this.onIdle?.(signal);
      return;
    }
    this.lastForCommand.set(signal, { atMs: this.clock.now(), sender });
    if (ENDING.has(signal)) this.endAsked = true;
    if (signal === SIGWINCH && code === SENT_BY_KERNEL) return this.rearmLater();
    if (this.missed.delete(signal)) return child.signal(signal);
    if (this.isKnown(signal, sender)) return;
    const wasForGroup = await this.wasForGroup(signal);
    if (this.isKnown(signal, sender)) return;
    if (wasForGroup) this.groupGot(signal, sender);
    else if (this.child === child) child.signal(signal);
    if (STOPPING.has(signal)) this.stopAsked = true;
    if (signal === SIGCONT) this.stopAsked = false;
    this.childChanged();
  }

  /** Stops as the command did where job control asked us both: our caller waits for us alone. */
  private readonly childChanged = (): void => {
    if (!this.stopAsked || !this.child) return;
    const signal = stopSignal(this.child.pid);
    if (signal === undefined || !STOPPING.has(signal)) return;
    this.stopAsked = false;
    setDefaultAction(signal);
    sendSignal(process.pid, signal);
    // Here we go on after SIGCONT.
    this.pipe.catch(signal);
  };

  /** Notes what the whole group got, this signal and those that came with it, and replaces the sentinel. */
  private groupGot(signal: number, sender: number | undefined): void {
    const others = this.child ? this.sentinel.arm() : [];
    const atMs = this.clock.now();
    for (const other of others) if (other !== signal) this.toCome.set(other, atMs);
    this.lastToGroup.set(signal, { atMs, sender });
  }

  private rearmLater(): void {
    this.cancelRearm ??= this.clock.at(this.clock.now() + RESIZE_MS, () => {
      this.cancelRearm = undefined;
      this.groupGot(SIGWINCH, undefined);
    });
  }

  /** Whether the group is known to have this signal: as one that was yet to come, or as the same one once more. */
  private isKnown(signal: number, sender: number): boolean {
    const now = this.clock.now();
    const seenMs = this.toCome.get(signal);
    this.toCome.delete(signal);
    if (seenMs !== undefined && now - seenMs < OWN_COPY_MS) {
      this.lastToGroup.set(signal, { atMs: now, sender });
      return true;
    }
    const last = this.lastToGroup.get(signal);
    return last !== undefined && now - last.atMs < SAME_SIGNAL_MS && (last.sender ?? sender) === sender;
  }

  /** Whether a process has sent this signal for the command before that ended, and this is the same one to our group. */
  private isLateCopy(signal: number, code: number, sender: number): boolean {
    const last = this.lastForCommand.get(signal);
    this.lastForCommand.delete(signal);
    return code !== SENT_BY_KERNEL && last?.sender === sender && this.clock.now() - last.atMs < OWN_COPY_MS;
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
