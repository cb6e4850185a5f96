import { describe, expect, test } from "bun:test";
import Ajv2020 from "ajv/dist/2020.js";
import { marked } from "marked";
import schema from "../../schemas/runs.schema.json";
import type { RunFigures } from "../../src/recording/run-figures.ts";
import type { MeasuredRun } from "../../src/repeat/done-runs.ts";
import { changesOf, type MeasuredSeries } from "../../src/repeat/measured-series.ts";
import { seriesCsv, seriesJson, seriesMarkdown } from "../../src/repeat/runs-formats.ts";
import type { Variant } from "../../src/repeat/variants.ts";
import { tableOfSeries } from "../../src/repeat/versus-table.ts";

function runsOf(walls: readonly number[], others: Partial<RunFigures> = {}): MeasuredRun[] {
  return walls.map((wallSeconds, i) => ({
    run: i + 1,
    figures: {
      ...{ command: "x", exitStatus: 0, wallSeconds, cpuUserSeconds: wallSeconds / 2, cpuSystemSeconds: 0 },
      ...{ diskReadBytes: 0, contextSwitches: 3, sources: new Map([["cpu", "wait4"]]), ...others },
    },
  }));
}

function variantOf(name: string, command: readonly string[], parameters: Record<string, string> = {}): Variant {
  return { name, mark: name, command, text: command.join(" "), parameters: new Map(Object.entries(parameters)) };
}

/** A series of these commands, with what changed from the first. */
function seriesOf(...variants: readonly (readonly [Variant, readonly MeasuredRun[]])[]): MeasuredSeries {
  const changes = changesOf(variants.map(([, runs]) => runs));
  return {
    ...{ runsAsked: 5, noise: 0.05, warnings: [] },
    variants: variants.map(([variant, runs], i) => ({
      ...{ variant, runs, changes: changes[i]! },
      done: runs.map(({ run }) => ({ run, file: `${variant.mark}.${run}.prom`, startedMs: 0 })),
    })),
  };
}

const WALLS = [1, 1.01, 1.02, 0.99, 1];
const A = [variantOf("A", ["grep", "a b", "|x|"]), runsOf(WALLS)] as const;
const B = [variantOf("B", ["rg", "<b>"]), runsOf([1.3, 1.33, 1.31, 1.3, 1.28])] as const;
const C = [variantOf("C", ["x"]), runsOf(WALLS.map((wall) => wall * 1.02))] as const;
const TWO = seriesOf(A, B, C);

describe("the table of several commands", () => {
  const table = tableOfSeries(TWO);
  const partOf = (what: string) => table.split("\n").slice(table.split("\n").indexOf(what) + 1);

  test("has 80 columns, and says what each name stands for", () => {
    for (const line of table.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    expect(table).toStartWith("5 runs in turns of each of\n  A                grep a b |x|\n");
  });

  test("has the ratio to the first, its interval, and a verdict that needs size and significance", () => {
    const rows = partOf("wall time").map((line) => line.trim().split(/ {2,}/));
    expect(rows[0]).toEqual(["A", "1.00 s", "11.4 ms"]);
    expect(rows[1]).toEqual(["B", "1.30 s", "18.2 ms", "1.30", "1.28 to 1.32", "worse"]);
    expect(rows[2]!.at(-1)).toBe("same");
    expect(table.split("\n").filter((line) => / (worse|same)$/.test(line)).length).toBe(4);
  });

  test("leaves out what no command did, and names together those that a note is about", () => {
    expect(table).not.toContain("read\n");
    const unknown = { memoryPeakBytes: 2 ** 20 };
    const notes = tableOfSeries(seriesOf([A[0], runsOf(WALLS, unknown)], [B[0], runsOf(WALLS, unknown)]));
    expect(notes.replaceAll("\n", " ")).toContain("A, B: peak memory: may be higher in 5 of 5 runs:");
    expect(notes).toContain("≥ 1 MiB");
  });

  test("more commands give chance more tries: what four runs cannot tell then is said", () => {
    const [few, slower] = [WALLS.slice(1), WALLS.slice(1).map((wall) => wall * 1.3)];
    const pair = tableOfSeries(seriesOf([A[0], runsOf(few)], [B[0], runsOf(slower)]));
    expect(pair).toMatch(/^ {2}B .* 1\.30 +worse$/m);
    const many = Array.from({ length: 14 }, (_, i) => [variantOf(`n=${i}`, ["x"]), runsOf(few)] as const);
    const last = [variantOf("last", ["x"]), runsOf(slower)] as const;
    const text = tableOfSeries(seriesOf(...many, last)).replaceAll("\n", " ");
    expect(text).toContain("last: wall time: 4 and 4 runs are too few to tell a change from chance.");
  });

  test("a command without runs has a dash, and nothing is compared with it", () => {
    const text = tableOfSeries(seriesOf(A, [B[0], []]));
    expect(text).toMatch(/^ {2}B {16} +–$/m);
    expect(text).toContain("B, 0 runs");
    expect(tableOfSeries(seriesOf([A[0], []], [B[0], []]))).toBe("");
    expect(tableOfSeries(seriesOf([A[0], []], B))).not.toMatch(/worse|better|same/);
  });
});

describe("the runs as JSON", () => {
  const made = JSON.parse(seriesJson(TWO));
  const validate = new Ajv2020({ strict: true, formats: { "date-time": true } }).compile(schema);

  test("fit their schema, also with few known figures, and have no key that it lacks", () => {
    expect(validate(made), JSON.stringify(validate.errors)).toBe(true);
    const little = [variantOf("", ["x"]), [{ run: 1, figures: { command: "x", sources: new Map() } }]] as const;
    expect(validate(JSON.parse(seriesJson(seriesOf(little)))), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...made, noise_share: -1 })).toBe(false);
    for (const key of Object.keys(made)) expect(Object.keys(schema.properties)).toContain(key);
  });

  test("have exact figures, each change with its interval, and what took longer", () => {
    const slow = [variantOf("", ["x"]), runsOf([...WALLS, 2])] as const;
    const [only] = JSON.parse(seriesJson(seriesOf(slow))).commands;
    expect(only.slow_runs).toEqual([{ run: 6, reason: "it used 500 ms more CPU time itself" }]);
    const [first, second] = made.commands;
    expect(first).toMatchObject({ name: "A", command: "grep 'a b' '|x|'", changes: [] });
    expect(first.runs[1]).toEqual({
      ...{ run: 2, metrics_file: "A.2.prom", started_at: "1970-01-01T00:00:00.000Z", exit_status: 0 },
      ...{ wall_seconds: 1.01, cpu_seconds: 0.505, read_bytes: 0, switches_count: 3, maybe_higher: [] },
    });
    const wall = second.changes.find(({ what }: { what: string }) => what === "wall time");
    expect(wall).toMatchObject({ base_median_seconds: 1, median_seconds: 1.3, verdict: "worse", ratio: 1.3 });
    expect(wall.ratio_lowest).toBeLessThan(1.3);
  });
});

test("the runs as CSV: a line each, with the values of the parameters", () => {
  const one = [variantOf("n=1", ["a,b", 'c"d'], { n: "1" }), runsOf([2], { memoryPeakBytes: 4096 })] as const;
  const two = [variantOf("n=2", ["x"], { n: "2" }), runsOf([3, 4])] as const;
  const lines = seriesCsv(seriesOf(one, two)).split("\n");
  expect(lines).toHaveLength(5);
  expect(lines[0]).toBe(
    "name,command,parameter_n,run,metrics_file,started_at,exit_status,exit_signal,wall_seconds,cpu_seconds,memory_bytes,read_bytes,written_bytes,switches_count,maybe_higher",
  );
  expect(lines[1]).toBe(`n=1,"a,b 'c""d'",1,1,n=1.1.prom,1970-01-01T00:00:00.000Z,0,,2,1,4096,0,,3,memory`);
  expect(lines[3]).toContain(",2,2,n=2.2.prom,");
});

describe("the table as Markdown", () => {
  test("is a table whose cells nothing in a command ends", async () => {
    const html = await marked.parse(seriesMarkdown(TWO));
    expect(html).toContain("<li>A: grep a b |x|</li>");
    expect(html).toContain("<li>B: rg &lt;b&gt;</li>");
    const rows = [...html.matchAll(/<tr>\n(.*?)<\/tr>/gs)].map(([, row]) => row!.match(/<t[dh]>/g)!.length);
    expect(new Set(rows)).toEqual(new Set([9]));
    expect(html).toMatch(/<td>1\.30 \(1\.28 to 1\.32\)<\/td>\n<td>worse<\/td>/);
  });

  test("of one command has neither names nor ratios", async () => {
    const html = await marked.parse(seriesMarkdown(seriesOf(A)));
    expect(html).toContain("<h3>5 runs of grep a b |x|</h3>");
    expect(html).not.toContain("ratio");
  });
});
