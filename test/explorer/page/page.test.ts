import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { isMissing } from "../../helpers/validators.ts";
import { type Tab, TestBrowser } from "../browser.ts";
import { dataOf } from "../made-runs.ts";
import { liveUntil, PageServer } from "../page-server.ts";

const skip = isMissing("browser");
let browser: TestBrowser;
let server: PageServer;
let tab: Tab;

beforeAll(async () => {
  if (skip) return;
  browser = await TestBrowser.launch();
  server = new PageServer([dataOf({})]);
  tab = await browser.newTab();
});

afterAll(async () => {
  if (skip) return;
  await server.stop();
  await browser.close();
});

/** Moves the mouse to a share of a chart's width; returns the time there. */
async function pointAt(id: string, part: number): Promise<number> {
  const { x, y, width, height } = await tab.plot(id);
  await tab.page.mouse.move(x + part * width, y + height / 2);
  await tab.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  const [from, to] = (await tab.chart(id)).range;
  return from + part * (to - from);
}

describe.skipIf(skip)("the page", () => {
  test("shows one cursor in all charts, and the values at it", async () => {
    await tab.open(server.url);
    const at = await pointAt("command-cpu", 0.5);
    const memory = await tab.chart("command-memory");
    const [anonymous] = memory.lines;
    const nearest = anonymous!.times.reduce((a, b) => (Math.abs(b - at) < Math.abs(a - at) ? b : a));
    const bytes = anonymous!.values[anonymous!.times.indexOf(nearest)]!;
    expect(memory.legend[0]).toBe(`${(bytes / 2 ** 20).toFixed(0)}\u202fMiB`);
    const left = (id: string) => tab.page.locator(`#panel-${id} .u-cursor-x`).first().boundingBox();
    const [here, there] = [await left("command-cpu"), await left("command-memory")];
    expect(there!.x).toBeCloseTo(here!.x, 0);
    expect(await tab.text(".position")).toContain("at");
  });

  test("zooms all charts to a dragged range, requests only its points, and keeps it in the address", async () => {
    await tab.open(server.url);
    const { x, y, width, height } = await tab.plot("command-cpu");
    await tab.page.mouse.move(x + 0.25 * width, y + height / 2);
    await tab.page.mouse.down();
    await tab.page.mouse.move(x + 0.5 * width, y + height / 2, { steps: 4 });
    await tab.page.mouse.up();
    await tab.settled();
    const charts = await tab.charts();
    const [from, to] = charts[0]!.range;
    // A quarter to a half of the range from -3 s to 123 s.
    expect(from).toBeCloseTo(28.5, 0);
    expect(to).toBeCloseTo(60, 0);
    for (const { range } of charts) expect(range).toEqual([from, to]);
    const { fromMs, toMs } = server.requests.at(-1)!;
    expect((toMs - fromMs) / 1000).toBeCloseTo(to - from, 6);
    expect(await tab.address()).toMatch(/#t=[\d.]+~[\d.]+$/);
    await tab.page.reload();
    await tab.settled();
    expect((await tab.charts())[0]!.range[0]).toBeCloseTo(from, 3);
    await tab.page.keyboard.press("Escape");
    await tab.settled();
    expect((await tab.charts())[0]!.range).toEqual([-3, 123]);
    expect(await tab.address()).toBe(server.url);
  });

  test("fills the area of a layer of more points than it has columns of pixels", async () => {
    const long = new PageServer([dataOf({ seconds: 7200 })]);
    const own = await browser.newTab();
    try {
      await own.open(long.url);
      const { points, columns, unlike, tested } = (await own.page.evaluate(`(() => {
        const { plot } = statexec.views.find(({ plan }) => plan.spec.id === "command-cpu").chart;
        const [times, upper, lower] = plot.data;
        const columns = new Map();
        for (const [at, second] of times.entries()) {
          const x = Math.round(plot.valToPos(second, "x", true));
          const column = columns.get(x) ?? { below: 0, above: plot.bbox.top + plot.bbox.height };
          if (upper[at] != null) column.below = Math.max(column.below, plot.valToPos(upper[at], "y", true));
          if (lower[at] != null) column.above = Math.min(column.above, plot.valToPos(lower[at], "y", true));
          columns.set(x, column);
        }
        let unlike = 0;
        let tested = 0;
        for (const [x, { below, above }] of columns) {
          if (below === 0 || above - below < 6) continue;
          tested++;
          const [red, green, blue] = plot.ctx.getImageData(x, (below + above) / 2, 1, 1).data;
          const colour = "#" + [red, green, blue].map((part) => part.toString(16).padStart(2, "0")).join("");
          if (colour !== plot.series[1].fill()) unlike++;
        }
        return { points: times.length, columns: columns.size, unlike, tested };
      })()`)) as { points: number; columns: number; unlike: number; tested: number };
      expect(points).toBeGreaterThan(2 * columns);
      expect(columns).toBeGreaterThan(500);
      expect(tested).toBeGreaterThan(100);
      // A line that goes steeply to the next column covers what is between the layers.
      expect(unlike).toBeLessThan(tested / 2);
    } finally {
      await own.page.close();
      await long.stop();
    }
  });

  test("moves and zooms by keys", async () => {
    await tab.open(`${server.url}#t=40~60`);
    const range = async (key: string) => {
      await tab.page.keyboard.press(key);
      await tab.settled();
      return (await tab.charts())[0]!.range;
    };
    expect(await range("ArrowRight")).toEqual([44, 64]);
    expect(await range("ArrowLeft")).toEqual([40, 60]);
    expect(await range("+")).toEqual([44, 56]);
    expect(await range("-")).toEqual([40, 60]);
    await tab.page.keyboard.press("t");
    expect(await tab.address()).toContain("clock=wall");
    await tab.page.keyboard.press("?");
    expect(await tab.page.locator("dialog").isVisible()).toBe(true);
    await tab.page.keyboard.press("Escape");
    expect(await range("0")).toEqual([-3, 123]);
  });

  test("zooms by the wheel with a modifier only, and around the cursor", async () => {
    await tab.open(server.url);
    const at = await pointAt("command-cpu", 0.5);
    await tab.page.keyboard.down("Shift");
    await tab.page.mouse.wheel(0, -100);
    await tab.page.keyboard.up("Shift");
    await tab.until("location.hash !== ''");
    await tab.settled();
    const [from, to] = (await tab.chart("command-cpu")).range;
    expect(to - from).toBeCloseTo(126 * 0.75, 1);
    expect((from + to) / 2).toBeCloseTo(at, 0);
    const before = await tab.address();
    await tab.page.mouse.wheel(0, -100);
    await tab.until("scrollY >= 0");
    expect(await tab.address()).toBe(before);
    await tab.page.keyboard.press("Escape");
  });

  test("moves the pinned cursor by arrows in a focused chart, which says what it shows", async () => {
    // Elsewhere, arrows move a zoomed range.
    await tab.open(`${server.url}#t=40~80`);
    const plot = tab.page.locator("#panel-command-cpu .plot");
    await plot.focus();
    await tab.page.keyboard.press("ArrowRight");
    expect(await tab.address()).toMatch(/#t=40~80&at=60$/);
    await tab.page.keyboard.press("ArrowLeft");
    expect(await tab.address()).toMatch(/#t=40~80&at=59\.6$/);
    expect(await plot.getAttribute("aria-label")).toMatch(/^CPU, highest visible values: user [\d.]+, system/);
    await tab.page.keyboard.press("Escape");
  });

  test("shows all values beside the cursor, and hides a line by its name", async () => {
    await tab.open(server.url);
    await pointAt("command-io", 0.1);
    const tooltip = tab.page.locator("#panel-command-io .tooltip");
    expect(await tooltip.isVisible()).toBe(true);
    expect(await tooltip.locator(".name").allTextContents()).toEqual([
      ...["storage read", "storage written", "all read", "all written"],
    ]);
    expect(await tooltip.locator(".value").first().textContent()).toBe("160\u202fMiB/s");
    await tab.page.mouse.move(2, 2);
    expect(await tooltip.isVisible()).toBe(false);
    const shown =
      "statexec.views.find(({ plan }) => plan.spec.id === 'command-io').chart.plot.series.map(({ show }) => show)";
    await tab.page.getByRole("button", { name: "storage written" }).click();
    expect(await tab.page.evaluate(shown)).toEqual([true, true, false, true, true]);
    await tab.page.getByRole("button", { name: "storage written" }).click();
    expect(await tab.page.evaluate(shown)).toEqual([true, true, true, true, true]);
  });

  test("keeps a pinned cursor, also after a reload", async () => {
    await tab.open(server.url);
    const { x, y, width, height } = await tab.plot("command-cpu");
    await tab.page.mouse.click(x + 0.5 * width, y + height / 2);
    expect(await tab.address()).toMatch(/#at=60/);
    const there = (await tab.chart("command-cpu")).legend;
    await tab.page.mouse.move(2, 2);
    await tab.page.reload();
    await tab.settled();
    expect((await tab.chart("command-cpu")).legend).toEqual(there);
    await tab.page.keyboard.press("Escape");
    expect((await tab.chart("command-cpu")).legend).not.toEqual(there);
  });

  test("follows the theme of the system, until the reader chooses one", async () => {
    await tab.open(server.url);
    const background = () => tab.page.evaluate("getComputedStyle(document.body).backgroundColor") as Promise<string>;
    const light = await background();
    await tab.page.emulateMedia({ colorScheme: "dark" });
    const dark = await background();
    expect(dark).not.toBe(light);
    await tab.page.keyboard.press("d");
    expect(await background()).toBe(light);
    expect(await tab.address()).toContain("theme=light");
    await tab.page.emulateMedia({ colorScheme: "light" });
  });

  test("shows the earlier points until the next answer arrives", async () => {
    await tab.open(server.url);
    const before = (await tab.chart("command-cpu")).lines[0]!.times.length;
    const { promise, resolve } = Promise.withResolvers<void>();
    server.hold = promise;
    await tab.page.keyboard.press("+");
    await tab.page.keyboard.press("+");
    await tab.until("statexec.views[0].stale && statexec.views[0].range[1] - statexec.views[0].range[0] < 60");
    const waiting = await tab.chart("command-cpu");
    expect(waiting.range[1] - waiting.range[0]).toBeLessThan(60);
    expect(waiting.lines[0]!.times).toHaveLength(before);
    resolve();
    server.hold = Promise.resolve();
    await tab.settled();
    expect((await tab.chart("command-cpu")).lines[0]!.times.length).toBeLessThan(before);
  });

  test("follows a live run to its end", async () => {
    const whole = dataOf({});
    server.runs = [liveUntil(whole, 50)];
    await tab.open(server.url);
    expect(await tab.text(".verdict")).toContain("running");
    expect((await tab.charts())[0]!.range).toEqual([-3, 47]);
    const last = async () => (await tab.chart("machine-cpu")).lines[0]!.times.at(-1);
    expect(await last()).toBe(47);
    await tab.page.evaluate("globalThis.mark = document.querySelector('.uplot')");
    server.runs = [liveUntil(whole, 60)];
    server.sendChange();
    await tab.until("statexec.views[0].points.own[0].times.at(-1) === 57");
    // The charts are not built again: nothing flickers.
    expect(await tab.page.evaluate("globalThis.mark.isConnected")).toBe(true);
    await tab.settled();
    expect(await last()).toBe(57);
    server.runs = [whole];
    server.sendChange();
    await tab.until("document.querySelector('.verdict').textContent.includes('exit 0')");
    await tab.settled();
    expect(await last()).toBe(123);
  });

  test("lists the files that could not be read, and shows the others", async () => {
    server.problems = [{ file: "bad.prom", message: 'bad.prom:3: expected a number, got "<b>"' }];
    await tab.open(server.url);
    expect(await tab.text(".problems")).toContain('bad.prom:3: expected a number, got "<b>"');
    server.runs = [];
    server.sendChange();
    await tab.until("document.querySelector('.empty') !== null");
    expect(await tab.text("main")).toContain("There is no run to show");
    server.problems = [];
    server.runs = [dataOf({})];
  });

  test("shows the machine and the summary of a file without series of the command", async () => {
    server.runs = [dataOf({ measured: false })];
    await tab.open(server.url);
    expect((await tab.charts()).map(({ id }) => id).filter((id) => id.startsWith("command"))).toEqual([]);
    for (const words of ["exit 0", "Machine's cores busy", "of 4", "Disks in / out"])
      expect(await tab.text(".verdict")).toContain(words);
  });

  test("shows the first of many runs, and others when they are chosen", async () => {
    server.runs = Array.from({ length: 9 }, (_, at) => dataOf({ seconds: 20 }, String(at)));
    await tab.open(server.url);
    expect(await tab.text("h1")).toBe("make -j8 all");
    await tab.page.locator(".menu summary").click();
    await tab.page.locator(".menu input").nth(3).check();
    await tab.settled();
    await tab.until("document.querySelectorAll('.verdicts tbody tr').length === 2");
    expect(await tab.address()).toContain("runs=0,3");
    await tab.settled();
    expect((await tab.chart("command-cpu")).lines.map(({ run }) => run)).toEqual(["0", "3"]);
  });

  test("destroys its charts when it shows others, or none", async () => {
    server.runs = ["0", "1"].map((id) => dataOf({ seconds: 20 }, id));
    const countDestroyed = `{
      globalThis.destroyed = 0;
      for (const { chart } of statexec.views) (chart.plot.hooks.destroy ??= []).push(() => globalThis.destroyed++);
    }`;
    const other = await (await browser.newTab()).open(`${server.url}#runs=0`);
    const count = (await other.charts()).length;
    await other.page.evaluate(countDestroyed);
    await other.page.evaluate("location.hash = 'runs=0,1'");
    await other.until(`globalThis.destroyed === ${count}`);
    await other.settled();
    await other.page.evaluate(countDestroyed);
    const { runs } = server;
    server.runs = [];
    server.sendChange();
    await other.until("document.querySelector('.empty') !== null && globalThis.destroyed > 0");
    server.runs = runs;
    server.sendChange();
    await other.settled();
    expect(await other.page.locator(".uplot").count()).toBe((await other.charts()).length);
  });

  test("made requests only to its server, and had no console messages", () => {
    expect(tab.requests.filter((url) => !url.startsWith(server.url) && url !== "data:,")).toEqual([]);
    expect(tab.messages).toEqual([]);
  });
});
