import type { Config, SyncConfig } from "../cli/config.ts";
import { Axis, type Clock } from "../clock.ts";
import type { Collector } from "../collect/collector.ts";
import { JournalWriter } from "../journal/journal-writer.ts";
import type { RowSink } from "../recording/recording.ts";
import { Sampler } from "../run/sampler.ts";
import { Session } from "../run/session.ts";
import type { SignalRelay } from "../run/signals.ts";
import type { PeerSession, PeerSessionParts } from "./peer-session.ts";

/**
 * Waits for the other side. Returns the session once both may begin, or the number of the signal that ended the wait.
 * Throws SyncError, UsageError.
 */
export async function connectPeer(
  config: SyncConfig,
  parts: PeerSessionParts,
  signals: Pick<SignalRelay, "onIdle">,
): Promise<PeerSession | number> {
  const session = await createSession(config, parts);
  const { promise: signalled, resolve } = Promise.withResolvers<number>();
  signals.onIdle = resolve;
  try {
    const signal = await Promise.race([session.opened(), signalled]);
    if (signal === undefined) return session;
    await session.close();
    return signal;
  } catch (error) {
    await session.close();
    throw error;
  } finally {
    signals.onIdle = undefined;
  }
}

async function createSession(config: SyncConfig, parts: PeerSessionParts): Promise<PeerSession> {
  if (config.role === "client") return new (await import("./sync-client.ts")).SyncClient(config, parts);
  return (await import("./sync-http.ts")).serve(config, parts);
}

const NOWHERE: RowSink = {
  layout: () => undefined,
  row: () => undefined,
  event: () => undefined,
  fact: () => undefined,
};

/**
 * Takes one sample and runs one session without a command and without a result, so that the real start is quick: files
 * are open, and all code has run once. Errors are ignored here, since the real run reports the same ones.
 */
export async function warmUp(config: Config, collectors: readonly Collector[], clock: Clock): Promise<void> {
  const ignore = () => undefined;
  new Sampler(collectors, NOWHERE, clock, new Axis(clock, undefined), ignore).sample();
  const session = new Session({
    config: { ...config, delayBeforeSeconds: 0, delayAfterSeconds: 0 },
    ...{ collectors: () => [], clock, report: ignore, version: "" },
    store: (begin) => {
      const header = { ...begin, pid: process.pid, target: config.file };
      return new JournalWriter({ header, clock, places: [neverOpened], isSynced: false });
    },
    signals: { attach: ignore, detach: ignore, onIdle: undefined },
    start: () => ({ pid: process.pid, ended: Promise.resolve({ kind: "exited", code: 0 }), signal: ignore }),
  });
  await session.run();
}

/** A journal file is created after a second at the earliest, when this session has long ended. */
function neverOpened(): never {
  throw new Error("the warm-up has no journal");
}
