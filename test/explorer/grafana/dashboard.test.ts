import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dashboard, EVENTS, ROWS } from "../../../explorer/grafana/dashboard.ts";
import { promql } from "../../../explorer/grafana/query.ts";
import { DASHBOARD_FILE, dashboardText } from "../../../scripts/dashboard.ts";
import { METRICS, type SeriesKey } from "../../../src/catalog/index.ts";
import { evaluate, filledIn, labelsId } from "../../helpers/promql.ts";
import { recordingOf, renderBytes, START_MS } from "../../helpers/recording.ts";
import { tempFolder } from "../../helpers/statexec.ts";
import { isMissing } from "../../helpers/validators.ts";
import { type StoredSeries, startVictoria, type Victoria } from "../../helpers/victoria.ts";

const ROOT = join(import.meta.dir, "../../..");
const IMPORT = join(ROOT, "explorer/import");
const SAMPLES = readdirSync(IMPORT).filter((name) => name.endsWith(".prom"));
const ORIGINAL = join(ROOT, "test/fixtures/original/sleep.prom");

const PANELS = ROWS.flatMap(({ panels }) => panels);
const QUERIES = PANELS.flatMap(({ title, lines }) => lines.map(({ query }) => ({ title, query })));

interface PanelJson {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: unknown;
  readonly targets?: readonly { readonly expr: string; readonly datasource: unknown; readonly instant: boolean }[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
}

const panels = (dashboard() as { panels: PanelJson[] }).panels;

test("the committed file is up to date (npm run dashboard writes it)", () => {
  expect(readFileSync(join(ROOT, DASHBOARD_FILE), "utf8")).toBe(dashboardText());
});

test("panels have unique ids, a data source, and positions that do not overlap", () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const taken = new Set<string>();
  for (const { title, type, gridPos, datasource, targets } of panels) {
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(taken.has(`${x},${y}`), title).toBe(false);
        taken.add(`${x},${y}`);
      }
    if (type === "row") continue;
    for (const one of [datasource, ...targets!.map((target) => target.datasource)])
      expect(one).toEqual({ type: "prometheus", uid: "statexec" });
    expect(targets!.length).toBeGreaterThan(0);
  }
});

test("network is in bit/s, disks are in bytes/s", () => {
  for (const { title, targets, fieldConfig } of panels)
    for (const { expr } of targets ?? []) {
      if (/statexec_(summary_)?network_(mean_)?(sent|received)_bytes/.test(expr)) {
        expect(fieldConfig?.defaults.unit, title).toBe("bps");
        expect(expr, title).toEndWith(" * 8");
      }
      if (/statexec_(summary_|command_)?disk_(mean_)?(read|write)_bytes/.test(expr))
        expect([fieldConfig?.defaults.unit, expr.includes(" * ")], title).toEqual(["Bps", false]);
    }
});

test("the dashboard has the summaries that the original program's dashboard has", () => {
  const all = panels.flatMap(({ targets }) => targets?.map(({ expr }) => expr) ?? []).join("\n");
  for (const name of ["cpu_mean_seconds", "cpu_cores", "memory_used", "memory_total", "network_mean_sent"])
    expect(all).toContain(`statexec_summary_${name}`);
});

/** Returns a file with every metric, so that no panel is empty. */
function everything(): Uint8Array {
  const columns = METRICS.filter(({ type }) => type !== "info").flatMap((metric): SeriesKey[] => {
    const values = metric.labels.includes("mode") ? ["user", "system", "idle"] : ["x"];
    return values.map((value) => ({ metric, labels: metric.labels.map((label) => (label === "mode" ? value : "x")) }));
  });
  const kept = columns.filter(({ metric }) => metric.name !== "event_timestamp_seconds");
  const row = (i: number) => [START_MS + i * 1000, ...kept.map((_, column) => (column + 1) * (i + 1))] as const;
  const parts = [{ columns: kept, rows: [row(0), row(1), row(2)] }];
  const infos = METRICS.filter(({ name }) => name === "accounting");
  const info = {
    columns: infos.map((metric) => ({ metric, labels: ["cpu", "wait4"] })),
    rows: [[START_MS, 1] as const],
  };
  const events = [{ atMs: START_MS + 500, event: "command_started", text: "Command started" }];
  return renderBytes(
    recordingOf({ identity: { instance: 'all (of "it")' }, facts: [["kernel", "6"]], events, parts: [...parts, info] }),
  );
}

describe.skipIf(isMissing("victoriaMetrics", "curl"))("with VictoriaMetrics", () => {
  let victoria: Victoria;
  let stored: readonly StoredSeries[];
  const folder = tempFolder();

  beforeAll(async () => {
    victoria = await startVictoria();
    for (const name of SAMPLES) await victoria.import(join(IMPORT, name));
    const all = folder.file("all.prom");
    await Bun.write(all, everything());
    await victoria.import(all);
    const original = folder.file("original.prom");
    await Bun.write(original, readFileSync(ORIGINAL, "utf8").replaceAll('instance="sleep"', 'instance="last year"'));
    await victoria.import(original);
    stored = await victoria.export();
  }, 120_000);

  afterAll(async () => {
    folder[Symbol.dispose]();
    await victoria?.stop();
  });

  const runs = () => [...new Set(stored.map(({ labels }) => labels.instance!))].map((instance) => runOf(instance));

  function runOf(instance: string) {
    const series = stored.filter(({ labels }) => labels.instance === instance);
    const times = series.flatMap((one) => one.times);
    const [firstMs, lastMs] = [Math.min(...times), Math.max(...times)];
    const role = series[0]!.labels.role!;
    return { instance, role, series, lastMs, spanMs: lastMs - firstMs + 1 };
  }

  async function ask(expr: string, atMs: number): Promise<Map<string, number>> {
    const params = new URLSearchParams({ query: expr, time: String(atMs / 1000), nocache: "1" });
    const answer = await fetch(`${victoria.url}/api/v1/query?${params}`);
    const { status, error, data } = (await answer.json()) as {
      status: string;
      error?: string;
      data: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    expect(status, `${expr}: ${error}`).toBe("success");
    return new Map(data.result.map(({ metric, value }) => [labelsId(metric), Number(value[1])]));
  }

  test("every query of every panel returns the values of the files", async () => {
    expect(SAMPLES.length).toBeGreaterThanOrEqual(3);
    let compared = 0;
    for (const run of runs())
      for (const { title, query } of QUERIES) {
        const expected = evaluate(query, run.series);
        const got = await ask(filledIn(promql(query), run), run.lastMs);
        const place = `${run.instance}, ${title}: ${promql(query)}`;
        expect([...got.keys()].sort(), place).toEqual([...expected.keys()].sort());
        for (const [id, value] of expected) {
          expect(Math.abs(got.get(id)! - value), `${place} ${id}`).toBeLessThanOrEqual(Math.abs(value) * 1e-9);
          compared++;
        }
      }
    expect(compared).toBeGreaterThan(300);
  }, 120_000);

  test("no panel is empty for a run with every metric", async () => {
    const run = runOf('all (of "it")');
    for (const { title, query } of QUERIES)
      expect((await ask(filledIn(promql(query), run), run.lastMs)).size, `${title}: ${promql(query)}`).toBeGreaterThan(
        0,
      );
  }, 120_000);

  test("a run of a few seconds has rates, with the window that Grafana derives from the interval of the data source", async () => {
    const { instance, role, lastMs } = runOf("sleep");
    const cpu = QUERIES.find(({ title }) => title.startsWith("CPU by mode"))!.query;
    const expr = filledIn(promql(cpu), { instance, role, spanMs: 4000 });
    for (let atMs = lastMs - 3000; atMs <= lastMs; atMs += 1000)
      expect((await ask(expr, atMs)).size).toBeGreaterThan(0);
  });

  test("the annotations are the events, with their time in milliseconds as the value", async () => {
    for (const run of runs().filter(({ series }) => series.some(({ name }) => name.includes("_event_")))) {
      const events = run.series.filter(({ name }) => name === "statexec_event_timestamp_seconds");
      const got = await ask(filledIn(promql(EVENTS), run), run.lastMs);
      const expected = events.map(({ labels, values }) => [labelsId(labels), values.at(-1)! * 1000] as const);
      expect(expected.length).toBeGreaterThan(0);
      for (const [id, atMs] of expected) expect(got.get(id), id).toBeCloseTo(atMs, 3);
      expect(got.size).toBe(expected.length);
    }
  });

  test("a file of the original program shows its status, CPU, memory and network", async () => {
    const run = runOf("last year");
    expect(run.series.map(({ name }) => name)).toContain("statexec_metric_collect_duration_ms");
    for (const title of ["CPU by mode (cores)", "Memory", "Network (bit/s)", "The command's status"]) {
      let lines = 0;
      for (const { query } of QUERIES.filter((one) => one.title === title))
        lines += (await ask(filledIn(promql(query), run), run.lastMs)).size;
      expect(lines, title).toBeGreaterThan(0);
    }
  });

  test("the variables list the runs", async () => {
    const answer = await fetch(`${victoria.url}/api/v1/label/instance/values?match[]=statexec_command_status&start=0`);
    const { data } = (await answer.json()) as { data: string[] };
    expect(data.sort()).toEqual([...new Set(stored.map(({ labels }) => labels.instance!))].sort());
  });
});
