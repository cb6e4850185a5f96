import type { Clock } from "../clock.ts";
import { type ChildExit, endedChild, forgetChild } from "../os/children.ts";

/** By then whoever waits for it has done so. */
const RETRY_MS = 20;

/** Polls at this interval at most besides: where the caller blocked SIGCHLD, no signal comes. */
const POLL_MS = 1000;

export interface OrphanParts {
  /** Whether another waits for this child: it is the command or a helper of ours. */
  readonly isWaitedFor: (pid: number) => boolean;
  /** Called where one of those has ended, whoever ended it. */
  readonly onWaitedFor: (pid: number) => void;
  /** Called for each orphan that has ended, while its files exist; the function it returns, once they are gone. */
  readonly beforeReap: (pid: number) => (() => void) | undefined;
  /** Is told how each orphan ended. */
  readonly onReaped?: (pid: number, exit: NonNullable<ChildExit>) => void;
  readonly clock: Clock;
  /** Receives each error of the recorder. */
  readonly report: (error: unknown) => void;
}

/**
 * Waits for the orphans that we adopted, as a subreaper or as a container's first process, so that they leave no
 * zombies. It never touches a child that another waits for.
 */
export class OrphanReaper {
  private cancelPoll: (() => void) | undefined;
  private cancelRetry: (() => void) | undefined;

  constructor(readonly parts: OrphanParts) {}

  start(): void {
    process.on("SIGCHLD", () => this.reap());
    this.poll();
  }

  /** From now on waits for orphans only when the kernel reports one. */
  stop(): void {
    this.cancelPoll?.();
    this.cancelRetry?.();
  }

  private poll(): void {
    this.reap();
    const { clock } = this.parts;
    this.cancelPoll = clock.at(clock.now() + POLL_MS / 2, () => this.poll(), POLL_MS / 2);
  }

  /** Waits for all that have ended by now. */
  reap(): void {
    try {
      for (let pid = endedChild(); pid > 0; pid = endedChild()) {
        // The kernel names the next one only when this one is waited for.
        if (this.parts.isWaitedFor(pid)) {
          this.parts.onWaitedFor(pid);
          this.reapLater();
          return;
        }
        this.end(pid);
      }
    } catch (error) {
      this.parts.report(error);
    }
  }

  /** Waits for an orphan that has ended. Leaves a child alone that another waits for. */
  end(pid: number): void {
    if (this.parts.isWaitedFor(pid)) return;
    let afterwards: (() => void) | undefined;
    try {
      afterwards = this.parts.beforeReap(pid);
    } finally {
      const exit = forgetChild(pid);
      if (exit) this.parts.onReaped?.(pid, exit);
      afterwards?.();
    }
  }

  private reapLater(): void {
    const { clock } = this.parts;
    this.cancelRetry ??= clock.at(clock.now() + RETRY_MS, () => {
      this.cancelRetry = undefined;
      this.reap();
    });
  }
}
