import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { KERNEL, MACHINE, series } from "../../src/catalog/index.ts";
import { writeCsv } from "../../src/export/csv-file.ts";
import { longTable } from "../../src/export/long-table.ts";
import { writeParquet } from "../../src/export/parquet-file.ts";
import type { NamedRun, SampleTable } from "../../src/export/sample-table.ts";
import { wideTable } from "../../src/export/wide-table.ts";
import { recordingOf, START_MS } from "../helpers/recording.ts";
import { tempFolder } from "../helpers/statexec.ts";
import { madeRun, rowsOf } from "./made-runs.ts";

/* What is exported, as DuckDB reads it: it shares no code with what wrote it. */

const FORMATS = { csv: writeCsv, parquet: writeParquet };
const SHAPES = { long: longTable, wide: wideTable };

const folder = tempFolder();
let duck: DuckDBConnection;

beforeAll(async () => {
  duck = await (await DuckDBInstance.create(":memory:")).connect();
  await duck.run("SET TimeZone = 'UTC'");
});
afterAll(() => {
  duck.closeSync();
  folder[Symbol.dispose]();
});

async function asked(sql: string): Promise<Record<string, unknown>[]> {
  return (await duck.runAndReadAll(sql)).getRowObjectsJS();
}

async function written(table: SampleTable, format: keyof typeof FORMATS): Promise<string> {
  const pieces: Uint8Array[] = [];
  await FORMATS[format](table, (bytes) => pieces.push(bytes.slice()));
  const path = folder.file(`${Bun.randomUUIDv7()}.${format}`);
  writeFileSync(path, Buffer.concat(pieces));
  return path;
}

/** The cells as DuckDB has them: times are dates, and what is absent is null. */
function expected(table: SampleTable): Record<string, unknown>[] {
  const absent = (value: unknown) => (typeof value === "number" && Number.isNaN(value) ? null : value);
  return rowsOf(table).map((row) => {
    const cells = Object.entries(row).map(([name, value]) => [name, absent(value)]);
    return { ...Object.fromEntries(cells), time: new Date(Number(row.time)) };
  });
}

/** Whole numbers of CSV are integers to DuckDB, those of labels, too: CSV has no types. */
function plain(rows: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  const typed = (name: string, value: unknown) => {
    if (typeof value !== "bigint") return value;
    return name.startsWith("label_") ? String(value) : Number(value);
  };
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typed(name, value)])));
}

const RUNS: readonly NamedRun[] = [
  { name: "a.prom", recording: madeRun() },
  { name: "b.prom", recording: recordingOf({ facts: [["host", "box 2"]], startMs: START_MS + 5 }) },
];

describe.each(["csv", "parquet"] as const)("%s", (format) => {
  test.each(["long", "wide"] as const)(
    "of the %s shape has every cell, and nothing where a value is absent",
    async (shape) => {
      const table = SHAPES[shape](RUNS);
      const path = await written(table, format);
      const read = await asked(`select * from '${path}'`);
      expect(read.length).toBeGreaterThan(2);
      expect(plain(read)).toEqual(expected(table));
    },
  );

  test("has times with their zone, and numbers", async () => {
    const path = await written(longTable(RUNS), format);
    const types = await asked(`select column_name, column_type from (describe select time, value from '${path}')`);
    expect(types.map((row) => row.column_type)).toEqual(["TIMESTAMP WITH TIME ZONE", "DOUBLE"]);
  });
});

test("Parquet of several batches is one table, whose row groups say what is in them", async () => {
  const rows = Array.from(
    { length: 150_000 },
    (_, i) => [START_MS + i * 10, i, i % 7 === 0 ? undefined : i / 8] as const,
  );
  const columns = [series(MACHINE.memoryFree), series(KERNEL.load1)];
  const table = longTable([{ name: "x", recording: recordingOf({ parts: [{ columns, rows }] }) }]);
  const path = await written(table, "parquet");
  const sums = await asked(
    `select metric, count(*)::int n, sum(value) s, max(time) t from '${path}' group by all order by all`,
  );
  const load = rows.flatMap(([, , value]) => value ?? []);
  expect(sums).toEqual([
    {
      metric: "statexec_load1",
      n: load.length,
      s: load.reduce((sum, one) => sum + one, 0),
      t: new Date(START_MS + 1_499_990),
    },
    { metric: "statexec_memory_free_bytes", n: 150_000, s: (150_000 * 149_999) / 2, t: new Date(START_MS + 1_499_990) },
  ]);
  const groups = await asked(`select count(distinct row_group_id)::int n from parquet_metadata('${path}')`);
  expect(groups[0]!.n).toBeGreaterThan(3);
});
