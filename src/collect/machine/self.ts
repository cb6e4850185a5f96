import { RECORDER, type SeriesKey } from "../../catalog/index.ts";
import { Statm } from "../../proc/pid-memory.ts";
import type { ProcFs } from "../../proc/procfs.ts";
import type { Collector } from "../collector.ts";
import { type Column, column, fillColumns, keysOf } from "../columns.ts";
import { KernelSource } from "../kernel-source.ts";

/** CPU time of this process, as `src/os` reads it. */
export interface CpuUsage {
  readonly userSeconds: number;
  readonly systemSeconds: number;
  /** Takes new values. */
  read(): void;
}

const SELF: readonly Column<SelfCollector>[] = [
  column(RECORDER.cpuSeconds, { mode: "user" }, ({ usage }) => usage.userSeconds),
  column(RECORDER.cpuSeconds, { mode: "system" }, ({ usage }) => usage.systemSeconds),
  column(RECORDER.memoryAnonymous, ({ statm }) => statm.anonymousBytes),
];

/** What the recorder itself uses: CPU time and memory. It cannot be left out. */
export class SelfCollector implements Collector {
  readonly name = "self";
  readonly statm = new Statm();
  private readonly source: KernelSource;

  constructor(
    proc: ProcFs,
    readonly usage: CpuUsage,
  ) {
    this.source = new KernelSource(proc, "/proc/self/statm", this.statm);
  }

  describe(): readonly SeriesKey[] {
    this.source.probe();
    return keysOf(SELF);
  }

  sample(row: Float64Array): boolean {
    this.usage.read();
    this.source.refresh();
    fillColumns(row, 0, SELF, this);
    return true;
  }
}
