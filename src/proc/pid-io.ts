import { KeyNumbers } from "./key-numbers.ts";

/** What a process and its waited-for children read and wrote, from `proc_pid_io(5)`. */
export class PidIo {
  private readonly numbers = new KeyNumbers("pid/io", ["rchar:", "wchar:", "read_bytes:", "write_bytes:"]);

  /** Through read(2) and the like. */
  get readBytes(): number {
    return this.numbers.values[0]!;
  }
  get writeBytes(): number {
    return this.numbers.values[1]!;
  }
  /** Fetched from storage. */
  get diskReadBytes(): number {
    return this.numbers.values[2]!;
  }
  /** Caused to be written to storage, now or later. */
  get diskWriteBytes(): number {
    return this.numbers.values[3]!;
  }

  /** Takes a text in place of the last. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    this.numbers.parse(bytes);
  }
}
