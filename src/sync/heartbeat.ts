import type { Clock } from "../clock.ts";

/** How often the timeout is checked within the grace period. */
const CHECKS = 8;

/** Longest time between two heartbeats, and how many of them a grace period has at least. */
const MAX_INTERVAL_MS = 2000;
const BEATS_IN_GRACE = 4;

/** Returns the time between two heartbeats, milliseconds, where the shorter grace of the two sides is `graceSeconds`. */
export function heartbeatIntervalMs(graceSeconds: number): number {
  return Math.min(MAX_INTERVAL_MS, (graceSeconds * 1000) / BEATS_IN_GRACE);
}

/**
 * Calls back once when a peer has sent nothing for the grace period. Time in which this process itself did not run (it
 * was stopped, or the machine suspended) does not count. Time in which it was busy does: else a peer that floods it with
 * what is no heartbeat would never be lost.
 */
export class HeartbeatTimeout {
  private readonly clock: Clock;
  private readonly graceMs: number;
  private readonly onLost: () => void;
  private readonly ownCpuMs: () => number;
  private readonly intervalMs: number;
  private heardAt: number;
  private checkedAt: number;
  /** Our CPU time at the last check. */
  private busyMs: number;
  private cancel: (() => void) | undefined;

  /** `ownCpuMs`: returns the CPU time of this process, milliseconds. */
  constructor(clock: Clock, graceMs: number, onLost: () => void, ownCpuMs = cpuMs) {
    this.clock = clock;
    this.graceMs = graceMs;
    this.onLost = onLost;
    this.intervalMs = graceMs / CHECKS;
    this.heardAt = clock.now();
    this.checkedAt = clock.now();
    this.ownCpuMs = ownCpuMs;
    this.busyMs = ownCpuMs();
    this.schedule();
  }

  /** Starts the grace period again: the peer has sent something. */
  heard(): void {
    this.heardAt = this.clock.now();
  }

  stop(): void {
    this.cancel?.();
  }

  private schedule(): void {
    this.cancel = this.clock.at(this.clock.now() + this.intervalMs, () => this.check());
  }

  private check(): void {
    const now = this.clock.now();
    const busyMs = this.ownCpuMs();
    const stalledMs = now - this.checkedAt - this.intervalMs;
    const stoppedMs = stalledMs - (busyMs - this.busyMs);
    // After a stop, messages that arrived meanwhile are still unread. They are read before the next check.
    if (stoppedMs > this.intervalMs)
      this.heardAt = Math.max(this.heardAt, Math.min(this.heardAt + stoppedMs, now - this.graceMs / 2));
    this.checkedAt = now;
    this.busyMs = busyMs;
    if (now - this.heardAt >= this.graceMs) this.onLost();
    else this.schedule();
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
