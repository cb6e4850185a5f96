import { KERNEL, type SeriesKey, series } from "../../catalog/index.ts";
import { FIXED_FILES } from "../../proc/fixed-files.ts";
import { Pressure } from "../../proc/pressure.ts";
import type { ProcFs } from "../../proc/procfs.ts";
import type { Collector, CollectorKind } from "../collector.ts";
import { Source } from "../source.ts";

const RESOURCES = ["cpu", "memory", "io"] as const;

export const PRESSURE: CollectorKind = {
  name: "pressure",
  what: "time that tasks waited for CPU, memory, I/O",
  reads: FIXED_FILES.pressure,
  make: (proc) => new PressureCollector(proc),
};

/** The machine's pressure stall information (PSI). */
class PressureCollector implements Collector {
  readonly name = PRESSURE.name;
  private readonly all: readonly { readonly resource: string; readonly pressure: Pressure; readonly source: Source }[];
  /** Those that the kernel has. */
  private present: PressureCollector["all"] = [];

  constructor(proc: ProcFs) {
    this.all = RESOURCES.map((resource, i) => {
      const pressure = new Pressure();
      return { resource, pressure, source: new Source(proc, FIXED_FILES.pressure[i]!, pressure) };
    });
  }

  describe(): readonly SeriesKey[] {
    for (const { source } of this.all) {
      source.look();
      // A kernel without it has none of them, and need not be asked three times.
      if (!source.exists) break;
    }
    this.present = this.all.filter(({ source }) => source.exists);
    return this.present.flatMap(({ resource }) => [
      series(KERNEL.pressure, { resource, mode: "some" }),
      series(KERNEL.pressure, { resource, mode: "full" }),
    ]);
  }

  sample(row: Float64Array): boolean {
    for (let i = 0; i < this.present.length; i++) {
      const { source, pressure } = this.present[i]!;
      source.update();
      row[2 * i] = pressure.someSeconds;
      row[2 * i + 1] = pressure.fullSeconds;
    }
    return true;
  }
}
