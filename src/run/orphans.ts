import { endedChild, forgetChild } from "../os/children.ts";

/** The runtime has taken a child of its own by then. */
const SECOND_LOOK_MS = 20;

/** How often we look without being told to: where the caller blocked SIGCHLD nobody tells. */
const LOOK_EVERY_MS = 1000;

/** Whose children are whose, and who wants to know. */
export interface OrphanParts {
  /** Whether a child of ours is the command, or one that the runtime waits for. */
  readonly isWaitedFor: (pid: number) => boolean;
  /** Called for each orphan that has ended, while its files are still there; what it answers, once they are gone. */
  readonly farewell: (pid: number) => (() => void) | undefined;
  /** Told of what should not happen. */
  readonly report: (error: unknown) => void;
}

/**
 * What we owe the processes that were left to us, as the nearest that adopts orphans or as the first process of a
 * container: their zombies are ended. What the runtime waits for is never touched.
 */
export class OrphanReaper {
  private secondLook: Timer | undefined;

  constructor(readonly parts: OrphanParts) {}

  start(): void {
    process.on("SIGCHLD", () => this.reap());
    setInterval(() => this.reap(), LOOK_EVERY_MS).unref();
    this.reap();
  }

  /** Ends those that have ended until now. */
  reap(): void {
    try {
      for (let pid = endedChild(); pid > 0; pid = endedChild()) {
        // It stands before the others, which the kernel names only behind it.
        if (this.parts.isWaitedFor(pid)) {
          this.lookAgain();
          return;
        }
        this.end(pid);
      }
    } catch (error) {
      this.parts.report(error);
    }
  }

  /** Waits for one that has ended; nothing happens to one that the runtime waits for. */
  end(pid: number): void {
    if (this.parts.isWaitedFor(pid)) return;
    let afterwards: (() => void) | undefined;
    try {
      afterwards = this.parts.farewell(pid);
    } finally {
      forgetChild(pid);
      afterwards?.();
    }
  }

  private lookAgain(): void {
    this.secondLook ??= setTimeout(() => {
      this.secondLook = undefined;
      this.reap();
    }, SECOND_LOOK_MS).unref();
  }
}
