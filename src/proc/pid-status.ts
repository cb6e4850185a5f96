import { KeyNumbers } from "./key-numbers.ts";

/** kB are 1024 bytes, as in meminfo. */
const KILOBYTE = 1024;

const SIGCHLD_BIT = 16;
const SIGIGN = new TextEncoder().encode("\nSigIgn:\t");
const HEX_DIGITS = 16;

/** Memory and signals of one process, from `proc_pid_status(5)`. One that has ended has no memory. */
export class PidStatus {
  /** Whether it has the kernel end its children unseen: their time is then in nobody's sum. */
  ignoresChildren = false;
  private readonly numbers = new KeyNumbers("pid/status", ["VmHWM:", "RssAnon:", "RssFile:", "RssShmem:"]);

  /** The most that was ever resident; NaN: it has no memory. */
  get highestBytes(): number {
    return this.numbers.values[0]! * KILOBYTE;
  }
  /** NaN before Linux 4.5. */
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
    this.ignoresChildren = isIgnored(bytes);
  }
}

/** SIGCHLD in the mask of the SigIgn line, which the kernel writes as 16 hexadecimal digits. */
function isIgnored(bytes: Uint8Array): boolean {
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
