import { METRICS, type Metric, sampleName } from "../src/catalog/index.ts";
import { readmeOptions } from "../src/config/help.ts";

/** The README's blocks that come from the tables, by the name in their markers. */
const BLOCKS: Readonly<Record<string, () => string>> = { options: readmeOptions, metrics: readmeMetrics };

/** A row a metric: name and labels, type, meaning, and where it comes from. */
function readmeMetrics(): string {
  const row = (metric: Metric) => [
    `\`${sampleName(metric)}\`${metric.labels.map((label) => ` \`${label}\``).join("")}`,
    metric.type,
    metric.help,
    metric.source,
  ];
  return [["Metric and its labels", "Type", "What it is", "Source"], ["---", "---", "---", "---"], ...METRICS.map(row)]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");
}

/** The README with its generated blocks as the tables have them now. */
export function withBlocks(readme: string): string {
  return Object.entries(BLOCKS).reduce((text, [name, block]) => {
    const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [before, rest] = split(text, begin);
    const [, after] = split(rest, end);
    return `${before}${begin}\n${block()}\n${end}${after}`;
  }, readme);
}

function split(text: string, at: string): [before: string, after: string] {
  const place = text.indexOf(at);
  if (place < 0) throw new Error(`README.md has no ${at}`);
  return [text.slice(0, place), text.slice(place + at.length)];
}

if (import.meta.main) {
  const file = Bun.file("README.md");
  await Bun.write(file, withBlocks(await file.text()));
}
