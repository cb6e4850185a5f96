/** Numbers of processes with an amount of each. It grows, and is used again from sample to sample. */
export class ProcessAmounts {
  ids = new Float64Array(16);
  amounts = new Float64Array(16);
  length = 0;

  add(id: number, amount: number): void {
    if (this.length === this.ids.length) this.grow();
    this.ids[this.length] = id;
    this.amounts[this.length++] = amount;
  }

  private grow(): void {
    const { ids, amounts } = this;
    this.ids = new Float64Array(2 * ids.length);
    this.ids.set(ids);
    this.amounts = new Float64Array(2 * amounts.length);
    this.amounts.set(amounts);
  }
}

/**
 * CPU time and memory of the command's largest processes at one sample, and of all others together. It says what differs
 * from the sample before: a process that is in no list of it used no CPU time, and holds what it held.
 */
export class ProcessSample {
  /** On the file's time axis; `fromMs` is the sample before, since which CPU time counts. */
  atMs = 0;
  fromMs = 0;
  /** It lists all, and does not build on the sample before. */
  isWhole = false;
  /** CPU time since the sample before, in microseconds, of those that used some. */
  readonly cpu = new ProcessAmounts();
  /** Resident memory in KiB of those that are listed anew, or hold more or less than before. */
  readonly resident = new ProcessAmounts();
  /** Those that are listed no more: they have ended, or are in the rest. The amounts are 0. */
  readonly left = new ProcessAmounts();
  /** The living that are not listed. */
  restProcesses = 0;
  restKib = 0;
  /** CPU time of all that is in no list: theirs, and that of those which have ended since. */
  restMicros = 0;
  /** So much of the listed CPU time is not in the tree's own yet: that of the samples after it lacks it. */
  aheadMicros = 0;

  clear(): void {
    this.cpu.length = 0;
    this.resident.length = 0;
    this.left.length = 0;
  }
}
