import { cp, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../../src/errors.ts";
import { COMPARISONS, type Comparison, compileBoth, type Sides, writeCopies } from "./comparisons.ts";
import { type Epoch, MARGIN, ratioOverBuilds, type Verdict, verdictOf } from "./judge.ts";
import { type Lab, output, ROOT, withLab } from "./lab.ts";
import { figureText, markdownTable, ratioText } from "./table.ts";

/** The number of copies of each side's program, and how often new copies are written. */
const COPIES = 3;
const EPOCHS = { full: 5, quick: 3 } as const;

export interface AgainstOptions {
  readonly quick: boolean;
  /** A commit by any name that Git takes; undefined: the last tag. */
  readonly ref: string | undefined;
  /** The name of the only comparison to run. */
  readonly only: string | undefined;
}

interface Compared {
  readonly table: string;
  readonly verdicts: readonly Verdict[];
}

/** Measures the working tree beside a commit and prints the table. Returns whether anything became slower. */
export async function compareWith({ quick, ref, only }: AgainstOptions): Promise<boolean> {
  const comparisons = chosen(only);
  const { name, commit } = await commitOf(ref);
  const { table, verdicts } = await withLab(quick, (lab) => {
    const folder = join(lab.folder, "worktree");
    return withWorktree(folder, commit, () => measure(lab, { old: folder, new: ROOT }, comparisons, name));
  });
  console.log(table);
  const worse = verdicts.includes("regression");
  console.log(`\n${worse ? "**regression**" : "no regression"}: ${howJudged(quick)}`);
  return worse;
}

function chosen(only: string | undefined): readonly Comparison[] {
  const found = COMPARISONS.filter(({ name }) => only === undefined || name === only);
  if (found.length > 0) return found;
  throw new UsageError(`--only: got "${only}", expected one of ${COMPARISONS.map(({ name }) => name).join(", ")}`);
}

async function measure(lab: Lab, folders: Sides, comparisons: readonly Comparison[], name: string): Promise<Compared> {
  const rows: (readonly string[])[] = [];
  const verdicts: Verdict[] = [];
  for (const comparison of comparisons) {
    console.error(`${comparison.name} …`);
    try {
      for (const [i, epochs] of (await judgedRows(lab, folders, comparison)).entries()) {
        const { cells, verdict } = judged(comparison.rows[i]!, epochs);
        rows.push(cells);
        verdicts.push(verdict);
      }
    } catch (error) {
      // The programs that measure no longer fit that version, which is no regression.
      const [reason] = String(error instanceof Error ? error.message : error)
        .split("\n")
        .slice(-1);
      for (const { what } of comparison.rows) rows.push([what, "–", "–", "–", `not compared: ${reason}`]);
    }
  }
  return { table: markdownTable(["what", name, "working tree", "ratio", "verdict"], rows), verdicts };
}

/** The cells of a row, and its verdict. */
function judged({ what, unit }: Comparison["rows"][number], epochs: readonly Epoch[]) {
  const estimate = ratioOverBuilds(epochs);
  const verdict = verdictOf(estimate);
  const figures = (["old", "new"] as const).map((side) =>
    figureText(
      epochs.flat().flatMap((round) => round[side]),
      unit,
    ),
  );
  return {
    verdict,
    cells: [what, ...figures, ratioText(estimate), verdict === "regression" ? `**${verdict}**` : verdict],
  };
}

/** The epochs by row. If a row looks slower, all are measured again: of many rows some look slower by chance. */
async function judgedRows(lab: Lab, folders: Sides, comparison: Comparison): Promise<readonly (readonly Epoch[])[]> {
  const programs = await compileBoth(lab, folders, comparison.entry);
  const rows: Epoch[][] = comparison.rows.map(() => []);
  await measureEpochs(lab, programs, comparison, rows);
  if (rows.some((epochs) => verdictOf(ratioOverBuilds(epochs)) === "regression")) {
    console.error(`${comparison.name}, again …`);
    await measureEpochs(lab, programs, comparison, rows);
  }
  return rows;
}

/** Measures each epoch with new copies of the programs. */
async function measureEpochs(lab: Lab, programs: Sides, comparison: Comparison, rows: readonly Epoch[][]) {
  for (let i = 0; i < (lab.quick ? EPOCHS.quick : EPOCHS.full); i++) {
    const builds = await writeCopies(lab, programs, COPIES);
    for (const [row, epoch] of (await comparison.measure(lab, builds)).entries()) rows[row]!.push(epoch);
  }
}

function howJudged(quick: boolean): string {
  const epochs = quick ? EPOCHS.quick : EPOCHS.full;
  return [
    `${COPIES * epochs} builds of each side, or twice as many, in the same rounds; bootstrap over builds and rounds;`,
    `a regression is where the whole 95 % interval of a ratio lies above ${1 + MARGIN}.`,
  ].join(" ");
}

const git = (...words: readonly string[]) => output(["git", "-C", ROOT, ...words]);

/** Resolves a commit by any name that Git takes; without a name, the last tag before HEAD. Throws UsageError. */
export async function commitOf(ref: string | undefined): Promise<{ readonly name: string; readonly commit: string }> {
  const name = ref ?? (await lastTag());
  if (name === undefined)
    throw new UsageError(
      "--against: there is no tag before this commit; name what to compare with, e.g. --against HEAD",
    );
  try {
    return { name, commit: (await git("rev-parse", "--verify", "--quiet", `${name}^{commit}`)).trim() };
  } catch {
    throw new UsageError(`--against: got "${name}", expected the name of a commit (e.g. HEAD or a tag)`);
  }
}

async function lastTag(): Promise<string | undefined> {
  try {
    return (await git("describe", "--tags", "--abbrev=0")).trim();
  } catch {
    return undefined;
  }
}

/**
 * Checks a commit out into a folder for `use`, and removes the folder afterwards. The commit is built with the packages that
 * are installed here, so that a newer Bun does not count as its change, and with the working tree's `bench`, so that both
 * versions are measured by the same programs.
 */
export async function withWorktree<T>(folder: string, commit: string, use: () => Promise<T>): Promise<T> {
  await git("worktree", "add", "--quiet", "--detach", folder, commit);
  try {
    await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
    await rm(join(folder, "bench"), { recursive: true, force: true });
    await cp(join(ROOT, "bench"), join(folder, "bench"), { recursive: true });
    return await use();
  } finally {
    await git("worktree", "remove", "--force", folder);
  }
}
