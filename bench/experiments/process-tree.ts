import { join } from "node:path";
import { type Point, Recorded } from "../../test/helpers/recorded.ts";
import type { Experiment, Figures, Row } from "../lib/experiment.ts";
import { compileC, type Lab, output } from "../lib/lab.ts";

const STATEXEC = "statexec";
const C = "C walk of the same files";

const SIZES = [10, 100, 1000] as const;
const named = (who: string, size: number) => `${who}, ${size}`;

async function loadProgram(lab: Lab): Promise<string> {
  const path = join(lab.folder, "load");
  await compileC(join(import.meta.dir, "../../test/programs/load.c"), path);
  return path;
}

/** CPU time of a look at the tree in a loop without pauses, in ns: both in turn, each over a tree of its own. */
const WALK: Experiment = {
  name: "tree-walk",
  async run(lab): Promise<ReadonlyMap<string, Figures>> {
    const load = await loadProgram(lab);
    const programs = { [STATEXEC]: await lab.bun("treewalk"), [C]: await lab.c("treewalk") };
    const figures = new Map<string, number[]>();
    for (let round = 0; round < (lab.quick ? 3 : 6); round++) {
      for (const size of SIZES) {
        for (const [who, program] of Object.entries(programs)) {
          const text = await output([program, load, String(size), String(100_000 / size / (lab.quick ? 2 : 1))]);
          const [ns = Number.NaN, ticks = Number.NaN, seen] = text.split(" ").map(Number);
          if (seen !== size) throw new Error(`${program}: saw ${seen} processes, expected ${size}`);
          const name = named(who, size);
          figures.set(name, [...(figures.get(name) ?? []), ns / ticks]);
        }
      }
    }
    return figures;
  },
};

const SHARES = [
  { size: 10, interval: 1, goal: 0.2 },
  { size: 10, interval: 0.1, goal: 1 },
  { size: 1000, interval: 1, goal: 5 },
] as const;
type Share = Pick<(typeof SHARES)[number], "size" | "interval">;
const whole = (each: Share) => `all of statexec, ${share(each)}`;
const share = ({ size, interval }: Share) => `${size} processes, every ${interval} s`;

/**
 * From the second sample to the last but one, in percent of one CPU: the time that the tree's collector took, walks over
 * pages included, and the CPU time of the whole recorder with one more collector beside it.
 */
const SHARE: Experiment = {
  name: "tree-share",
  async run(lab): Promise<ReadonlyMap<string, Figures>> {
    const [load, product] = [await loadProgram(lab), await lab.product()];
    const figures = new Map<string, number[]>();
    for (const each of SHARES) {
      const file = join(lab.folder, "share.prom");
      const words = [product, "-q", "-f", file, "--interval", String(each.interval), "--collectors", "load"];
      const child = Bun.spawn([...words, load, "tree", String(each.size)], { stdin: "pipe", stdout: "ignore" });
      await Bun.sleep(lab.quick ? 6000 : 20_000);
      await child.stdin.end();
      if ((await child.exited) !== 0) throw new Error(`${words.join(" ")}: exit status ${child.exitCode}`);
      const recorded = new Recorded(file);
      figures.set(share(each), [percent([recorded.points("recorder_collector_seconds", "tree")])]);
      figures.set(whole(each), [percent([...recorded.family("recorder_cpu_seconds").values()])]);
    }
    return figures;
  },
};

function percent(counters: readonly (readonly Point[])[]): number {
  const grown = counters.reduce((sum, one) => sum + one.at(-2)![1] - one[1]![1], 0);
  const [one] = counters;
  return (grown / (one!.at(-2)![0] - one![1]![0])) * 1000 * 100;
}

export const TREE_ROWS: readonly Row[] = [
  ...SIZES.map(
    (size): Row => ({
      what: `a look at a tree of ${size} processes, CPU time`,
      experiment: WALK,
      unit: "ns",
      ours: named(STATEXEC, size),
      against: named(C, size),
      ...(size === 100 ? { goal: { atMost: 2 } } : {}),
    }),
  ),
  ...SHARES.flatMap((each): Row[] => [
    {
      what: `time that the tree takes, of one CPU: ${share(each)}`,
      experiment: SHARE,
      unit: "percent",
      ours: share(each),
      goal: { atMost: each.goal },
    },
    { what: `CPU of all of statexec meanwhile: ${share(each)}`, experiment: SHARE, unit: "percent", ours: whole(each) },
  ]),
];
