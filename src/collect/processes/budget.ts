/** How much may be saved up, as seconds of the share. */
const MOST_SAVED_SECONDS = 60;

/** Time that may go into something costly: a share of all time, and a little in advance. */
export class Budget {
  private credit: number;
  private last: number;

  /** `share` of 1; `now`: milliseconds by a clock that does not step. */
  constructor(
    private readonly share: number,
    advanceMs: number,
    private readonly now: () => number,
  ) {
    this.credit = advanceMs;
    this.last = now();
  }

  /** Whether there is time for something that will take so long. */
  allows(expectedMs: number): boolean {
    const now = this.now();
    const most = MOST_SAVED_SECONDS * 1000 * this.share;
    if (this.credit < most) this.credit = Math.min(most, this.credit + (now - this.last) * this.share);
    this.last = now;
    return this.credit >= expectedMs;
  }

  /** It took so long. */
  spend(ms: number): void {
    this.credit -= ms;
  }
}
