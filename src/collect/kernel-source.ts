import { ForbiddenError, ParseError } from "../errors.ts";
import type { LastParsed } from "../proc/last-parsed.ts";
import type { KernelTable, ProcFs } from "../proc/procfs.ts";

/** A run of fewer samples does not load what makes the later ones cheap. */
const TEXTS_BEFORE_SHAPE = 4;

function openLastParsed(table: KernelTable): LastParsed {
  const { LastParsed } = require("../proc/last-parsed.ts") as typeof import("../proc/last-parsed.ts");
  return new LastParsed(table);
}

/** One kernel file and the table that is parsed from it. */
export class KernelSource {
  private _exists = false;
  /** What `probe()` found, for the sample that it was made for. */
  private isProbed = false;
  private found = false;
  private failure: unknown;
  /** How many texts were read. */
  private texts = 0;
  private last: LastParsed | undefined;

  constructor(
    private readonly proc: ProcFs,
    private readonly path: string,
    private readonly table: KernelTable,
  ) {}

  /** Whether a probe has found the file, readable or not. A file that this kernel does not have is not asked for again. */
  get exists(): boolean {
    return this._exists;
  }

  /**
   * Reads the file into the table, for `describe()`. A file that is refused or malformed does not stop a start: the next
   * `refresh()` throws what was found here, and is where it is counted.
   */
  probe(): void {
    this.isProbed = false;
    this.failure = undefined;
    try {
      if (this.refresh()) this._exists = true;
    } catch (error) {
      this._exists = true;
      if (!(error instanceof ForbiddenError || error instanceof ParseError)) throw error;
      this.failure = error;
    }
    this.isProbed = true;
  }

  /**
   * Reads the file into the table; false, and every value NaN, where it does not exist. Directly after a probe it does not
   * read again: both belong to one sample. Throws ForbiddenError, ParseError.
   */
  refresh(): boolean {
    if (this.isProbed) {
      this.isProbed = false;
      if (this.failure) throw this.failure;
      return this.found;
    }
    const bytes = this.read();
    this.found = bytes !== undefined;
    if (bytes === undefined) {
      this.last?.forget();
      this.table.clear();
    } else if (++this.texts < TEXTS_BEFORE_SHAPE) this.table.parse(bytes);
    else {
      this.last ??= openLastParsed(this.table);
      this.last.parse(bytes);
    }
    return this.found;
  }

  /** A text after one that could not be read may be the same as the one before it, of which the table has nothing any more. */
  private read(): Uint8Array | undefined {
    try {
      return this.proc.read(this.path);
    } catch (error) {
      this.last?.forget();
      throw error;
    }
  }
}

/** Kernel files that are read together and fail one by one: a file that is refused costs only its own values. */
export class KernelSources {
  private files: { readonly source: KernelSource; readonly table: KernelTable }[] = [];
  private failure: unknown;

  constructor(private readonly proc: ProcFs) {}

  /** Adds a file and its table, and reads it; false: there is no such file. */
  add(path: string, table: KernelTable): boolean {
    const source = new KernelSource(this.proc, path, table);
    source.probe();
    if (source.exists) this.files.push({ source, table });
    return source.exists;
  }

  /** Reads every file into its table; a table whose file fails is clear. */
  refresh(): void {
    this.failure = undefined;
    for (const { source, table } of this.files) {
      try {
        source.refresh();
      } catch (error) {
        table.clear();
        this.failure ??= error;
      }
    }
  }

  /** Throws the first failure of the last refresh: ForbiddenError, ParseError. */
  check(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  /** Clears every table and reads none of them any more. */
  close(): void {
    for (const { table } of this.files) table.clear();
    this.files = [];
    this.failure = undefined;
  }
}
