import { pageBytes } from "../os/process.ts";
import { KeyValueFile } from "./key-value-file.ts";
import { encode, Scanner } from "./scanner.ts";
import { KIBIBYTE } from "./units.ts";

const SIGCHLD_BIT = 16;
const SIGIGN = encode("\nSigIgn:\t");
const HEX_DIGITS = 16;

/** Memory and signals of one process, from `proc_pid_status(5)`. One that has ended has no memory. */
export class PidStatus {
  /** Whether it has the kernel end its children unseen: their time is then in no sum. */
  ignoresChildren = false;
  private readonly file = new KeyValueFile("pid/status", ":");
  private readonly highest = this.file.place("VmHWM", KIBIBYTE);
  private readonly anonymous = this.file.place("RssAnon", KIBIBYTE);
  private readonly mapped = this.file.place("RssFile", KIBIBYTE);
  private readonly shared = this.file.place("RssShmem", KIBIBYTE);
  private readonly huge = this.file.place("HugetlbPages", KIBIBYTE);

  /** The most that was ever resident; NaN: it has no memory. */
  get highestBytes(): number {
    return this.file.values[this.highest]!;
  }
  /** Resident anonymous memory; NaN before Linux 4.5. */
  get anonymousBytes(): number {
    return this.file.values[this.anonymous]!;
  }
  /** Resident pages of files. */
  get fileBytes(): number {
    return this.file.values[this.mapped]!;
  }
  /** Resident shared memory, that of tmpfs files included. */
  get sharedBytes(): number {
    return this.file.values[this.shared]!;
  }
  /** Reserved huge pages, hugetlbpage, which no other figure counts. */
  get hugeBytes(): number {
    const bytes = this.file.values[this.huge]!;
    return Number.isNaN(bytes) ? 0 : bytes;
  }

  /** Takes the values of a text. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    this.file.parse(bytes);
    this.ignoresChildren = isSigchldIgnored(bytes);
  }
}

/** Reads SIGCHLD in the mask of the SigIgn line, which the kernel writes as 16 hexadecimal digits. */
function isSigchldIgnored(bytes: Uint8Array): boolean {
  const line = indexOf(bytes, SIGIGN);
  if (line < 0) return false;
  const digit = bytes[line + SIGIGN.length + HEX_DIGITS - 1 - SIGCHLD_BIT / 4]!;
  const value = digit >= 0x61 ? digit - 0x61 + 10 : digit - 0x30;
  return (value & (1 << (SIGCHLD_BIT % 4))) !== 0;
}

function indexOf(bytes: Uint8Array, word: Uint8Array): number {
  for (let at = bytes.indexOf(word[0]!); at >= 0; at = bytes.indexOf(word[0]!, at + 1)) {
    let i = 1;
    while (i < word.length && bytes[at + i] === word[i]) i++;
    if (i === word.length) return at;
  }
  return -1;
}

/**
 * Proportional memory (PSS) of one process, in which a page that n processes map counts as an nth: smaps_rollup of
 * `proc_pid_smaps(5)`. NaN: the process has no memory any more.
 */
export class SmapsRollup {
  private readonly file = new KeyValueFile("pid/smaps_rollup", ":");
  private readonly all = this.file.place("Pss", KIBIBYTE);
  private readonly anonymous = this.file.place("Pss_Anon", KIBIBYTE);
  private readonly mapped = this.file.place("Pss_File", KIBIBYTE);
  private readonly shared = this.file.place("Pss_Shmem", KIBIBYTE);

  get proportionalBytes(): number {
    return this.file.values[this.all]!;
  }
  /** Its parts; NaN before Linux 5.4. */
  get anonymousBytes(): number {
    return this.file.values[this.anonymous]!;
  }
  get fileBytes(): number {
    return this.file.values[this.mapped]!;
  }
  get sharedBytes(): number {
    return this.file.values[this.shared]!;
  }

  /** Takes the values of a text. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    this.file.parse(bytes);
  }
}

const STATM_EXPECTED = "at least three numbers of pages";

/** Memory of one process, from `proc_pid_statm(5)`. */
export class Statm {
  /** Resident memory that is neither of a file nor shared. NaN: no text was taken. */
  anonymousBytes = Number.NaN;
  private readonly scan = new Scanner("statm");

  /** Takes the value of a text. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    const { scan } = this;
    this.clear();
    scan.begin(bytes);
    scan.skipNumber(STATM_EXPECTED);
    scan.skipSpaces();
    const resident = scan.number(STATM_EXPECTED);
    scan.skipSpaces();
    this.anonymousBytes = (resident - scan.number(STATM_EXPECTED)) * pageBytes();
  }

  /** Removes the value, as for a file that does not exist. */
  clear(): void {
    this.anonymousBytes = Number.NaN;
  }
}
