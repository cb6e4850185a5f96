import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { loadRuns, reportHtml } from "../../../explorer/report/report-page.ts";
import { tempFolder } from "../../helpers/statexec.ts";
import { isMissing } from "../../helpers/validators.ts";
import { type Tab, TestBrowser } from "../browser.ts";
import { type MadeProcess, type MadeSample, madeBuild, processRecord } from "../made-processes.ts";
import { madeFile } from "../made-runs.ts";

const skip = isMissing("browser");
const folder = tempFolder();
let browser: TestBrowser;
let tab: Tab;

beforeAll(async () => {
  if (skip) return;
  browser = await TestBrowser.launch();
  tab = await browser.newTab();
});

afterAll(async () => {
  await browser?.close();
  folder[Symbol.dispose]();
});

/** Opens the report of a run with a record of these processes; without any, without a record. */
async function opened(name: string, all: readonly MadeProcess[], samples: readonly MadeSample[] = []): Promise<void> {
  await Bun.write(folder.file(`${name}.prom`), madeFile({}));
  if (all.length > 0) await Bun.write(folder.file(`${name}.processes.jsonl.gz`), processRecord(all, {}, samples));
  const html = await reportHtml(await loadRuns([folder.file(`${name}.prom`)]));
  await Bun.write(folder.file(`${name}.html`), html);
  await tab.open(`file://${folder.file(`${name}.html`)}`);
}

const VIEW = "statexec.processes.views[0]";
const drawn = () => tab.until(`statexec.processes?.views.length > 0 && ${VIEW}.frame.bars > 0`);
const twoFrames = () =>
  tab.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");

describe.skipIf(skip)("the processes of a run", () => {
  test("are no part of a report without a record of them", async () => {
    await opened("none", []);
    expect(await tab.page.locator("#processes").count()).toBe(0);
    expect(await Bun.file(folder.file("none.html")).text()).not.toContain("Find a process");
  });

  test("can be searched, collapsed and walked by keys, each with its figures", async () => {
    await opened("few", madeBuild(60));
    await drawn();
    expect(await tab.text("#processes .hint")).toContain("60 processes.");
    const swim = tab.page.locator(".swim");
    await swim.focus();
    const told = () => tab.text("#processes [role=status]");
    await tab.page.keyboard.press("ArrowDown");
    expect(await told()).toMatch(
      /^make, process 100: start 0\.000\ss, time 2\smin 00\ss, CPU time 2\.50\ss, .* of the run/,
    );
    await tab.page.keyboard.press("ArrowDown");
    expect(await told()).toMatch(/^sh, process 200: .*parent make 100/);
    await tab.page.keyboard.press("ArrowRight");
    expect(await told()).toMatch(/^sh, process 202:/);
    await tab.page.keyboard.press("ArrowDown");
    expect(await told()).toMatch(/^cc1plus, process 203:.* peak RSS seen 121\sMiB/);
    const height = () => tab.page.evaluate(`${VIEW}.rows.count`);
    const before = Number(await height());
    await tab.page.keyboard.press("ArrowUp");
    await tab.page.keyboard.press("ArrowUp");
    await tab.page.keyboard.press("Enter");
    expect(await height()).toBe(1);
    await twoFrames();
    expect(await tab.page.evaluate(`${VIEW}.frame.bars`)).toBe(1);
    await tab.page.getByRole("button", { name: "Expand all" }).click();
    expect(await height()).toBe(before);
    await tab.page.getByLabel("Find a process").fill("ld");
    expect(await tab.text("#processes .tools .hint")).toBe("1 of 60");
    await tab.page.getByText("Processes as a table").click();
    const rows = await tab.page.locator("#processes tbody tr").allTextContents();
    expect(rows.length).toBe(60);
    expect(rows[0]).toMatch(/^ld90000100/);
    expect(tab.messages).toEqual([]);
  });

  test("share zoom and cursor with the lanes, and show the figures at the mouse", async () => {
    await opened("few", madeBuild(60));
    await drawn();
    const swim = tab.page.locator(".swim");
    await swim.focus();
    await tab.page.keyboard.press("ArrowDown");
    await tab.page.keyboard.press("ArrowDown");
    await tab.page.keyboard.press("z");
    await tab.settled();
    const [from, to] = (await tab.chart("command-cpu")).range;
    const first = madeBuild(60)[1]!;
    const length = first.end! - first.start;
    expect(from).toBeCloseTo(-0.05 * length, 2);
    expect(to).toBeCloseTo(1.05 * length, 2);
    await tab.page.keyboard.press("Escape");
    await tab.settled();
    await twoFrames();
    await swim.scrollIntoViewIfNeeded();
    const box = (await swim.boundingBox())!;
    // The first row is make's, over the whole run.
    await tab.page.mouse.move(box.x + box.width / 2, box.y + 46 + 9);
    await twoFrames();
    expect(await tab.text("#processes .tooltip")).toMatch(/^make 100start/);
    const at = await tab.page.evaluate(`${VIEW}.cursor`);
    expect(Number(at)).toBeCloseTo(60, -1);
    expect(await tab.text(".position")).toContain("at");
  });

  /** A build in which each process has a number, and a sample each second. */
  function sampledBuild(count: number): [MadeProcess[], MadeSample[]] {
    const all = madeBuild(count).map((one, at) => ({ ...one, more: { id: at + 1 } }));
    const listed = new Set<number>();
    const samples = Array.from({ length: 123 }, (_, i): MadeSample => {
      const live = all.flatMap(({ start, end }, at) => (start < i + 1 && end! > i + 1 ? [at + 1] : [])).slice(0, 200);
      const left = [...listed].filter((id) => !live.includes(id));
      const fresh = live.filter((id) => !listed.has(id));
      for (const id of left) listed.delete(id);
      for (const id of fresh) listed.add(id);
      const cpu = Object.fromEntries(live.map((id) => [id, id === 1 ? 0.02 : (i % 4) / 4]));
      const resident = Object.fromEntries(fresh.map((id) => [id, id * 2 ** 20]));
      return { from: 0, at: i + 1, cpu, resident, left, rest: [0, 0.5, 0] };
    });
    return [all, samples];
  }

  test("have their CPU and memory of the time at the mouse, by keys, in the table, and as a curve in front of all", async () => {
    await opened("sampled", ...sampledBuild(60));
    await drawn();
    const swim = tab.page.locator(".swim");
    await swim.scrollIntoViewIfNeeded();
    const box = (await swim.boundingBox())!;
    await tab.page.mouse.move(box.x + box.width / 2, box.y + 46 + 9);
    await twoFrames();
    expect(await tab.text("#processes .tooltip")).toMatch(
      /^make 100at \d.*?s0\.02 of [\d.]+ cores, 1\sMiB of \d+\sMiB/,
    );
    const curve = tab.page.locator("#processes article > canvas");
    expect(await curve.isVisible()).toBe(false);
    await swim.focus();
    await tab.page.keyboard.press("ArrowDown");
    await twoFrames();
    expect(await curve.isVisible()).toBe(true);
    const told = () => tab.text("#processes [role=status]");
    expect(await told()).toMatch(/most CPU 0\.02 cores from .*most memory 1\sMiB from/);
    await tab.page.keyboard.press(".");
    expect(await told()).toMatch(/^make 100 at \d.*: 0\.02 of .* cores, 1\sMiB of /);
    const before = Number(await tab.page.evaluate(`${VIEW}.cursor`));
    await tab.page.keyboard.press(",");
    expect(Number(await tab.page.evaluate(`${VIEW}.cursor`))).toBeCloseTo(before - 1, 3);
    await tab.page.getByText("Processes as a table").click();
    expect(await tab.page.locator("#processes thead th").allTextContents()).toContain("Most CPU");
    const rows = await tab.page.locator("#processes tbody tr").allTextContents();
    expect(rows[0]).toMatch(/0\.75 cores from .*MiB from/);
    expect(tab.messages).toEqual([]);
  });

  test("10,000 of them with samples are shaded by these in a frame that is short", async () => {
    await opened("sampled-many", ...sampledBuild(10_000));
    await drawn();
    const { ms, bars } = (await tab.page.evaluate(`${VIEW}.frame`)) as { ms: number; bars: number };
    expect(bars).toBeLessThan(1900);
    // Without samples each bar is one rectangle; with them a frame must not be of another kind.
    await opened("many", madeBuild(10_000));
    await drawn();
    const plain = (await tab.page.evaluate(`${VIEW}.frame`)) as { ms: number };
    expect(ms).toBeLessThan(Math.max(50, 10 * plain.ms));
  });

  test("10,000 of them open soon, and a frame draws at most a bar a pixel", async () => {
    await opened("few", madeBuild(60));
    await drawn();
    const some = Number(await tab.page.evaluate("performance.now()"));
    await opened("many", madeBuild(10_000));
    await drawn();
    // Both are mostly the page itself.
    expect(Number(await tab.page.evaluate("performance.now()"))).toBeLessThan(4 * some);
    expect(await tab.text("#processes .hint")).toMatch(
      /10,000 processes\. The 2000 that matter most .* 8000 are not\./,
    );
    const { ms, bars } = (await tab.page.evaluate(`${VIEW}.frame`)) as { ms: number; bars: number };
    // Of the 2,000 shown, some are within the same pixel.
    expect(bars).toBeLessThan(1900);
    expect(ms).toBeGreaterThan(0);
  });

  test("only the rows in sight are drawn", async () => {
    const sleeps = Array.from({ length: 1500 }, (_, at) => ({
      ...{ pid: 200 + at, parent: 100, name: "sleep", start: 4 + at / 1000, end: 100, cpu: 0.001 },
    }));
    await opened("wide", [madeBuild(2)[0]!, ...sleeps]);
    await drawn();
    expect(await tab.page.evaluate(`${VIEW}.rows.count`)).toBe(1501);
    for (const top of [0, 9000, 26_000]) {
      await tab.page.evaluate(`document.querySelector(".swim").scrollTop = ${top}; ${VIEW}.update()`);
      await twoFrames();
      const { bars } = (await tab.page.evaluate(`${VIEW}.frame`)) as { bars: number };
      expect(bars).toBeGreaterThan(20);
      expect(bars).toBeLessThan(27);
    }
  });
});
