import type { Clock } from "../clock.ts";
import type { Child } from "../run/child.ts";

const SIGINT = 2;
const SIGKILL = 9;
const SIGTERM = 15;

/** From SIGTERM to SIGKILL. */
const KILL_AFTER_SECONDS = 10;

/** Stops a command, by more than a word where it does not listen. The signals go to it alone, not to its group. */
export class Stopper {
  child: Pick<Child, "signal"> | undefined;
  /** Whether it was told to stop while it ran, and whether it had to be killed. */
  used = false;
  killed = false;
  private cancel: (() => void) | undefined;

  constructor(
    readonly clock: Clock,
    /** From SIGINT to SIGTERM; 0: there is none. */
    readonly timeoutSeconds: number,
    readonly note: (text: string) => void,
  ) {}

  /** SIGINT, once, and what follows if need be. */
  stop(): void {
    if (this.used || !this.child) return;
    this.used = true;
    this.child.signal(SIGINT);
    if (this.timeoutSeconds > 0) this.after(this.timeoutSeconds, () => this.terminate());
  }

  ended(): void {
    this.cancel?.();
    this.child = undefined;
  }

  private terminate(): void {
    this.note(`SIGTERM, since the command did not end within ${this.timeoutSeconds} s of SIGINT`);
    this.child?.signal(SIGTERM);
    this.after(KILL_AFTER_SECONDS, () => this.kill());
  }

  private kill(): void {
    this.note(`SIGKILL, since the command did not end within ${KILL_AFTER_SECONDS} s of SIGTERM`);
    this.killed = true;
    this.child?.signal(SIGKILL);
  }

  private after(seconds: number, action: () => void): void {
    this.cancel = this.clock.at(this.clock.now() + seconds * 1000, action);
  }
}
