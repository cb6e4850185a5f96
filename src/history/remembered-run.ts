import { cpus, hostname, totalmem } from "node:os";
import { resolve } from "node:path";
import { BUDGET_UNITS, type BudgetedFigure, type RememberedName } from "../catalog/choices.ts";
import { findingOf } from "../recording/evidence.ts";
import type { RunReport } from "../recording/run-report.ts";
import { branchOfCi, type GitState, gitState, projectOf } from "./git-state.ts";

/** A figure as far as it is known. The true one is between the bounds. */
export interface RememberedFigure {
  /** Seconds, bytes or a number: the most that was seen. */
  readonly value: number;
  /** Null: not known. */
  readonly highest: number | null;
  /** The source of the value: `wait4`, `proc_sampled`; null: not named. */
  readonly source: string | null;
}

/** A run as the history keeps it, and as a line of its export. */
export interface RememberedRun {
  /** By it an import knows which runs are in a history. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly startedMs: number;
  /** Root of the repository, or folder, in which statexec ran. */
  readonly project: string;
  readonly command: string;
  /** Null: it did not exit, or that is not known. */
  readonly exitStatus: number | null;
  readonly exitSignal: number | null;
  /** Path of the metrics file. */
  readonly file: string;
  /** These three are null where there is no repository, or git did not answer. */
  readonly commit: string | null;
  readonly branch: string | null;
  readonly isDirty: boolean | null;
  readonly host: string;
  readonly machine: string;
  readonly cpuModel: string | null;
  readonly cpus: number | null;
  readonly memoryBytes: number;
  /** Seconds between samples; null: not known. */
  readonly intervalSeconds?: number | null;
  /** What was not measured is not in it. */
  readonly figures: Readonly<Partial<Record<RememberedName, RememberedFigure>>>;
}

/** What git was asked about a run, by its figures: a budget and the history need it, and it may take long. */
const asked = new WeakMap<RunReport["figures"], GitState | undefined>();

function gitStateOf(figures: RunReport["figures"], folder: string): GitState | undefined {
  if (!asked.has(figures)) asked.set(figures, gitState(folder));
  return asked.get(figures);
}

/** Returns what the history keeps of a run that ended in this folder, on this machine. It asks git. */
export function rememberedRun({ figures, startMs }: RunReport, file: string, folder: string): RememberedRun {
  const git = gitStateOf(figures, folder);
  return {
    id: crypto.randomUUID(),
    ...{ startedMs: startMs, project: projectOf(folder), command: figures.command },
    ...{ exitStatus: figures.exitStatus ?? null, exitSignal: figures.exitSignal ?? null, file: resolve(folder, file) },
    ...{
      commit: git?.commit ?? null,
      branch: git?.branch ?? (git && branchOfCi(process.env)) ?? null,
      isDirty: git?.isDirty ?? null,
    },
    ...{ host: hostname(), machine: process.arch, cpuModel: cpus()[0]?.model ?? null },
    ...{ cpus: figures.cpus ?? null, memoryBytes: totalmem() },
    intervalSeconds: figures.intervalSeconds ?? null,
    figures: rememberedFigures(figures),
  };
}

/** Returns the id of a run that was kept without one, from its text. */
export function idOfText(text: string): string {
  return new Bun.CryptoHasher("sha256").update(text).digest("hex").slice(0, 32);
}

function rememberedFigures(figures: RunReport["figures"]): RememberedRun["figures"] {
  const kept: Partial<Record<RememberedName, RememberedFigure>> = {};
  for (const name of Object.keys(BUDGET_UNITS) as BudgetedFigure[]) {
    const { value, highest, source = null } = findingOf(name, figures);
    if (value !== undefined) kept[name] = { value, highest: Number.isFinite(highest) ? highest : null, source };
  }
  const { contextSwitches } = figures;
  // The kernel counts them, of the processes that were seen.
  if (contextSwitches !== undefined) kept.switches = { value: contextSwitches, highest: null, source: null };
  return kept;
}
