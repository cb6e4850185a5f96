import { join } from "node:path";
import { UsageError } from "../../src/errors.ts";
import { COMPARISONS, type Comparison, compileBoth, type Sides, writeAnew } from "./comparisons.ts";
import { type Epoch, MARGIN, ratioOverBuilds, type Verdict, verdictOf } from "./judge.ts";
import { type Lab, withLab } from "./lab.ts";
import { figureText, line, ratioText } from "./table.ts";
import { commitOf, ROOT, withWorktree } from "./versions.ts";

/** So many builds of each side are there at a time, and so often they are written anew. */
const COPIES = 3;
const EPOCHS = { full: 5, quick: 3 } as const;

export interface AgainstOptions {
  readonly quick: boolean;
  /** A commit by any name of Git's; undefined: the last tag. */
  readonly ref: string | undefined;
  /** One comparison alone, by its name. */
  readonly only: string | undefined;
}

interface Compared {
  readonly table: string;
  readonly verdicts: readonly Verdict[];
}

/** Measures the working tree beside a commit, prints the table, and answers whether anything became worse. */
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
  const lines = [line(["what", name, "working tree", "ratio", "verdict"]), line(Array(5).fill("---"))];
  const verdicts: Verdict[] = [];
  for (const comparison of comparisons) {
    console.error(`${comparison.name} …`);
    try {
      for (const [i, epochs] of (await judgedRows(lab, folders, comparison)).entries()) {
        const { cells, verdict } = judged(comparison.rows[i]!, epochs);
        lines.push(line(cells));
        verdicts.push(verdict);
      }
    } catch (error) {
      // What measures it does not fit that version any more: that is no regression.
      const [reason] = String(error instanceof Error ? error.message : error)
        .split("\n")
        .slice(-1);
      for (const { what } of comparison.rows) lines.push(line([what, "–", "–", "–", `not compared: ${reason}`]));
    }
  }
  return { table: lines.join("\n"), verdicts };
}

/** The cells of a row, and what they come to. */
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

/** By row of the comparison, its rounds. Where one looks worse all are measured again: of many rows some do by chance. */
async function judgedRows(lab: Lab, folders: Sides, comparison: Comparison): Promise<readonly (readonly Epoch[])[]> {
  const programs = await compileBoth(lab, folders, comparison.entry);
  const rows: Epoch[][] = comparison.rows.map(() => []);
  await measureEpochs(lab, programs, comparison, rows);
  if (rows.some((epochs) => verdictOf(ratioOverBuilds(epochs)) === "regression")) {
    console.error(`${comparison.name}, once more …`);
    await measureEpochs(lab, programs, comparison, rows);
  }
  return rows;
}

/** With builds that are written anew each time. */
async function measureEpochs(lab: Lab, programs: Sides, comparison: Comparison, rows: readonly Epoch[][]) {
  for (let i = 0; i < (lab.quick ? EPOCHS.quick : EPOCHS.full); i++) {
    const builds = await writeAnew(lab, programs, COPIES);
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
