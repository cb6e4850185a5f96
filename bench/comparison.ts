import { loadFigures } from "../src/load/load-recordings.ts";
import { compareRuns } from "../src/recording/comparison.ts";
import type { FigureName, RunFigures } from "../src/recording/run-figures.ts";
import { SEED, uniform } from "./lib/size-replay.ts";

/*
 * bun bench/comparison.ts FILES...
 *
 * Asks how often `statexec --compare` of two groups of runs is right. The files are of many runs of one command, as
 * `statexec --cgroup auto --runs 100` makes them; without a group, CPU time may be a lower bound, which is not compared.
 * Their figures, drawn at random, are the runs of both groups, with the machine's real noise. Without a change, at most 5 %
 * of comparisons may say that anything is worse; of groups of which the new one used 15 % more CPU time, at least 90 %
 * should. The same seed and files make the same table.
 */

const NOISE = 0.05;
const COMPARISONS = 1000;
const RUNS = [3, 5, 10, 20, 40] as const;
const MORE_CPU = 1.15;

async function figuresIn(files: readonly string[]): Promise<RunFigures[]> {
  const loaded = await Promise.all(files.map(loadFigures));
  return loaded.flatMap(({ runs }) => runs).filter(({ exitStatus }) => exitStatus === 0);
}

/** The same run with more CPU time, as every source would have seen it: the command computed, and so took longer. */
function slower(figures: RunFigures): RunFigures {
  const { cpuUserSeconds = Number.NaN, cpuSystemSeconds = Number.NaN } = figures;
  const more = (MORE_CPU - 1) * (cpuUserSeconds + cpuSystemSeconds);
  const plus = (...names: readonly FigureName[]) =>
    Object.fromEntries(names.flatMap((name) => (figures[name] === undefined ? [] : [[name, figures[name] + more]])));
  return {
    ...figures,
    ...plus("cpuUserSeconds", "cpuBoundSeconds", "commCpuSeconds"),
    ...plus("machineCpuSeconds", "containerCpuSeconds", "wallSeconds"),
  };
}

/** The share of comparisons of so many runs a side that say worse; `what`: of this figure, or of any. */
function shareWorse(known: readonly RunFigures[], runs: number, random: () => number, what?: string): number {
  const draw = () => Array.from({ length: runs }, () => known[Math.floor(random() * known.length)]!);
  let worse = 0;
  for (let i = 0; i < COMPARISONS; i++) {
    const next = what === undefined ? draw() : draw().map(slower);
    const found = compareRuns(draw(), next, NOISE).filter(({ verdict }) => verdict === "worse");
    if (found.some((one) => what === undefined || one.what === what)) worse++;
  }
  return worse / COMPARISONS;
}

/** Relative standard deviation of the CPU time, without which the table means little. */
function cpuSpread(known: readonly RunFigures[]): number {
  const values = known.map(({ cpuUserSeconds = 0, cpuSystemSeconds = 0 }) => cpuUserSeconds + cpuSystemSeconds);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1)) / mean;
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

const known = await figuresIn(process.argv.slice(2));
if (known.length < 20) throw new Error(`${known.length} runs that succeeded; make 20 or more: statexec --runs 100 …`);
const random = uniform(SEED);
console.log(`${known.length} runs; the CPU time's standard deviation is ${percent(cpuSpread(known))}\n`);
console.log("| runs a side | nothing changed: worse | 15 % more CPU time: worse |\n| --- | --- | --- |");
for (const runs of RUNS) {
  const cells = [shareWorse(known, runs, random), shareWorse(known, runs, random, "CPU time")].map(percent);
  console.log(`| ${[runs, ...cells].join(" | ")} |`);
}
