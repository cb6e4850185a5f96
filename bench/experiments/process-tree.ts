import { join } from "node:path";
import { type Point, Recorded } from "../../test/helpers/recorded.ts";
import { type Experiment, FigureCollection, type Row } from "../lib/experiment.ts";
import { numbers } from "../lib/lab.ts";

const STATEXEC = "statexec";
const C = "C walk of the same files";

const SIZES = [10, 100, 1000] as const;
const named = (who: string, size: number) => `${who}, ${size}`;

/** CPU time of a walk of a process tree in a loop without pauses, in ns: both programs in turns, each over its own tree. */
const WALK: Experiment = {
  name: "tree-walk",
  async run(lab) {
    const load = await lab.load();
    const programs = { [STATEXEC]: await lab.program("tree-walk-loop"), [C]: await lab.floor("treewalk") };
    const figures = new FigureCollection();
    for (let round = 0; round < (lab.quick ? 3 : 6); round++) {
      for (const size of SIZES) {
        for (const [who, program] of Object.entries(programs)) {
          const walks = String(100_000 / size / (lab.quick ? 2 : 1));
          const [ns, ticks, processes] = await numbers([program, load, String(size), walks], 3);
          if (processes !== size) throw new Error(`${program}: saw ${processes} processes, expected ${size}`);
          figures.add(named(who, size), ns! / ticks!);
        }
      }
    }
    return figures.all;
  },
};

interface Share {
  readonly size: number;
  readonly interval: number;
  /** Of one CPU, per cent. */
  readonly goal: number;
}

const SHARES: readonly Share[] = [
  { size: 10, interval: 1, goal: 0.2 },
  { size: 10, interval: 0.1, goal: 1 },
  { size: 1000, interval: 1, goal: 5 },
];
const byTree = ({ size, interval }: Share) => `${size} processes, every ${interval} s`;
const byAll = (share: Share) => `all of statexec, ${byTree(share)}`;

/**
 * From the second sample to the last but one, in per cent of one CPU: the time that the process tree's collector took, walks of
 * memory pages included; and the CPU time of the whole recorder, which has one more collector.
 */
const SHARE: Experiment = {
  name: "tree-share",
  async run(lab) {
    const [load, product] = [await lab.load(), await lab.product()];
    const figures = new FigureCollection();
    for (const share of SHARES) {
      const file = join(lab.folder, "share.prom");
      const words = [product, "-q", "-f", file, "--interval", String(share.interval), "--collectors", "load"];
      const child = Bun.spawn([...words, load, "tree", String(share.size)], { stdin: "pipe", stdout: "ignore" });
      await Bun.sleep(lab.quick ? 6000 : 20_000);
      await child.stdin.end();
      if ((await child.exited) !== 0) throw new Error(`${words.join(" ")}: exit status ${child.exitCode}`);
      const recorded = new Recorded(file);
      figures.add(byTree(share), percent([recorded.points("recorder_collector_seconds", "tree")]));
      figures.add(byAll(share), percent([...recorded.family("recorder_cpu_seconds").values()]));
    }
    return figures.all;
  },
};

function percent(counters: readonly (readonly Point[])[]): number {
  const growth = counters.reduce((sum, one) => sum + one.at(-2)![1] - one[1]![1], 0);
  const [first] = counters;
  return (growth / (first!.at(-2)![0] - first![1]![0])) * 1000 * 100;
}

const LARGEST = SHARES.at(-1);

export const TREE_ROWS: readonly Row[] = [
  ...SIZES.map(
    (size): Row => ({
      what: `a walk of a tree of ${size} processes, CPU time`,
      experiment: WALK,
      unit: "ns",
      ours: named(STATEXEC, size),
      against: named(C, size),
      ...(size === 100 ? { goal: { atMost: 2 } } : {}),
    }),
  ),
  ...SHARES.flatMap((share): Row[] => [
    {
      what: `time that the tree takes, of one CPU: ${byTree(share)}`,
      experiment: SHARE,
      unit: "percent",
      ours: byTree(share),
      goal: { atMost: share.goal },
    },
    {
      what: `CPU time of all of statexec, of one CPU: ${byTree(share)}`,
      experiment: SHARE,
      unit: "percent",
      ours: byAll(share),
      ...(share === LARGEST && { forUsers: true }),
    },
  ]),
];
