import { Scanner } from "./scanner.ts";
import { USER_HZ } from "./units.ts";

const OPEN = 0x28;
const CLOSE = 0x29;
const ZOMBIE = 0x5a;
const DEAD = 0x58;

/** Numbers of the fields after the name, from 1 for the state. What comes after the last of these is not read. */
const PPID = 2;
const MINFLT = 8;
const CMINFLT = 9;
const MAJFLT = 10;
const CMAJFLT = 11;
const UTIME = 12;
const STIME = 13;
const CUTIME = 14;
const CSTIME = 15;
const NUM_THREADS = 18;
const STARTTIME = 20;
const RSS = 22;
/** How many fields are between RSS and startstack: rsslim, startcode and endcode. */
const BEFORE_STACK = 3;
/** And how many are between RSS and exit_code. */
const BEFORE_EXIT_CODE = 27;

const EXPECTED = "`pid (name) state` and at least 26 fields after the name";

/** One process, from `proc_pid_stat(5)`. Times are in seconds, each rounded down to a hundredth by the kernel. */
export class PidStat {
  /** Its name, comm, is `bytes[nameStart, nameEnd)` of the text that was parsed. */
  nameStart = 0;
  nameEnd = 0;
  /** Whether it is a zombie; also true while its first thread has ended and others go on. */
  ended = false;
  /** The thread that the text is of, in place of the process' first one, which has ended; 0: it is of the first. */
  thread = 0;
  private readonly fields = new Float64Array(RSS + 1);
  private readonly scan = new Scanner("pid/stat");

  /** `pageBytes`: the size of a page of memory. */
  constructor(private readonly pageBytes: number) {}

  get parent(): number {
    return this.fields[PPID]!;
  }
  get minorFaults(): number {
    return this.fields[MINFLT]!;
  }
  get majorFaults(): number {
    return this.fields[MAJFLT]!;
  }
  get userSeconds(): number {
    return this.fields[UTIME]! / USER_HZ;
  }
  get systemSeconds(): number {
    return this.fields[STIME]! / USER_HZ;
  }
  /** Of its children that have ended and that it has waited for, and of theirs. */
  get childrenUserSeconds(): number {
    return this.fields[CUTIME]! / USER_HZ;
  }
  get childrenSystemSeconds(): number {
    return this.fields[CSTIME]! / USER_HZ;
  }
  get childrenMinorFaults(): number {
    return this.fields[CMINFLT]!;
  }
  get childrenMajorFaults(): number {
    return this.fields[CMAJFLT]!;
  }
  get threads(): number {
    return this.fields[NUM_THREADS]!;
  }
  /** Ticks from boot to its start: with the pid, what a process is identified by. */
  get startTicks(): number {
    return this.fields[STARTTIME]!;
  }
  get residentBytes(): number {
    return this.fields[RSS]! * this.pageBytes;
  }

  /**
   * Reads the address at which its stack begins: random for each program that is executed, and copied by fork(2). 0: it
   * has no memory, or we may not know. To be called at most once for each text. Throws ParseError.
   */
  stackStart(): number {
    const { scan } = this;
    for (let i = 0; i < BEFORE_STACK; i++) {
      scan.skipSpaces();
      scan.skipNumber(EXPECTED);
    }
    scan.skipSpaces();
    return scan.number(EXPECTED);
  }

  /**
   * Reads how it ended, as wait(2) has it, of one that has; NaN: the kernel is older than the field. 0 also where we may not know.
   * To be called in place of `stackStart`. Throws ParseError.
   */
  exitCode(): number {
    const { scan } = this;
    for (let i = 0; i < BEFORE_EXIT_CODE; i++) {
      scan.skipSpaces();
      if (scan.lineEnded) return Number.NaN;
      scan.skipNumber(EXPECTED);
    }
    scan.skipSpaces();
    return scan.lineEnded ? Number.NaN : scan.number(EXPECTED);
  }

  /** Takes the values of a text. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    const { scan, fields } = this;
    scan.begin(bytes);
    // A name may hold spaces, line breaks and parentheses; no field after it does.
    const open = bytes.indexOf(OPEN);
    const close = bytes.lastIndexOf(CLOSE);
    if (open < 0 || close < open) scan.fail(EXPECTED);
    this.nameStart = open + 1;
    this.nameEnd = close;
    scan.at = close + 2;
    const state = bytes[scan.at];
    this.ended = state === ZOMBIE || state === DEAD;
    this.thread = 0;
    scan.skipWord();
    for (let field = PPID; field <= RSS; field++) {
      scan.skipSpaces();
      if (isRead(field)) fields[field] = scan.number(EXPECTED);
      else scan.skipNumber(EXPECTED);
    }
  }

  /** Whether the first thread has ended and others go on: the text shows nothing of the process' memory. */
  get isLeaderGone(): boolean {
    return this.ended && this.threads > 1;
  }

  /** Takes the values of a living thread's text, which has those of the whole process but its start. Throws ParseError. */
  parseThread(thread: number, bytes: Uint8Array): void {
    const startTicks = this.startTicks;
    this.parse(bytes);
    this.fields[STARTTIME] = startTicks;
    this.thread = thread;
  }
}

/** The other fields may be negative. */
function isRead(field: number): boolean {
  return field === PPID || (field >= MINFLT && field <= CSTIME) || field === NUM_THREADS || field >= STARTTIME;
}

const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;

/**
 * Returns the CPU time of a process' waited-for children by the first `length` bytes of its stat, and nothing else of it:
 * for many processes of which only that is wanted. NaN: it is not there.
 */
export function waitedForSeconds(bytes: Uint8Array, length: number): number {
  let at = bytes.lastIndexOf(CLOSE, length - 1);
  if (at < 0) return Number.NaN;
  for (let spaces = 0; spaces < CUTIME; spaces++) {
    do at++;
    while (at < length && bytes[at] !== SPACE);
  }
  let ticks = 0;
  for (let field = CUTIME; field <= CSTIME; field++) {
    let number = 0;
    const start = ++at;
    for (; at < length && bytes[at]! >= ZERO && bytes[at]! <= NINE; at++) number = number * 10 + bytes[at]! - ZERO;
    if (at === start || bytes[at] !== SPACE || at >= length) return Number.NaN;
    ticks += number;
  }
  return ticks / USER_HZ;
}
