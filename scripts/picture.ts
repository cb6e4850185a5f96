import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { loadRuns, reportHtml } from "../explorer/report/report-page.ts";
import { type Tab, TestBrowser } from "../test/explorer/browser.ts";
import { BIN } from "../test/helpers/statexec.ts";
import { Terminal } from "../test/helpers/terminal.ts";

/** The picture at the top of the README: its first example, in a terminal and on the page. */
const PICTURE = resolve("docs/picture.png");

/** Replaces the name of the machine. */
const HOST = "builder";

const [, BEFORE, EXAMPLE] = /^\$ (.*)\n\$ (statexec .*)$/m.exec(readFileSync("README.md", "utf8"))!;

/** Runs a line in a terminal; returns the output. */
async function typed(line: string, cwd: string): Promise<string> {
  const env = { LANG: "C.UTF-8", TERM: "xterm-256color", PATH: `${resolve(BIN, "..")}:${process.env.PATH}` };
  const terminal = new Terminal(["bash", "--norc", "-c", line], { cwd, env });
  await terminal.child.exited;
  return terminal.shown;
}

const COLOURS: Readonly<Record<string, string>> = { 2: "opacity:.6", 31: "color:#ff8b81", 36: "color:#6fd0e6" };

const ESCAPE = String.fromCharCode(27);
const PAINTED = new RegExp(`${ESCAPE}\\[(\\d+)m(.*?)${ESCAPE}\\[0m`, "gs");

/** Returns the output of a terminal as HTML. */
function html(shown: string): string {
  const text = shown.replaceAll("\r", "").replaceAll("&", "&amp;").replaceAll("<", "&lt;").trimEnd();
  return text.replace(PAINTED, (_, code, said) => `<span style="${COLOURS[code]}">${said}</span>`);
}

/** Returns both as windows, the terminal in front of the page. */
function composed(page: Buffer, said: string): string {
  return `<style>
    body { margin: 0; width: 1280px; height: 800px; background: linear-gradient(135deg, #dbe6f0, #eef1f4); }
    div { position: absolute; border-radius: 10px; overflow: hidden; box-shadow: 0 14px 40px #1b2a3a55; }
    #page { left: 190px; top: 28px; width: 1062px; }
    #page img { width: 100%; display: block; border-top: 26px solid #d5dbe1; }
    #terminal { left: 28px; bottom: 28px; background: #16202b; color: #e8edf2; border-top: 22px solid #26333f; }
    pre { font: 14px/20px "DejaVu Sans Mono", monospace; margin: 14px 18px; white-space: pre-wrap; width: 80ch; }
  </style>
  <div id="page"><img src="data:image/png;base64,${page.toString("base64")}"></div>
  <div id="terminal"><pre><b>$ ${html(EXAMPLE!)}</b>\n${html(said)}</pre></div>`;
}

async function pageOf(file: string, tab: Tab, folder: string): Promise<Buffer> {
  const { runs, problems } = await loadRuns([file]);
  for (const { message } of problems) throw new Error(message);
  const shown = runs.map((run) => {
    const facts = run.info.facts.map(([name, value]) => [name, name === "host" ? HOST : value] as const);
    return { ...run, info: { ...run.info, name: "statexec_metrics.prom", facts } };
  });
  const page = join(folder, "page.html");
  await Bun.write(page, await reportHtml({ runs: shown, problems }));
  await tab.open(`file://${page}`);
  return tab.page.screenshot();
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "statexec-picture-"));
  const browser = await TestBrowser.launch();
  try {
    await typed(BEFORE!, folder);
    const said = await typed(EXAMPLE!, folder);
    const tab = await browser.newTab({ viewport: { width: 1240, height: 840 } });
    const page = await pageOf(join(folder, "statexec_metrics.prom"), tab, folder);
    await tab.page.setViewportSize({ width: 1280, height: 800 });
    await Bun.write(join(folder, "picture.html"), `<!doctype html>${composed(page, said)}`);
    await tab.page.goto(`file://${folder}/picture.html`);
    await tab.page.screenshot({ path: PICTURE });
    console.log(`${PICTURE}, ${(Bun.file(PICTURE).size / 1024).toFixed(0)} KiB\n${said}`);
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true });
  }
}

await main();
