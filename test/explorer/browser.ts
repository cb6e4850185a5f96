import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { commandOf } from "../helpers/validators.ts";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A line of a chart, as the page has it. NaN came as null. */
export interface ShownLine {
  readonly label: string;
  readonly run: string;
  readonly layer: boolean;
  readonly times: number[];
  readonly values: (number | null)[];
  /** What is drawn of it: of layers, the sum up to it. */
  readonly drawn: (number | null)[];
}

export interface ShownChart {
  readonly id: string;
  readonly title: string;
  readonly lines: ShownLine[];
  readonly limits: { label: string; value: number }[];
  /** The range of the time axis. */
  readonly range: [from: number, to: number];
  /** What the chart library was given: `undefined` came as "none". */
  readonly data: (number | null | "none")[][];
  /** The values of the legend, as they are written. */
  readonly legend: string[];
}

const CHARTS = `statexec.views.map((view) => ({
  id: view.plan.spec.id,
  title: view.plan.title,
  limits: view.plan.limits,
  lines: view.plan.lines.map(({ label, run, layer }, at) => ({
    label, run, layer,
    times: [...view.points.own[at].times],
    values: [...view.points.own[at].values].map((value) => Number.isNaN(value) ? null : value),
    drawn: [...view.points.drawn[at].values].map((value) => Number.isNaN(value) ? null : value),
  })),
  range: view.range,
  data: view.drawn.map((row) => [...row].map((value) => value === undefined ? "none" : value)),
  legend: [...view.element.querySelectorAll(".legend .value")].map((value) => value.textContent),
}))`;

/** A page that is looked at, and everything that it said or asked for. */
export class Look {
  readonly said: string[] = [];
  readonly asked: string[] = [];

  constructor(readonly page: Page) {
    page.on("console", (message) => this.said.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => this.said.push(String(error)));
    page.on("request", (request) => this.asked.push(request.url()));
  }

  /** Goes there and waits until every chart has its points. */
  async open(url: string): Promise<this> {
    await this.page.goto(url);
    await this.settled();
    return this;
  }

  /** Waits until there are charts and all show what they should. */
  async settled(): Promise<void> {
    await this.until("globalThis.statexec?.views.length > 0 && statexec.views.every((view) => !view.stale)");
    await this.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  }

  /** Waits for an expression to be true. Its policy keeps the page from evaluating it by itself. */
  async until(expression: string): Promise<void> {
    for (let left = 400; !(await this.page.evaluate(`Boolean(${expression})`)); left--) {
      if (left === 0) throw new Error(`never true: ${expression}; the page said: ${this.said.join("\n")}`);
      await Bun.sleep(25);
    }
  }

  charts(): Promise<ShownChart[]> {
    return this.page.evaluate(CHARTS) as Promise<ShownChart[]>;
  }

  /** The first chart of a panel, or the one of a host. */
  async chart(id: string, title = ""): Promise<ShownChart> {
    const found = (await this.charts()).find((chart) => chart.id === id && (title === "" || chart.title === title));
    if (!found) throw new Error(`there is no chart ${id} ${title}`);
    return found;
  }

  /** Where the page is, by itself: who drives it hears of a change a little later. */
  address(): Promise<string> {
    return this.page.evaluate("location.href") as Promise<string>;
  }

  /** What an element says, hidden or not. */
  async text(selector: string): Promise<string> {
    return (await this.page.locator(selector).first().textContent()) ?? "";
  }

  /** Where the plotting area of a panel is on the screen, after scrolling to it. */
  async plot(id: string): Promise<{ x: number; y: number; width: number; height: number }> {
    const over = this.page.locator(`#panel-${id} .u-over`).first();
    await over.scrollIntoViewIfNeeded();
    const box = await over.boundingBox();
    if (!box) throw new Error(`panel ${id} is not to be seen`);
    return box;
  }
}

/** One Chromium with a profile of its own; a context each for what should not know of each other. */
export class TestBrowser {
  private constructor(
    readonly context: BrowserContext,
    readonly profile: string,
  ) {}

  static async launch(): Promise<TestBrowser> {
    const profile = mkdtempSync(join(tmpdir(), "statexec-browser-"));
    const [executablePath = ""] = commandOf("browser");
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: Bun.which(executablePath) ?? executablePath,
      headless: true,
      args: FLAGS,
      viewport: { width: 1440, height: 900 },
    });
    return new TestBrowser(context, profile);
  }

  /** Another window; with options, one that shares nothing with the others. */
  async look(options?: BrowserContextOptions): Promise<Look> {
    const browser = this.context.browser();
    if (!options || !browser) return new Look(await this.context.newPage());
    return new Look(await (await browser.newContext(options)).newPage());
  }

  async close(): Promise<void> {
    await this.context.close();
    rmSync(this.profile, { recursive: true, force: true });
  }
}
