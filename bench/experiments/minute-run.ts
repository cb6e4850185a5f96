import { type Experiment, FigureCollection, type Row } from "../lib/experiment.ts";
import type { Lab } from "../lib/lab.ts";
import { anonymousBytes } from "../lib/resource-usage.ts";
import { idleRun } from "../lib/timed-runs.ts";
import { bareBun, cSampler, gnuTime, statexec, statexecFew, type Wrapper } from "../lib/wrappers.ts";

const MIB = 2 ** 20;
const MS = 1e6;

const STATEXEC = "statexec";
const FEW = "60 series";
const C = "C floor with walk";
const BARE = "bare Bun wrapper";
const TIME = "GNU time";

const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  [STATEXEC]: statexec(1),
  [FEW]: statexecFew(1),
  [C]: cSampler(1),
  [BARE]: bareBun,
  [TIME]: gnuTime,
};

const late = (who: string) => `${who}, end`;

/** Seconds between two starts, so that no two end together. */
const APART = 0.37;
/** Memory is read so many seconds before the end: writing the files takes memory of its own. */
const BEFORE_END = 0.5;

/**
 * Runs of a minute at 1 s, or of ten seconds if the lab is quick: memory near their end, and how long the end takes. All run at
 * the same time, started one after the other: in turns they would take an hour.
 */
const MINUTE: Experiment = {
  name: "minute",
  async run(lab) {
    const figures = new FigureCollection();
    const copies = lab.quick ? 3 : 6;
    const names = Array.from({ length: copies }, () => Object.keys(WRAPPERS)).flat();
    await Promise.all(
      names.map(async (name, place) => {
        await Bun.sleep(place * APART * 1000);
        await oneRun(lab, name, `minute-${place}`, figures);
      }),
    );
    return figures.all;
  },
};

async function oneRun(lab: Lab, name: string, tag: string, figures: FigureCollection): Promise<void> {
  const seconds = lab.quick ? 10 : 60;
  const inspect = { after: seconds - BEFORE_END, by: (pid: number) => figures.add(name, anonymousBytes(pid)) };
  const end = await idleRun(lab, { wrapper: WRAPPERS[name]!, tag, seconds, processes: 1, inspect });
  if (typeof end === "string") figures.missing(late(name), end);
  else figures.add(late(name), end.lateNs);
}

const MEMORY = "private anonymous memory at 1 s after 60 s";
const END = "end of command → exit, 60 s run at 1 s";

export const MINUTE_ROWS: readonly Row[] = [
  {
    ...{ what: `${MEMORY}, 60 series`, experiment: MINUTE, unit: "bytes", ours: FEW, against: BARE },
    ...{ goal: { atMost: 8 * MIB }, absolute: true },
  },
  { what: MEMORY, experiment: MINUTE, unit: "bytes", ours: STATEXEC, against: BARE },
  {
    ...{ what: END, experiment: MINUTE, unit: "ns", ours: late(STATEXEC), against: late(C) },
    ...{ goal: { atMost: 5 * MS }, absolute: true },
  },
  { what: END, experiment: MINUTE, unit: "ns", ours: late(STATEXEC), against: late(BARE) },
  { what: END, experiment: MINUTE, unit: "ns", ours: late(STATEXEC), against: late(TIME) },
];
