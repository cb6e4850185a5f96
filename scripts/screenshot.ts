import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadRuns, reportHtml } from "../explorer/report/report-page.ts";
import { TestBrowser } from "../test/explorer/browser.ts";
import { madeFile } from "../test/explorer/made-runs.ts";

/** The picture in docs/explorer.md. */
const PICTURE = "explorer/screenshot.png";

/** Takes a picture of the page of the file in the arguments; by default of the build that the tests generate. */
async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "statexec-screenshot-"));
  const browser = await TestBrowser.launch();
  try {
    const [named] = process.argv.slice(2);
    const file = named ?? join(folder, "make.prom");
    if (named === undefined) await Bun.write(file, madeFile());
    const { runs, problems } = await loadRuns([file]);
    for (const { message } of problems) console.error(message);
    if (runs.length === 0) throw new Error(`${file}: it contains no run`);
    const shown = runs.map((run) => ({ ...run, info: { ...run.info, name: run.info.name.replace(/^.*\//, "") } }));
    const page = join(folder, "page.html");
    await Bun.write(page, await reportHtml({ runs: shown, problems }));
    const tab = await browser.newTab({ viewport: { width: 1200, height: 860 } });
    await tab.open(`file://${page}`);
    await tab.page.screenshot({ path: PICTURE });
    console.log(`${PICTURE}, ${(Bun.file(PICTURE).size / 1024).toFixed(0)} KiB`);
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true });
  }
}

await main();
