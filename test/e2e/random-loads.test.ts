import { expect, test } from "bun:test";
import fc from "fast-check";
import { effort } from "../helpers/effort.ts";
import { ENVIRONMENTS } from "../helpers/environments.ts";
import { nested } from "../helpers/loads.ts";
import { type Cell, INTERVALS, runCells } from "../helpers/matrix.ts";

/*
 * Random trees of processes that burn CPU time, hold memory, fork, execute programs and leave daemons: the sums of what
 * their words say are true, and hold as in the matrix.
 */

const seed = Number(process.env.STATEXEC_MATRIX_SEED ?? Math.floor(Math.random() * 2 ** 31));
const TIMEOUT_MS = 600_000;

const amount = (kind: string, max: number) => fc.integer({ min: 1, max }).map((number) => [`${kind}${number}`]);

/** The words of one process, with those of its children among them; it executes a program before all else. */
const { tree } = fc.letrec<{ tree: string[]; process: string[]; item: string[]; child: string[] }>((tie) => ({
  tree: fc.array(tie("item"), { minLength: 1, maxLength: 4 }).map((items) => items.flat()),
  process: fc
    .tuple(fc.boolean(), fc.array(tie("item"), { maxLength: 3 }))
    .map(([executes, items]) => [...(executes ? ["x"] : []), ...items.flat()]),
  item: fc.oneof({ depthSize: "small" }, amount("b", 40), amount("t", 40), amount("m", 16), tie("child")),
  child: fc.tuple(fc.constantFrom("f", "s", "d"), tie("process")).map(([kind, words]) => [kind, ...words, ")"]),
}));

const environments = ENVIRONMENTS.filter(({ absence, isOwnKernel }) => absence === undefined && !isOwnKernel);

const cell = fc
  .tuple(tree, fc.constantFrom(...environments), fc.constantFrom(...INTERVALS))
  .map(([words, environment, intervalSeconds]): Cell => {
    return { load: nested(words.join(" "), words), environment, intervalSeconds };
  });

test(
  "what is said of random trees of processes is so",
  async () => {
    const property = fc.asyncProperty(fc.array(cell, { minLength: 4, maxLength: 4 }), async (cells) => {
      const outcomes = await runCells(cells);
      expect(outcomes.flatMap(({ faults }) => faults)).toEqual([]);
    });
    await fc.assert(property, { seed, numRuns: effort(30), endOnFailure: true });
  },
  TIMEOUT_MS,
);
