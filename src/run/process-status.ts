import { signalsOf } from "./signal-names.ts";

/** The signals of a mask in the text of proc_pid_status(5): those of its line `SigIgn` or `ShdPnd`; none without it. */
export function signalsIn(status: string, line: "SigIgn" | "ShdPnd"): number[] {
  return signalsOf(fieldOf(status, line) ?? "0");
}

/** What stands behind a name and a colon at the start of a line, without the space around it; undefined: no such line. */
export function fieldOf(text: string, name: string): string | undefined {
  const start = text.startsWith(`${name}:`) ? 0 : text.indexOf(`\n${name}:`) + 1;
  if (start === 0 && !text.startsWith(`${name}:`)) return undefined;
  const end = text.indexOf("\n", start);
  return text.slice(start + name.length + 1, end < 0 ? text.length : end).trim();
}
