import { METRICS, type Metric, sampleName } from "../src/catalog/index.ts";
import { OTEL_METRICS, type OtelMetric } from "../src/catalog/otel.ts";
import { readmeOptions } from "../src/cli/help.ts";
import { OPTIONS, type OptionId } from "../src/cli/options.ts";

/** The options that the README shows; docs/options.md has all. */
const MOST_USED: readonly OptionId[] = [
  "file",
  "intervalSeconds",
  "delaySeconds",
  "label",
  "collectors",
  "cgroup",
  "quiet",
  "budgets",
  "reportTo",
  "pushTo",
  "server",
  "connect",
  "explore",
  "compare",
  "recover",
];

/** The documents with generated parts, and those parts by the names in their markers. */
export const DOCUMENTS: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  "README.md": { "most used options": mostUsedOptions },
  "docs/options.md": { options: readmeOptions },
  "docs/metrics.md": { metrics: metricsTable },
  "docs/push.md": { "otel names": otelTable },
};

/** What each metric that OpenTelemetry's conventions have is called there. */
function otelTable(): string {
  const rows = METRICS.flatMap((metric) => {
    const { otel = "none" } = metric;
    if (otel === "none") return [];
    const [name = "", fixed] = otel.split(" ");
    const { unit, attributes = {} }: OtelMetric = OTEL_METRICS[name as keyof typeof OTEL_METRICS];
    const fromLabels = Object.entries(attributes).map(([label, attribute]) => `\`${attribute}\` (${label})`);
    const all = [...(fixed === undefined ? [] : [`\`${fixed}\``]), ...fromLabels];
    return [`| \`${sampleName(metric)}\` | \`${name}\` | \`${unit}\` | ${all.join(", ")} |`];
  });
  return ["| In the file | By OpenTelemetry | Unit | Attributes |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

function mostUsedOptions(): string {
  const [head, line, ...rows] = readmeOptions().split("\n");
  const wanted = MOST_USED.map((id) => {
    const row = rows.find((text) => new RegExp(`^\\| \`${OPTIONS[id].flag}[ \`]`).test(text));
    if (row === undefined) throw new Error(`the table of options has no row of ${OPTIONS[id].flag}`);
    return row;
  });
  return [head, line, ...wanted].join("\n");
}

/** Returns a table with a row for each metric: name and labels, type, unit, meaning, source. */
function metricsTable(): string {
  const row = (metric: Metric) => [
    `\`${sampleName(metric)}\`${metric.labels.map((label) => ` \`${label}\``).join("")}`,
    metric.type,
    metric.unit ?? "",
    metric.help,
    metric.source,
  ];
  const head = ["Metric and its labels", "Type", "Unit", "What it is", "Source"];
  return [head, head.map(() => "---"), ...METRICS.map(row)]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");
}

/** Returns a document with its generated parts replaced. */
export function withBlocks(path: string, document: string): string {
  return Object.entries(DOCUMENTS[path] ?? {}).reduce((text, [name, block]) => {
    const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [before, rest] = split(text, begin);
    const [, after] = split(rest, end);
    return `${before}${begin}\n${block()}\n${end}${after}`;
  }, document);

  function split(text: string, at: string): [before: string, after: string] {
    const place = text.indexOf(at);
    if (place < 0) throw new Error(`${path} has no ${at}`);
    return [text.slice(0, place), text.slice(place + at.length)];
  }
}

if (import.meta.main)
  for (const path of Object.keys(DOCUMENTS)) await Bun.write(path, withBlocks(path, await Bun.file(path).text()));
