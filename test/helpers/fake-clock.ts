import type { Clock } from "../../src/clock.ts";

/** A clock whose time passes only by `stall` and `pass`. Timers fire in order, each at its own deadline. */
export class FakeClock implements Clock {
  private _now = 0;
  private timers: { readonly deadline: number; readonly callback: () => void }[] = [];

  constructor(public wallMs = 1_700_000_000_000) {}

  now(): number {
    return this._now;
  }

  wall(): number {
    return this.wallMs + this._now;
  }

  at(deadline: number, callback: () => void): () => void {
    const timer = { deadline, callback };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  /** Lets time pass without firing timers, as on a machine that is too busy, or stopped. */
  stall(ms: number): void {
    this._now += ms;
  }

  /** Lets time pass: timers fire when they are due, and promises settle in between. */
  async pass(ms: number): Promise<void> {
    const end = this._now + ms;
    for (;;) {
      await settled();
      const due = this.timers.filter((timer) => timer.deadline <= end).sort((a, b) => a.deadline - b.deadline)[0];
      if (!due) break;
      this.timers = this.timers.filter((timer) => timer !== due);
      this._now = Math.max(this._now, due.deadline);
      due.callback();
    }
    this._now = end;
    await settled();
  }
}

/** Lets promises settle, including those of real file reads. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
