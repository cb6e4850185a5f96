import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { findingOf, RESOURCES, type Resource } from "../../src/recording/evidence.ts";
import { figuresOf } from "../../src/recording/run-figures.ts";
import type { Environment } from "./environments.ts";
import type { Load } from "./loads.ts";
import { Recorded } from "./recorded.ts";
import { BIN, runProgram, tempFolder } from "./statexec.ts";
import { budgetsAround, claimOf, type Evidence, faultsOf, type Judged, type Truth, type Truths } from "./truth.ts";
import { inUserModeLinux } from "./user-mode-linux.ts";
import { folderOf, openBinary } from "./users.ts";

/*
 * Loads of known truth, each in environments and at intervals: a cell is one run. `runCells` runs some; an outcome is what
 * one of them says, and what of that is wrong.
 */

export interface Cell {
  readonly load: Load;
  readonly environment: Environment;
  readonly intervalSeconds: number;
}

/** What a cell says of a resource of known truth. */
interface Said {
  readonly resource: Resource;
  /** As `claimOf` has it. */
  readonly claim: string;
  /** The figure as a share of the least that is true; undefined: there is none, or that is 0. */
  readonly share: number | undefined;
}

export interface Outcome {
  readonly cell: Cell;
  /** What it says that is so. */
  readonly said: readonly Said[];
  /** What it says wrongly; empty: nothing. */
  readonly faults: readonly string[];
}

/** A kernel in a process counts the time in which it waits for a CPU of the machine, too. */
const OWN_CLOCK = "that kernel's CPU time is not the machine's";

/** Seconds between samples: short and usual. */
export const INTERVALS = [0.05, 1] as const;

/** Returns why a load cannot run in an environment; undefined: it can. */
export function absenceOf({ load, environment }: Pick<Cell, "load" | "environment">): string | undefined {
  if (environment.absence !== undefined) return environment.absence;
  if (load.root && !environment.isRoot) return "this takes root";
  if (environment.isOwnKernel && load.absence) return "that kernel has neither a disk nor huge pages";
  if (environment.isOwnKernel && Object.keys(load.truths).join() === "cpu") return OWN_CLOCK;
  return load.absence?.();
}

export function nameOf({ load, environment, intervalSeconds }: Cell): string {
  return `${load.name}: ${environment.name}, every ${intervalSeconds} s`;
}

/** Returns a part of each load's cells, at least one, by a seed. */
export function chosen(cells: readonly Cell[], part: number, seed: number): readonly Cell[] {
  const byLoad = Map.groupBy(cells, ({ load }) => load.name);
  return [...byLoad.values()].flatMap((all, index) => {
    const count = Math.max(1, Math.round(all.length * part));
    const some = fc.shuffledSubarray(all, { minLength: count, maxLength: count });
    return fc.sample(some, { seed: seed + index, numRuns: 1 })[0]!;
  });
}

/** So many runs at once: they sleep most of the time. */
const AT_ONCE = 6;

/** Runs cells; those whose load uses what the machine has one of run alone, when all others have ended. */
export async function runCells(cells: readonly Cell[]): Promise<readonly Outcome[]> {
  const here = cells.filter(({ environment }) => !environment.isOwnKernel);
  const onOwnKernel = runOnOwnKernel(cells.filter(({ environment }) => environment.isOwnKernel));
  const queue = here.filter(({ load }) => !load.alone);
  const outcomes: Outcome[] = [];
  const workers = Array.from({ length: AT_ONCE }, async () => {
    for (let cell = queue.shift(); cell; cell = queue.shift()) outcomes.push(await runCell(cell));
  });
  await Promise.all(workers);
  for (const cell of here) if (cell.load.alone) outcomes.push(await runCell(cell));
  return [...outcomes, ...(await onOwnKernel)];
}

async function runCell(cell: Cell): Promise<Outcome> {
  using folder = folderOf(cell.environment.user);
  using _ = cell.load.setUp?.();
  const { code, stderr } = await runProgram(wordsOf(cell, folder.path, openBinary()));
  return outcomeOf(cell, folder.path, `status ${code}`, stderr);
}

function wordsOf(cell: Cell, folder: string, binary: string): readonly string[] {
  const { load, environment, intervalSeconds } = cell;
  const { before, options, inside } = environment;
  const files = ["-f", `${folder}/run.prom`, "--summary-json", `${folder}/summary.json`];
  const budgets = truthsOf(cell).flatMap(([resource, truth]) => budgetsAround(resource, truth));
  const own = [...options, "--interval", String(intervalSeconds), ...files];
  return [
    ...before,
    binary,
    ...own,
    ...budgets.flatMap((text) => ["--budget", text]),
    "--",
    ...inside,
    ...load.command(folder),
  ];
}

/** Runs cells on one kernel, one after the other: it has one CPU. */
async function runOnOwnKernel(cells: readonly Cell[]): Promise<readonly Outcome[]> {
  if (cells.length === 0) return [];
  using folder = tempFolder();
  const folders = cells.map((_, index) => folder.file(String(index)));
  for (const each of folders) mkdirSync(each);
  writeFileSync(folder.file("disk"), Buffer.alloc(2 ** 20));
  const quoted = (words: readonly string[]) => words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const lines = cells.map((cell, index) => {
    const at = folders[index]!;
    return `${quoted(wordsOf(cell, at, BIN))} >${at}/stdout 2>${at}/stderr; echo "status $?" >${at}/status`;
  });
  const script = ["mkdir -p /dev/shm && mount -t tmpfs tmp /dev/shm", ...lines].join("\n");
  await inUserModeLinux(script, {}, folder.file("disk"));
  const text = (at: string, name: string) => readFileSync(`${at}/${name}`, "utf8");
  return cells.map((cell, index) => {
    const at = folders[index]!;
    return outcomeOf(cell, at, text(at, "status").trim(), text(at, "stderr"));
  });
}

/** The status where a budget was exceeded; other budgets than those of this file's there are none. */
const STATUSES: readonly string[] = ["status 0", "status 124"];

/** Judges a run by its files. A command that failed is a fault of the cell, not of what it says. */
function outcomeOf(cell: Cell, folder: string, status: string, stderr: string): Outcome {
  if (!STATUSES.includes(status)) return { cell, said: [], faults: [`${status}: ${stderr}`] };
  const summary: Summary = JSON.parse(readFileSync(`${folder}/summary.json`, "utf8"));
  const figures = figuresOf(new Recorded(`${folder}/run.prom`).recording);
  const judged = summary.budgets.map(judgedOf);
  const truths = truthsOf(cell, cell.load.noted?.(folder));
  const faults: string[] = [];
  const said: Said[] = [];
  for (const [resource, truth] of truths) {
    const evidence = evidenceOf(summary, resource);
    const { value, lowest, highest, source } = findingOf(resource, figures);
    const ofFile = { value, lowest, highest, source };
    if (value !== undefined && !isSame(evidence, ofFile))
      faults.push(`${resource}: the summary says ${JSON.stringify(evidence)}, the file ${JSON.stringify(ofFile)}`);
    const wrong = faultsOf(resource, truth, evidence, judged);
    faults.push(...wrong);
    if (wrong.length > 0) continue;
    const share = value === undefined || truth.least === 0 ? undefined : value / truth.least;
    said.push({ resource, claim: claimOf(resource, evidence), share });
  }
  if ((status === "status 124") !== judged.some(({ verdict }) => verdict === "exceeded"))
    faults.push(`${status}, and the verdicts are ${JSON.stringify(judged)}`);
  return { cell, said, faults };
}

/** Whether two say the same; the file has fewer digits than the run. */
function isSame(a: Evidence, b: Evidence): boolean {
  const isNear = (x: number, y: number) => x === y || Math.abs(x - y) <= 1e-9 * Math.abs(x);
  const numbers = isNear(a.value ?? 0, b.value ?? 0) && isNear(a.lowest, b.lowest) && isNear(a.highest, b.highest);
  return numbers && a.source === b.source;
}

/** What is true of a cell, and what follows: a group's memory with cache is no less than what is charged to it. */
function truthsOf({ load, environment }: Cell, noted: Truths = {}): readonly (readonly [Resource, Truth])[] {
  const all: Truths = { ...load.truths, ...noted };
  const { memory } = all;
  const isCharged = memory !== undefined && environment.options.length > 0 && !load.isUncharged;
  const more: Truths = isCharged
    ? { "memory-with-cache": { least: memory.least, most: Number.POSITIVE_INFINITY } }
    : {};
  return RESOURCES.flatMap((resource) => {
    const truth = more[resource] ?? all[resource];
    const isTold = truth !== undefined && !(environment.isOwnKernel && resource === "cpu");
    return isTold ? [[resource, truth] as const] : [];
  });
}

/** What the matrix reads of `--summary-json`: the keys end in a unit. */
interface Summary {
  readonly evidence: readonly Readonly<Record<string, string | number>>[];
  readonly budgets: readonly Readonly<Record<string, string | number>>[];
}

function numberOf(entry: Readonly<Record<string, string | number>>, prefix: string): number | undefined {
  const key = ["seconds", "bytes", "count"].map((unit) => `${prefix}_${unit}`).find((name) => name in entry);
  return key === undefined ? undefined : Number(entry[key]);
}

function evidenceOf({ evidence }: Summary, resource: Resource): Evidence {
  const entry = evidence.find(({ name }) => name === resource) ?? {};
  const { source } = entry;
  return {
    value: numberOf(entry, "value"),
    lowest: numberOf(entry, "lowest") ?? 0,
    highest: numberOf(entry, "highest") ?? Number.POSITIVE_INFINITY,
    source: source === undefined ? undefined : String(source),
  };
}

function judgedOf(entry: Readonly<Record<string, string | number>>): Judged {
  return {
    name: entry.name as Resource,
    limit: numberOf(entry, "limit") ?? Number.NaN,
    verdict: String(entry.verdict),
  };
}
