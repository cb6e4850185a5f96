import { join } from "node:path";
import type { Experiment, Figures, Row } from "../lib/experiment.ts";
import { type Lab, output } from "../lib/lab.ts";
import { makeTree, type Width } from "../lib/synthetic-machine.ts";

const BASIC = "the four basic collectors";
const EVERYTHING = "all collectors";

/** Nanoseconds of CPU time a tick in a loop without pauses. */
async function hot(lab: Lab, way: string, ticks: number, root?: string): Promise<number> {
  const words = [await lab.bun("sampling"), "hot", way, String(ticks), ...(root === undefined ? [] : [root])];
  const [taken, count] = (await output(words)).split(" ").map(Number);
  return taken! / count!;
}

type Contestants = Readonly<Record<string, () => Promise<number>>>;

async function interleaved(rounds: number, contestants: Contestants): Promise<ReadonlyMap<string, Figures>> {
  const figures = new Map<string, number[]>(Object.keys(contestants).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const [name, measure] of Object.entries(contestants)) figures.get(name)!.push(await measure());
  return figures;
}

const ALL: Experiment = {
  name: "tick-all",
  run: (lab) =>
    interleaved(lab.quick ? 3 : 8, {
      [BASIC]: () => hot(lab, "collectors", 2000),
      [EVERYTHING]: () => hot(lab, "everything", 2000),
    }),
};

/** What is two CPUs, ten disks and ten interfaces wide but in one way. */
const NARROW: Width = { cpus: 2, disks: 10, interfaces: 10 };
const WIDE: Readonly<Record<string, Width>> = {
  "2 CPUs, 10 disks, 10 interfaces": NARROW,
  "64 CPUs": { ...NARROW, cpus: 64 },
  "256 CPUs": { ...NARROW, cpus: 256 },
  "200 disks": { ...NARROW, disks: 200 },
  "200 interfaces": { ...NARROW, interfaces: 200 },
};

const TREES: Experiment = {
  name: "tick-wide",
  async run(lab) {
    const contestants: Record<string, () => Promise<number>> = {};
    for (const [name, width] of Object.entries(WIDE)) {
      const root = join(lab.folder, name.replaceAll(/\W+/g, "-"));
      await makeTree(root, width);
      contestants[name] = () => hot(lab, "everything", 500, root);
    }
    return await interleaved(lab.quick ? 2 : 4, contestants);
  },
};

const HOT_ALL = "a tick of everything in a hot loop, CPU time";
const GENERATED = "the same of a generated machine";
const [narrow] = Object.keys(WIDE) as [string];

/** A ratio above the one of the widths would say that a tick grows faster than the machine. */
export const WIDE_ROWS: readonly Row[] = [
  { what: HOT_ALL, experiment: ALL, unit: "ns", ours: EVERYTHING, against: BASIC, goal: { atMost: 3 } },
  { what: GENERATED, experiment: TREES, unit: "ns", ours: "64 CPUs", against: narrow, goal: { atMost: 32 } },
  { what: GENERATED, experiment: TREES, unit: "ns", ours: "256 CPUs", against: "64 CPUs", goal: { atMost: 4 } },
  { what: GENERATED, experiment: TREES, unit: "ns", ours: "200 disks", against: narrow, goal: { atMost: 20 } },
  { what: GENERATED, experiment: TREES, unit: "ns", ours: "200 interfaces", against: narrow, goal: { atMost: 20 } },
];
