import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import axe from "axe-core";
import { runOf } from "../../../explorer/data/run-columns.ts";
import { loadRuns, reportHtml } from "../../../explorer/report/report-page.ts";
import { withSummary } from "../../../src/recording/summary-series.ts";
import { START_MS } from "../../helpers/recording.ts";
import { statexec, tempFolder } from "../../helpers/statexec.ts";
import { isMissing } from "../../helpers/validators.ts";
import { type Tab, TestBrowser } from "../browser.ts";
import { madeBuild, processRecord } from "../made-processes.ts";
import { type MadeRun, madeFile, madeRun } from "../made-runs.ts";
import { liveUntil, PageServer } from "../page-server.ts";

/** Looks at the page in every state of a run, in both themes, at the widths of a phone to a large screen. */

const skip = isMissing("browser");
const folder = tempFolder();
/** Pictures to look at; nothing compares them. */
const PICTURES = process.env.STATEXEC_PICTURES ?? join(tmpdir(), "statexec-pictures");
const THEMES = ["light", "dark"] as const;
const WIDTHS = [390, 768, 1440, 2560];
let browser: TestBrowser;

beforeAll(async () => {
  mkdirSync(PICTURES, { recursive: true });
  if (!skip) browser = await TestBrowser.launch();
});

afterAll(async () => {
  if (!skip) await browser.close();
  folder[Symbol.dispose]();
});

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** Returns what is serious or critical for a reader who cannot see well, or has no mouse. */
async function violations(tab: Tab): Promise<string[]> {
  await tab.page.evaluate(axe.source);
  const { violations: all } = (await tab.page.evaluate("axe.run()")) as { violations: Violation[] };
  const grave = all.filter(({ impact }) => impact === "serious" || impact === "critical");
  return grave.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
}

/** Looks at the report of some files. */
async function look(name: string, files: readonly string[], hash = ""): Promise<Tab> {
  const path = folder.file(`${name}.html`);
  await Bun.write(path, await reportHtml(await loadRuns([...files])));
  return lookAt(name, `file://${path}${hash}`, files.length > 0);
}

/** Opens a page in both themes, takes its pictures at all widths, and expects that nothing is wrong with it. */
async function lookAt(name: string, url: string, hasRuns = true): Promise<Tab> {
  let tab: Tab | undefined;
  for (const theme of THEMES) {
    await tab?.page.close();
    tab = await browser.newTab({ viewport: { width: 1440, height: 900 }, colorScheme: theme });
    await tab.page.goto(url);
    await tab.until("document.querySelector('main h1, main .empty')");
    if (hasRuns) await tab.settled();
    for (const width of theme === "dark" && !process.env.STATEXEC_TEST_LONG ? [1440] : WIDTHS) {
      await tab.page.setViewportSize({ width, height: 900 });
      // The charts take their new width a moment later.
      await tab.until("document.documentElement.scrollWidth <= innerWidth");
      await tab.page.screenshot({ path: join(PICTURES, `${name}-${theme}-${width}.png`), fullPage: true });
    }
    expect(tab.messages).toEqual([]);
    await tab.page.setViewportSize({ width: 1440, height: 900 });
    expect(await violations(tab), `${name}, ${theme}`).toEqual([]);
  }
  return tab!;
}

/** Records a command in a shell. */
async function recorded(name: string, script: string, ...options: readonly string[]): Promise<string> {
  const file = folder.file(`${name}.prom`);
  await statexec(["-q", "--interval", "0.1", "-f", file, ...options, "--", "sh", "-c", script]);
  expect(await Bun.file(file).exists(), file).toBe(true);
  return file;
}

async function made(name: string, run: MadeRun): Promise<string> {
  const file = folder.file(`${name}.prom`);
  await Bun.write(file, madeFile(run));
  return file;
}

const LONG = 120_000;

describe.skipIf(skip)("the page of a real run", () => {
  test.each([
    ["sleep", "sleep 1.5", /waited, but not for CPU, memory or disk/, "exit 0"],
    // On a machine that others use it is not so short.
    [
      "short",
      "true",
      /^It ran for .* too short to tell what held it back\.$|^It waited, perhaps|Others took/,
      "exit 0",
    ],
    ["failed", "sleep 0.5; exit 3", /waited/, "exit 3"],
    ["killed", "sleep 0.5; kill -9 $$", /waited/, "signal 9"],
  ])(
    "that is %s",
    async (name, script, sentence, outcome) => {
      const tab = await look(name, [await recorded(name, script)]);
      expect(await tab.text(".sentence")).toMatch(sentence);
      expect(await tab.text(".verdict")).toContain(outcome);
    },
    LONG,
  );

  test(
    "that is over its budget",
    async () => {
      const tab = await look("budget", [await recorded("budget", "sleep 1", "--budget", "wall<0.2s", "--budget-kill")]);
      expect(await tab.text("#tables")).toMatch(/budget/i);
    },
    LONG,
  );

  test(
    "with several findings links each to its time, and shows its chart",
    async () => {
      const file = await made("findings", {});
      const tab = await look("findings", [file]);
      const tables = await tab.text("#tables");
      expect(tables).toMatch(/cc1plus.*?240\+ld/);
      expect(tables).toContain("+: at least so many, since samples do not see what lives between them; ");
      const list = tab.page.locator(".bottlenecks li", { hasText: "disk" });
      await list.getByRole("button").click();
      await tab.settled();
      // It reads in the first fifth of its two minutes.
      const [from, to] = (await tab.chart("command-cpu")).range;
      expect(from).toBeCloseTo(0, 0);
      expect(to).toBeGreaterThan(15);
      expect(to).toBeLessThan(26);
      expect(await tab.page.locator(".wall svg").getAttribute("aria-label")).toMatch(
        /running \d+ %, waiting for a disk/,
      );
    },
    LONG,
  );
});

describe.skipIf(skip)("the page of a run", () => {
  test(
    "that was starved says so first, and shows what waited above what ran",
    async () => {
      const tab = await look("starved", [await made("starved", { starved: 6, load: 0.3 })]);
      expect(await tab.text(".sentence")).toMatch(/Others took the CPU from it/);
      const labels = (await tab.chart("command-cpu")).lines.map(({ label }) => label);
      expect(labels.slice(0, 3)).toEqual(["user", "system", "waited for a CPU"]);
    },
    LONG,
  );

  test(
    "of a day, with its phases and processes",
    async () => {
      const hour = 3600;
      const day = await made("day", {
        ...{ seconds: 24 * hour, delay: 120, every: 60 },
        events: [1, 6, 20].map((at, i) => ({ at: at * hour, event: "phase", text: ["fetch", "compile", "link"][i]! })),
      });
      const all = madeBuild(3000).map((one) => ({ ...one, start: one.start * 720, end: one.end! * 720 }));
      await Bun.write(day.replace(".prom", ".processes.jsonl.gz"), processRecord(all));
      const tab = await look("day", [day]);
      await tab.until("statexec.processes.views[0]?.frame.bars > 0");
      expect(await tab.page.getByRole("region", { name: "Phases" }).locator("tbody tr").count()).toBe(3);
      await tab.page.getByText("Memory as a table").first().focus();
      await tab.page.keyboard.press("Enter");
      const rows = await tab.page.locator("#panel-command-memory .chart-table tbody tr").allTextContents();
      expect(rows.length).toBe(21);
      expect(rows[10]).toMatch(/^12:00:00990\sMiB/);
      expect(await violations(tab)).toEqual([]);
    },
    2 * LONG,
  );

  test(
    "that goes on",
    async () => {
      const run = runOf(withSummary(madeRun({})), { id: "1", name: "live.prom", live: true });
      const server = new PageServer([liveUntil(run, 60)]);
      try {
        const tab = await lookAt("live", server.url);
        expect(await tab.text(".about")).toContain("still running");
        expect(await tab.text(".verdict")).toContain("running");
      } finally {
        await server.stop();
      }
    },
    LONG,
  );
});

test.skipIf(skip)(
  "on paper, a run takes two pages at most, with the times of its events",
  async () => {
    const path = folder.file("paper.html");
    const events = [30, 100].map((at) => ({ at, event: "phase", text: `phase-${at}` }));
    await Bun.write(path, await reportHtml(await loadRuns([await made("paper", { events, starved: 1 })])));
    const tab = await (await browser.newTab()).open(`file://${path}`);
    const paper = (await tab.page.pdf({ format: "A4" })).toString("latin1");
    expect(paper.match(/\/Type \/Page\b/g)?.length).toBeLessThanOrEqual(2);
    await tab.page.emulateMedia({ media: "print" });
    expect(await tab.page.locator("#tables td button").first().isVisible()).toBe(true);
    await tab.page.close();
  },
  LONG,
);

describe.skipIf(skip)("the page of several runs", () => {
  test(
    "compares two, and says nothing of differences that are none",
    async () => {
      const files = [await made("two-a", {}), await made("two-b", { load: 0.5, startMs: START_MS + 9e6 })];
      const tab = await look("two", files);
      expect(await tab.text("h1")).toBe("make -j8 all");
      const text = await tab.text(".verdicts");
      expect(text).toContain("±0\u202f%");
      expect(text).toContain("What held it back");
      // Reads and writes are two figures.
      expect(text).not.toMatch(/B \/ [\d.]+\s\w+B\s+[+−±]/);
      const compared = await tab.page.locator(".comparison tbody tr").allTextContents();
      const told = await statexec(["--compare", ...files]);
      const verdicts = [...told.stdout.matchAll(/^(.{26}).* (worse|better|same|not comparable)$/gm)];
      expect(compared.length).toBe(verdicts.length);
      for (const [at, [, what, verdict]] of verdicts.entries())
        expect(compared[at]).toMatch(new RegExp(`^${what!.trim()}.*${verdict}`));
      expect(told.stdout).toContain("better");
      const difference = await tab.chart("command-cpu-difference");
      const known = difference.lines[0]!.values.filter((value) => value !== null);
      expect(Math.min(...known)).toBeLessThan(-1);
      expect(Math.max(...known)).toBeLessThan(0.2);
      await tab.page.getByRole("group", { name: "Base of the comparison" }).getByRole("button").nth(1).click();
      expect(await tab.text(".comparison tbody")).toContain("worse");
      expect(await tab.address()).toContain("base=1");
      await tab.page.locator(".menu summary").click();
      const names = () => tab.page.locator(".runs tbody th").allTextContents();
      expect(await names()).toEqual(["two-b.prom", "two-a.prom"]);
      await tab.page.getByRole("button", { name: "Peak memory" }).click();
      expect(await names()).toEqual(["two-a.prom", "two-b.prom"]);
      expect(await violations(tab)).toEqual([]);
    },
    LONG,
  );

  test(
    "shows two hosts, ten runs, and none",
    async () => {
      const hosts = [
        await made("client", { identity: { role: "client", instance: "client" } }),
        await made("server", { load: 2, startMs: START_MS + 2000, identity: { role: "server", instance: "server" } }),
      ];
      const tab = await look("hosts", hosts);
      // A client and its server have different tasks.
      expect(await tab.text(".verdicts tbody")).not.toMatch(/[+−]\d/);
      await tab.page.getByRole("button", { name: "Overlay" }).click();
      await tab.settled();
      expect(await tab.text(".comparison")).toContain("not compared");
      expect(await tab.text(".verdicts tbody")).not.toMatch(/[+−]\d/);
      const others = [await made("make", {}), await made("ninja", { command: ["ninja", "all"], load: 0.5 })];
      const different = await look("different", others);
      expect(await different.text("h1")).toBe("make -j8 all  ·  ninja all");
      expect(await different.text(".verdicts tbody")).not.toMatch(/[+−]\d/);
      expect(await different.page.locator(".comparison table").isVisible()).toBe(false);
      await different.page.getByText("different commands: compare them all the same").click();
      expect(await different.page.locator(".comparison table").isVisible()).toBe(true);
      const ten = [];
      for (let at = 0; at < 10; at++)
        ten.push(await made(`ten-${at}`, { seconds: 30, load: 0.5 + at / 10, startMs: START_MS + at * 1e6 }));
      const newest = await look("ten", ten);
      expect(await newest.text(".about")).toContain("ten-9.prom");
      const chosen = await newest.page.evaluate(
        "[...document.querySelectorAll('.menu input')].map((box) => box.value)",
      );
      const overlaid = await look("ten-overlaid", ten, `#runs=${(chosen as string[]).join(",")}`);
      expect(await overlaid.page.locator(".verdicts tbody tr").count()).toBe(10);
      expect(await overlaid.text(".comparison caption")).toContain("10 runs");
      // One line each: what they are stands above them.
      const io = await overlaid.chart("command-io");
      expect([io.title, io.lines.length]).toEqual(["storage read", 10]);
      const spread = await overlaid.chart("command-memory-spread");
      expect(spread.lines.map(({ label }) => label)).toEqual(["lowest", "median", "highest"]);
      const bases = overlaid.page.getByRole("group", { name: "Base of the comparison" });
      await bases.getByRole("button").first().click();
      expect(await overlaid.text(".comparison thead")).toContain("median of 9 runs");
      const none = await look("none", []);
      expect(await none.text("main")).toContain("There is no run to show");
    },
    2 * LONG,
  );
});
