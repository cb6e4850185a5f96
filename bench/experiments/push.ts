import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isMissing } from "../../test/helpers/validators.ts";
import { startVictoria } from "../../test/helpers/victoria.ts";
import type { Experiment, Figures, Row } from "../lib/experiment.ts";
import { type Lab, output } from "../lib/lab.ts";

const MEGABYTE = "a megabyte";
const RSS = "RSS";
const MISSING = "not installed";

const DAY_S = 86_400;
const SERIES = 120;
const MIB = 2 ** 20;

/** A day's metrics file, pushed to a database of its own: wall time for each MB of text, database included, and RSS. */
const PUSH: Experiment = {
  name: "push",
  async run(lab): Promise<ReadonlyMap<string, Figures>> {
    if (isMissing("victoriaMetrics")) return new Map([MEGABYTE, RSS].map((what) => [what, MISSING]));
    const file = await dayFile(lab);
    const bytes = (await stat(file)).size;
    const times: number[] = [];
    const sizes: number[] = [];
    for (let round = 0; round < (lab.quick ? 1 : 3); round++) {
      const { ns, rss } = await push(await lab.c("reaped"), await lab.product(), file);
      times.push((ns / bytes) * 1e6);
      sizes.push(rss);
    }
    await rm(file);
    return new Map([
      [MEGABYTE, times],
      [RSS, sizes],
    ]);
  },
};

async function dayFile(lab: Lab): Promise<string> {
  const program = await lab.bun("journaling");
  const [journal, file] = [join(lab.folder, "push.journal"), join(lab.folder, "push.prom")];
  await output([program, "write", journal, String(SERIES), String(lab.quick ? DAY_S / 24 : DAY_S)]);
  await output([program, "file", journal, file]);
  await rm(journal);
  return file;
}

async function push(
  reaper: string,
  program: string,
  file: string,
): Promise<{ readonly ns: number; readonly rss: number }> {
  const victoria = await startVictoria();
  try {
    const start = Bun.nanoseconds();
    // The kernel counts a process that this one starts as large as this one is: a small program starts it.
    const told = await output([reaper, program, "--push", victoria.url, file]);
    const ns = Bun.nanoseconds() - start;
    const [, , rss] = told.trim().split("\n").at(-1)!.split(" ").map(Number);
    return { ns, rss: rss! };
  } finally {
    await victoria.stop();
  }
}

const common = { experiment: PUSH } as const;

export const PUSH_ROWS: readonly Row[] = [
  {
    ...{
      ...common,
      what: "a MB of a day's file pushed to VictoriaMetrics here, and counted",
      unit: "ns",
      ours: MEGABYTE,
    },
    goal: { atMost: 1e9 / 50 },
  },
  { ...common, what: "peak RSS while that day is pushed", unit: "bytes", ours: RSS, goal: { atMost: 100 * MIB } },
];
