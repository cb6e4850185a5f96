import { ACCOUNTING, COMMAND, MACHINE, RUN, series } from "../../src/catalog/index.ts";
import type { SampleTable } from "../../src/export/sample-table.ts";
import type { Recording } from "../../src/recording/recording.ts";
import { recordingOf, START_MS } from "../helpers/recording.ts";

/** A run with what a table has to carry: absent values, a bound, infinities, and labels and texts that need quotes. */
export function madeRun(): Recording {
  return recordingOf({
    identity: { instance: 'make "all"', labels: new Map([["time", "night, late"]]) },
    facts: [["host", "box\n1"]],
    events: [{ atMs: START_MS + 1500, event: "phase", text: "link" }],
    parts: [
      {
        columns: [
          series(COMMAND.cpuSeconds, { mode: "user" }),
          series(COMMAND.memoryResident),
          series(MACHINE.cpuSeconds, { cpu: "0", mode: "idle, or so" }),
          series(ACCOUNTING.info, { resource: "cpu", source: "wait4_lower_bound" }),
          series(RUN.commandStatus),
        ],
        rows: [
          [START_MS, 0, undefined, 7, undefined, 1],
          [START_MS + 1000, 0.25, 4096, undefined, undefined, 1],
          [START_MS + 2001, 0.5, Number.POSITIVE_INFINITY, 9.125, 1, 2],
        ],
      },
    ],
  });
}

/** All rows of a table, by the names of its columns. */
export function rowsOf({ columns, batches }: SampleTable): Record<string, number | string | null>[] {
  const rows: Record<string, number | string | null>[] = [];
  for (const { rows: count, cells } of batches())
    for (let row = 0; row < count; row++)
      rows.push(Object.fromEntries(columns.map(({ name }, i) => [name, cells[i]![row]!])));
  return rows;
}
