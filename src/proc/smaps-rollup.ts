import { KeyNumbers } from "./key-numbers.ts";

/** kB are 1024 bytes, as in meminfo. */
const KILOBYTE = 1024;

/** A process' share of memory, what n processes map counted as an nth: smaps_rollup of `proc_pid_smaps(5)`. */
export class SmapsRollup {
  private readonly numbers = new KeyNumbers("pid/smaps_rollup", ["Pss:", "Pss_Anon:", "Pss_File:", "Pss_Shmem:"]);

  get proportionalBytes(): number {
    return this.numbers.values[0]! * KILOBYTE;
  }
  /** NaN before Linux 5.4. */
  get anonymousBytes(): number {
    return this.numbers.values[1]! * KILOBYTE;
  }
  get fileBytes(): number {
    return this.numbers.values[2]! * KILOBYTE;
  }
  get sharedBytes(): number {
    return this.numbers.values[3]! * KILOBYTE;
  }

  /** Takes a text in place of the last. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    this.numbers.parse(bytes);
  }
}
