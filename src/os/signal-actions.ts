import { pinned, systemCall } from "./libc.ts";

/*
 * What this process does at a signal, and which ones its first thread blocks, by the kernel's own calls: those of the C
 * library refuse the signals that it uses for its threads.
 */

/** `struct sigaction` of rt_sigaction(2), in 32-bit words: handler, flags, restorer and mask have two each. */
export type SignalAction = Uint32Array;

/** A handler is an address, or one of these. */
export const SIG_DFL = 0;
export const SIG_IGN = 1;

const SA_SIGINFO = 4;
const SA_RESTART = 0x1000_0000;
const SA_RESETHAND = 0x8000_0000;

const WORDS = 8;
const FLAGS = 2;
const TWO_TO_32 = 2 ** 32;

const SET_BYTES = 8;
const SIG_SETMASK = 2;

/** Every signal that exists; the kernel leaves out those that cannot be blocked. */
export const ALL_SIGNALS = (1n << 64n) - 1n;

const memory = pinned(WORDS * 4);
const words = new Uint32Array(memory.bytes.buffer);

/** Returns what this process does at a signal. Throws SystemError. */
export function signalAction(signal: number): SignalAction {
  systemCall("rt_sigaction", signal, 0, memory.address, SET_BYTES);
  return words.slice();
}

/** Throws SystemError. */
export function setSignalAction(signal: number, action: SignalAction): void {
  words.set(action);
  systemCall("rt_sigaction", signal, memory.address, 0, SET_BYTES);
}

/** Returns an action that has no code: `SIG_DFL` or `SIG_IGN`. */
export function plainAction(handler: number): SignalAction {
  const action = new Uint32Array(WORDS);
  action[0] = handler;
  return action;
}

/** Returns the address of an action's handler, or `SIG_DFL`, or `SIG_IGN`. */
export function handlerOf(action: SignalAction): number {
  return action[0]! + action[1]! * TWO_TO_32;
}

/** Returns an action with another handler, which gets `siginfo_t`, stays in place, and ends no call early. */
export function withHandler(action: SignalAction, handler: number): SignalAction {
  const changed = action.slice();
  changed[0] = handler % TWO_TO_32;
  changed[1] = Math.floor(handler / TWO_TO_32);
  changed[FLAGS] = (action[FLAGS]! & ~SA_RESETHAND) | SA_SIGINFO | SA_RESTART;
  return changed;
}

/** KILL and STOP, which always have their default action. */
const UNCHANGEABLE = new Set([9, 19]);

/** Gives a signal its default action, even where the runtime has a handler for it. Throws SystemError. */
export function setDefaultAction(signal: number): void {
  if (!UNCHANGEABLE.has(signal)) setSignalAction(signal, plainAction(SIG_DFL));
}

const sets = pinned(2 * SET_BYTES);
const masks = new BigUint64Array(sets.bytes.buffer);

/** Sets the signals that this thread blocks, one bit each, and returns those from before. Throws SystemError. */
export function setBlockedSignals(mask: bigint): bigint {
  masks[0] = mask;
  systemCall("rt_sigprocmask", SIG_SETMASK, sets.address, sets.address + SET_BYTES, SET_BYTES);
  return masks[1]!;
}

/** Runs `action` with these signals blocked in this thread; a process that it starts keeps them blocked. */
export function withBlockedSignals<T>(mask: bigint, action: () => T): T {
  const before = setBlockedSignals(mask);
  try {
    return action();
  } finally {
    setBlockedSignals(before);
  }
}
