import { join } from "node:path";
import { parseArgs } from "node:util";
import { UsageError } from "../src/errors.ts";
import { SCALINGS, type Scaling } from "./experiments/cost-by-size.ts";
import { machineText } from "./lib/caption.ts";
import { type Curve, curveTable } from "./lib/curves.ts";
import { type Lab, withLab } from "./lib/lab.ts";
import { replaceBlock } from "./lib/table.ts";

/*
 * bench/scale.ts      what things cost by their size, as a table of Markdown
 *   --quick           fewer rounds
 *   --only NAME       one size alone
 *   --write           puts the table into bench/README.md
 */

const README = join(import.meta.dir, "README.md");

async function curvesOf(lab: Lab, scalings: readonly Scaling[]): Promise<readonly Curve[]> {
  const curves: Curve[] = [];
  for (const scaling of scalings) {
    console.error(`${scaling.name} …`);
    curves.push(...(await scaling.run(lab)));
  }
  return curves;
}

function chosen(only: string | undefined): readonly Scaling[] {
  const found = SCALINGS.filter(({ name }) => only === undefined || name === only);
  if (found.length > 0) return found;
  throw new UsageError(`--only: got "${only}", expected one of ${SCALINGS.map(({ name }) => name).join(", ")}`);
}

async function main(words: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...words],
    options: { quick: { type: "boolean" }, only: { type: "string" }, write: { type: "boolean" } },
  });
  const { quick = false, only, write = false } = values;
  const scalings = chosen(only);
  const curves = await withLab(quick, (lab) => curvesOf(lab, scalings));
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
