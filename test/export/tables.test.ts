import { describe, expect, test } from "bun:test";
import { COMMAND, KERNEL, MACHINE, series } from "../../src/catalog/index.ts";
import { writeCsv } from "../../src/export/csv-file.ts";
import { longTable } from "../../src/export/long-table.ts";
import { seriesName, wideTable } from "../../src/export/wide-table.ts";
import { recordingOf, START_MS } from "../helpers/recording.ts";
import { madeRun, rowsOf } from "./made-runs.ts";

const RUNS = [{ name: "a.prom", recording: madeRun() }];

async function csv(table: Parameters<typeof writeCsv>[0]): Promise<{ text: string; rows: number }> {
  const pieces: Uint8Array[] = [];
  const rows = await writeCsv(table, (bytes) => pieces.push(bytes.slice()));
  return { text: Buffer.concat(pieces).toString(), rows };
}

describe("the long shape", () => {
  test("has a row for each point, facts and events included, and none where a value is absent", () => {
    const rows = rowsOf(longTable(RUNS));
    const counts = Object.fromEntries([...Map.groupBy(rows, ({ metric }) => metric!)].map(([m, of]) => [m, of.length]));
    expect(counts).toEqual({
      statexec_run_info: 1,
      statexec_command_status: 3,
      statexec_event_timestamp_seconds: 1,
      statexec_command_cpu_seconds_total: 3,
      statexec_command_memory_resident_bytes: 2,
      statexec_accounting_info: 1,
      statexec_cpu_seconds_total: 2,
    });
    const resident = rows.filter(({ metric }) => metric === "statexec_command_memory_resident_bytes");
    expect(resident.map(({ time, seconds, value }) => [time, seconds, value])).toEqual([
      [START_MS + 1000, 1, 4096],
      [START_MS + 2001, 2.001, Number.POSITIVE_INFINITY],
    ]);
  });

  test("marks bounds, and has a column for each label", () => {
    const rows = rowsOf(longTable(RUNS));
    const first = (metric: string) => rows.find((row) => row.metric === metric);
    expect(first("statexec_command_cpu_seconds_total")).toEqual({
      ...{ time: START_MS, seconds: 0, run: "a.prom", metric: "statexec_command_cpu_seconds_total", type: "counter" },
      ...{ unit: "seconds", bound: "lower", value: 0, label_instance: 'make "all"', label_role: "standalone" },
      ...{ label_time: "night, late", label_mode: "user", label_cpu: null, label_fact: null, label_value: null },
      ...{ label_event: null, label_text: null, label_resource: null, label_source: null },
    });
    expect(first("statexec_command_memory_resident_bytes")).toMatchObject({ bound: null, unit: "bytes" });
    expect(first("statexec_run_info")).toMatchObject({ label_fact: "host", label_value: "box\n1", unit: null });
  });

  test("is whole over the ends of batches and of blocks", () => {
    const count = 70_001;
    const rows = Array.from({ length: count }, (_, i) => [START_MS + i, i, i % 3 === 0 ? undefined : -i] as const);
    const columns = [series(MACHINE.memoryFree), series(MACHINE.memoryUsed)];
    const parts = [
      { columns, rows: rows.slice(0, 40_000) },
      { columns, rows: rows.slice(40_000) },
    ];
    const table = longTable([{ name: "x", recording: recordingOf({ parts }) }]);
    const made = rowsOf(table);
    const of = (metric: string) => made.filter((row) => row.metric === metric).map(({ value }) => value);
    expect(of("statexec_memory_free_bytes")).toEqual(rows.map(([, value]) => value));
    expect(of("statexec_memory_used_bytes")).toEqual(rows.flatMap(([, , value]) => value ?? []));
    expect([...table.batches()].length).toBeGreaterThan(1);
  });
});

describe("the wide shape", () => {
  test("has a row for each time, a column for each series, and says which are bounds", () => {
    const { columns, batches } = wideTable(RUNS);
    expect(columns.map(({ name }) => name)).toEqual([
      ...["time", "seconds", "run", "bounds", "label_instance", "label_role", "label_time"],
      ...["statexec_command_status", "statexec_command_cpu_seconds_total{mode=user}"],
      "statexec_command_memory_resident_bytes",
      'statexec_cpu_seconds_total{cpu=0,mode="idle, or so"}',
    ]);
    const rows = rowsOf({ columns, batches });
    expect(rows.map((row) => row.statexec_command_memory_resident_bytes)).toEqual([
      Number.NaN,
      4096,
      Number.POSITIVE_INFINITY,
    ]);
    expect(rows.map((row) => row['statexec_cpu_seconds_total{cpu=0,mode="idle, or so"}'])).toEqual([
      7,
      Number.NaN,
      9.125,
    ]);
    expect(rows[2]).toMatchObject({
      ...{ time: START_MS + 2001, seconds: 2.001, bounds: "lower: statexec_command_cpu_seconds_total" },
    });
  });

  test("lays series of other times, and runs of other series, beside each other", () => {
    const one = (metric: typeof COMMAND.processes | typeof COMMAND.threads, ...at: number[]) => ({
      columns: [series(metric)],
      rows: at.map((ms) => [START_MS + ms, ms] as const),
    });
    const first = recordingOf({ parts: [one(COMMAND.processes, 0, 20, 30), one(COMMAND.threads, 10, 20)] });
    const second = recordingOf({ startMs: START_MS - 5, parts: [one(COMMAND.threads, 0)] });
    const rows = rowsOf(
      wideTable([
        { name: "a", recording: first },
        { name: "b", recording: second },
      ]),
    );
    const name = "statexec_command_threads";
    expect(rows.map((row) => [row.run, row.seconds, row.statexec_command_processes, row[name]])).toEqual([
      ["a", 0, 0, Number.NaN],
      ["a", 0.01, Number.NaN, 10],
      ["a", 0.02, 20, 20],
      ["a", 0.03, 30, Number.NaN],
      ["b", 0.005, Number.NaN, 0],
    ]);
  });

  test("has every time of series that share their times and are absent at others of them", () => {
    const columns = [series(COMMAND.processes), series(COMMAND.threads)];
    const rows = [
      [START_MS, 1, undefined],
      [START_MS + 10, undefined, 2],
    ] as const;
    const made = rowsOf(wideTable([{ name: "a", recording: recordingOf({ parts: [{ columns, rows }] }) }]));
    expect(made.map((row) => [row.statexec_command_processes, row.statexec_command_threads])).toEqual([
      [1, Number.NaN],
      [Number.NaN, 2],
    ]);
  });

  test("names a series as the metrics file does, in quotes where another reader could not tell", () => {
    const named = (cpu: string, mode: string) => seriesName(series(MACHINE.cpuSeconds, { cpu, mode }));
    expect(named("3", "user")).toBe("statexec_cpu_seconds_total{cpu=3,mode=user}");
    expect(named("", "a,b=c")).toBe('statexec_cpu_seconds_total{mode="a,b=c"}');
    expect(named('"', "}")).toBe('statexec_cpu_seconds_total{cpu="\\"",mode="}"}');
  });
});

describe("CSV", () => {
  test("has ISO times, empty cells for what is absent, and quotes where they are needed", async () => {
    const { text, rows } = await csv(wideTable(RUNS));
    expect(rows).toBe(3);
    const lead = 'lower: statexec_command_cpu_seconds_total,"make ""all""",standalone,"night, late"';
    expect(text).toBe(
      `time,seconds,run,bounds,label_instance,label_role,label_time,statexec_command_status,statexec_command_cpu_seconds_total{mode=user},statexec_command_memory_resident_bytes,"statexec_cpu_seconds_total{cpu=0,mode=""idle, or so""}"
2023-11-14T22:13:20.000Z,0,a.prom,${lead},1,0,,7
2023-11-14T22:13:21.000Z,1,a.prom,${lead},1,0.25,4096,
2023-11-14T22:13:22.001Z,2.001,a.prom,${lead},2,0.5,inf,9.125
`,
    );
  });

  test("has times before and after a change of the minute", async () => {
    const parts = [
      {
        columns: [series(KERNEL.load1)],
        rows: [
          [59_999, 1],
          [60_000, 2],
          [-1, 3],
        ] as const,
      },
    ];
    const { text } = await csv(longTable([{ name: "x", recording: recordingOf({ startMs: 0, parts }) }]));
    expect(
      text
        .split("\n")
        .slice(1, 4)
        .map((line) => line.split(",")[0]),
    ).toEqual(["1970-01-01T00:00:59.999Z", "1970-01-01T00:01:00.000Z", "1969-12-31T23:59:59.999Z"]);
  });
});
