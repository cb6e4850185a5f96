import { pageBytes } from "../os/process.ts";
import { KeyValueFile } from "./key-value-file.ts";
import { encode, Scanner } from "./scanner.ts";
import { KIBIBYTE } from "./units.ts";

const SIGCHLD_BIT = 16;
const SIGIGN = encode("\nSigIgn:\t");
const HEX_DIGITS = 16;

/** The parts of a process's memory in a file of key-value lines, in bytes; NaN: the text has no such line. */
class MemoryParts {
  protected readonly file: KeyValueFile;
  private readonly anonymous: number;
  private readonly mapped: number;
  private readonly shared: number;

  /** `where`: the file as a ParseError names it; then the keys of the parts. */
  constructor(where: string, anonymous: string, mapped: string, shared: string) {
    this.file = new KeyValueFile(where, ":");
    this.anonymous = this.file.place(anonymous, KIBIBYTE);
    this.mapped = this.file.place(mapped, KIBIBYTE);
    this.shared = this.file.place(shared, KIBIBYTE);
  }

  /** Anonymous memory. */
  get anonymousBytes(): number {
    return this.file.values[this.anonymous]!;
  }
  /** Pages of files. */
  get fileBytes(): number {
    return this.file.values[this.mapped]!;
  }
  /** Shared memory, that of tmpfs files included. */
  get sharedBytes(): number {
    return this.file.values[this.shared]!;
  }

  /** Takes the values of a text. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    this.file.parse(bytes);
  }
}

/**
 * Resident memory and signals of one process, from `proc_pid_status(5)`. One that has ended has no memory. The parts exist
 * since Linux 4.5.
 */
export class PidStatus extends MemoryParts {
  /** Whether it has the kernel end its children unseen: their time is then in no sum. */
  ignoresChildren = false;
  /** Whether the text goes as far as the signals: memory that a part of it lacks is not none. */
  isWhole = false;
  private readonly highest: number;
  private readonly huge: number;

  constructor() {
    super("pid/status", "RssAnon", "RssFile", "RssShmem");
    this.highest = this.file.place("VmHWM", KIBIBYTE);
    this.huge = this.file.place("HugetlbPages", KIBIBYTE);
  }

  /** The most that was ever resident; NaN: it has no memory. */
  get highestBytes(): number {
    return this.file.values[this.highest]!;
  }
  /** Reserved huge pages, hugetlbpage, which no other figure counts. */
  get hugeBytes(): number {
    const bytes = this.file.values[this.huge]!;
    return Number.isNaN(bytes) ? 0 : bytes;
  }

  override parse(bytes: Uint8Array): void {
    super.parse(bytes);
    const signals = indexOf(bytes, SIGIGN);
    this.isWhole = signals >= 0;
    this.ignoresChildren = this.isWhole && isSigchldIn(bytes, signals + SIGIGN.length);
  }
}

/** Reads SIGCHLD in a mask of signals, which the kernel writes as 16 hexadecimal digits. */
function isSigchldIn(bytes: Uint8Array, mask: number): boolean {
  const digit = bytes[mask + HEX_DIGITS - 1 - SIGCHLD_BIT / 4]!;
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
 * `proc_pid_smaps(5)`. NaN: the process has no memory any more. The parts exist since Linux 5.4.
 */
export class SmapsRollup extends MemoryParts {
  private readonly all: number;

  constructor() {
    super("pid/smaps_rollup", "Pss_Anon", "Pss_File", "Pss_Shmem");
    this.all = this.file.place("Pss", KIBIBYTE);
  }

  get proportionalBytes(): number {
    return this.file.values[this.all]!;
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
