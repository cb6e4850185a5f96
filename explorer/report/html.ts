import { commandText } from "../page/command-text.ts";
import { type Figures, readFigures } from "../page/figures.ts";
import { filledPage } from "../page/html.ts";
import { verdictOf } from "../page/verdict.ts";
import { packReport } from "./pack.ts";
import { ReportSource } from "./source.ts";
import type { ReportData } from "./unpack.ts";

/** One file that shows the runs, without a network: the page of `--explore` with its data inside. */
export async function reportHtml(data: ReportData): Promise<string> {
  const source = new ReportSource(data);
  const figures = await Promise.all(data.runs.map(({ info }) => readFigures(source, info, "command")));
  const packed = Bun.gzipSync(packReport(data), { level: 9 });
  return filledPage({ connect: "'none'", data: packed.toBase64(), summary: figures.map(summaryOf).join("") });
}

/** The verdict as a table, for who reads the file without scripts. */
function summaryOf(figures: Figures): string {
  const rows = verdictOf(figures).map(
    ({ label, text, note }) =>
      `<tr><th>${escaped(label)}</th><td>${escaped(note === "" ? text : `${text} (${note})`)}</td></tr>`,
  );
  return `<h2>${escaped(commandText(figures.run))}</h2><table>${rows.join("")}</table>`;
}

/** A text as markup that shows it. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
