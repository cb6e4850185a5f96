import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Run, runOf } from "../../explorer/data/run.ts";
import { withSummary } from "../../src/recording/summary-series.ts";
import { isMissing } from "../helpers/validators.ts";
import { type Look, TestBrowser } from "./browser.ts";
import { type MadeRun, madeRun } from "./runs.ts";
import { Served } from "./served.ts";

const skip = isMissing("browser");
let browser: TestBrowser;
let served: Served;
let look: Look;

function dataOf(made: MadeRun, id = "0"): Run {
  return runOf(withSummary(madeRun(made)), { id, name: `run-${id}.prom`, live: false });
}

/** The same run as far as it had come after so many seconds. */
function until(run: Run, seconds: number): Run {
  const endMs = run.info.startMs + seconds * 1000;
  const cut = (index: number) => {
    const { times, values, ...rest } = run.columns.series(index);
    const length = times.findLastIndex((atMs) => atMs <= endMs) + 1;
    return { times: times.subarray(0, length), values: values.subarray(0, length), ...rest };
  };
  const command = run.info.command && { ...run.info.command, toMs: endMs };
  const events = run.info.events.filter(({ atMs }) => atMs <= endMs);
  return { info: { ...run.info, events, endMs, command, live: true }, columns: { series: cut } };
}

beforeAll(async () => {
  if (skip) return;
  browser = await TestBrowser.launch();
  served = new Served([dataOf({})]);
  look = await browser.look();
});

afterAll(async () => {
  if (skip) return;
  await served.stop();
  await browser.close();
});

/** Moves the mouse to a part of a chart's width, 0 to 1; answers the time there. */
async function pointAt(id: string, part: number): Promise<number> {
  const { x, y, width, height } = await look.plot(id);
  await look.page.mouse.move(x + part * width, y + height / 2);
  await look.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  const [from, to] = (await look.chart(id)).range;
  return from + part * (to - from);
}

describe.skipIf(skip)("the page", () => {
  test("shows one cursor in all charts, and the values there", async () => {
    await look.open(served.url);
    const at = await pointAt("command-cpu", 0.5);
    const memory = await look.chart("command-memory");
    const [anonymous] = memory.lines;
    const nearest = anonymous!.times.reduce((a, b) => (Math.abs(b - at) < Math.abs(a - at) ? b : a));
    const bytes = anonymous!.values[anonymous!.times.indexOf(nearest)]!;
    expect(memory.legend[0]).toBe(`${(bytes / 2 ** 20).toFixed(0)}\u202fMiB`);
    const left = (id: string) => look.page.locator(`#panel-${id} .u-cursor-x`).first().boundingBox();
    const [here, there] = [await left("command-cpu"), await left("command-processes")];
    expect(there!.x).toBeCloseTo(here!.x, 0);
    expect(await look.text(".where")).toContain("at");
  });

  test("zooms all charts to what was dragged over, asks for that alone, and keeps it in its address", async () => {
    await look.open(served.url);
    const { x, y, width, height } = await look.plot("command-cpu");
    await look.page.mouse.move(x + 0.25 * width, y + height / 2);
    await look.page.mouse.down();
    await look.page.mouse.move(x + 0.5 * width, y + height / 2, { steps: 4 });
    await look.page.mouse.up();
    await look.settled();
    const charts = await look.charts();
    const [from, to] = charts[0]!.range;
    // From -3 s to 123 s, a quarter to a half.
    expect(from).toBeCloseTo(28.5, 0);
    expect(to).toBeCloseTo(60, 0);
    for (const { range } of charts) expect(range).toEqual([from, to]);
    const { fromMs, toMs } = served.asked.at(-1)!;
    expect((toMs - fromMs) / 1000).toBeCloseTo(to - from, 6);
    expect(await look.address()).toMatch(/#t=[\d.]+~[\d.]+$/);
    await look.page.reload();
    await look.settled();
    expect((await look.charts())[0]!.range[0]).toBeCloseTo(from, 3);
    await look.page.keyboard.press("Escape");
    await look.settled();
    expect((await look.charts())[0]!.range).toEqual([-3, 123]);
    expect(await look.address()).toBe(served.url);
  });

  test("is moved by keys", async () => {
    await look.open(`${served.url}#t=40~60`);
    const range = async (key: string) => {
      await look.page.keyboard.press(key);
      await look.settled();
      return (await look.charts())[0]!.range;
    };
    expect(await range("ArrowRight")).toEqual([44, 64]);
    expect(await range("ArrowLeft")).toEqual([40, 60]);
    expect(await range("+")).toEqual([44, 56]);
    expect(await range("-")).toEqual([40, 60]);
    await look.page.keyboard.press("t");
    expect(await look.address()).toContain("clock=wall");
    await look.page.keyboard.press("?");
    expect(await look.page.locator("dialog").isVisible()).toBe(true);
    await look.page.keyboard.press("Escape");
    expect(await range("0")).toEqual([-3, 123]);
  });

  test("keeps a cursor where it was put down, on reload too", async () => {
    await look.open(served.url);
    const { x, y, width, height } = await look.plot("command-cpu");
    await look.page.mouse.click(x + 0.5 * width, y + height / 2);
    expect(await look.address()).toMatch(/#at=60/);
    const there = (await look.chart("command-cpu")).legend;
    await look.page.mouse.move(2, 2);
    await look.page.reload();
    await look.settled();
    expect((await look.chart("command-cpu")).legend).toEqual(there);
    await look.page.keyboard.press("Escape");
    expect((await look.chart("command-cpu")).legend).not.toEqual(there);
  });

  test("is dark where the system is, and where one wants it", async () => {
    await look.open(served.url);
    const background = () => look.page.evaluate("getComputedStyle(document.body).backgroundColor") as Promise<string>;
    const light = await background();
    await look.page.emulateMedia({ colorScheme: "dark" });
    const dark = await background();
    expect(dark).not.toBe(light);
    await look.page.keyboard.press("d");
    expect(await background()).toBe(light);
    expect(await look.address()).toContain("theme=light");
    await look.page.emulateMedia({ colorScheme: "light" });
  });

  test("shows the last answer while the next one is under way", async () => {
    await look.open(served.url);
    const before = (await look.chart("command-cpu")).lines[0]!.times.length;
    const { promise, resolve } = Promise.withResolvers<void>();
    served.hold = promise;
    await look.page.keyboard.press("+");
    await look.page.keyboard.press("+");
    await look.until("statexec.views[0].stale");
    const waiting = await look.chart("command-cpu");
    expect(waiting.range[1] - waiting.range[0]).toBeLessThan(60);
    expect(waiting.lines[0]!.times).toHaveLength(before);
    resolve();
    served.hold = Promise.resolve();
    await look.settled();
    expect((await look.chart("command-cpu")).lines[0]!.times.length).toBeLessThan(before);
  });

  test("follows a run that is still going, to its end", async () => {
    const whole = dataOf({});
    served.runs = [until(whole, 50)];
    await look.open(served.url);
    expect(await look.text(".verdict")).toContain("running");
    expect((await look.charts())[0]!.range).toEqual([-3, 47]);
    const last = async () => (await look.chart("machine-cpu")).lines[0]!.times.at(-1);
    expect(await last()).toBe(47);
    await look.page.evaluate("globalThis.mark = document.querySelector('.uplot')");
    served.runs = [until(whole, 60)];
    served.changed();
    await look.until("statexec.views[0].points.own[0].times.at(-1) === 57");
    // The charts are the same ones still: nothing flickers.
    expect(await look.page.evaluate("globalThis.mark.isConnected")).toBe(true);
    await look.settled();
    expect(await last()).toBe(57);
    served.runs = [whole];
    served.changed();
    await look.until("document.querySelector('.verdict').textContent.includes('exit 0')");
    await look.settled();
    expect(await last()).toBe(123);
  });

  test("names the files that could not be read, and shows the rest", async () => {
    served.problems = [{ file: "bad.prom", message: 'bad.prom:3: expected a number, got "<b>"' }];
    await look.open(served.url);
    expect(await look.text(".problems")).toContain('bad.prom:3: expected a number, got "<b>"');
    served.runs = [];
    served.changed();
    await look.until("document.querySelector('.empty') !== null");
    expect(await look.text("main")).toContain("There is no run to show");
    served.problems = [];
    served.runs = [dataOf({})];
  });

  test("shows a file without series of a command: the machine, and its summary as the verdict", async () => {
    served.runs = [dataOf({ measured: false })];
    await look.open(served.url);
    expect((await look.charts()).map(({ id }) => id).filter((id) => id.startsWith("command"))).toEqual([]);
    for (const words of ["exit 0", "Machine's cores busy", "of 4", "Disks in / out"])
      expect(await look.text(".verdict")).toContain(words);
  });

  test("shows one of many runs at first, and the others when they are chosen", async () => {
    served.runs = Array.from({ length: 9 }, (_, at) => dataOf({ seconds: 20 }, String(at)));
    await look.open(served.url);
    expect(await look.text("h1")).toBe("make -j8 all");
    await look.page.locator(".menu summary").click();
    await look.page.locator(".menu input").nth(3).check();
    await look.settled();
    await look.until("document.querySelectorAll('.verdicts tbody tr').length === 2");
    expect(await look.address()).toContain("runs=0,3");
    await look.settled();
    expect((await look.chart("command-cpu")).lines.map(({ run }) => run)).toEqual(["0", "3"]);
  });

  test("asked nobody but its server, and had nothing to complain of", () => {
    expect(look.asked.filter((url) => !url.startsWith(served.url) && url !== "data:,")).toEqual([]);
    expect(look.said).toEqual([]);
  });
});
