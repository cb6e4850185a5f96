import type { ProcessExit } from "../collect/perf/process-log.ts";
import { ParseError } from "../errors.ts";
import { isLinkRefused, readWhole, SystemError } from "../os/files.ts";
import { pageBytes } from "../os/process.ts";
import { PidStat } from "../proc/pid-stat.ts";

/** Of a status by wait(2): the signal that ended the process, 0 for none, and where the exit status begins. */
const SIGNAL_BITS = 0x7f;
const STATUS_SHIFT = 8;
const STATUS_BITS = 0xff;

let isShownHere: boolean | undefined;

/**
 * Returns how a process ended that its parent has not waited for yet, by exit_code of proc_pid_stat(5); undefined: it is no such
 * process, or the kernel does not tell us. `threads`: how many it had, as far as is known.
 */
export function zombieExit(pid: number, threads: number): ProcessExit | undefined {
  try {
    // By the same rule, PTRACE_MODE_READ_FSCREDS, the kernel shows 0 in this field to others. Asked before: while it is there.
    if (isLinkRefused(`/proc/${pid}/exe`)) return undefined;
    const stat = new PidStat(pageBytes());
    stat.parse(readWhole(`/proc/${pid}/stat`));
    if (!stat.ended || stat.isLeaderGone) return undefined;
    const code = stat.exitCode();
    if (Number.isNaN(code)) return undefined;
    // Where its first thread ended before another one, older kernels show how that thread ended, which is with 0.
    if (code === 0 && !(threads === 1 && isShown())) return undefined;
    const signal = code & SIGNAL_BITS;
    return signal > 0 ? { signal } : { status: (code >> STATUS_SHIFT) & STATUS_BITS };
  } catch (error) {
    if (error instanceof SystemError || error instanceof ParseError) return undefined;
    throw error;
  }
}

/** Whether this kernel shows such fields at all: some that only look like Linux have 0 there, also in our own. */
function isShown(): boolean {
  if (isShownHere === undefined) {
    const own = new PidStat(pageBytes());
    own.parse(readWhole("/proc/self/stat"));
    isShownHere = own.stackStart() > 0;
  }
  return isShownHere;
}
