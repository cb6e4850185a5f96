import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Curve } from "../lib/curves.ts";
import { compileC, type Lab, output } from "../lib/lab.ts";
import { HeldClients, threadsNs } from "../lib/sync-run.ts";
import { makeTree, type Width } from "../lib/synthetic-machine.ts";
import { freePort, HOST, serving } from "./sync.ts";

/** What is measured by size: some curves, of one run. */
export interface Scaling {
  /** As `--only` names it. */
  readonly name: string;
  run(lab: Lab): Promise<readonly Curve[]>;
}

type Measure = (size: number) => Promise<number>;

/** Each size once a round, so that what slows the machine for a while slows all of them. */
async function bySize(rounds: number, sizes: readonly number[], measure: Measure): Promise<Curve["points"]> {
  const points = new Map<number, number[]>(sizes.map((size) => [size, []]));
  for (let round = 0; round < rounds; round++) for (const [size, figures] of points) figures.push(await measure(size));
  return points;
}

/** What was taken, by what it was taken for. */
async function quotient(...words: readonly string[]): Promise<number> {
  const [taken, over] = (await output(words)).split(" ").map(Number);
  return taken! / over!;
}

const rounds = (lab: Lab) => (lab.quick ? 2 : 4);

const PROCESSES: Scaling = {
  name: "processes",
  async run(lab) {
    const load = join(lab.folder, "load");
    await compileC(join(import.meta.dir, "../../test/programs/load.c"), load);
    const programs = { statexec: await lab.bun("treewalk"), "C floor": await lab.c("treewalk") };
    const curves: Curve[] = [];
    for (const [name, program] of Object.entries(programs)) {
      const walk: Measure = (size) => quotient(program, load, String(size), String(Math.ceil(20_000 / size)));
      const points = await bySize(rounds(lab), [10, 100, 1000, 5000], walk);
      curves.push({
        what: `CPU time of a look at the command's processes, ${name}`,
        per: "process",
        unit: "ns",
        points,
      });
    }
    return curves;
  },
};

const NARROW: Width = { cpus: 2, disks: 10, interfaces: 10 };

/** A tick of all collectors over trees of made-up machines that differ in one width. */
function widths(what: keyof Width, per: string, sizes: readonly number[]): Scaling {
  return {
    name: what,
    async run(lab) {
      const sampling = await lab.bun("sampling");
      const root = (size: number) => join(lab.folder, `${what}-${size}`);
      for (const size of sizes) await makeTree(root(size), { ...NARROW, [what]: size });
      const tick: Measure = (size) => quotient(sampling, "hot", "everything", "500", root(size));
      const points = await bySize(rounds(lab), sizes, tick);
      return [{ what: `CPU time of a tick of everything, by ${what}`, per, unit: "ns", points }];
    },
  };
}

const SERIES = 120;
const HOUR_S = 3600;

const POINTS: Scaling = {
  name: "points",
  async run(lab) {
    const journaling = await lab.bun("journaling");
    const [journal, into] = [join(lab.folder, "scale.journal"), join(lab.folder, "scale.prom")];
    const sizes = [1, 4, 8, 16].map((hours) => hours * HOUR_S * SERIES);
    const rss = new Map<number, number[]>(sizes.map((size) => [size, []]));
    const points = await bySize(Math.min(rounds(lab), 3), sizes, async (size) => {
      await output([journaling, "write", journal, String(SERIES), String(size / SERIES)]);
      const [, , peak, cpu] = (await output([journaling, "file", journal, into])).split(" ").map(Number);
      rss.get(size)!.push(peak!);
      return cpu!;
    });
    await Promise.all([rm(journal), rm(into)]);
    return [
      { what: `CPU time of the metrics file of ${SERIES} series, by points`, per: "point", unit: "ns", points },
      { what: "peak RSS meanwhile", per: "point", unit: "bytes", points: rss },
    ];
  },
};

const JOURNAL: Scaling = {
  name: "series",
  async run(lab) {
    const journaling = await lab.bun("journaling");
    const journal = join(lab.folder, "series.journal");
    const points = await bySize(rounds(lab), [60, 300, 1000, 5000], async (size) => {
      const ticks = Math.ceil(4_000_000 / size);
      const [taken] = (await output([journaling, "write", journal, String(size), String(ticks)])).split(" ");
      await rm(journal);
      return Number(taken) / ticks;
    });
    return [{ what: "journalling a tick, by series", per: "series", unit: "ns", points }];
  },
};

const WINDOW_S = 6;

const CLIENTS: Scaling = {
  name: "clients",
  async run(lab) {
    const held = new Map<number, number[]>();
    const starts = await bySize(Math.min(rounds(lab), 3), [1, 8, 32, 64], async (size) => {
      const port = freePort();
      // Little else: the recording's own part is what an empty server would cost.
      const words = ["--sync-clients", `${size}`, "--collectors", "load", "--interval", "2", "sleep", "600"];
      const server = await serving(lab, port, words);
      const clients = new HeldClients(`http://${HOST}:${port}`, size);
      await clients.connect();
      const asked = Bun.nanoseconds();
      await clients.start();
      const letGo = Bun.nanoseconds() - asked;
      const before = threadsNs(server.pid);
      await Bun.sleep(WINDOW_S * 1000);
      held.set(size, [...(held.get(size) ?? []), (threadsNs(server.pid) - before) / WINDOW_S]);
      await clients.stop();
      if ((await server.exited) !== 0) throw new Error(`the server of ${size} clients ended with a failure`);
      return letGo;
    });
    return [
      { what: "CPU time of a sync server a second, by clients", per: "client", unit: "ns", points: held },
      { what: "from all asking for a start until all are let go", per: "client", unit: "ns", points: starts },
    ];
  },
};

export const SCALINGS: readonly Scaling[] = [
  PROCESSES,
  widths("cpus", "CPU", [2, 16, 64, 128, 256]),
  widths("disks", "disk", [10, 50, 100, 200]),
  widths("interfaces", "interface", [10, 50, 100, 200]),
  JOURNAL,
  POINTS,
  CLIENTS,
];
