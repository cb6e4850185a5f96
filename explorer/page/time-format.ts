/** Formats a duration: `350 ms`, `12.3 s`, `2 min 05 s`, `1 h 02 min`. */
export function duration(seconds: number): string {
  if (Number.isNaN(seconds)) return "–";
  const size = Math.abs(seconds);
  if (size < 0.9995) return `${Number((seconds * 1000).toPrecision(3))}\u202fms`;
  if (size < 59.95) return `${size < 9.995 ? seconds.toFixed(2) : seconds.toFixed(1)}\u202fs`;
  const whole = Math.round(size);
  const sign = seconds < 0 ? "−" : "";
  if (whole < 3600) return `${sign}${Math.floor(whole / 60)}\u202fmin ${two(whole % 60)}\u202fs`;
  const hours = Math.floor(whole / 3600);
  if (hours < 48) return `${sign}${hours}\u202fh ${two(Math.floor((whole % 3600) / 60))}\u202fmin`;
  return `${sign}${Math.floor(hours / 24)}\u202fd ${two(hours % 24)}\u202fh`;
}

/** Formats a time from the start: `12.5 s`, `2:05`, `1:02:05`, with the decimals that steps of `stepSeconds` need. */
export function elapsed(seconds: number, stepSeconds: number): string {
  const decimals = stepSeconds >= 1 ? 0 : stepSeconds >= 0.1 ? 1 : stepSeconds >= 0.01 ? 2 : 3;
  const size = Math.abs(seconds);
  const sign = seconds < 0 && Number(size.toFixed(decimals)) > 0 ? "−" : "";
  if (Number(size.toFixed(decimals)) < 60) return `${sign}${size.toFixed(decimals)}\u202fs`;
  const scale = 10 ** decimals;
  const units = Math.round(size * scale);
  const [hours, minutes] = [Math.floor(units / (3600 * scale)), Math.floor(units / (60 * scale)) % 60];
  const rest = ((units % (60 * scale)) / scale).toFixed(decimals).padStart(decimals > 0 ? decimals + 3 : 2, "0");
  return hours > 0 ? `${sign}${hours}:${two(minutes)}:${rest}` : `${sign}${minutes}:${rest}`;
}

/** Formats a clock time in the reader's time zone: `14:02:05`, with the decimals that the step needs. */
export function clockTime(atMs: number, stepSeconds: number): string {
  const at = new Date(atMs);
  const text = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  if (stepSeconds >= 86_400) return day(atMs);
  if (stepSeconds >= 60) return text.slice(0, 5);
  if (stepSeconds >= 1) return text;
  return `${text}.${String(at.getMilliseconds())
    .padStart(3, "0")
    .slice(0, stepSeconds >= 0.1 ? 1 : 3)}`;
}

/** `2026-11-23`. */
function day(atMs: number): string {
  const at = new Date(atMs);
  return `${String(at.getFullYear()).padStart(4, "0")}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** `2026-11-23 14:02:05`. */
export function dayAndTime(atMs: number): string {
  return `${day(atMs)} ${clockTime(atMs, 1)}`;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}

/** The possible distances between the labels of a time axis, in seconds. */
export const TIME_STEPS: readonly number[] = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200,
  10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600, 2_592_000, 7_776_000, 31_536_000,
];
