import { beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { runProgram, statexec } from "../helpers/statexec.ts";
import { commandOf, isMissing } from "../helpers/validators.ts";
import { DOCUMENTS } from "./documents.ts";

/* The examples of docs/export.md for other programs, run on a recording as that page says. */

/** It is large, so that only the long tests install it. */
const WITHOUT_PANDAS = !process.env.STATEXEC_TEST_LONG || isMissing("pandas");

function blocks(kind: string): string[] {
  const all = DOCUMENTS.get("docs/export.md")!.matchAll(new RegExp(`^\`\`\`${kind}\n(.*?)^\`\`\``, "gms"));
  return Array.from(all, ([, block]) => block!);
}

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync("/tmp/statexec-test-");
  const record = ["-q", "--interval", "0.05", "--processes", "all", "-f", "run.prom"];
  await statexec([...record, "sh", "-c", "for i in 1 2 3; do seq 50000 | sort -R | tail -1; done"], { cwd: folder });
  await statexec(["--export", "samples.parquet", "run.prom"], { cwd: folder });
  await statexec(["--export", "samples.csv", "--export-shape", "wide", "run.prom"], { cwd: folder });
  return () => rmSync(folder, { recursive: true });
});

describe("DuckDB", () => {
  test.each(blocks("sql"))("%s", async (sql) => {
    const duck = await (await DuckDBInstance.create(":memory:")).connect();
    await duck.run(`SET file_search_path = '${folder}'`);
    const reader = await duck.runAndReadAll(sql);
    const rows = reader.getRowObjectsJS();
    duck.closeSync();
    expect(rows.length).toBeGreaterThan(1);
    // Each column has a figure or a name somewhere: none is of a metric or a label that is not there.
    for (const name of reader.columnNames())
      expect(
        rows.some((row) => row[name] !== null),
        name,
      ).toBe(true);
  });

  test("there are several", () => expect(blocks("sql").length).toBeGreaterThanOrEqual(4));
});

test.skipIf(WITHOUT_PANDAS)("pandas", async () => {
  const [example = ""] = blocks("python");
  writeFileSync(join(folder, "example.py"), example);
  const { code, stdout, stderr } = await runProgram([...commandOf("pandas"), "example.py"], { cwd: folder });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^mean\s+\d/m);
  expect(Number(stdout.trimEnd().split("\n").at(-1))).toBeGreaterThan(100_000);
});
