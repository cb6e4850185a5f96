import type { SeriesKey } from "../catalog/index.ts";
import type { ProcFs } from "../proc/procfs.ts";
import { ABSENT, type Collector, type CollectorKind } from "./collector.ts";
import { Source, type Table } from "./source.ts";

/** A kernel file and the series that it has, always the same ones. */
export interface KernelFile<T extends Table> {
  readonly name: string;
  readonly what: string;
  readonly path: string;
  /** Makes what the file's text is parsed into. */
  readonly table: () => T;
  readonly series: () => readonly SeriesKey[];
  /** The kernel takes so long to make it that it is read about once a second, and at the command's start and end. */
  readonly costly?: boolean;
  /** Puts the table's values into the row, in the order of the series; allocates nothing. */
  readonly fill: (row: Float64Array, table: T) => void;
}

/** The collector of such a file. */
export function kernelFile<T extends Table>(file: KernelFile<T>): CollectorKind {
  return {
    name: file.name,
    what: file.what,
    reads: [file.path],
    make: (proc) => new KernelFileCollector(proc, file),
  };
}

/** A second, less what a timer may be early. */
const COSTLY_EVERY_MS = 900;

class KernelFileCollector<T extends Table> implements Collector {
  readonly name: string;
  private readonly table: T;
  private readonly source: Source;
  private readAt = Number.NEGATIVE_INFINITY;

  constructor(
    proc: ProcFs,
    private readonly file: KernelFile<T>,
  ) {
    this.name = file.name;
    this.table = file.table();
    this.source = new Source(proc, file.path, this.table);
  }

  describe(): readonly SeriesKey[] {
    this.source.look();
    this.readAt = Number.NEGATIVE_INFINITY;
    return this.source.exists ? this.file.series() : [];
  }

  sample(row: Float64Array): boolean {
    if (!this.source.exists) return true;
    if (this.file.costly) {
      const now = performance.now();
      if (now - this.readAt < COSTLY_EVERY_MS) {
        row.fill(ABSENT);
        return true;
      }
      this.readAt = now;
    }
    this.source.update();
    this.file.fill(row, this.table);
    return true;
  }

  commandEnded(): void {
    this.readAt = Number.NEGATIVE_INFINITY;
  }
}
