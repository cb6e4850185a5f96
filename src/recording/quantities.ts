/** The unit of a number, which decides how the number is written for a person. */
export type Unit =
  | "cores"
  | "bytes"
  | "bytes/s"
  /** Bytes a second, written as bits, as for network links. */
  | "bits/s"
  | "count"
  | "per second"
  /** A share of the time or of a total, 0 to 1. */
  | "share"
  | "seconds"
  | "hertz";

/** A multiple of a unit. Values are divided by `by`. */
interface Multiple {
  readonly by: number;
  readonly name: string;
}

const BINARY = ["", "Ki", "Mi", "Gi", "Ti", "Pi"];
const DECIMAL = ["", "k", "M", "G", "T", "P"];

const MULTIPLES: Readonly<Record<Unit, readonly Multiple[]>> = {
  cores: [{ by: 1, name: "" }],
  bytes: multiples(BINARY, 1024, "B"),
  "bytes/s": multiples(BINARY, 1024, "B/s"),
  "bits/s": multiples(DECIMAL, 1000, "bit/s", 1 / 8),
  count: multiples(DECIMAL, 1000, "").slice(0, 4),
  "per second": multiples(DECIMAL, 1000, "/s").slice(0, 4),
  share: [{ by: 0.01, name: "%" }],
  seconds: [
    { by: 1e-6, name: "µs" },
    { by: 1e-3, name: "ms" },
    { by: 1, name: "s" },
  ],
  hertz: multiples(DECIMAL, 1000, "Hz"),
};

function multiples(prefixes: readonly string[], base: number, name: string, first = 1): Multiple[] {
  return prefixes.map((prefix, power) => ({ by: first * base ** power, name: prefix + name }));
}

/** The multiple in which a value has few digits before its point. */
function multipleOf(value: number, unit: Unit): Multiple {
  const all = MULTIPLES[unit];
  return all.findLast(({ by }) => Math.abs(value) >= by * 0.9995) ?? all[0]!;
}

/** A value for a person: `1.25 GiB`, `94.1 Mbit/s`, `1.99`; NaN is a dash. */
export function quantity(value: number, unit: Unit): string {
  if (Number.isNaN(value)) return "–";
  const { by, name } = multipleOf(value, unit);
  return joined(threeDigits(value / by, unit), name);
}

/** The same with plain spaces, which terminals and readers of JSON handle better. */
export function plainQuantity(value: number, unit: Unit): string {
  return quantity(value, unit).replaceAll("\u202f", " ");
}

/** Returns a duration for people: `350 ms`, `12.3 s`, `2 min 05 s`, `1 h 02 min`. */
export function durationText(value: number): string {
  if (value < 0.9995) return `${Number((value * 1000).toPrecision(3))} ms`;
  if (value < 59.95) return `${value.toFixed(value < 9.995 ? 2 : 1)} s`;
  const whole = Math.round(value);
  const two = (number: number) => String(number).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

function threeDigits(value: number, unit: Unit): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  // Counts stay whole.
  if ((unit === "count" || unit === "bytes" || unit === "cores") && Number.isInteger(value) && size < 1000)
    return String(value);
  if (size < 0.0095) return value.toPrecision(1);
  return value.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

function joined(number: string, name: string): string {
  return name === "" || name === "k" || name === "M" || name === "G" ? number + name : `${number}\u202f${name}`;
}

/** The labels of an axis: one multiple for all, and as many decimals as make them differ. */
export function axisLabels(values: readonly number[], unit: Unit): string[] {
  const highest = Math.max(...values.map(Math.abs), 0);
  const { by, name } = multipleOf(highest, unit);
  const apart = values.length > 1 ? Math.abs(values[1]! - values[0]!) / by : 1;
  const decimals = apart >= 1 && Number.isInteger(Number(apart.toFixed(6))) ? 0 : Math.min(4, decimalsOf(apart));
  return values.map((value) => (value === 0 ? "0" : joined((value / by).toFixed(decimals), name)));
}

function decimalsOf(apart: number): number {
  for (let decimals = 0; decimals < 4; decimals++)
    if (Math.abs(apart - Number(apart.toFixed(decimals))) < 1e-9) return decimals;
  return 4;
}

/** Possible distances between the ticks of an axis: powers of two for bytes, else 1, 2 and 5 times powers of ten. */
export function axisSteps(unit: Unit): number[] {
  if (unit === "bytes" || unit === "bytes/s") return Array.from({ length: 52 }, (_, power) => 2 ** power);
  const first = unit === "bits/s" ? 1 / 8 : 1;
  const powers = Array.from({ length: 22 }, (_, i) => 10 ** (i - 9));
  return powers.flatMap((power) => [1, 2, 5].map((n) => n * power * first));
}
