import type { SeriesKey } from "../../catalog/index.ts";
import type { ProcFs } from "../../proc/procfs.ts";
import { SingleNumber } from "../../proc/single-number.ts";
import { ABSENT, type Collector } from "../collector.ts";
import { Source } from "../source.ts";

/** One file that holds a number, the series that it is of, and how many of its units are one of the series'. */
export interface NumberFile {
  readonly path: string;
  readonly keys: readonly SeriesKey[];
  readonly factor: number;
}

/**
 * Files of one number each, some to a CPU. They are a system call or two each: more than `most` of them are left alone,
 * since a machine of 256 CPUs would spend more on them than on all else.
 */
export class NumberFilesCollector implements Collector {
  private files: readonly { readonly source: Source; readonly number: SingleNumber; readonly file: NumberFile }[] = [];

  constructor(
    readonly name: string,
    private readonly proc: ProcFs,
    /** Which files there are. */
    private readonly find: () => readonly NumberFile[],
    private readonly most: number,
  ) {}

  describe(): readonly SeriesKey[] {
    const found = this.find();
    this.files = (found.length > this.most ? [] : found).map((file) => {
      const number = new SingleNumber(file.path);
      return { file, number, source: new Source(this.proc, file.path, number) };
    });
    for (const { source } of this.files) source.look();
    this.files = this.files.filter(({ source }) => source.exists);
    return this.files.flatMap(({ file }) => file.keys);
  }

  sample(row: Float64Array): boolean {
    let at = 0;
    for (let i = 0; i < this.files.length; i++) {
      const { source, number, file } = this.files[i]!;
      const value = source.update() ? number.value * file.factor : ABSENT;
      for (let key = 0; key < file.keys.length; key++) row[at++] = value;
    }
    return true;
  }
}
