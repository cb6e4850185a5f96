import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { BIN, runProgram, statexec, tempFolder } from "../helpers/statexec.ts";

/*
 * What test/repeat/noisy-turns.test.ts says of recorded runs, on this machine as it is now. It takes minutes.
 */

/** Returns a command that counts so far, and the word by which two of them differ. */
const loop = (rounds: number, word: string) => `awk 'BEGIN{for(i=0;i<${rounds};i++)x+=i}' ${word}`;

/** Returns what is worse in a series of five turns of two commands. */
async function worseOf(first: string, second: string): Promise<readonly string[]> {
  using folder = tempFolder();
  const words = ["--runs", "5", "-q", "--runs-json", "r.json", "--versus", first, second];
  expect(await statexec(words, { cwd: folder.path })).toMatchObject({ code: 0, stderr: "" });
  const { commands } = JSON.parse(readFileSync(folder.file("r.json"), "utf8"));
  const changes: readonly { readonly what: string; readonly verdict: string }[] = commands[1].changes;
  return changes.filter(({ verdict }) => verdict === "worse").map(({ what }) => what);
}

const isLong = process.env.STATEXEC_TEST_LONG !== undefined;

test.if(isLong)(
  "of 40 comparisons where nothing has changed, hardly any says worse",
  async () => {
    let worse = 0;
    for (let i = 0; i < 40; i++) if ((await worseOf(loop(3e6, "a"), loop(3e6, "b"))).length > 0) worse++;
    // With a chance of 5 % each, there are more than six in one of a hundred tries.
    expect(worse).toBeLessThanOrEqual(6);
  },
  900_000,
);

test.if(isLong)(
  "comparisons with 15 % more CPU time say so as often as a busy machine lets them",
  async () => {
    let found = 0;
    for (let i = 0; i < 6; i++) if ((await worseOf(loop(8e7, "a"), loop(9.2e7, "b"))).includes("CPU time")) found++;
    // How often depends on what else runs here: test/repeat/noisy-turns.test.ts has the rates at a known noise. With a chance of
    // 60 % each, there are fewer than two in one of twenty-five tries.
    expect(found).toBeGreaterThanOrEqual(2);
  },
  900_000,
);

/** Before others: both notice the end of a command as late as the machine lets them, and not equally late. */
const FIRST_IN_LINE = ["chrt", "-f", "10"];
const canCompare = process.getuid?.() === 0 && ["chrt", "hyperfine"].every((name) => Bun.which(name) !== null);

test.if(isLong && canCompare)(
  "the median of wall time is within 2 % of hyperfine's",
  async () => {
    using folder = tempFolder();
    const [theirs, ours]: [number[], number[]] = [[], []];
    const written = (name: string) => JSON.parse(readFileSync(folder.file(name), "utf8"));
    // In turns, since the machine is now faster and now slower.
    for (let turn = 0; turn < 9; turn++) {
      await runProgram([...FIRST_IN_LINE, "hyperfine", "-N", "--runs", "2", "--export-json", "h.json", "sleep 1"], {
        cwd: folder.path,
      });
      theirs.push(...written("h.json").results[0].times);
      const words = ["--runs", "2", "-q", "--runs-json", "r.json", "sleep", "1"];
      await runProgram([...FIRST_IN_LINE, BIN, ...words], { cwd: folder.path });
      for (const run of written("r.json").commands[0].runs) ours.push(run.wall_seconds);
    }
    const middle = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;
    expect(Math.abs(middle(ours) / middle(theirs) - 1)).toBeLessThan(0.02);
  },
  300_000,
);
