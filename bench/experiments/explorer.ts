import { rm } from "node:fs/promises";
import type { RunInfo, Runs } from "../../explorer/data/model.ts";
import { type Tab, TestBrowser } from "../../test/explorer/browser.ts";
import { isMissing } from "../../test/helpers/validators.ts";
import { writeDayFile } from "../lib/day-file.ts";
import { type Experiment, FigureCollection, NOT_INSTALLED, type Row } from "../lib/experiment.ts";
import { type Lab, numbers } from "../lib/lab.ts";
import { peakRss } from "../lib/resource-usage.ts";

const READ = "the file read";
const PLAIN = "indexOf on strings";
const OPEN = "open";
const RSS = "RSS";
const DRAWN = "all panels";

const PIXELS = 1200;
const MIB = 2 ** 20;
const MS = 1e6;

/** The metrics file of a day, read by the product and the obvious way in turns, then opened as a person opens it. */
const EXPLORE: Experiment = {
  name: "explore",
  async run(lab) {
    const file = await writeDayFile(lab);
    const program = await lab.program("file-reading");
    const figures = new FigureCollection();
    for (let i = 0; i < (lab.quick ? 1 : 3); i++) {
      for (const [name, how] of [[READ, "product"] as const, [PLAIN, "plain"] as const])
        figures.add(name, (await numbers([program, how, file], 3))[0]!);
      await openOnce(lab, file, figures);
    }
    await rm(file);
    return figures.all;
  },
};

/** From the start of `statexec --explore` to its list of runs, then to the points of every series. */
async function openOnce(lab: Lab, file: string, figures: FigureCollection): Promise<void> {
  // Compiled before the time counts.
  await lab.product();
  const start = Bun.nanoseconds();
  const server = await startExplorer(lab, file);
  try {
    const { url } = server;
    const { runs, problems } = (await (await fetch(`${url}api/runs`)).json()) as Runs;
    figures.add(OPEN, Bun.nanoseconds() - start);
    const [run] = runs;
    if (!run || problems.length > 0) throw new Error(`${file} was not read: ${JSON.stringify(problems)}`);
    const asked = Bun.nanoseconds();
    await fetchAllPoints(url, run);
    figures.add(DRAWN, Bun.nanoseconds() - asked);
    figures.add(RSS, peakRss(server.pid));
  } finally {
    await server.end();
  }
}

interface Explorer {
  readonly url: string;
  readonly pid: number;
  end(): Promise<void>;
}

/** Starts `statexec --explore` of a file; resolves when it has printed its address. */
async function startExplorer(lab: Lab, file: string): Promise<Explorer> {
  const command = [await lab.product(), "--explore", "--no-open", file];
  const server = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
  const end = async () => {
    server.kill();
    await server.exited;
  };
  const { value } = await server.stdout.getReader().read();
  return { url: new TextDecoder().decode(value).trim(), pid: server.pid, end };
}

/** Requests all series over the whole time, each in its own line: more than the page ever requests at once. */
async function fetchAllPoints(url: string, { id, series, startMs, endMs }: RunInfo): Promise<void> {
  const lines = series.map(({ type }, place) => ({ series: [place], as: type === "counter" ? "rate" : "value" }));
  const response = await fetch(`${url}api/points`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ run: id, lines, fromMs: startMs, toMs: endMs, pixels: PIXELS }),
  });
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  await response.arrayBuffer();
}

const FIRST = "first chart";
const ALL = "all charts";
const ZOOM = "zoom";

const some = "globalThis.statexec?.views.some((view) => !view.stale)";
const every = "globalThis.statexec?.views.length > 0 && statexec.views.every((view) => !view.stale)";

/** Milliseconds from the page's navigation to the first frame in which an expression is true. */
function when(tab: Tab, expression: string): Promise<number> {
  return tab.page.evaluate(`new Promise((done) => {
    const ask = () => (${expression} ? done(performance.now()) : requestAnimationFrame(ask));
    ask();
  })`) as Promise<number>;
}

/** The page of a day's file: the time from its address, and from a zoom, to charts that show their points. */
const PAGE: Experiment = {
  name: "explore-page",
  async run(lab) {
    const figures = new FigureCollection();
    if (isMissing("browser")) {
      for (const what of [FIRST, ALL, ZOOM]) figures.missing(what, NOT_INSTALLED);
      return figures.all;
    }
    const file = await writeDayFile(lab);
    const server = await startExplorer(lab, file);
    const browser = await TestBrowser.launch();
    try {
      // The server reads the file once, and the browser compiles the page once: neither is counted.
      await (await browser.newTab()).open(server.url);
      for (let round = 0; round < (lab.quick ? 3 : 10); round++) await loadAndZoom(browser, server.url, figures);
    } finally {
      await browser.close();
      await server.end();
      await rm(file);
    }
    return figures.all;
  },
};

async function loadAndZoom(browser: TestBrowser, url: string, figures: FigureCollection): Promise<void> {
  const tab = await browser.newTab();
  await tab.page.goto(url, { waitUntil: "commit" });
  figures.add(FIRST, (await when(tab, some)) * MS);
  figures.add(ALL, (await when(tab, every)) * MS);
  const over = tab.page.locator(".u-over").first();
  await over.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await over.boundingBox())!;
  await tab.page.mouse.move(x + 0.25 * width, y + height / 2);
  await tab.page.mouse.down();
  await tab.page.mouse.move(x + 0.5 * width, y + height / 2, { steps: 4 });
  await tab.page.evaluate(`{
    const note = () => { statexec.releasedAt = performance.now(); };
    globalThis.addEventListener("mouseup", note, { capture: true, once: true });
    statexec.wide = statexec.views[0].range[1] - statexec.views[0].range[0];
  }`);
  await tab.page.mouse.up();
  const narrower = "statexec.views[0].range[1] - statexec.views[0].range[0] < statexec.wide";
  const shown = await when(tab, `${narrower} && ${every}`);
  figures.add(ZOOM, (shown - ((await tab.page.evaluate("statexec.releasedAt")) as number)) * MS);
  await tab.page.close();
}

const explore = { experiment: EXPLORE } as const;
const page = { experiment: PAGE, unit: "ns" } as const;

export const EXPLORER_ROWS: readonly Row[] = [
  {
    ...explore,
    what: "reading the metrics file of a day at 1 s with 120 series, 1.2 GB",
    unit: "ns",
    ours: READ,
    against: PLAIN,
    goal: { atMost: 0.667 },
  },
  { ...explore, what: "`--explore` of it, until it answers", unit: "ns", ours: OPEN, goal: { atMost: 8e9 } },
  { ...explore, what: "its answer of all points of that day, 1,200 pixels", unit: "ns", ours: DRAWN },
  { ...explore, what: "its peak RSS meanwhile", unit: "bytes", ours: RSS, goal: { atMost: 600 * MIB } },
  {
    ...page,
    what: "`--explore` of a day at 1 s, from the address of the page to the first chart",
    ours: FIRST,
    goal: { atMost: 1e9 },
    forUsers: true,
  },
  { ...page, what: "its page, to all charts", ours: ALL },
  { ...page, what: "its page, from a zoom to all charts", ours: ZOOM, goal: { atMost: 0.2e9 } },
];
