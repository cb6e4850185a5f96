import { loadLibc, pinned } from "./libc.ts";

/*
 * The kernel's log, as dmesg(1) shows it: by syslog(2), since one call gets all of it, where /dev/kmsg takes one for each line.
 */

/** `SYSLOG_ACTION_READ_ALL`, syslog(2): the last lines, which stay there. */
const READ_ALL = 3;

/** Of the log's end: an OOM kill with a list of a thousand processes has 100 KiB. */
const LAST_BYTES = 512 * 1024;

/**
 * Returns the end of the kernel's log, a line each with level and time in seconds: `<6>[53330.965122] text`. Undefined: it is
 * refused, as to a user where kernel.dmesg_restrict is 1, and in most containers.
 */
export function kernelLog(): string | undefined {
  const { klogctl } = loadLibc({ klogctl: { args: ["int", "ptr", "int"], returns: "int" } });
  const { bytes, address } = pinned(LAST_BYTES);
  const length = klogctl(READ_ALL, address, LAST_BYTES);
  return length < 0 ? undefined : new TextDecoder().decode(bytes.subarray(0, length));
}

/** The number of the first pid namespace in every kernel, `PROC_PID_INIT_INO`. */
const FIRST_NAMESPACE = "pid:[4026531836]";

/** Whether the kernel's own numbers of processes are ours: its log has these. `link`: of /proc/self/ns/pid. */
export function hasKernelPids(link: string | undefined): boolean {
  return link === FIRST_NAMESPACE;
}
