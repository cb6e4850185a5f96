import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LEAST_RUNS } from "../src/recording/sizing-limits.ts";
import {
  DISTRIBUTIONS,
  leastUnused,
  MOST_ABOVE,
  MOST_UNUSED,
  type Outcome,
  type Peaks,
  replay,
  SEED,
  uniform,
} from "./lib/size-replay.ts";

/*
 * bun bench/sizing.ts [--write]
 *
 * Replays runs whose peak memory follows a known distribution, and asks of the limit that `statexec --size` gives after n of
 * them: how many of later runs are above it, and how much of it stays unused. The goal is at most 1 % above, and at most
 * 25 % unused. The same seed makes the same table; `--write` writes it into bench/README.md.
 */

/** How many runs a limit comes from. */
const RUNS = [5, 10, 20, 40, 60, 99, 200] as const;

const percent = (share: number) => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;

function row(peaks: Peaks): string {
  const random = uniform(SEED);
  const outcomes = RUNS.map((runs) => replay(peaks, runs, random));
  const isMet = ({ above, unused }: Outcome) => above <= MOST_ABOVE && unused <= MOST_UNUSED;
  const first = RUNS.find((_, i) => outcomes.slice(i).every(isMet));
  const cells = outcomes.map(({ above, unused }) => `${percent(above)}, ${percent(unused)}`);
  const warned = outcomes[RUNS.indexOf(20)]!.warned;
  const best = peaks.what.startsWith("drift") ? "–" : percent(leastUnused(peaks, random));
  const goal = first === undefined ? "not met" : `met from ${first} runs on`;
  return `| ${[peaks.what, goal, best, ...cells, percent(warned)].join(" | ")} |`;
}

function table(): string {
  const head = [
    "peak memory",
    "goal",
    "the best limit leaves",
    ...RUNS.map((runs) => `${runs} runs`),
    "trend seen, 20 runs",
  ];
  return [`| ${head.join(" | ")} |`, `| ${head.map(() => "---").join(" | ")} |`, ...DISTRIBUTIONS.map(row)].join("\n");
}

const README = join(import.meta.dir, "README.md");
const [BEGIN, END] = ["<!-- sizing -->", "<!-- /sizing -->"] as const;

function main(words: readonly string[]): void {
  if (RUNS[0] !== LEAST_RUNS) throw new Error(`the table must begin with ${LEAST_RUNS} runs, the least that count`);
  const text = table();
  if (!words.includes("--write")) {
    console.log(text);
    return;
  }
  const readme = readFileSync(README, "utf8");
  const [before, rest = ""] = readme.split(BEGIN);
  const [, after = ""] = rest.split(END);
  writeFileSync(README, `${before}${BEGIN}\n${text}\n${END}${after}`);
}

main(process.argv.slice(2));
