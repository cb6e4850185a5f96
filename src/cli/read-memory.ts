import { UsageError } from "../errors.ts";
import { quote } from "./options.ts";

/**
 * How much memory what is read of one file may take, or of all that the explorer keeps. It is a variable alone, since all that reads files obeys it: modes,
 * and a run with a baseline.
 */
export const READ_MEMORY = {
  env: "SE_READ_MEMORY",
  help: "The most memory that what is read of one file (of all in --explore) may take, as 512MiB (default: 1GiB, or half of what is free).",
} as const;

/** Of what a size is a number. */
const UNITS: Readonly<Record<string, number>> = { MiB: 2 ** 20, GiB: 2 ** 30 };

const DEFAULT_BYTES = 2 ** 30;

/** Returns the limit in bytes. Throws UsageError. */
export function readMemoryBytes(env: Readonly<Record<string, string | undefined>>): number {
  const text = env[READ_MEMORY.env];
  if (text === undefined || text === "") return defaultBytes();
  const [, digits, unit] = /^([1-9]\d{0,6})(MiB|GiB)$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined)
    throw new UsageError(`${READ_MEMORY.env}: got ${quote(text)}, expected a size (e.g. 512MiB, 4GiB)`);
  return Number(digits) * UNITS[unit]!;
}

/** Returns the default: a container may have less than the machine has free. */
function defaultBytes(): number {
  const limit = process.constrainedMemory();
  return Math.min(DEFAULT_BYTES, process.availableMemory() / 2, limit > 0 ? limit / 2 : DEFAULT_BYTES);
}
