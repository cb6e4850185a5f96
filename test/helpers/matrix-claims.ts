import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Resource } from "../../src/recording/evidence.ts";
import type { Cell, Outcome } from "./matrix.ts";

/*
 * What each cell of the matrix claimed when it was last run whole: test/fixtures/matrix.json, of which the table in
 * docs/accounting.md is made.
 */

export const CLAIMS_FILE = join(import.meta.dir, "../fixtures/matrix.json");

/** The lowest and the highest figure that was seen, as shares of the truth; empty: there was none, or the truth is 0. */
export type Range = readonly [lowest: number, highest: number] | readonly [];

/** The cells with one claim by environment and interval: `root at 1 s`. */
export type Claimed = Readonly<Record<string, Range>>;

/** By load, resource and claim. */
export type Claims = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Claimed>>>>>>;

export function recordedClaims(): Claims {
  return JSON.parse(readFileSync(CLAIMS_FILE, "utf8"));
}

/** Where a cell's run was. */
function placeOf({ environment, intervalSeconds }: Cell): string {
  return `${environment.name} at ${intervalSeconds} s`;
}

/** Whether there is a figure depends on whether a sample fell into a short run. */
const BY_CHANCE: readonly Resource[] = ["processes", "threads"];

/**
 * What chance decides. On a busy machine, processes of others may end unseen, so that it cannot be told that none was the
 * command's: what is exact elsewhere is a lower bound there. And the highest sample is the group's own peak, or just below
 * it. A cell has the claim that it makes where that is not so.
 */
function isWeaker(claim: string, recorded: string): boolean {
  const [source, recordedSource] = [claim, recorded].map((text) => text.replace(STRENGTH, ""));
  return source === recordedSource && strengthOf(claim) < strengthOf(recorded);
}

const STRENGTH = /^(at least|between|exact)\b/;
const STRENGTHS: readonly (string | undefined)[] = ["at least", "between", "exact"];

/** -1: the claim is not of this kind. */
function strengthOf(claim: string): number {
  return STRENGTHS.indexOf(STRENGTH.exec(claim)?.[1]);
}

/** What was always seen at the short interval is seen again; at the usual one it may lie between two samples. */
const [SEEN, SEEN_AGAIN, OFTEN_SECONDS] = [0.97, 0.9, 0.05];

/**
 * Returns what a run says otherwise than its cell did; cells that are not recorded may say anything. `mayBeMore`: it may
 * also claim more than is recorded.
 */
export function differences(claims: Claims, { cell, said }: Outcome, mayBeMore: boolean): readonly string[] {
  const place = placeOf(cell);
  return said.flatMap(({ resource, claim, share = 1 }) => {
    const isRare = cell.intervalSeconds > OFTEN_SECONDS;
    if (BY_CHANCE.includes(resource) || (isRare && claim === "nothing")) return [];
    const all = Object.entries(claims[cell.load.name]?.[resource] ?? {}).filter(([, each]) => place in each);
    if (all.length === 0 || all.some(([recorded]) => isWeaker(claim, recorded))) return [];
    if (mayBeMore && all.some(([recorded]) => isWeaker(recorded, claim))) return [];
    const same = all.find(([recorded]) => recorded === claim)?.[1][place];
    if (!same) return [`${resource}: "${claim}", not ${all.map(([text]) => `"${text}"`).join(", ")}`];
    const [lowest = 0] = same;
    const isLess = !isRare && !cell.environment.isOwnKernel && lowest > SEEN && share < SEEN_AGAIN;
    return isLess ? [`${resource}: ${share} of the truth, which was ${lowest} at least`] : [];
  });
}

type Mutable = Record<string, Record<string, Record<string, Record<string, Range>>>>;

/** Returns the claims with those of some runs. */
export function withOutcomes(claims: Claims, outcomes: readonly Outcome[]): Claims {
  const all: Mutable = JSON.parse(JSON.stringify(claims));
  for (const { cell, said } of outcomes) {
    const byResource = all[cell.load.name] ?? {};
    all[cell.load.name] = byResource;
    for (const { resource, claim, share } of said) {
      const byClaim = byResource[resource] ?? {};
      byResource[resource] = byClaim;
      add(byClaim, claim, placeOf(cell), share);
    }
  }
  return all;
}

function add(byClaim: Record<string, Record<string, Range>>, claim: string, place: string, share?: number): void {
  for (const [recorded, places] of Object.entries(byClaim)) {
    if (!(place in places)) continue;
    if (isWeaker(claim, recorded)) return;
    if (!isWeaker(recorded, claim)) continue;
    delete places[place];
    if (Object.keys(places).length === 0) delete byClaim[recorded];
  }
  const places = byClaim[claim] ?? {};
  byClaim[claim] = places;
  const range = [...(places[place] ?? []), ...(share === undefined ? [] : [Math.round(share * 1000) / 1000])];
  places[place] = range.length === 0 ? [] : [Math.min(...range), Math.max(...range)];
}

/** Returns the text of the file: a claim a line. */
export function claimsText(claims: Claims): string {
  const block = (entries: readonly (readonly [string, string])[], indent: string) =>
    `{\n${entries.map(([key, text]) => `${indent}  ${JSON.stringify(key)}: ${text}`).join(",\n")}\n${indent}}`;
  const sorted = <T>(of: Readonly<Record<string, T>>) => Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1));
  const line = (claimed: Claimed) => JSON.stringify(Object.fromEntries(sorted(claimed)));
  const loads = Object.entries(claims).map(([load, resources]) => {
    const parts = Object.entries(resources).map(([resource, byClaim]) => {
      const lines = sorted(byClaim).map(([claim, claimed]) => [claim, line(claimed)] as const);
      return [resource, block(lines, "    ")] as const;
    });
    return [load, block(parts, "  ")] as const;
  });
  return `${block(loads, "")}\n`;
}
