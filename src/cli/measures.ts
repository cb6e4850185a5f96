/*
 * Units that people write after a number, as multiples of the unit that the program counts in. The first spelling is the one
 * that messages name.
 */

const DURATIONS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, sec: 1, min: 60, m: 60, h: 3600 };

/** A letter alone is a power of 1024, as for docker, systemd, Slurm and the kernel's own limits. */
const SIZES: Readonly<Record<string, number>> = {
  ...{ b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 },
  ...{ kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 },
  ...{ ki: 2 ** 10, mi: 2 ** 20, gi: 2 ** 30, ti: 2 ** 40 },
  ...{ k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 },
};

/** Returns the factor of a unit of bytes, in capitals or not; undefined: there is no such unit. */
export function sizeUnit(unit: string): number | undefined {
  const spelling = unit.toLowerCase();
  return Object.hasOwn(SIZES, spelling) ? SIZES[spelling] : undefined;
}

/** Returns the factor of a unit of time; undefined: there is no such unit. */
export function durationUnit(unit: string): number | undefined {
  return Object.hasOwn(DURATIONS, unit) ? DURATIONS[unit] : undefined;
}

/**
 * Returns a number of seconds that may have a unit: `2.5`, `100ms`, `10min`; undefined: the text is none. A sign or an exponent
 * is not accepted, and too many digits are Infinity.
 */
export function durationSeconds(text: string): number | undefined {
  const [, digits, unit = ""] = /^([0-9]+(?:\.[0-9]+)?)([a-z]*)$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const factor = unit === "" ? 1 : durationUnit(unit);
  // Divided, since 0.001 is not exact in binary: 100ms is 0.1.
  return factor === undefined
    ? undefined
    : factor < 1
      ? Number(digits) / Math.round(1 / factor)
      : Number(digits) * factor;
}
