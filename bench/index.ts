import { join } from "node:path";
import { parseArgs } from "node:util";
import { UsageError } from "../src/errors.ts";
import { CROSS_CHECK_ROWS } from "./experiments/cross-check.ts";
import { EXPLORE_ROWS } from "./experiments/explorer.ts";
import { PAGE_ROWS } from "./experiments/explorer-page.ts";
import { JOURNAL_ROWS } from "./experiments/journal.ts";
import { MINUTE_ROWS } from "./experiments/minute-run.ts";
import { OWN_CPU_ROWS } from "./experiments/own-cpu-time.ts";
import { TREE_ROWS } from "./experiments/process-tree.ts";
import { PUSH_ROWS } from "./experiments/push.ts";
import { SYNC_ROWS } from "./experiments/sync.ts";
import { TICK_ROWS } from "./experiments/tick.ts";
import { WALL_ROWS } from "./experiments/wall-time.ts";
import { WIDE_ROWS } from "./experiments/wide.ts";
import { compareWith } from "./lib/against.ts";
import { machineText } from "./lib/caption.ts";
import type { Experiment, Figures, Row } from "./lib/experiment.ts";
import { withLab } from "./lib/lab.ts";
import { installPeers } from "./lib/peers.ts";
import { replaceBlock, table } from "./lib/table.ts";

const ROWS: readonly Row[] = [
  WALL_ROWS,
  CROSS_CHECK_ROWS,
  OWN_CPU_ROWS,
  MINUTE_ROWS,
  TICK_ROWS,
  WIDE_ROWS,
  TREE_ROWS,
  JOURNAL_ROWS,
  EXPLORE_ROWS,
  PAGE_ROWS,
  SYNC_ROWS,
  PUSH_ROWS,
].flat();
const EXPERIMENTS: readonly Experiment[] = [...new Set(ROWS.map((row) => row.experiment))];
const README = join(import.meta.dir, "..", "README.md");

/*
 * bench/index.ts                   all experiments, as a table of Markdown
 *   --quick                        fewer and shorter rounds
 *   --only NAME                    one experiment
 *   --write-readme                 puts the table into the README
 *   --against [REF]                instead: the working tree beside a commit, the last tag if none is named; exit status
 *                                  1 where something became worse
 */

interface Options {
  readonly quick: boolean;
  readonly only: string | undefined;
  readonly writeReadme: boolean;
  /** Empty: the last tag. */
  readonly against: string | undefined;
}

function parseOptions(words: readonly string[]): Options {
  // Git's names do not begin with a dash.
  const bare = words.findIndex((word, i) => word === "--against" && !/^[^-]/.test(words[i + 1] ?? ""));
  const { values } = parseArgs({
    args: bare < 0 ? [...words] : words.toSpliced(bare, 1, "--against="),
    options: {
      quick: { type: "boolean" },
      only: { type: "string" },
      "write-readme": { type: "boolean" },
      against: { type: "string" },
    },
  });
  const { quick = false, only, "write-readme": writeReadme = false, against } = values;
  return { quick, only, writeReadme, against };
}

function experiment(name: string): Experiment {
  const found = EXPERIMENTS.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw new UsageError(`--only: got "${name}", expected one of ${EXPERIMENTS.map((each) => each.name).join(", ")}`);
}

/** Runs the experiments one after another; the table of their rows, and what it was measured on. */
async function measure({ quick, only }: Options): Promise<string> {
  const experiments = only === undefined ? EXPERIMENTS : [experiment(only)];
  installPeers();
  return await withLab(quick, async (lab) => {
    const figures = new Map<Experiment, ReadonlyMap<string, Figures>>();
    for (const each of experiments) {
      const start = performance.now();
      figures.set(each, await each.run(lab));
      console.error(`${each.name}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
    }
    const rows = ROWS.filter((row) => figures.has(row.experiment));
    return `${table(rows, (row) => figures.get(row.experiment)!)}\n\n${caption(quick)}`;
  });
}

/** What the figures were measured on and how to read them. */
function caption(quick: boolean): string {
  return [
    machineText(),
    "Medians ± median absolute deviation; ratios of medians with their 95 % bootstrap interval.",
    "What stands in one line ran interleaved.",
    `Made by \`bun bench/index.ts${quick ? " --quick" : ""}\`.`,
  ].join(" ");
}

/** The README with the table in its place. Throws where there is no place for it. */
async function readmeWith(block: string): Promise<string> {
  const file = Bun.file(README);
  const readme = (await file.exists()) ? replaceBlock(await file.text(), block, "benchmark") : undefined;
  if (readme !== undefined) return readme;
  throw new UsageError("--write-readme: README.md has no <!-- benchmark --> and <!-- /benchmark --> to write between");
}

async function main(words: readonly string[]): Promise<void> {
  const options = parseOptions(words);
  const { quick, only, against } = options;
  if (against !== undefined) {
    if (await compareWith({ quick, only, ref: against || undefined })) process.exitCode = 1;
    return;
  }
  // Before minutes are spent on what then has no place.
  if (options.writeReadme) await readmeWith("");
  const block = await measure(options);
  console.log(block);
  if (options.writeReadme) await Bun.write(README, await readmeWith(block));
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  // node:util's words for an unknown option are as good as ours; anything else is a fault, and its place matters.
  const usage = error instanceof UsageError || (error instanceof TypeError && "code" in error);
  console.error(usage ? error.message : error);
  process.exitCode = 1;
}
