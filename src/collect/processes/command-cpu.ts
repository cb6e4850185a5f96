/** CPU time by mode, as of the last `take`. */
export interface CpuSeconds {
  readonly userSeconds: number;
  readonly systemSeconds: number;
}

/** The CPU time of the command: that of its control group, or of its processes where there is none, or some left it. */
export class CommandCpu implements CpuSeconds {
  userSeconds = 0;
  systemSeconds = 0;

  /**
   * Takes the figures of now. `group`: that of the group, NaN: none. `isAll`: all processes are in it; if not, the larger
   * total is the command's. The two may split it otherwise: then it is split so that neither counter falls.
   */
  take(group: CpuSeconds | undefined, processes: CpuSeconds, isAll: boolean): void {
    const hasGroup = group !== undefined && !Number.isNaN(group.userSeconds + group.systemSeconds);
    if (!hasGroup || isAll) {
      const { userSeconds, systemSeconds } = hasGroup ? group : processes;
      this.userSeconds = userSeconds;
      this.systemSeconds = systemSeconds;
      return;
    }
    const larger = totalOf(group) >= totalOf(processes) ? group : processes;
    const total = Math.max(totalOf(larger), totalOf(this));
    let { userSeconds } = larger;
    if (userSeconds < this.userSeconds) userSeconds = this.userSeconds;
    if (userSeconds > total - this.systemSeconds) userSeconds = total - this.systemSeconds;
    this.userSeconds = userSeconds;
    this.systemSeconds = total - userSeconds;
  }
}

function totalOf({ userSeconds, systemSeconds }: CpuSeconds): number {
  return userSeconds + systemSeconds;
}
