import { endLike } from "../run/child.ts";
import { signalNumber } from "../run/signal-names.ts";

/** What a person or a service manager ends a program by. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Thrown by what a signal has stopped. */
class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}

/**
 * Runs what leaves something behind where a signal ends it in the middle: `work` is stopped by an error at the next call of
 * `check`, so that it can clean up, and this process then ends by that signal. `work` has to give others a turn now and then.
 */
export async function interruptible<Result>(work: (check: () => void) => Promise<Result>): Promise<Result> {
  let received: (typeof SIGNALS)[number] | undefined;
  const take = (signal: NodeJS.Signals) => {
    received ??= signal as (typeof SIGNALS)[number];
  };
  for (const signal of SIGNALS) process.on(signal, take);
  try {
    return await work(() => {
      if (received !== undefined) throw new InterruptedError(`stopped by ${received}`);
    });
  } finally {
    for (const signal of SIGNALS) process.off(signal, take);
    if (received !== undefined) endLike({ kind: "signaled", signal: signalNumber(received) });
  }
}
