import { rm } from "node:fs/promises";
import { type Look, TestBrowser } from "../../test/explorer/browser.ts";
import { isMissing } from "../../test/helpers/validators.ts";
import type { Experiment, Row } from "../lib/experiment.ts";
import { Collected } from "../lib/figures.ts";
import { NOT_INSTALLED } from "../lib/peers.ts";
import { dayFile, explorer } from "./explorer.ts";

const FIRST = "first chart";
const ALL = "all charts";
const ZOOM = "zoom";
const MS = 1e6;

const some = "globalThis.statexec?.views.some((view) => !view.stale)";
const every = "globalThis.statexec?.views.length > 0 && statexec.views.every((view) => !view.stale)";

/** The page's own clock, which starts with its navigation, in the frame in which an expression is true. */
function when(look: Look, expression: string): Promise<number> {
  return look.page.evaluate(`new Promise((done) => {
    const ask = () => (${expression} ? done(performance.now()) : requestAnimationFrame(ask));
    ask();
  })`) as Promise<number>;
}

/** A day's file on the page: from its address to charts that show their points, and from a zoom to the same. */
const PAGE: Experiment = {
  name: "explore-page",
  async run(lab) {
    const figures = new Collected();
    if (isMissing("browser")) {
      for (const what of [FIRST, ALL, ZOOM]) figures.missing(what, NOT_INSTALLED);
      return figures.all;
    }
    const file = await dayFile(lab);
    const server = await explorer(lab, file);
    const browser = await TestBrowser.launch();
    try {
      // What the server reads once, and the browser compiles once, is not the page's.
      await (await browser.look()).open(server.url);
      for (let round = 0; round < (lab.quick ? 3 : 10); round++) await lookOnce(browser, server.url, figures);
    } finally {
      await browser.close();
      await server.end();
      await rm(file);
    }
    return figures.all;
  },
};

async function lookOnce(browser: TestBrowser, url: string, figures: Collected): Promise<void> {
  const look = await browser.look();
  await look.page.goto(url, { waitUntil: "commit" });
  figures.note(FIRST, (await when(look, some)) * MS);
  figures.note(ALL, (await when(look, every)) * MS);
  const over = look.page.locator(".u-over").first();
  await over.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await over.boundingBox())!;
  await look.page.mouse.move(x + 0.25 * width, y + height / 2);
  await look.page.mouse.down();
  await look.page.mouse.move(x + 0.5 * width, y + height / 2, { steps: 4 });
  await look.page.evaluate(`{
    const note = () => { statexec.letGoAt = performance.now(); };
    globalThis.addEventListener("mouseup", note, { capture: true, once: true });
    statexec.wide = statexec.views[0].range[1] - statexec.views[0].range[0];
  }`);
  await look.page.mouse.up();
  const narrower = "statexec.views[0].range[1] - statexec.views[0].range[0] < statexec.wide";
  const shown = await when(look, `${narrower} && ${every}`);
  figures.note(ZOOM, (shown - ((await look.page.evaluate("statexec.letGoAt")) as number)) * MS);
  await look.page.close();
}

const page = { experiment: PAGE, unit: "ns" } as const;

export const PAGE_ROWS: readonly Row[] = [
  { ...page, what: "its page, from its address to the first chart", ours: FIRST },
  { ...page, what: "its page, to all charts", ours: ALL },
  { ...page, what: "its page, from a zoom to all charts", ours: ZOOM },
];
