import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { isMissing } from "../../helpers/validators.ts";
import { type Tab, TestBrowser } from "../browser.ts";
import { dataOf } from "../made-runs.ts";
import { PageServer } from "../page-server.ts";

const skip = isMissing("browser");
let browser: TestBrowser;
let tab: Tab;

beforeAll(async () => {
  if (skip) return;
  browser = await TestBrowser.launch();
  tab = await browser.newTab();
});

afterAll(() => browser?.close());

const PHASES = [
  { at: 3 + 24, event: "phase", text: "compile" },
  { at: 3 + 96, event: "phase", text: "link" },
] as const;

describe.skipIf(skip)("the phases of a run", () => {
  test("are bands that a click on a name zooms to, and have a table of their figures", async () => {
    const phased = new PageServer([dataOf({ events: PHASES })]);
    try {
      await tab.open(phased.url);
      const rows = await tab.page.getByRole("region", { name: "Phases" }).locator("tbody tr").allTextContents();
      expect(rows.length).toBe(2);
      expect(rows[0]).toMatch(/^compile1\smin 12\ss/);
      const { x, y, width } = await tab.plot("command-cpu");
      const at = (seconds: number) => x + (width * (seconds + 3)) / 126;
      // Its name is at the top of its band; further down, a click pins the cursor.
      await tab.page.mouse.click(at(60), y + 60);
      await tab.settled();
      expect((await tab.chart("command-cpu")).range).toEqual([-3, 123]);
      await tab.page.keyboard.press("Escape");
      await tab.page.mouse.click(at(60), y + 6);
      await tab.settled();
      expect((await tab.chart("command-memory")).range).toEqual([24, 96]);
      await tab.page.getByRole("button", { name: "link", exact: true }).click();
      await tab.settled();
      expect((await tab.chart("command-cpu")).range).toEqual([96, 120]);
      const strip = await tab.page.locator(".timeline .phase").evaluateAll((all) => all.map((one) => one.ariaLabel));
      expect(strip.map((label) => label?.split(" ")[0])).toEqual(["before", "running", "compile", "link", "after"]);
      expect(tab.messages).toEqual([]);
    } finally {
      await phased.stop();
    }
  });
});

describe.skipIf(skip)("the CPU of the command", () => {
  test("has the threads that waited above those that ran, but not in the sum of an overlay", async () => {
    const [one, two] = [dataOf({ starved: 1.5 }), dataOf({ starved: 1.5 }, "1")];
    const starved = new PageServer([one]);
    try {
      await tab.open(starved.url);
      const { lines, limits } = await tab.chart("command-cpu");
      const waited = lines.findIndex(({ label }) => label === "waited for a CPU");
      expect(lines[waited]!.values.at(40)).toBeCloseTo(1.5, 6);
      const used = lines.slice(0, waited).reduce((sum, { values }) => sum + values.at(40)!, 0);
      expect(lines[waited]!.drawn.at(40)).toBeCloseTo(used + 1.5, 6);
      expect(limits.map(({ label }) => label)).toContain("CPUs");
      starved.runs = [one, two];
      await tab.open(starved.url);
      const [sum] = (await tab.chart("command-cpu")).lines;
      expect(Math.max(...sum!.values.map((value) => value ?? 0))).toBeLessThan(4);
      const cpu = "statexec.views.find(({ plan }) => plan.spec.id === 'command-cpu').chart";
      const named = await tab.page.evaluate(`${cpu}.namedLines().map(({ name }) => name)`);
      expect(named).toEqual(["run-0.prom", "run-1.prom"]);
    } finally {
      await starved.stop();
    }
  });
});
