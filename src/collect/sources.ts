import type { ProcFs } from "../proc/procfs.ts";
import { Source, type Table } from "./source.ts";

/** Kernel files that are read together, each of which fails alone: one that is refused costs its own values. */
export class Sources {
  private files: { readonly source: Source; readonly table: Table }[] = [];
  private failure: unknown;

  constructor(private readonly proc: ProcFs) {}

  /** Takes in a file and what is made of it; false: there is no such file. Reads it, as far as that can be. */
  add(path: string, table: Table): boolean {
    const source = new Source(this.proc, path, table);
    source.look();
    if (source.exists) this.files.push({ source, table });
    return source.exists;
  }

  /** Fills every table; one whose file fails is clear. */
  update(): void {
    this.failure = undefined;
    for (const { source, table } of this.files) {
      try {
        source.update();
      } catch (error) {
        table.clear();
        this.failure ??= error;
      }
    }
  }

  /** Throws what the last update met first: ForbiddenError, ParseError. */
  check(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  /** Clears every table; none is filled any more. */
  close(): void {
    for (const { table } of this.files) table.clear();
    this.files = [];
    this.failure = undefined;
  }
}
