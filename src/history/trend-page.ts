import { plainQuantity } from "../recording/quantities.ts";
import { safeLine } from "../safe-text.ts";
import { machineText } from "./comparable-runs.ts";
import type { BranchTrend, Trend, TrendPoint } from "./trend.ts";
import { scaleOf } from "./trend-plot.ts";
import { branchTitle, changeText, commitText, METHOD, noChange, trendTitle } from "./trend-text.ts";

/* Trends as one HTML file: charts without a script, which need no network, and a table of the same points. */

const [WIDTH, HEIGHT, PAD] = [900, 180, 10] as const;

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#1668b5, #6cb6ff); --mark: light-dark(#b3261e, #ff8a80); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font-variant-numeric: tabular-nums; }
svg { width: 100%; height: auto; border-left: 1px solid; border-bottom: 1px solid; }
circle { fill: var(--line); } line { stroke: var(--mark); stroke-dasharray: 4 3; }
path { fill: none; stroke: var(--mark); stroke-width: 2; } text { fill: currentColor; font-size: 12px; }
table { border-collapse: collapse; } td, th { padding: 0.1rem 0.8rem 0.1rem 0; text-align: left; } td.number { text-align: right; }
`;

/** Returns the page; `trends` are of the same runs, and there is at least one. */
export function trendPage(trends: readonly Trend[]): string {
  const { newest } = trends[0]!;
  const title = `Trend of ${escaped(newest.command)}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p>On ${escaped(machineText(newest))}. C${escaped(METHOD.slice(1))}.</p>
${trends.map(section).join("\n")}
</main>
</body>
</html>
`;
}

function section(trend: Trend): string {
  const left = trend.leftOut.map(([runs, why]) => `<p>Left out: ${runs} ${runs === 1 ? "run" : "runs"} ${why}.</p>`);
  const scale = scaleOf(trend.branches.flatMap(({ points }) => points));
  const branches = trend.branches.map((branch) => branchSection(branch, trend, scale));
  return [
    `<section>\n<h2>${trendTitle(trend.name)}</h2>`,
    ...(branches.length === 0 ? ["<p>No run that could be shown knows it.</p>"] : branches),
    ...left,
    "</section>",
  ].join("\n");
}

type Scale = readonly [least: number, most: number];

function branchSection(branch: BranchTrend, trend: Trend, scale: Scale): string {
  const { points, changes } = branch;
  const said = changes.map((change) => escaped(changeText(change, points[change.at]!, trend)));
  const list = said.length > 0 ? `<ol>${said.map((text) => `<li>${text}</li>`).join("")}</ol>` : "";
  return `<h3>${escaped(branchTitle(branch))}</h3>
${chart(branch, trend, scale)}
${list || `<p>${noChange(points.length)}</p>`}
<details><summary>Table</summary>
<table><thead><tr><th>started (UTC)</th><th>commit</th><th>runs</th><th>${trendTitle(trend.name)}</th><th>change</th></tr></thead>
<tbody>${points.map((point, i) => tableRow(point, trend, changeNumber(branch, i))).join("\n")}</tbody></table>
</details>`;
}

/** The number of the change that a point begins; 0: none. */
function changeNumber({ changes }: BranchTrend, i: number): number {
  return changes.findIndex(({ at }) => at === i) + 1;
}

function tableRow(point: TrendPoint, { unit }: Trend, change: number): string {
  const started = new Date(point.startedMs).toISOString().slice(0, 16).replace("T", " ");
  const cells = [
    `<td>${started}</td>`,
    `<td>${escaped(commitText(point))}</td>`,
    `<td class="number">${point.runs}</td>`,
  ];
  const value = plainQuantity(point.value, unit);
  return `<tr>${cells.join("")}<td class="number">${value}</td><td>${change === 0 ? "" : change}</td></tr>`;
}

/** A point a commit, a line for the median of each level, and a numbered mark at each change. */
function chart(branch: BranchTrend, { name, unit }: Trend, [least, most]: Scale): string {
  const { points, changes } = branch;
  const x = (i: number) => PAD + ((WIDTH - 2 * PAD) * (i + 0.5)) / points.length;
  const y = (value: number) => PAD + (HEIGHT - 2 * PAD) * (1 - (value - least) / (most - least));
  const place = (number: number) => number.toFixed(1);
  const dots = points.map((point, i) => {
    const title = `${commitText(point)}: ${plainQuantity(point.value, unit)}`;
    return `<circle cx="${place(x(i))}" cy="${place(y(point.value))}" r="3"><title>${escaped(title)}</title></circle>`;
  });
  const marks = changes.map(({ at }, i) => {
    const left = place((x(at - 1) + x(at)) / 2);
    return `<line x1="${left}" x2="${left}" y1="0" y2="${HEIGHT}"/><text x="${left}" dx="4" y="12">${i + 1}</text>`;
  });
  const levels = changes.flatMap(({ at, before, after }, i) => {
    const level = (from: number, to: number, value: number) =>
      `<path d="M${place(x(from))} ${place(y(value))}H${place(x(to))}"/>`;
    const end = changes[i + 1]?.at ?? points.length;
    return [...(i === 0 ? [level(0, at - 1, before)] : []), level(at, end - 1, after)];
  });
  const label = `${trendTitle(name)}, ${branchTitle(branch)}; from ${plainQuantity(least, unit)} at the bottom to ${plainQuantity(most, unit)} at the top; the table below has the points`;
  return `<p>${plainQuantity(most, unit)} at the top, ${plainQuantity(least, unit)} at the bottom</p>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(label)}">${[...levels, ...marks, ...dots].join("")}</svg>`;
}

function escaped(text: string): string {
  return Bun.escapeHTML(safeLine(text));
}
