import type { RunInfo } from "../data/model.ts";
import type { Placement } from "./loader.ts";
import type { Marks } from "./marks.ts";
import type { Range, State } from "./state.ts";

/** So many runs are shown at first where nothing says which; of more the first alone. */
const MOST_AT_FIRST = 6;

/** What of all runs the page shows, and how. */
export interface Choice {
  readonly runs: readonly RunInfo[];
  /** One: a run by itself. Overlay: all in the same charts. Hosts: a chart each, above one another. */
  readonly view: "one" | "overlay" | "hosts";
}

/** What the address asks for, as far as there is such; else what suits the runs. Undefined: there is none. */
export function chooseRuns(all: readonly RunInfo[], state: State): Choice | undefined {
  const asked = all.filter(({ id }) => state.runs.includes(id));
  const runs = asked.length > 0 ? asked : all.length <= MOST_AT_FIRST ? all : all.slice(0, 1);
  if (runs.length === 0) return undefined;
  if (runs.length === 1) return { runs, view: "one" };
  return { runs, view: state.view ?? (isSynchronised(runs) ? "hosts" : "overlay") };
}

/** Whether runs are the two sides of one: with roles that say so, at the same time. */
function isSynchronised(runs: readonly RunInfo[]): boolean {
  const roles = new Set(runs.map(({ role }) => role));
  const [first, ...others] = runs;
  if (!roles.has("client") || !roles.has("server") || !first) return false;
  return others.every((other) => other.startMs < first.endMs && first.startMs < other.endMs);
}

/** 0 s is where the command started; of a run without one, its first sample; of hosts, that of the earliest. */
export function placeRuns({ runs, view }: Choice): Map<string, Placement> {
  const startOf = (run: RunInfo) => run.command?.fromMs ?? run.startMs;
  const earliest = Math.min(...runs.map(startOf));
  return new Map(
    runs.map((run) => [
      run.id,
      {
        originMs: view === "hosts" ? earliest : startOf(run),
        beginningsMs: [run.startMs, ...(run.command ? [run.command.fromMs] : [])],
      },
    ]),
  );
}

/** From the first sample to the last of all runs, in seconds from the start. */
export function wholeRange(runs: readonly RunInfo[], places: ReadonlyMap<string, Placement>): Range {
  const at = (run: RunInfo, ms: number) => (ms - (places.get(run.id)?.originMs ?? 0)) / 1000;
  const from = Math.min(...runs.map((run) => at(run, run.startMs)));
  const to = Math.max(...runs.map((run) => at(run, run.endMs)));
  return { from, to: to > from ? to : from + 1 };
}

/** What is drawn beside the lines for these runs: the first one's phases, the events of all. */
export function marksOf(runs: readonly RunInfo[], places: ReadonlyMap<string, Placement>): Marks {
  const at = (run: RunInfo, ms: number) => (ms - (places.get(run.id)?.originMs ?? 0)) / 1000;
  const command = runs[0]?.command;
  const names = runs.length > 1 ? namesOf(runs) : [""];
  const events = runs.flatMap((run, i) =>
    run.events.map(({ atMs, event, text }) => ({
      at: at(run, atMs),
      event,
      text: names[i] ? `${names[i]}: ${text}` : text,
    })),
  );
  return {
    running: command && runs[0] ? { from: at(runs[0], command.fromMs), to: at(runs[0], command.toMs) } : undefined,
    events: events.sort((a, b) => a.at - b.at),
  };
}

/** Names that tell runs apart: their instances, their files' where these are alike, and a number where all is. */
export function namesOf(runs: readonly RunInfo[]): string[] {
  const byInstance = runs.map(({ instance }) => instance);
  if (new Set(byInstance).size === runs.length) return byInstance;
  const byFile = runs.map(({ name }) => name.replace(/^.*\//, ""));
  if (new Set(byFile).size === runs.length) return byFile;
  const byPath = runs.map(({ name }) => name);
  if (new Set(byPath).size === runs.length) return byPath;
  return byFile.map((name, at) => `${name} (${at + 1})`);
}
