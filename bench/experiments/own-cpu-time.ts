import { type Experiment, FigureCollection, type Goal, type Row } from "../lib/experiment.ts";
import type { Lab } from "../lib/lab.ts";
import { idleRun } from "../lib/timed-runs.ts";
import {
  bareBun,
  cSampler,
  cWrapper,
  perfStat,
  pollingBun,
  resourceMonitor,
  runlim,
  statexec,
  statexecBasic,
  type Wrapper,
} from "../lib/wrappers.ts";

const SECONDS = 20;
const STATEXEC = "statexec";
/** Records what the floor records. */
const BASIC = "four collectors and the tree";
const C = "C floor with walk";
const C_WAIT = "C floor without samples";
const BARE = "bare Bun wrapper";
const POLLING = "bare Bun wrapper that polls";
const RUNLIM = "runlim";
const MONITOR = "resource_monitor -i 1";
const PERF = "perf stat -I";

const every = (who: string, interval: number) => `${who}, every ${interval} s`;

const WHAT = `own CPU time over ${SECONDS} s`;

type Wrappers = Readonly<Record<string, Wrapper>>;

const FEW: Wrappers = Object.fromEntries([
  ...[0.1, 1].flatMap((interval): [string, Wrapper][] => [
    [every(STATEXEC, interval), statexec(interval)],
    [every(BASIC, interval), statexecBasic(interval)],
    [every(C, interval), cSampler(interval)],
  ]),
  [BARE, bareBun],
  [POLLING, pollingBun],
  [C_WAIT, cWrapper],
]);

const WITH_PEERS: Wrappers = {
  ...FEW,
  [RUNLIM]: runlim,
  [MONITOR]: resourceMonitor,
  [every(PERF, 0.1)]: perfStat(0.1),
  [every(PERF, 1)]: perfStat(1),
};

/** Seconds between two starts, so that neither first samples nor ticks coincide. */
const APART = 0.23;

/**
 * Own CPU time of each wrapper around a command that sleeps for 20 s, in ns. All run at the same time: together they need some
 * hundredths of one CPU, so that they hardly disturb each other, and what else the machine does disturbs them all.
 */
function ownCpu(name: string, processes: number, wrappers: Wrappers): Experiment {
  return {
    name,
    async run(lab) {
      const figures = new FigureCollection();
      // A first run reads programs from the disk and compiles them: it is not counted.
      await round(lab, wrappers, { processes, seconds: 0.2 }, new FigureCollection());
      for (let i = 0; i < (lab.quick ? 1 : 3); i++)
        await round(lab, wrappers, { processes, seconds: SECONDS }, figures);
      return figures.all;
    },
  };
}

interface Load {
  readonly processes: number;
  readonly seconds: number;
}

async function round(lab: Lab, wrappers: Wrappers, load: Load, figures: FigureCollection) {
  const runs = Object.entries(wrappers).map(async ([name, wrapper], place) => {
    await Bun.sleep(place * APART * 1000);
    const end = await idleRun(lab, { wrapper, tag: `own-${place}`, ...load });
    if (typeof end === "string") figures.missing(name, end);
    else figures.add(name, end.ownNs);
  });
  await Promise.all(runs);
}

const ALONE = ownCpu("own-cpu", 1, WITH_PEERS);
const TREE = ownCpu("own-cpu-tree", 10, FEW);

/** The README shows the lines against these. */
const USERS: readonly string[] = [BARE, POLLING, every(C, 0.1)];

function rows(what: string, experiment: Experiment, goals: boolean): readonly Row[] {
  const row = (ours: string, interval: number, against: string, goal?: Goal): Row => ({
    ...{ what: `${what}, every ${interval} s${ours === BASIC ? `, ${BASIC}` : ""}`, experiment, unit: "ns" },
    ...{ ours: every(ours, interval), against, ...(goal && goals && { goal }) },
    ...(goals && ours === STATEXEC && USERS.includes(against) && { forUsers: true }),
  });
  return [
    row(BASIC, 0.1, every(C, 0.1), { atMost: 2 }),
    row(STATEXEC, 0.1, every(C, 0.1), { atMost: 2 }),
    row(BASIC, 1, BARE, { atMost: 1.8 }),
    row(STATEXEC, 1, BARE, { atMost: 1.8 }),
    row(STATEXEC, 1, POLLING),
    row(STATEXEC, 1, every(C, 1)),
    row(STATEXEC, 1, C_WAIT),
  ];
}

function peerRows(interval: number, peers: readonly string[]): readonly Row[] {
  return peers.map((against) => {
    const what = `${WHAT}, every ${interval} s`;
    return { what, experiment: ALONE, unit: "ns", ours: every(STATEXEC, interval), against };
  });
}

export const OWN_CPU_ROWS: readonly Row[] = [
  ...rows(WHAT, ALONE, true),
  ...peerRows(0.1, [RUNLIM, every(PERF, 0.1)]),
  ...peerRows(1, [MONITOR, every(PERF, 1)]),
  ...rows(`${WHAT} around 10 processes`, TREE, false),
];
