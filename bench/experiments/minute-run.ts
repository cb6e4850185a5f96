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

const WARM_SECONDS = 6;
const WARM_WRAPPERS: Readonly<Record<string, Wrapper>> = {
  [STATEXEC]: statexec(0.1),
  [C]: cSampler(0.1),
  [BARE]: bareBun,
};

/** The end after 60 samples of which the last was a tenth of a second ago: the processor's caches still have our code. */
const WARM: Experiment = {
  name: "warm-end",
  async run(lab) {
    const figures = new FigureCollection();
    const names = Array.from({ length: lab.quick ? 3 : 8 }, () => Object.keys(WARM_WRAPPERS)).flat();
    await Promise.all(
      names.map(async (name, place) => {
        await Bun.sleep(place * APART * 1000);
        const wrapper = WARM_WRAPPERS[name]!;
        const end = await idleRun(lab, { wrapper, tag: `warm-${place}`, seconds: WARM_SECONDS, processes: 1 });
        if (typeof end === "string") figures.missing(late(name), end);
        else figures.add(late(name), end.lateNs);
      }),
    );
    return figures.all;
  },
};

const MEMORY = "private anonymous memory at 1 s after 60 s";
const END = "end of command → exit, 60 s run at 1 s";
const WARM_END = "end of command → exit, as many samples in 6 s";

export const MINUTE_ROWS: readonly Row[] = [
  {
    ...{ what: `${MEMORY}, 60 series`, experiment: MINUTE, unit: "bytes", ours: FEW, against: BARE },
    ...{ goal: { atMost: 8 * MIB }, absolute: true },
  },
  { what: MEMORY, experiment: MINUTE, unit: "bytes", ours: STATEXEC, against: BARE, forUsers: true },
  {
    ...{ what: END, experiment: MINUTE, unit: "ns", ours: late(STATEXEC), against: late(C) },
    ...{ goal: { atMost: 7 * MS }, absolute: true, forUsers: true },
  },
  { what: END, experiment: MINUTE, unit: "ns", ours: late(STATEXEC), against: late(BARE) },
  { what: END, experiment: MINUTE, unit: "ns", ours: late(STATEXEC), against: late(TIME) },
  { what: WARM_END, experiment: WARM, unit: "ns", ours: late(STATEXEC), against: late(C) },
  { what: WARM_END, experiment: WARM, unit: "ns", ours: late(STATEXEC), against: late(BARE) },
];
