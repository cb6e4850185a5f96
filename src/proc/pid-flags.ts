const CLOSE = 0x29;
const decoder = new TextDecoder();

/** PF_EXITING of the kernel's sched.h. */
const EXITING = 4;
/** The place of the flags after the name, from 0 for the state. */
const FLAGS = 6;

/** Whether the text of `proc_pid_stat(5)` is of a process that is ending or has ended, but is still there. */
export function isExiting(stat: Uint8Array): boolean {
  const [...fields] = decoder.decode(stat.subarray(stat.lastIndexOf(CLOSE) + 2)).split(" ");
  return (Number(fields[FLAGS] ?? 0) & EXITING) !== 0;
}
