import type { ProcessFormat } from "../catalog/choices.ts";
import { plainQuantity } from "../recording/quantities.ts";
import { csvCell, safeLine } from "../safe-text.ts";
import { TABLE_ROWS } from "./process-formats.ts";
import type { WindowUsage, WindowUse } from "./window-usage.ts";

/** Writes what processes used in a time of their run, `top` of them, in one format. */
export const WINDOW_WRITERS: {
  readonly [Format in ProcessFormat]: (usage: WindowUsage, top: number | undefined) => string;
} = { table, json, csv };

const UNKNOWN = "–";

function table(usage: WindowUsage, top = TABLE_ROWS): string {
  const { fromSeconds, toSeconds, samples, cpuSeconds, residentBytes, programs, processes, rest } = usage;
  const seconds = toSeconds - fromSeconds;
  const cores = seconds > 0 ? `, ${(cpuSeconds / seconds).toFixed(2)} cores` : "";
  const share = (part: number) => (cpuSeconds > 0 ? `${Math.round((100 * part) / cpuSeconds)} %` : UNKNOWN);
  const cells = (one: WindowUse, second: string) => [
    ...[one.name, second, secondsText(one.cpuSeconds), share(one.cpuSeconds)],
    Number.isNaN(one.residentBytes) ? UNKNOWN : plainQuantity(one.residentBytes, "bytes"),
  ];
  const left = processes.length - top;
  const lines = [
    `From ${fromSeconds.toFixed(2)} to ${toSeconds.toFixed(2)} s, ${samples} ${samples === 1 ? "sample" : "samples"} of the tree:`,
    `${plainQuantity(cpuSeconds, "seconds")} of CPU time${cores}, at most ${plainQuantity(residentBytes, "bytes")} of RSS`,
    "",
    laidOut(["program", "processes", "CPU time", "share", "RSS"]),
    ...programs.slice(0, top).map((one) => laidOut(cells(one, String(one.processes)))),
    laidOut(cells(rest, String(rest.processes))),
    "",
    laidOut(["process", "pid", "CPU time", "share", "RSS"]),
    ...processes.slice(0, top).map((one) => laidOut(cells(one, String(one.line?.pid ?? UNKNOWN)))),
    ...(left > 0 ? [`and ${left} more ${left === 1 ? "process" : "processes"} (--top ${processes.length})`] : []),
  ];
  return `${lines.join("\n")}\n`;
}

function secondsText(seconds: number): string {
  return seconds > 0 ? plainQuantity(seconds, "seconds") : "0 s";
}

function laidOut([name = "", ...cells]: readonly string[]): string {
  const widths = [11, 12, 8, 14];
  return (safeLine(name).padEnd(18) + cells.map((cell, i) => cell.padStart(widths[i]!)).join("")).trimEnd();
}

/** Grows with every change that a reader of the version before would not understand. A new key is no such change. */
const JSON_VERSION = 1;

function json(usage: WindowUsage, top: number | undefined): string {
  const { fromSeconds, toSeconds, samples, cpuSeconds, residentBytes, programs, processes, rest } = usage;
  const figures = (one: WindowUse) => ({
    cpu_seconds: rounded(one.cpuSeconds),
    resident_bytes: orNull(one.residentBytes),
  });
  const value = {
    ...{ version: JSON_VERSION, from_seconds: fromSeconds, to_seconds: toSeconds, samples },
    ...{ cpu_seconds: rounded(cpuSeconds), resident_bytes: orNull(residentBytes) },
    rest: { processes: rest.processes, ...figures(rest) },
    programs: programs.slice(0, top).map((one) => ({ name: one.name, processes: one.processes, ...figures(one) })),
    top: processes.slice(0, top).map((one) => ({ ...figures(one), process: one.line ?? null })),
  };
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

const CSV_COLUMNS = ["from_seconds", "to_seconds", "pid", "parent", "name", "cpu_seconds", "resident_bytes"] as const;

/** RFC 4180, but for its line ends: a line for each process, and the last for the rest, which has no pid. */
function csv({ fromSeconds, toSeconds, processes, rest }: WindowUsage, top: number | undefined): string {
  const rows = [...processes.slice(0, top), rest].map(({ line, name, cpuSeconds, residentBytes }) =>
    [fromSeconds, toSeconds, line?.pid, line?.parent, name, rounded(cpuSeconds), orNull(residentBytes)]
      .map((cell) => csvCell(String(cell ?? "")))
      .join(","),
  );
  return `${[CSV_COLUMNS.join(","), ...rows].join("\n")}\n`;
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

/** To a microsecond, which is what samples have. */
function rounded(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}
