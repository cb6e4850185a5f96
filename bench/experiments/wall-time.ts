import type { Experiment, Figures, Goal, Row } from "../lib/experiment.ts";
import { type Lab, output } from "../lib/lab.ts";
import {
  bareBun,
  cWrapper,
  gnuTime,
  hyperfine,
  noWrapper,
  perfStat,
  resourceMonitor,
  runlim,
  statexec,
  type Wrapper,
} from "../lib/wrappers.ts";

const DIRECT = "no wrapper";
const STATEXEC = "statexec";
const BARE = "bare Bun wrapper";
const C = "C floor";
const TIME = "GNU time";
const RUNLIM = "runlim";
const PERF = "perf stat";
const MONITOR = "resource_monitor";
const HYPERFINE = "hyperfine";

const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  [DIRECT]: noWrapper,
  [C]: cWrapper,
  [BARE]: bareBun,
  [STATEXEC]: statexec(1),
  [TIME]: gnuTime,
  [RUNLIM]: runlim,
  [PERF]: perfStat(),
  [MONITOR]: resourceMonitor,
  [HYPERFINE]: hyperfine,
};

/** A round or two in which files and page tables get warm; not counted. */
const WARM_UP_ROUNDS = 2;
const SEPARATOR = "---";

type Rounds = Readonly<Record<"full" | "quick", number>>;

/** Wall time that each wrapper adds to a command, by round: its own time less the bare command's. Nanoseconds. */
function addedWall(name: string, command: readonly [string, ...string[]], rounds: Rounds): Experiment {
  return {
    name,
    async run(lab) {
      const figures = new Map<string, Figures>();
      const wrapped = new Map<string, readonly string[]>();
      for (const [name, wrapper] of Object.entries(WRAPPERS)) {
        const words = await wrapper({ lab, tag: "wall", command: withPath(command) });
        if (typeof words === "string") figures.set(name, words);
        else wrapped.set(name, words);
      }
      const times = await stopwatch(lab, [...wrapped.values()], lab.quick ? rounds.quick : rounds.full);
      const names = [...wrapped.keys()];
      const direct = names.indexOf(DIRECT);
      for (const [i, wrapper] of names.entries())
        figures.set(
          wrapper,
          times.map((round) => round[i]! - round[direct]!),
        );
      return figures;
    },
  };
}

/** The command by its path, so that no contestant has to look for it. */
export function withPath([program, ...args]: readonly [string, ...string[]]): readonly string[] {
  const path = Bun.which(program);
  if (path === null) throw new Error(`${program}: not found`);
  return [path, ...args];
}

/** Wall times in nanoseconds: by round, then in the commands' order. */
export async function stopwatch(
  lab: Lab,
  commands: readonly (readonly string[])[],
  rounds: number,
): Promise<number[][]> {
  const words = commands.flatMap((command) => [SEPARATOR, ...command]);
  const text = await output([await lab.c("stopwatch"), String(rounds + WARM_UP_ROUNDS), ...words]);
  const lines = text.trim().split("\n").slice(WARM_UP_ROUNDS);
  return lines.map((line) => line.split(" ").map(Number));
}

const TRUE = addedWall("wall-true", ["true"], { full: 120, quick: 30 });
const SLEEP = addedWall("wall-sleep", ["sleep", "0.25"], { full: 14, quick: 4 });

const GOALS: Readonly<Record<string, Goal>> = { [BARE]: { atMost: 1.7 } };

export const WALL_ROWS: readonly Row[] = [
  ...comparisons("wall added to `true`", TRUE, GOALS),
  ...comparisons("wall added to `sleep 0.25`", SLEEP, {}),
];

function comparisons(what: string, experiment: Experiment, goals: Readonly<Record<string, Goal>>): readonly Row[] {
  return [BARE, C, TIME, RUNLIM, PERF, MONITOR, HYPERFINE].map((against) => {
    const goal = goals[against];
    return { what, experiment, unit: "ns", ours: STATEXEC, against, ...(goal && { goal }) };
  });
}
