/*
 * The units in which the kernel counts, and what one of each is in ours: seconds and bytes. Parsers convert with these
 * where they read a number, so that everything after them is in seconds and bytes.
 *
 * Where a figure has a decimal form, the number is divided (`ticks / USER_HZ`) and not multiplied by 0.01: a division gives
 * the double nearest to the decimal.
 */

/**
 * Clock ticks a second in the files of /proc. It is 100 on every architecture that Bun runs on, whatever CONFIG_HZ is: the
 * kernel converts, so that a program sees one unit everywhere.
 */
export const USER_HZ = 100;

/** "kB" in meminfo, status and smaps are 1024 bytes: the kernel shifts a number of pages left by PAGE_SHIFT - 10. */
export const KIBIBYTE = 1024;

/** A sector in diskstats is 512 bytes, whatever the device's own are: the kernel's unit, see its iostats document. */
export const SECTOR_BYTES = 512;

export const MILLISECONDS = 1e3;
export const MICROSECONDS = 1e6;
export const NANOSECONDS = 1e9;
