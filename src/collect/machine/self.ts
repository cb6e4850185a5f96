import { RECORDER, type SeriesKey, series } from "../../catalog/index.ts";
import type { ProcFs } from "../../proc/procfs.ts";
import { Statm } from "../../proc/statm.ts";
import type { Collector } from "../collector.ts";
import { Source } from "../source.ts";

/** CPU time of this process, as the operating system's folder reads it. */
export interface CpuUsage {
  readonly userSeconds: number;
  readonly systemSeconds: number;
  /** Takes new values. */
  read(): void;
}

/** What the recorder itself takes: CPU time and memory. It is always there, since nothing costs less than to know it. */
export class SelfCollector implements Collector {
  readonly name = "self";
  private readonly statm = new Statm();
  private readonly source: Source;

  constructor(
    proc: ProcFs,
    private readonly usage: CpuUsage,
  ) {
    this.source = new Source(proc, "/proc/self/statm", this.statm);
  }

  describe(): readonly SeriesKey[] {
    this.source.look();
    return [
      series(RECORDER.cpuSeconds, { mode: "user" }),
      series(RECORDER.cpuSeconds, { mode: "system" }),
      series(RECORDER.memoryAnonymous),
    ];
  }

  sample(row: Float64Array): boolean {
    const { usage } = this;
    usage.read();
    row[0] = usage.userSeconds;
    row[1] = usage.systemSeconds;
    this.source.update();
    row[2] = this.statm.anonymousBytes;
    return true;
  }
}
