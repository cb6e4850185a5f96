import { ForbiddenError, ParseError } from "../errors.ts";
import type { ProcFs } from "../proc/procfs.ts";

/** What a parser fills from a kernel file's text. */
export interface Table {
  parse(bytes: Uint8Array): void;
  /** As after a text without rows. */
  clear(): void;
}

/** One kernel file and the table that is made from it. */
export class Source {
  private met = false;
  /** What `look()` found, for the sample that it was made for. */
  private looked = false;
  private found = false;
  private failure: unknown;

  constructor(
    private readonly proc: ProcFs,
    private readonly path: string,
    private readonly table: Table,
  ) {}

  /** The file was there, readable or not, at one look at least. This kernel has no other: it is not asked for again. */
  get exists(): boolean {
    return this.met;
  }

  /**
   * Fills the table as far as it can be, for `describe()`. A file that is refused or malformed is no reason not to
   * start: `sample()` meets it again, and is where it is counted.
   */
  look(): void {
    this.looked = false;
    this.failure = undefined;
    try {
      if (this.update()) this.met = true;
    } catch (error) {
      this.met = true;
      if (!(error instanceof ForbiddenError || error instanceof ParseError)) throw error;
      this.failure = error;
    }
    this.looked = true;
  }

  /**
   * Fills the table; false, and every value absent, where the file is not there. What was just looked at is not read
   * again. Throws ForbiddenError, ParseError.
   */
  update(): boolean {
    if (this.looked) {
      this.looked = false;
      if (this.failure) throw this.failure;
      return this.found;
    }
    const bytes = this.proc.read(this.path);
    if (bytes === undefined) this.table.clear();
    else this.table.parse(bytes);
    this.found = bytes !== undefined;
    return this.found;
  }
}
