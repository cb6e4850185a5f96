import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { ENVIRONMENTS } from "../helpers/environments.ts";
import { LOADS } from "../helpers/loads.ts";
import { absenceOf, type Cell, chosen, INTERVALS, nameOf, type Outcome, runCells } from "../helpers/matrix.ts";
import { CLAIMS_FILE, claimsText, differences, recordedClaims, withOutcomes } from "../helpers/matrix-claims.ts";

/*
 * The matrix of truth: each load of known truth, in each environment, at each interval. No run claims what is not so, and
 * no budget is judged wrongly. The long form has all cells, the gate a tenth of them, by a seed.
 */

const isLong = process.env.STATEXEC_TEST_LONG !== undefined;
/** Writes what the cells claim, beside what is recorded of them. */
const isUpdate = process.env.UPDATE_MATRIX !== undefined;
const seed = Number(process.env.STATEXEC_MATRIX_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** A machine that others use may be too busy for that more than once. */
const TRIES = 4;
const TIMEOUT_MS = isLong ? 1_800_000 : 240_000;

const pairs = ENVIRONMENTS.flatMap((environment) => LOADS.map((load) => ({ environment, load })));
const here = pairs.filter((pair) => absenceOf(pair) === undefined);
const all = here.flatMap((pair) => INTERVALS.map((intervalSeconds): Cell => ({ ...pair, intervalSeconds })));
const cells = isLong ? all : chosen(all, 0.1, seed);

/** By name of the cell. */
const outcomes = new Map<string, Outcome>();
const claims = existsSync(CLAIMS_FILE) ? recordedClaims() : {};

beforeAll(async () => {
  console.error(`matrix: ${cells.length} of ${all.length} cells, STATEXEC_MATRIX_SEED=${seed}`);
  for (const outcome of await runCells(cells)) outcomes.set(nameOf(outcome.cell), outcome);
  // How much samples see depends on what else runs: a cell that says less than before is asked again, alone.
  for (const [name, outcome] of isUpdate ? [] : outcomes) {
    let last = outcome;
    for (let tries = TRIES; tries > 1 && last.faults.length === 0 && newClaims(last).length > 0; tries--)
      last = (await runCells([outcome.cell]))[0]!;
    outcomes.set(name, last);
  }
  if (isUpdate) writeFileSync(CLAIMS_FILE, claimsText(withOutcomes(claims, inOrder())));
}, TIMEOUT_MS);

/** What a run says otherwise than docs/accounting.md does. */
function newClaims(outcome: Outcome): readonly string[] {
  // The long form, which records the claims, tells where more is known by now.
  return differences(claims, outcome, !isLong);
}

/** The runs have ended in any order. */
function inOrder(): readonly Outcome[] {
  return LOADS.flatMap((load) => [...outcomes.values()].filter(({ cell }) => cell.load === load));
}

for (const { name, absence } of ENVIRONMENTS) if (absence) test.skip(`${name}: ${absence}`, () => expect.unreachable());

for (const pair of pairs) {
  const reason = pair.environment.absence ? undefined : absenceOf(pair);
  if (reason) test.skip(`${pair.load.name}: ${pair.environment.name}: ${reason}`, () => expect.unreachable());
}

describe.each(cells.map((cell) => [nameOf(cell), cell] as const))("%s", (name) => {
  test("claims nothing that is not so", () => {
    expect(outcomes.get(name)!.faults).toEqual([]);
  });

  test.skipIf(isUpdate)("claims what docs/accounting.md says", () => {
    expect(newClaims(outcomes.get(name)!)).toEqual([]);
  });
});
