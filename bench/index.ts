import { arch, cpus, release } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { withLab } from "./lab.ts";
import type { Experiment, Figures, Row } from "./row.ts";
import { replaceBlock, table } from "./table.ts";
import { TICK_ROWS } from "./tick.ts";
import { WALL_ROWS } from "./wall.ts";

const ROWS: readonly Row[] = [...WALL_ROWS, ...TICK_ROWS];
const EXPERIMENTS: readonly Experiment[] = [...new Set(ROWS.map((row) => row.experiment))];
const README = join(import.meta.dir, "..", "README.md");

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    "write-readme": { type: "boolean", default: false },
  },
});

function chosen(): readonly Experiment[] {
  if (options.only === undefined) return EXPERIMENTS;
  const found = EXPERIMENTS.filter(({ name }) => name === options.only);
  if (found.length > 0) return found;
  throw new Error(`--only: got "${options.only}", expected one of: ${EXPERIMENTS.map(({ name }) => name).join(", ")}`);
}

/** Runs the experiments one after another; their figures. */
async function measure(experiments: readonly Experiment[]): Promise<Map<Experiment, ReadonlyMap<string, Figures>>> {
  return await withLab(options.quick, async (lab) => {
    const figures = new Map<Experiment, ReadonlyMap<string, Figures>>();
    for (const experiment of experiments) {
      console.error(`${experiment.name} …`);
      figures.set(experiment, await experiment.run(lab));
    }
    return figures;
  });
}

/** What the figures were measured on and how to read them; nothing in it names the machine. */
function caption(): string {
  const model = cpus()[0]?.model ?? "unknown";
  const kernel = release().split("-")[0];
  const machine = `${cpus().length} CPUs (${model}), Linux ${kernel}, ${arch()}, Bun ${Bun.version}`;
  const how = "Medians ± median absolute deviation; ratios of medians with their 95 % bootstrap interval.";
  return `${machine}. ${how} Contestants of one line ran interleaved. Made by \`bun bench/index.ts\`${options.quick ? " with `--quick`" : ""}.`;
}

async function writeReadme(block: string): Promise<void> {
  const readme = replaceBlock(await Bun.file(README).text(), block);
  if (readme === undefined) throw new Error("README.md: no block between <!-- benchmark --> and <!-- /benchmark -->");
  await Bun.write(README, readme);
}

const experiments = chosen();
const figures = await measure(experiments);
const rows = ROWS.filter((row) => experiments.includes(row.experiment));
const block = `${table(rows, (row) => figures.get(row.experiment)!)}\n\n${caption()}`;
console.log(block);
if (options["write-readme"]) await writeReadme(block);
