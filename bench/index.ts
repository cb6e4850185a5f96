import { join } from "node:path";
import { parseArgs } from "node:util";
import { UsageError } from "../src/errors.ts";
import { compareWith } from "./lib/against.ts";
import type { Experiment, Figures } from "./lib/experiment.ts";
import { ROOT, withLab } from "./lib/lab.ts";
import { benchmarkTable, machineText, replaceBlock } from "./lib/table.ts";
import { installPeers } from "./lib/wrappers.ts";
import { ROWS } from "./rows.ts";

const EXPERIMENTS: readonly Experiment[] = [...new Set(ROWS.map((row) => row.experiment))];
/** Where the lines are that a user cares about, and where all are. */
const USERS = join(ROOT, "README.md");
const WHOLE = join(ROOT, "bench/README.md");

/*
 * bench/index.ts        runs all experiments and prints a table of Markdown
 *   --quick             fewer and shorter rounds
 *   --only NAME         one experiment
 *   --write-readme      writes the table into bench/README.md, and what users care about into the README
 *   --against [REF]     compares the working tree with a commit instead, by default the last tag; exits with 1 if something
 *                       became slower
 */

interface Options {
  readonly quick: boolean;
  readonly only: string | undefined;
  readonly writeReadme: boolean;
  /** Empty: the last tag. */
  readonly against: string | undefined;
}

function parseOptions(words: readonly string[]): Options {
  // Without a REF: a name of Git's does not begin with a dash.
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

interface Tables {
  readonly whole: string;
  readonly users: string;
}

/** Runs the experiments one after another. Returns the tables of their rows with a caption each. */
async function measure({ quick, only }: Options): Promise<Tables> {
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
    const table = (lines: typeof rows) =>
      `${benchmarkTable(lines, (row) => figures.get(row.experiment)!)}\n\n${caption(quick)}`;
    return { whole: table(rows), users: table(rows.filter((row) => row.forUsers)) };
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

/** Returns a file with a table between its markers. Throws UsageError if it has none. */
async function fileWith(path: string, block: string): Promise<string> {
  const file = Bun.file(path);
  const text = (await file.exists()) ? replaceBlock(await file.text(), block, "benchmark") : undefined;
  if (text !== undefined) return text;
  throw new UsageError(`--write-readme: ${path} has no <!-- benchmark --> and <!-- /benchmark --> to write between`);
}

async function writeTables({ whole, users }: Tables): Promise<void> {
  await Bun.write(WHOLE, await fileWith(WHOLE, whole));
  await Bun.write(USERS, await fileWith(USERS, users));
}

async function main(words: readonly string[]): Promise<void> {
  const options = parseOptions(words);
  const { quick, only, against } = options;
  if (against !== undefined) {
    if (await compareWith({ quick, only, ref: against || undefined })) process.exitCode = 1;
    return;
  }
  // Fails now rather than after minutes of measuring.
  if (options.writeReadme) for (const path of [WHOLE, USERS]) await fileWith(path, "");
  const tables = await measure(options);
  console.log(tables.whole);
  if (options.writeReadme) await writeTables(tables);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  // parseArgs throws a TypeError with a good message for an unknown option; any other error is printed with its stack.
  const usage = error instanceof UsageError || (error instanceof TypeError && "code" in error);
  console.error(usage ? error.message : error);
  process.exitCode = 1;
}
