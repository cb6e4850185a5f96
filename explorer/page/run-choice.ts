import { phaseSpans } from "../../src/recording/phases.ts";
import type { RunInfo } from "../data/model.ts";
import type { PageState, Range } from "./page-state.ts";

/** All runs are shown at first if they are at most this many; else only the newest. */
const MOST_AT_FIRST = 6;

/** The shown runs, and how they are shown. */
export interface RunChoice {
  readonly runs: readonly RunInfo[];
  /** `one`: a single run. `overlay`: all runs in the same charts. `hosts`: a chart for each run. */
  readonly view: "one" | "overlay" | "hosts";
}

/** Chooses the runs that the address names, or a default; undefined: there are no runs. */
export function chooseRuns(all: readonly RunInfo[], state: PageState): RunChoice | undefined {
  const asked = all.filter(({ id }) => state.runs.includes(id));
  const runs = asked.length > 0 ? asked : all.length <= MOST_AT_FIRST ? all : newestFirst(all).slice(0, 1);
  if (runs.length === 0) return undefined;
  if (runs.length === 1) return { runs, view: "one" };
  return { runs, view: state.view ?? (isSynchronised(runs) ? "hosts" : "overlay") };
}

/** Returns the runs that still record, then the others, the latest start first. */
export function newestFirst(all: readonly RunInfo[]): RunInfo[] {
  return all.toSorted((a, b) => Number(b.live) - Number(a.live) || b.startMs - a.startMs);
}

/** Whether two runs had the same task: the same command, on the same side of a synchronised run. */
export function isSameTask(a: RunInfo, b: RunInfo): boolean {
  const wordsOf = ({ facts }: RunInfo) => facts.filter(([fact]) => fact === "command" || fact === "arguments");
  return a.role === b.role && JSON.stringify(wordsOf(a)) === JSON.stringify(wordsOf(b));
}

/** Whether the runs are the client and the server of one synchronised run, by their roles and times. */
function isSynchronised(runs: readonly RunInfo[]): boolean {
  const roles = new Set(runs.map(({ role }) => role));
  const [first, ...others] = runs;
  if (!roles.has("client") || !roles.has("server") || !first) return false;
  return others.every((other) => other.startMs < first.endMs && first.startMs < other.endMs);
}

/** The position of a run on the page's time axis, in milliseconds since the epoch. */
export interface RunPosition {
  /** The time that the axis shows as 0 s. */
  readonly originMs: number;
  /** The times of the run's first sample and of the command's first sample. */
  readonly startsMs: readonly number[];
}

/** Puts 0 s at the command's start; without a command, at the first sample; for hosts, at the earliest of these. */
export function positionsOf({ runs, view }: RunChoice): Map<string, RunPosition> {
  const startOf = (run: RunInfo) => run.command?.fromMs ?? run.startMs;
  const earliest = Math.min(...runs.map(startOf));
  return new Map(
    runs.map((run) => [
      run.id,
      {
        originMs: view === "hosts" ? earliest : startOf(run),
        startsMs: [run.startMs, ...(run.command ? [run.command.fromMs] : [])],
      },
    ]),
  );
}

/** Returns the range from the first sample to the last of all runs. */
export function wholeRange(runs: readonly RunInfo[], positions: ReadonlyMap<string, RunPosition>): Range {
  const from = Math.min(...runs.map((run) => secondsAt(run, run.startMs, positions)));
  const to = Math.max(...runs.map((run) => secondsAt(run, run.endMs, positions)));
  return { from, to: to > from ? to : from + 1 };
}

/** The time of the command and the events, which every chart shows; in seconds from the start. */
export interface Annotations {
  /** When the command ran; undefined: it never did. */
  readonly running: Range | undefined;
  readonly events: readonly EventAt[];
  /** The phases of the first run, in order. */
  readonly phases: readonly PhaseAt[];
  /** Times of the first run in which samples were missed. */
  readonly pauses: readonly Range[];
}

/** One time that a phase went on. */
interface PhaseAt extends Range {
  readonly phase: string;
}

export interface EventAt {
  readonly at: number;
  readonly event: string;
  readonly text: string;
}

/** Returns when the first run's command ran, and the events of all runs. */
export function annotationsOf(runs: readonly RunInfo[], positions: ReadonlyMap<string, RunPosition>): Annotations {
  const [first] = runs;
  const command = first?.command;
  const names = runs.length > 1 ? namesOf(runs) : [""];
  const events = runs.flatMap((run, i) =>
    run.events.map(({ atMs, event, text }) => ({
      at: secondsAt(run, atMs, positions),
      event,
      text: names[i] ? `${names[i]}: ${text}` : text,
    })),
  );
  return {
    running:
      first && command
        ? { from: secondsAt(first, command.fromMs, positions), to: secondsAt(first, command.toMs, positions) }
        : undefined,
    events: events.sort((a, b) => a.at - b.at),
    phases: first ? phasesAt(first, positions) : [],
    pauses: first
      ? first.pauses.map(([fromMs, toMs]) => {
          return { from: secondsAt(first, fromMs, positions), to: secondsAt(first, toMs, positions) };
        })
      : [],
  };
}

function phasesAt(run: RunInfo, positions: ReadonlyMap<string, RunPosition>): PhaseAt[] {
  if (!run.command) return [];
  return phaseSpans(run, run.command).map(({ phase, fromMs, toMs }) => {
    return { phase, from: secondsAt(run, fromMs, positions), to: secondsAt(run, toMs, positions) };
  });
}

function secondsAt({ id }: RunInfo, atMs: number, positions: ReadonlyMap<string, RunPosition>): number {
  return (atMs - (positions.get(id)?.originMs ?? 0)) / 1000;
}

/** Returns distinct names: the instances if they differ, else file names, else paths, else numbered file names. */
export function namesOf(runs: readonly RunInfo[]): string[] {
  const byInstance = runs.map(({ instance }) => instance);
  if (new Set(byInstance).size === runs.length) return byInstance;
  const byFile = runs.map(({ name }) => name.replace(/^.*\//, ""));
  if (new Set(byFile).size === runs.length) return byFile;
  const byPath = runs.map(({ name }) => name);
  if (new Set(byPath).size === runs.length) return byPath;
  return byFile.map((name, at) => `${name} (${at + 1})`);
}
