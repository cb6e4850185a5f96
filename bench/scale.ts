import { join } from "node:path";
import { parseArgs } from "node:util";
import { UsageError } from "../src/errors.ts";
import { SIZE_EXPERIMENTS, type SizeExperiment } from "./experiments/cost-by-size.ts";
import { type Curve, curveTable } from "./lib/curves.ts";
import { type Lab, withLab } from "./lib/lab.ts";
import { machineText, replaceBlock } from "./lib/table.ts";

/*
 * bench/scale.ts      prints what things cost by their size, as a table of Markdown
 *   --quick           fewer rounds
 *   --only NAME       one experiment
 *   --write           writes the table into bench/README.md
 */

const README = join(import.meta.dir, "README.md");

async function curvesOf(lab: Lab, experiments: readonly SizeExperiment[]): Promise<readonly Curve[]> {
  const curves: Curve[] = [];
  for (const experiment of experiments) {
    console.error(`${experiment.name} …`);
    curves.push(...(await experiment.run(lab)));
  }
  return curves;
}

function chosen(only: string | undefined): readonly SizeExperiment[] {
  const found = SIZE_EXPERIMENTS.filter(({ name }) => only === undefined || name === only);
  if (found.length > 0) return found;
  throw new UsageError(`--only: got "${only}", expected one of ${SIZE_EXPERIMENTS.map(({ name }) => name).join(", ")}`);
}

async function main(words: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...words],
    options: { quick: { type: "boolean" }, only: { type: "string" }, write: { type: "boolean" } },
  });
  const { quick = false, only, write = false } = values;
  const experiments = chosen(only);
  const curves = await withLab(quick, (lab) => curvesOf(lab, experiments));
  const block = `${curveTable(curves)}\n\n${machineText()} The least of several rounds. Made by \`bun bench/scale.ts${quick ? " --quick" : ""}\`.`;
  console.log(block);
  if (write) await Bun.write(README, replaceBlock(await Bun.file(README).text(), block, "scale")!);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof UsageError ? error.message : error);
  process.exitCode = 1;
}
