import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Curve } from "../lib/curves.ts";
import { type Lab, numbers, output } from "../lib/lab.ts";
import { threadsNs } from "../lib/resource-usage.ts";
import { freePort, HOST, LightClients, startSyncServer } from "../lib/sync-run.ts";
import { NARROW, type Width, writeMachine } from "../lib/synthetic-machine.ts";

/** An experiment that measures costs by size. */
export interface SizeExperiment {
  /** As `--only` names it. */
  readonly name: string;
  run(lab: Lab): Promise<readonly Curve[]>;
}

type Measure = (size: number) => Promise<number>;

/** Measures each size once a round, so that what slows the machine for a while slows all of them. */
async function bySize(rounds: number, sizes: readonly number[], measure: Measure): Promise<Curve["points"]> {
  const points = new Map<number, number[]>(sizes.map((size) => [size, []]));
  for (let round = 0; round < rounds; round++) for (const [size, figures] of points) figures.push(await measure(size));
  return points;
}

/** Runs a program that prints a cost and the number of units that it was for; returns the cost of a unit. */
async function unitCost(...words: readonly string[]): Promise<number> {
  const [cost, units] = await numbers(words, 2);
  return cost! / units!;
}

const rounds = (lab: Lab) => (lab.quick ? 2 : 4);

const PROCESSES: SizeExperiment = {
  name: "processes",
  async run(lab) {
    const load = await lab.load();
    const programs = { statexec: await lab.program("tree-walk-loop"), "C floor": await lab.floor("treewalk") };
    const curves: Curve[] = [];
    for (const [name, program] of Object.entries(programs)) {
      const walk: Measure = (size) => unitCost(program, load, String(size), String(Math.ceil(20_000 / size)));
      const points = await bySize(rounds(lab), [10, 100, 1000, 5000], walk);
      curves.push({
        what: `CPU time of a walk of the command's process tree, ${name}`,
        per: "process",
        unit: "ns",
        points,
      });
    }
    return curves;
  },
};

/** A tick of all collectors over synthetic machines that differ in one width. */
function widths(what: keyof Width, per: string, sizes: readonly number[]): SizeExperiment {
  return {
    name: what,
    async run(lab) {
      const loop = await lab.program("tick-loop");
      const root = (size: number) => join(lab.folder, `${what}-${size}`);
      for (const size of sizes) await writeMachine(root(size), { ...NARROW, [what]: size });
      const tick: Measure = (size) => unitCost(loop, "hot", "everything", "500", root(size));
      const points = await bySize(rounds(lab), sizes, tick);
      return [{ what: `CPU time of a tick of everything, by ${what}`, per, unit: "ns", points }];
    },
  };
}

const SERIES = 120;
const HOUR_S = 3600;

const POINTS: SizeExperiment = {
  name: "points",
  async run(lab) {
    const program = await lab.program("synthetic-run");
    const [journal, into] = [join(lab.folder, "scale.journal"), join(lab.folder, "scale.prom")];
    const sizes = [1, 4, 8, 16].map((hours) => hours * HOUR_S * SERIES);
    const rss = new Map<number, number[]>(sizes.map((size) => [size, []]));
    const points = await bySize(Math.min(rounds(lab), 3), sizes, async (size) => {
      await output([program, "write", journal, String(SERIES), String(size / SERIES)]);
      const [, , peak, cpu] = await numbers([program, "file", journal, into], 4);
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

const JOURNAL: SizeExperiment = {
  name: "series",
  async run(lab) {
    const program = await lab.program("synthetic-run");
    const journal = join(lab.folder, "series.journal");
    const points = await bySize(rounds(lab), [60, 300, 1000, 5000], async (size) => {
      const ticks = Math.ceil(4_000_000 / size);
      const [taken] = await numbers([program, "write", journal, String(size), String(ticks)], 3);
      await rm(journal);
      return taken! / ticks;
    });
    return [{ what: "journalling a tick, by series", per: "series", unit: "ns", points }];
  },
};

const WINDOW_S = 6;

const CLIENTS: SizeExperiment = {
  name: "clients",
  async run(lab) {
    const held = new Map<number, number[]>();
    const starts = await bySize(Math.min(rounds(lab), 3), [1, 8, 32, 64], async (size) => {
      const port = freePort();
      // It records little, so that the clients are most of its cost.
      const words = ["--sync-clients", `${size}`, "--collectors", "load", "--interval", "2", "sleep", "600"];
      const server = await startSyncServer(lab, port, words);
      const clients = new LightClients(`http://${HOST}:${port}`, size);
      await clients.connect();
      const asked = Bun.nanoseconds();
      await clients.start();
      const released = Bun.nanoseconds() - asked;
      const before = threadsNs(server.pid);
      await Bun.sleep(WINDOW_S * 1000);
      held.set(size, [...(held.get(size) ?? []), (threadsNs(server.pid) - before) / WINDOW_S]);
      await clients.stop();
      if ((await server.exited) !== 0) throw new Error(`the server of ${size} clients ended with a failure`);
      return released;
    });
    return [
      { what: "CPU time of a sync server a second, by clients", per: "client", unit: "ns", points: held },
      { what: "from all asking for a start until all are released", per: "client", unit: "ns", points: starts },
    ];
  },
};

export const SIZE_EXPERIMENTS: readonly SizeExperiment[] = [
  PROCESSES,
  widths("cpus", "CPU", [2, 16, 64, 128, 256]),
  widths("disks", "disk", [10, 50, 100, 200]),
  widths("interfaces", "interface", [10, 50, 100, 200]),
  JOURNAL,
  POINTS,
  CLIENTS,
];
