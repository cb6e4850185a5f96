import type { RunReport } from "../recording/run-report.ts";
import { type SummaryLine, summaryLines } from "./summary-lines.ts";

/** What is told of a run, as a section of a page: a table, and a chart that GitHub and GitLab draw. */
export function summaryMarkdown(report: RunReport, file: string): string {
  const { figures, profile } = report;
  const title = figures.command === undefined ? "statexec" : `statexec: ${inline(shortened(figures.command))}`;
  const rows = summaryLines(report, file, true).map(row);
  const chart = profile ? [chartOf(profile.cores, figures.wallSeconds ?? 0), ""] : [];
  return ["", `### ${title}`, "", "| | |", "| --- | --- |", ...rows, "", ...chart].join("\n");
}

function row({ label, parts, chart, tone }: SummaryLine): string {
  const body = parts.map(inline).join(", ");
  const said = tone === "bad" ? `**${body}**` : body;
  return `| ${label} | ${said}${chart === undefined ? "" : ` ${chart}`} |`;
}

/** Cores used over the run, in Mermaid's words. */
function chartOf(cores: Float64Array, wallSeconds: number): string {
  const values = [...cores].map((value) => (Number.isNaN(value) ? 0 : Number(value.toFixed(2))));
  return [
    "```mermaid",
    "xychart-beta",
    '  title "CPU cores used"',
    `  x-axis "seconds" 0 --> ${Number(wallSeconds.toFixed(2))}`,
    '  y-axis "cores"',
    `  line [${values.join(", ")}]`,
    "```",
  ].join("\n");
}

const MOST_TITLE = 60;

function shortened(text: string): string {
  return text.length > MOST_TITLE ? `${text.slice(0, MOST_TITLE - 1)}…` : text;
}

/** Text as Markdown shows it: nothing in it is markup, nor ends a cell. */
function inline(text: string): string {
  return text.replace(/[\\`*_{}[\]<>()#+!|~&$-]/g, "\\$&").replace(/\s+/g, " ");
}
