import { join } from "node:path";
import { type Experiment, FigureCollection, type Goal, type Row } from "../lib/experiment.ts";
import { output } from "../lib/lab.ts";
import { median } from "../lib/stats.ts";
import { stopwatch } from "../lib/timed-runs.ts";
import {
  bareBun,
  cWrapper,
  gnuTime,
  hyperfine,
  noWrapper,
  peer,
  perfStat,
  resourceMonitor,
  runlim,
  statexec,
  type Wrapper,
} from "../lib/wrappers.ts";

type Wrappers = Readonly<Record<string, Wrapper>>;

const DIRECT = "no wrapper";
const STATEXEC = "statexec";
const BARE = "bare Bun wrapper";
const C = "C floor";

const PEERS: Wrappers = {
  "GNU time": gnuTime,
  runlim,
  "perf stat": perfStat(),
  resource_monitor: resourceMonitor,
  hyperfine,
};
const WRAPPERS: Wrappers = { [DIRECT]: noWrapper, [C]: cWrapper, [BARE]: bareBun, [STATEXEC]: statexec(1), ...PEERS };

type Rounds = Readonly<Record<"full" | "quick", number>>;

/** Wall time that each wrapper adds to a command, by round: its own time less that of the command alone, in ns. */
function addedWallTime(name: string, command: readonly [string, ...string[]], rounds: Rounds): Experiment {
  return {
    name,
    async run(lab) {
      const figures = new FigureCollection();
      const wrapped = new Map<string, readonly string[]>();
      for (const [name, wrapper] of Object.entries(WRAPPERS)) {
        const words = await wrapper({ lab, tag: "wall", command: withPath(command) });
        if (typeof words === "string") figures.missing(name, words);
        else wrapped.set(name, words);
      }
      const times = await stopwatch(lab, [...wrapped.values()], lab.quick ? rounds.quick : rounds.full);
      const names = [...wrapped.keys()];
      const direct = names.indexOf(DIRECT);
      for (const round of times) for (const [i, name] of names.entries()) figures.add(name, round[i]! - round[direct]!);
      return figures.all;
    },
  };
}

/** The command by its path, so that no wrapper has to look it up in PATH. */
function withPath([program, ...args]: readonly [string, ...string[]]): readonly string[] {
  const path = Bun.which(program);
  if (path === null) throw new Error(`${program}: not found`);
  return [path, ...args];
}

const TRUE = addedWallTime("wall-true", ["true"], { full: 120, quick: 30 });
const SLEEP = addedWallTime("wall-sleep", ["sleep", "0.25"], { full: 14, quick: 4 });

interface Exported {
  /** Seconds, by command and run. */
  readonly results: readonly { readonly times: readonly number[] }[];
}

const CHECKED: Wrappers = { [STATEXEC]: statexec(1), [BARE]: bareBun };
const WARM_UP_RUNS = 3;

/** Checks the stopwatch by hyperfine, which runs one command after the other: wall time added to `true`, in ns. */
const BY_HYPERFINE: Experiment = {
  name: "wall-hyperfine",
  async run(lab) {
    const figures = new FigureCollection();
    const exported = join(lab.folder, "hyperfine.json");
    const runs = ["--warmup", String(WARM_UP_RUNS), "--runs", lab.quick ? "20" : "60"];
    const words = peer("hyperfine", "-N", "--style", "none", ...runs, "--export-json", exported);
    if (typeof words === "string") {
      for (const name of Object.keys(CHECKED)) figures.missing(name, words);
      return figures.all;
    }
    const commands = Object.values({ [DIRECT]: noWrapper, ...CHECKED }).map((wrapper) =>
      wrapper({ lab, tag: "hyperfine", command: withPath(["true"]) }),
    );
    await output([...words, ...(await Promise.all(commands)).map((command) => [command].flat().join(" "))]);
    const { results } = (await Bun.file(exported).json()) as Exported;
    const [direct, ...wrapped] = results.map(({ times }) => times);
    for (const [i, name] of Object.keys(CHECKED).entries())
      for (const time of wrapped[i]!) figures.add(name, (time - median(direct!)) * 1e9);
    return figures.all;
  },
};

/** `users`: the contestants of the lines that the README shows. */
function comparisons(what: string, experiment: Experiment, users: readonly string[], goal?: Goal): readonly Row[] {
  return [BARE, C, ...Object.keys(PEERS)].map((against) => ({
    ...{ what, experiment, unit: "ns", ours: STATEXEC, against },
    ...(goal && against === BARE && { goal }),
    ...(users.includes(against) && { forUsers: true }),
  }));
}

export const WALL_TIME_ROWS: readonly Row[] = [
  ...comparisons("wall added to `true`", TRUE, [BARE, "GNU time"], { atMost: 2 }),
  ...comparisons("wall added to `sleep 0.25`", SLEEP, [BARE]),
  { what: "wall added to `true`, by hyperfine", experiment: BY_HYPERFINE, unit: "ns", ours: STATEXEC, against: BARE },
];
