import { Scanner } from "./scanner.ts";

/** As /proc/stat has them: see there. */
const USER_HZ = 100;

const OPEN = 0x28;
const CLOSE = 0x29;
const ZOMBIE = 0x5a;
const DEAD = 0x58;

/** Where fields stand behind the name, from 1 for the state; the last is what this needs, newer kernels have more. */
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
/** Between it and the address at which the stack begins: a limit, and where the program's code is. */
const BEFORE_STACK = 3;

const EXPECTED = "`pid (name) state` and at least 26 fields behind the name";

/** One process, from `proc_pid_stat(5)`. Times are whole hundredths of a second, a process each rounded down. */
export class PidStat {
  /** The name is `bytes[nameStart, nameEnd)` of the text that was parsed. */
  nameStart = 0;
  nameEnd = 0;
  /** It has ended, and nobody has waited for it yet. */
  ended = false;
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
  /** Of its children that ended and were waited for, and theirs. */
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
  /** Ticks from boot to its start: with the pid, what a process is known by. */
  get startTicks(): number {
    return this.fields[STARTTIME]!;
  }
  get residentBytes(): number {
    return this.fields[RSS]! * this.pageBytes;
  }

  /**
   * Where its stack begins, which the kernel draws anew for each program that is executed and fork(2) copies; 0: it has
   * no memory, or is not ours to look into. To be asked once a text. Throws ParseError.
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

  /** Takes a text in place of the last. Throws ParseError. */
  parse(bytes: Uint8Array): void {
    const { scan, fields } = this;
    scan.begin(bytes);
    // A name may hold spaces, line breaks and parentheses; no field behind it does.
    const open = bytes.indexOf(OPEN);
    const close = bytes.lastIndexOf(CLOSE);
    if (open < 0 || close < open) scan.fail(EXPECTED);
    this.nameStart = open + 1;
    this.nameEnd = close;
    scan.at = close + 2;
    const state = bytes[scan.at];
    this.ended = state === ZOMBIE || state === DEAD;
    scan.skipWord();
    for (let field = PPID; field <= RSS; field++) {
      scan.skipSpaces();
      if (isRead(field)) fields[field] = scan.number(EXPECTED);
      else scan.skipNumber(EXPECTED);
    }
  }
}

/** The others may be below zero. */
function isRead(field: number): boolean {
  return field === PPID || (field >= MINFLT && field <= CSTIME) || field === NUM_THREADS || field >= STARTTIME;
}
