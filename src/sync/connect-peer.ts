import type { SyncConfig } from "../cli/config.ts";
import type { SignalRelay } from "../run/signals.ts";
import type { Meeting, MeetingParts } from "./peer-session.ts";

export { warmUp } from "./warm-up.ts";

/**
 * Waits for the other side: the meeting, once both may begin, or the signal that ended the wait.
 * Throws SyncError, UsageError.
 */
export async function meet(
  config: SyncConfig,
  parts: MeetingParts,
  signals: Pick<SignalRelay, "onIdle">,
): Promise<Meeting | number> {
  const meeting = await open(config, parts);
  const { promise: signalled, resolve } = Promise.withResolvers<number>();
  signals.onIdle = resolve;
  try {
    const signal = await Promise.race([meeting.opened(), signalled]);
    if (signal === undefined) return meeting;
    await meeting.close();
    return signal;
  } catch (error) {
    await meeting.close();
    throw error;
  } finally {
    signals.onIdle = undefined;
  }
}

async function open(config: SyncConfig, parts: MeetingParts): Promise<Meeting> {
  if (config.role === "client") return new (await import("./sync-client.ts")).SyncClient(config, parts);
  return (await import("./serve.ts")).serve(config, parts);
}
