import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PANELS } from "../../explorer/page/all-panels.ts";
import { reportHtml } from "../../explorer/report/html.ts";
import { loadRuns } from "../../explorer/report/load.ts";
import { START_MS } from "../helpers/recording.ts";
import { parseStrictly } from "../helpers/strict-reader.ts";
import { isMissing } from "../helpers/validators.ts";
import { type Look, type ShownChart, TestBrowser } from "./browser.ts";
import { expectedLines } from "./expected.ts";
import { type MadeRun, madeFile } from "./runs.ts";

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

/** A report of some made runs, on disk; answers its URL. */
async function report(name: string, ...runs: readonly MadeRun[]): Promise<string> {
  const paths = runs.map((_, at) => join(folder, `${name}-${at}.prom`));
  for (const [at, made] of runs.entries()) await Bun.write(paths[at]!, madeFile(made));
  const path = join(folder, `${name}.html`);
  await Bun.write(path, await reportHtml(await loadRuns(paths)));
  return `file://${path}`;
}

/** What a chart shows of a line against what the file says, time by time. */
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
  let look: Look;

  beforeAll(async () => {
    url = await report("one", {
      gap: [40, 45],
      identity: { labels: new Map([["team", "<script>globalThis.bad = 1</script>"]]) },
      command: ["make", "-j8 '<img src=x onerror=globalThis.bad=1>'"],
      events: [{ at: 60, event: "peer_lost", text: "</script><script>globalThis.bad=1</script>" }],
    });
    look = await (await browser.look()).open(url);
  });

  test("shows in every panel what the file says", async () => {
    const recording = parseStrictly(await Bun.file(join(folder, "one-0.prom")).bytes(), "one");
    const charts = await look.charts();
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

  test("draws layers upon each other, and gives the library just that", async () => {
    const chart = await look.chart("command-memory");
    const layers = chart.lines.filter(({ layer }) => layer);
    expect(layers.map(({ label }) => label)).toEqual(["anonymous", "shared", "kernel", "file"]);
    for (const [at, { drawn }] of layers.entries()) {
      const below = layers.slice(0, at + 1);
      const sums = drawn.map((_, i) => below.reduce((sum, { values }) => sum + (values[i] ?? Number.NaN), 0));
      expect(drawn.map((value) => value ?? Number.NaN)).toEqual(sums);
    }
    // The highest is drawn first, so that the others lie over it; behind the times come the layers, then the line.
    const top = layers.at(-1)!;
    expect(chart.data[1]?.filter((value) => value !== "none")).toEqual(top.drawn);
    expect(chart.data).toHaveLength(chart.lines.length + 1);
  });

  test("leaves a gap where there is one", async () => {
    const { lines, data } = await look.chart("machine-memory");
    const [used] = lines;
    const gap = used!.times.filter((_, at) => used!.values[at] === null);
    expect(gap).toHaveLength(1);
    // Seconds 40 to 45 of the file were not sampled: from 36 to 43 of the command there is nothing.
    expect(gap[0]).toBeGreaterThan(36);
    expect(gap[0]).toBeLessThan(43);
    const inGap = data[0]!.map((x, at) => [Number(x), data.at(-1)![at]] as const).filter(([x]) => x > 36 && x < 43);
    expect(inGap.map(([, value]) => value)).toEqual([null]);
  });

  test("measures by capacity and limits", async () => {
    expect((await look.chart("command-cpu")).limits).toEqual([{ label: "CPUs", value: 4 }]);
    expect((await look.chart("command-memory")).limits.map(({ label }) => label)).toEqual(["limit", "machine"]);
  });

  test("says the verdict, and what held the command back", async () => {
    const verdict = await look.text(".verdict");
    for (const words of ["exit 0", "2\u202fmin 00\u202fs", "Cores used", "may have missed some"])
      expect(verdict).toContain(words);
    expect(await look.text(".findings")).toContain("waited for storage");
    expect(await look.text("#tables")).toContain("cc1plus");
  });

  test("runs nothing that a label, an argument or an event says", async () => {
    expect(await look.page.evaluate("globalThis.bad")).toBeUndefined();
    expect(await look.text("h1")).toContain("<img src=x");
    expect(await look.text(".about")).toContain("<script>");
    expect(await look.page.locator("main img, main script").count()).toBe(0);
  });

  test("asks nobody for anything, and is kept from it", async () => {
    expect(look.asked).toEqual([url]);
    expect(look.said).toEqual([]);
    const asked = await look.page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'let through', () => 'refused')");
    expect(asked).toBe("refused");
    await look.page.evaluate(
      "document.body.append(Object.assign(document.createElement('script'), { text: 'globalThis.bad = 2' }))",
    );
    expect(await look.page.evaluate("globalThis.bad")).toBeUndefined();
    expect(look.said.filter((words) => words.includes("Content Security Policy"))).toHaveLength(look.said.length);
    expect(look.said.length).toBeGreaterThan(0);
  });

  test("says the verdict without scripts, too", async () => {
    const plain = await browser.look({ javaScriptEnabled: false });
    await plain.page.goto(url);
    const text = await plain.text("noscript");
    expect(text).toContain("exit 0");
    expect(text).toContain("<img src=x");
  });

  test("fits a phone", async () => {
    const phone = await browser.look({ viewport: { width: 390, height: 844 }, colorScheme: "dark" });
    await phone.open(url);
    expect(await phone.page.evaluate("document.documentElement.scrollWidth")).toBe(390);
    expect(phone.said).toEqual([]);
  });

  test("is printed light, whatever it is on the screen", async () => {
    const dark = await browser.look({ colorScheme: "dark" });
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

  test("gives all points away as CSV", async () => {
    await look.page.locator("summary", { hasText: "All series" }).click();
    const [saved] = await Promise.all([look.page.waitForEvent("download"), look.page.locator("button.save").click()]);
    expect(saved.suggestedFilename()).toBe("one-0.csv");
    const text = await Bun.file((await saved.path())!).text();
    const recording = parseStrictly(await Bun.file(join(folder, "one-0.prom")).bytes(), "one");
    const points = [...recording.series()].flatMap((one) => [...one.blocks()].map(({ length }) => length));
    expect(text.trim().split("\n")).toHaveLength(1 + points.reduce((a, b) => a + b, 0));
    expect(text).toContain('"statexec_command_cpu_seconds_total{mode=""user""}"');
  });
});

describe.skipIf(skip)("a report of two runs", () => {
  test("lays one over the other, each from its own start", async () => {
    const other = { load: 0.5, startMs: START_MS + 9_000_000, identity: { instance: "other" } };
    const look = await (await browser.look()).open(await report("overlay", {}, other));
    const cpu = await look.chart("command-cpu");
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
    expect(await look.text(".verdicts")).toContain("−50");
    expect(look.said).toEqual([]);
  });

  test("sets hosts of one run above one another, on one time axis", async () => {
    const client = { identity: { role: "client", instance: "client" } } as const;
    const server = { startMs: START_MS + 2000, identity: { role: "server", instance: "server" } } as const;
    const look = await (await browser.look()).open(await report("hosts", client, server));
    const charts = await look.charts();
    const cpu = charts.filter(({ id }) => id === "machine-cpu");
    expect(cpu.map(({ title }) => title)).toEqual(["client", "server"]);
    expect(cpu[0]!.range).toEqual(cpu[1]!.range);
    // The server's first sample came two seconds later, and so it is shown.
    expect(cpu[1]!.lines[0]!.times[0]! - cpu[0]!.lines[0]!.times[0]!).toBe(2);
    await look.page.getByRole("button", { name: "Overlay" }).click();
    await look.settled();
    expect((await look.charts()).filter(({ id }) => id === "machine-cpu")).toHaveLength(1);
    expect(await look.address()).toContain("view=overlay");
  });
});
