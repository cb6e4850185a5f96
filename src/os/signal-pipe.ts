import { CodePage } from "./code-page.ts";
import { pinned, trySystemCall } from "./libc.ts";
import {
  handlerOf,
  SIG_DFL,
  SIG_IGN,
  type SignalAction,
  setSignalAction,
  signalAction,
  withHandler,
} from "./signal-actions.ts";
import { codeIntoPipe, codeUnlessKill } from "./signal-code.ts";
import { openPipe } from "./spawn.ts";

const O_NONBLOCK = 0x800;

/** What the handler writes of `siginfo_t`, and where that has what we use, in 32-bit words. */
const ENTRY_BYTES = 32;
const ENTRY_WORDS = ENTRY_BYTES / 4;
const SIGNAL = 0;
const CODE = 2;
const SENDER = 4;

/** As many are read at once. */
const ENTRIES = 128;

/** How a signal was sent, `si_code`: by the kernel, as a terminal's key or a timer's. */
export const SENT_BY_KERNEL = 0x80;

/**
 * The signals whose handlers the engine or the C library needs, for faults, for children, and between threads. These
 * handlers go on getting them, except those that another process sends.
 */
const SHARED = [4, 5, 6, 7, 8, 11, 17, 30, 31, 32, 33, 34];

/** Gets a signal, how it was sent (`si_code`), and the pid of its sender where a process sent it. */
export type TakeSignal = (signal: number, code: number, sender: number) => void;

/**
 * Catches signals: every one that can be caught, as often as the kernel delivers it, and with its sender. The runtime
 * does not know the real-time ones, tells no sender, and has some for itself. So a few instructions of our own write
 * what the kernel says of a signal into a pipe, and go on as if the runtime had got its `wakeSignal`: the listener of
 * that is to call `drain`.
 */
export class SignalPipe {
  private readonly readEnd: number;
  private readonly entries = pinned(ENTRY_BYTES * ENTRIES);
  private readonly words = new Int32Array(this.entries.bytes.buffer);
  /** What to do at a signal; `others` at each that has no entry of its own. */
  private readonly actions = new Map<number, SignalAction>();
  private readonly others: SignalAction;
  /** What was done at those that are caught now. */
  private readonly before = new Map<number, SignalAction>();

  /** The runtime has a listener of `wakeSignal` by now. Throws SystemError where descriptors or memory are short. */
  constructor(wakeSignal: number) {
    const [readEnd, fd] = openPipe(O_NONBLOCK);
    this.readEnd = readEnd;
    const runtimes = signalAction(wakeSignal);
    const intoPipe = codeIntoPipe({ fd, bytes: ENTRY_BYTES, wakeSignal, wakeHandler: handlerOf(runtimes) });
    const page = new CodePage();
    this.others = withHandler(runtimes, page.add(intoPipe));
    for (const signal of SHARED) {
      const action = signalAction(signal);
      const handler = handlerOf(action);
      if (handler === SIG_DFL || handler === SIG_IGN) continue;
      const start = page.add(codeUnlessKill(handler));
      page.add(intoPipe);
      this.actions.set(signal, withHandler(action, start));
    }
    page.seal();
  }

  /** From now on, this signal goes into the pipe. */
  catch(signal: number): void {
    if (!this.before.has(signal)) this.before.set(signal, signalAction(signal));
    setSignalAction(signal, this.actions.get(signal) ?? this.others);
  }

  /** Restores what was done at this signal before it was caught. */
  release(signal: number): void {
    const before = this.before.get(signal);
    if (before) setSignalAction(signal, before);
    this.before.delete(signal);
  }

  /** Hands on what was caught since the last call, in the order of its coming. */
  drain(take: TakeSignal): void {
    const { address, bytes } = this.entries;
    for (;;) {
      const length = trySystemCall("read", this.readEnd, address, bytes.length);
      // Empty: EAGAIN.
      if (length <= 0) return;
      const read = this.words.slice(0, length / 4);
      for (let at = 0; at < read.length; at += ENTRY_WORDS)
        take(read[at + SIGNAL]!, read[at + CODE]!, read[at + SENDER]!);
    }
  }
}
