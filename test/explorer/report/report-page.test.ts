import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PANELS, type PanelSpec } from "../../../explorer/page/panels.ts";
import { loadRuns, reportHtml } from "../../../explorer/report/report-page.ts";
import type { RecordedSeries, Recording } from "../../../src/recording/recording.ts";
import { pointsOf, START_MS } from "../../helpers/recording.ts";
import { parseStrictly } from "../../helpers/strict-reader.ts";
import { isMissing } from "../../helpers/validators.ts";
import { type ShownChart, type Tab, TestBrowser } from "../browser.ts";
import { type MadeRun, madeFile } from "../made-runs.ts";

const skip = isMissing("browser");
const folder = mkdtempSync(join(tmpdir(), "statexec-page-"));
const DELAY_SECONDS = 3;
const ORIGIN_MS = START_MS + DELAY_SECONDS * 1000;
let browser: TestBrowser;

beforeAll(async () => {
  if (!skip) browser = await TestBrowser.launch();
});

afterAll(async () => {
  if (!skip) await browser.close();
  rmSync(folder, { recursive: true });
});

/** Writes a report of some runs; returns its URL. */
async function report(name: string, ...runs: readonly MadeRun[]): Promise<string> {
  const paths = runs.map((_, at) => join(folder, `${name}-${at}.prom`));
  for (const [at, made] of runs.entries()) await Bun.write(paths[at]!, madeFile(made));
  const path = join(folder, `${name}.html`);
  await Bun.write(path, await reportHtml(await loadRuns(paths)));
  return `file://${path}`;
}

/** Compares a line of a chart with its expected points. */
function expectLine(chart: ShownChart, label: string, expected: ReadonlyMap<number, number>): void {
  const line = chart.lines.find((one) => one.label === label);
  if (!line) throw new Error(`${chart.id} has no line ${label}`);
  const shown = line.times.flatMap((x, at) => {
    const value = line.values[at];
    return value === null || value === undefined ? [] : [[Math.round(x * 1000) + ORIGIN_MS, value] as const];
  });
  expect(shown.map(([atMs]) => atMs)).toEqual([...expected.keys()].sort((a, b) => a - b));
  for (const [atMs, value] of shown)
    expect(value, `${chart.id} ${label} at ${atMs}`).toBeCloseTo(expected.get(atMs)!, 6);
}

describe.skipIf(skip)("a report", () => {
  let url: string;
  let tab: Tab;

  beforeAll(async () => {
    url = await report("one", {
      gap: [40, 45],
      identity: { labels: new Map([["team", "<script>globalThis.bad = 1</script>"]]) },
      command: ["make", "-j8 '<img src=x onerror=globalThis.bad=1>'"],
      events: [{ at: 60, event: "peer_lost", text: "</script><script>globalThis.bad=1</script>" }],
    });
    tab = await (await browser.newTab()).open(url);
  });

  test("shows the values of the file in every panel", async () => {
    const recording = parseStrictly(await Bun.file(join(folder, "one-0.prom")).bytes(), "one");
    const charts = await tab.charts();
    const expected = PANELS.map((spec) => ({ spec, lines: expectedLines(spec, recording) }));
    const withData = expected.filter(({ lines }) => lines.size > 0);
    expect(withData.length).toBeGreaterThan(15);
    for (const { spec, lines } of withData) {
      const chart = charts.find(({ id }) => id === spec.id);
      const isQuiet = [...lines.values()].every((points) => [...points.values()].every((value) => value === 0));
      expect(chart !== undefined, spec.id).toBe(!(isQuiet && spec.quiet));
      if (!chart) continue;
      expect(chart.lines.length, spec.id).toBe(lines.size);
      for (const [label, points] of lines) expectLine(chart, label, points);
    }
  });

  test("stacks layers", async () => {
    const chart = await tab.chart("command-memory");
    const layers = chart.lines.filter(({ layer }) => layer);
    expect(layers.map(({ label }) => label)).toEqual(["anonymous", "shared", "kernel", "file"]);
    for (const [at, { drawn }] of layers.entries()) {
      const below = layers.slice(0, at + 1);
      const sums = drawn.map((_, i) => below.reduce((sum, { values }) => sum + (values[i] ?? Number.NaN), 0));
      expect(drawn.map((value) => value ?? Number.NaN)).toEqual(sums);
    }
    // The highest layer is drawn first, so that the others cover it: after the times come the layers, then the line.
    const top = layers.at(-1)!;
    expect(chart.data[1]?.filter((value) => value !== "none")).toEqual(top.drawn);
    expect(chart.data).toHaveLength(chart.lines.length + 1);
  });

  test("shows a gap in the samples", async () => {
    const { lines, data } = await tab.chart("machine-memory");
    const [used] = lines;
    const gap = used!.times.filter((_, at) => used!.values[at] === null);
    expect(gap).toHaveLength(1);
    // Samples 40 to 45 of the file are missing: there are no points from second 36 to second 43 of the command.
    expect(gap[0]).toBeGreaterThan(36);
    expect(gap[0]).toBeLessThan(43);
    const inGap = data[0]!.map((x, at) => [Number(x), data.at(-1)![at]] as const).filter(([x]) => x > 36 && x < 43);
    expect(inGap.map(([, value]) => value)).toEqual([null]);
  });

  test("draws counters' means over missed samples, hatched, and no gauges", async () => {
    const other = await (await browser.newTab()).open(await report("missed", { missed: [40, 45] }));
    const gauge = await other.chart("machine-memory");
    expect(gauge.lines[0]!.values.filter((value) => value === null)).toHaveLength(1);
    const { lines } = await other.chart("machine-network");
    for (const { times, values } of lines) {
      // Seven seconds from sample 39 to sample 46, of which one rate is known.
      const at = times.indexOf(43);
      expect([times[at - 1], values.includes(null)]).toEqual([36, false]);
    }
    const received = lines.find(({ label }) => label === "eth0 in")!;
    expect(received.values[received.times.indexOf(43)]!).toBeGreaterThan(0);
    const hatched = (page: Tab) => page.page.locator(".legend li:visible", { hasText: "no samples" }).count();
    expect(await hatched(other)).toBeGreaterThan(0);
    expect(await hatched(tab)).toBe(0);
  });

  test("shows capacities and limits", async () => {
    expect((await tab.chart("command-cpu")).limits).toEqual([{ label: "CPUs", value: 4 }]);
    expect((await tab.chart("command-memory")).limits.map(({ label }) => label)).toEqual(["limit", "machine"]);
  });

  test("shows the verdict and the bottlenecks", async () => {
    const verdict = await tab.text(".verdict");
    for (const words of ["exit 0", "2\u202fmin 00\u202fs", "Cores used", "a lower bound"])
      expect(verdict).toContain(words);
    expect(await tab.text(".bottlenecks")).toContain("waited for storage");
    expect(await tab.text("#tables")).toContain("cc1plus");
  });

  test("executes no HTML of a label, an argument or an event", async () => {
    expect(await tab.page.evaluate("globalThis.bad")).toBeUndefined();
    expect(await tab.text("h1")).toContain("<img src=x");
    expect(await tab.text(".about")).toContain("<script>");
    expect(await tab.page.locator("main img, main script").count()).toBe(0);
  });

  test("makes no requests, and its policy prevents them", async () => {
    expect(tab.requests).toEqual([url]);
    expect(tab.messages).toEqual([]);
    const asked = await tab.page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'let through', () => 'refused')");
    expect(asked).toBe("refused");
    await tab.page.evaluate(
      "document.body.append(Object.assign(document.createElement('script'), { text: 'globalThis.bad = 2' }))",
    );
    expect(await tab.page.evaluate("globalThis.bad")).toBeUndefined();
    expect(tab.messages.filter((text) => text.includes("Content Security Policy"))).toHaveLength(tab.messages.length);
    expect(tab.messages.length).toBeGreaterThan(0);
  });

  test("shows the verdict without JavaScript", async () => {
    const plain = await browser.newTab({ javaScriptEnabled: false });
    await plain.page.goto(url);
    const text = await plain.text("noscript");
    expect(text).toContain("exit 0");
    expect(text).toContain("<img src=x");
  });

  test("fits the width of a phone", async () => {
    const phone = await browser.newTab({ viewport: { width: 390, height: 844 }, colorScheme: "dark" });
    await phone.open(url);
    expect(await phone.page.evaluate("document.documentElement.scrollWidth")).toBe(390);
    expect(phone.messages).toEqual([]);
  });

  test("is printed in the light theme", async () => {
    const dark = await browser.newTab({ colorScheme: "dark" });
    await dark.open(url);
    const background = () => dark.page.evaluate("getComputedStyle(document.body).backgroundColor");
    const before = await background();
    await dark.page.evaluate("dispatchEvent(new Event('beforeprint'))");
    expect(await background()).not.toBe(before);
    expect(await dark.page.evaluate("document.querySelector('.u-wrap').clientWidth")).toBe(340);
    await dark.page.evaluate("dispatchEvent(new Event('afterprint'))");
    expect(await background()).toBe(before);
    expect((await dark.page.pdf({ format: "A4", printBackground: true })).length).toBeGreaterThan(20_000);
  });

  test("downloads all points as CSV", async () => {
    await tab.page.locator("summary", { hasText: "All series" }).click();
    const [saved] = await Promise.all([tab.page.waitForEvent("download"), tab.page.locator("button.save").click()]);
    expect(saved.suggestedFilename()).toBe("one-0.csv");
    const text = await Bun.file((await saved.path())!).text();
    const recording = parseStrictly(await Bun.file(join(folder, "one-0.prom")).bytes(), "one");
    const points = [...recording.series()].flatMap((one) => [...one.blocks()].map(({ length }) => length));
    expect(text.trim().split("\n")).toHaveLength(1 + points.reduce((a, b) => a + b, 0));
    expect(text).toContain('"statexec_command_cpu_seconds_total{mode=""user""}"');
  });
});

describe.skipIf(skip)("a report of two runs", () => {
  test("overlays them, each from its own start", async () => {
    const other = { load: 0.5, startMs: START_MS + 9_000_000, identity: { instance: "other" } };
    const tab = await (await browser.newTab()).open(await report("overlay", {}, other));
    const cpu = await tab.chart("command-cpu");
    expect(cpu.lines.map(({ label }) => label)).toEqual(["make", "other"]);
    const [make, half] = cpu.lines;
    expect(make!.times[0]).toBe(1);
    expect(half!.times[0]).toBe(1);
    for (const [at, file] of ["overlay-0", "overlay-1"].entries()) {
      const recording = parseStrictly(await Bun.file(join(folder, `${file}.prom`)).bytes(), file);
      const spec = PANELS.find(({ id }) => id === "command-cpu")!;
      const modes = [...expectedLines(spec, recording).values()];
      const sums = [...modes[0]!.keys()].map((atMs) => modes.reduce((sum, points) => sum + (points.get(atMs) ?? 0), 0));
      for (const [i, value] of cpu.lines[at]!.values.entries()) expect(value).toBeCloseTo(sums[i]!, 6);
    }
    expect(await tab.text(".verdicts")).toContain("−50");
    expect(tab.messages).toEqual([]);
  });

  test("shows the hosts of one run in charts of their own, on one time axis", async () => {
    const client = { identity: { role: "client", instance: "client" } } as const;
    const server = { startMs: START_MS + 2000, identity: { role: "server", instance: "server" } } as const;
    const tab = await (await browser.newTab()).open(await report("hosts", client, server));
    const charts = await tab.charts();
    const cpu = charts.filter(({ id }) => id === "machine-cpu");
    expect(cpu.map(({ title }) => title)).toEqual(["client", "server"]);
    expect(cpu[0]!.range).toEqual(cpu[1]!.range);
    // The server's first sample is two seconds later than the client's.
    expect(cpu[1]!.lines[0]!.times[0]! - cpu[0]!.lines[0]!.times[0]!).toBe(2);
    await tab.page.getByRole("button", { name: "Overlay" }).click();
    await tab.settled();
    expect((await tab.charts()).filter(({ id }) => id === "machine-cpu")).toHaveLength(1);
    expect(await tab.address()).toContain("view=overlay");
  });
});

/** Points by their time in milliseconds. */
type Expected = Map<number, number>;

/** Returns the expected points of a panel's lines, by label. The samples of the recording must be whole seconds apart. */
function expectedLines(spec: PanelSpec, recording: Recording): Map<string, Expected> {
  const lines = new Map<string, Expected>();
  for (const { metric, label, only = {}, by } of spec.lines) {
    const fits = ({ metric: { name, labels: names }, labels }: RecordedSeries) =>
      name === metric.name &&
      Object.entries(only).every(([name, values]) => values.includes(labels[names.indexOf(name)] ?? ""));
    const all = [...recording.series()].filter(fits);
    const groups = Map.groupBy(all, (one) => (by === undefined ? "" : (one.labels[metric.labels.indexOf(by)] ?? "")));
    for (const [value, members] of groups) {
      const points = members.map((one) => (metric.type === "counter" ? ratesOf(pointsOf(one)) : pointsOf(one)));
      lines.set(label.replace("{}", value), summed(points));
    }
  }
  return lines;
}

/** Returns the growth from each sample to the next, where both are one second apart. */
function ratesOf(points: readonly (readonly [atMs: number, value: number])[]): (readonly [number, number])[] {
  return points.flatMap(([atMs, value], i) => {
    const [beforeMs, before] = points[i - 1] ?? [Number.NaN, Number.NaN];
    return atMs - beforeMs === 1000 && value >= before ? [[atMs, value - before] as const] : [];
  });
}

function summed(lines: readonly (readonly (readonly [atMs: number, value: number])[])[]): Expected {
  const sums: Expected = new Map();
  for (const [atMs, value] of lines.flat()) sums.set(atMs, (sums.get(atMs) ?? 0) + value);
  return sums;
}
