import { rm, stat } from "node:fs/promises";
import { isMissing } from "../../test/helpers/validators.ts";
import { startVictoria } from "../../test/helpers/victoria.ts";
import { writeDayFile } from "../lib/day-file.ts";
import { type Experiment, FigureCollection, NOT_INSTALLED, type Row } from "../lib/experiment.ts";
import { type Lab, output } from "../lib/lab.ts";

const MEGABYTE = "a megabyte";
const RSS = "RSS";

const MIB = 2 ** 20;

/** The metrics file of a day, pushed to a new database: wall time for each MB of text, the database's included; peak RSS. */
const PUSH: Experiment = {
  name: "push",
  async run(lab) {
    const figures = new FigureCollection();
    if (isMissing("victoriaMetrics")) {
      for (const what of [MEGABYTE, RSS]) figures.missing(what, NOT_INSTALLED);
      return figures.all;
    }
    const file = await writeDayFile(lab);
    const megabytes = (await stat(file)).size / 1e6;
    for (let round = 0; round < (lab.quick ? 1 : 3); round++) {
      const { ns, rss } = await push(lab, file);
      figures.add(MEGABYTE, ns / megabytes);
      figures.add(RSS, rss);
    }
    await rm(file);
    return figures.all;
  },
};

async function push(lab: Lab, file: string): Promise<{ readonly ns: number; readonly rss: number }> {
  // A small program starts it: the kernel's peak RSS of a process begins at that of the process that forked it.
  const [reaper, product] = [await lab.floor("reaped"), await lab.product()];
  const victoria = await startVictoria();
  try {
    const start = Bun.nanoseconds();
    const printed = await output([reaper, product, "--push", victoria.url, file]);
    const ns = Bun.nanoseconds() - start;
    const [, , rss] = printed.trim().split("\n").at(-1)!.split(" ").map(Number);
    return { ns, rss: rss! };
  } finally {
    await victoria.stop();
  }
}

const row = { experiment: PUSH } as const;

export const PUSH_ROWS: readonly Row[] = [
  {
    ...row,
    what: "a MB of a day's file pushed to VictoriaMetrics here, and counted",
    unit: "ns",
    ours: MEGABYTE,
    goal: { atMost: 1e9 / 50 },
  },
  { ...row, what: "peak RSS while that day is pushed", unit: "bytes", ours: RSS, goal: { atMost: 100 * MIB } },
];
