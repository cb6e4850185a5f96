import type { Clock } from "../clock.ts";
import { signalNumber } from "./signal-names.ts";

/** From SIGTERM to SIGKILL. */
export const KILL_AFTER_SECONDS = 10;

const SIGTERM = signalNumber("SIGTERM");
const SIGKILL = signalNumber("SIGKILL");

/** How often it is looked whether all have ended. */
const LOOK_MS = 50;

/** Ends processes: SIGTERM, and SIGKILL for those that are left 10 seconds later. */
export class EndLadder {
  private cancelKill: (() => void) | undefined;

  /** `send` sends a signal to all that live. */
  constructor(
    private readonly clock: Clock,
    private readonly send: (signal: number) => void,
  ) {}

  begin(): void {
    this.send(SIGTERM);
    this.cancelKill = this.clock.at(this.clock.now() + KILL_AFTER_SECONDS * 1000, () => this.kill());
  }

  /** Whether SIGKILL is to come. */
  get isPending(): boolean {
    return this.cancelKill !== undefined;
  }

  /** Sends SIGKILL now, if it is to come. */
  kill(): void {
    if (!this.isPending) return;
    this.cancel();
    this.send(SIGKILL);
  }

  /** All have ended. */
  cancel(): void {
    this.cancelKill?.();
    this.cancelKill = undefined;
  }

  /** Resolves when none is left, or SIGKILL was sent. */
  async settled(isAnyLeft: () => boolean): Promise<void> {
    while (this.isPending) {
      if (!isAnyLeft()) return this.cancel();
      const { promise, resolve } = Promise.withResolvers<void>();
      this.clock.at(this.clock.now() + LOOK_MS, resolve);
      await promise;
    }
  }
}
