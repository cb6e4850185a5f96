import type { Fact, SeriesKey } from "../catalog/index.ts";
import type { Clock } from "../clock.ts";
import type { KernelTable, ProcFs } from "../proc/procfs.ts";
import { ABSENT, type Collector } from "./collector.ts";
import { type Column, fillColumns, keysOf } from "./columns.ts";
import { KernelSource } from "./kernel-source.ts";

/** A kernel file with the columns that are read from it. */
export interface KernelFile {
  readonly source: KernelSource;
  readonly keys: readonly SeriesKey[];
  /** Writes the columns' values into a row from a place on, and returns the place after them. */
  fill(row: Float64Array, from: number): number;
}

/** Names a kernel file, the table that it is parsed into, and the columns of that. */
export function kernelFile<Table extends KernelTable>(
  proc: ProcFs,
  path: string,
  table: Table,
  columns: readonly Column<Table>[],
): KernelFile {
  // Before the first text: that a column asks for a key is how the parser of such a file knows what to look for.
  for (const { value } of columns) value(table);
  return {
    source: new KernelSource(proc, path, table),
    keys: keysOf(columns),
    fill: (row, from) => fillColumns(row, from, columns, table),
  };
}

/** How a KernelFileCollector differs from the usual. */
export interface KernelFileOptions {
  /** The files take the kernel long to make: they are read about once a second, and at the command's start and end. */
  readonly onceASecond?: Clock;
  readonly facts?: () => readonly Fact[];
}

/** A second, less what a timer may be early. */
const ONCE_A_SECOND_MS = 900;

/** The collector of kernel files that always have the same series. */
export class KernelFileCollector implements Collector {
  private files: readonly KernelFile[] = [];
  private readAtMs = Number.NEGATIVE_INFINITY;

  /** `find` returns the files to read; those that do not exist have no series. */
  constructor(
    readonly name: string,
    private readonly find: () => readonly KernelFile[],
    private readonly options: KernelFileOptions = {},
  ) {}

  describe(): readonly SeriesKey[] {
    const found = this.find();
    for (const { source } of found) source.probe();
    this.files = found.filter(({ source }) => source.exists);
    this.readNext();
    return this.files.flatMap(({ keys }) => keys);
  }

  facts(): readonly Fact[] {
    return this.options.facts?.() ?? [];
  }

  sample(row: Float64Array): boolean {
    if (this.options.onceASecond && !this.isDue(this.options.onceASecond.now())) {
      row.fill(ABSENT);
      return true;
    }
    let place = 0;
    for (let i = 0; i < this.files.length; i++) {
      const file = this.files[i]!;
      file.source.refresh();
      place = file.fill(row, place);
    }
    return true;
  }

  commandStarting(): void {
    this.readNext();
  }

  commandEnded(): void {
    this.readNext();
  }

  /** Has the next sample read the files, however short a time ago they were read. */
  private readNext(): void {
    this.readAtMs = Number.NEGATIVE_INFINITY;
  }

  private isDue(nowMs: number): boolean {
    if (nowMs - this.readAtMs < ONCE_A_SECOND_MS) return false;
    this.readAtMs = nowMs;
    return true;
  }
}
