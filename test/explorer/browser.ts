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

/** A line of a chart in the page; null stands for NaN. */
interface ShownLine {
  readonly label: string;
  readonly run: string;
  readonly layer: boolean;
  readonly times: number[];
  readonly values: (number | null)[];
  /** What is drawn of it: for a layer, the sum of the layers up to it. */
  readonly drawn: (number | null)[];
}

export interface ShownChart {
  readonly id: string;
  readonly title: string;
  readonly lines: ShownLine[];
  readonly limits: { label: string; value: number }[];
  /** The range of the time axis. */
  readonly range: [from: number, to: number];
  /** The data of the chart library; "none" stands for undefined. */
  readonly data: (number | null | "none")[][];
  /** The texts of the values in the legend. */
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

/** A tab of the browser, with its console messages and its requests. */
export class Tab {
  readonly messages: string[] = [];
  readonly requests: string[] = [];

  constructor(readonly page: Page) {
    page.on("console", (message) => this.messages.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => this.messages.push(String(error)));
    page.on("request", (request) => this.requests.push(request.url()));
  }

  /** Opens an address and waits until every chart has its points. */
  async open(url: string): Promise<this> {
    await this.page.goto(url);
    await this.settled();
    return this;
  }

  /** Waits until there are charts and none is stale. */
  async settled(): Promise<void> {
    await this.until("globalThis.statexec?.views.length > 0 && statexec.views.every((view) => !view.stale)");
    await this.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  }

  /** Waits until an expression is true. It polls: the page's policy forbids that the page evaluates the expression. */
  async until(expression: string): Promise<void> {
    for (let left = 400; !(await this.page.evaluate(`Boolean(${expression})`)); left--) {
      if (left === 0) throw new Error(`never true: ${expression}; console messages: ${this.messages.join("\n")}`);
      await Bun.sleep(25);
    }
  }

  charts(): Promise<ShownChart[]> {
    return this.page.evaluate(CHARTS) as Promise<ShownChart[]>;
  }

  /** Returns the first chart of a panel, or that of a host. */
  async chart(id: string, title = ""): Promise<ShownChart> {
    const found = (await this.charts()).find((chart) => chart.id === id && (title === "" || chart.title === title));
    if (!found) throw new Error(`no chart ${id} ${title}`);
    return found;
  }

  /** Returns the page's own address: the driver is informed of a change a little later. */
  address(): Promise<string> {
    return this.page.evaluate("location.href") as Promise<string>;
  }

  /** Returns the text of an element, even if it is hidden. */
  async text(selector: string): Promise<string> {
    return (await this.page.locator(selector).first().textContent()) ?? "";
  }

  /** Scrolls to a panel and returns the position of its plotting area on the screen. */
  async plot(id: string): Promise<{ x: number; y: number; width: number; height: number }> {
    const over = this.page.locator(`#panel-${id} .u-over`).first();
    await over.scrollIntoViewIfNeeded();
    const box = await over.boundingBox();
    if (!box) throw new Error(`panel ${id} is not visible`);
    return box;
  }
}

/** A Chromium with its own profile. */
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

  /** Opens a tab; with options, one in a context of its own, which shares nothing with the others. */
  async newTab(options?: BrowserContextOptions): Promise<Tab> {
    const browser = this.context.browser();
    if (!options || !browser) return new Tab(await this.context.newPage());
    return new Tab(await (await browser.newContext(options)).newPage());
  }

  async close(): Promise<void> {
    await this.context.close();
    rmSync(this.profile, { recursive: true, force: true });
  }
}
