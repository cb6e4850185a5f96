import { readFileSync } from "node:fs";
import type { Experiment, Row } from "../lib/experiment.ts";
import { Collected } from "../lib/figures.ts";
import type { Lab } from "../lib/lab.ts";
import { reaped } from "../lib/timed-runs.ts";
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

/** Between two starts, so that no two end together, in seconds. */
const APART = 0.37;
/** Before the end memory is looked at, in seconds: what the end itself takes is not what a run holds. */
const BEFORE_END = 0.5;

/**
 * A run at 1 s of a minute, of ten seconds in a quick look: memory near its end, and how long the end takes. Several of
 * each at the same time, one after the other started and ended: a minute each in turn would be an hour.
 */
const MINUTE: Experiment = {
  name: "minute",
  async run(lab) {
    const figures = new Collected();
    const copies = lab.quick ? 3 : 6;
    const names = Array.from({ length: copies }, () => Object.keys(WRAPPERS)).flat();
    await Promise.all(
      names.map(async (name, place) => {
        await Bun.sleep(place * APART * 1000);
        await one(lab, name, `minute-${place}`, figures);
      }),
    );
    return figures.all;
  },
};

async function one(lab: Lab, name: string, tag: string, figures: Collected): Promise<void> {
  const seconds = lab.quick ? 10 : 60;
  const look = { after: seconds - BEFORE_END, at: (pid: number) => figures.note(name, anonymousBytes(pid)) };
  const end = await reaped(lab, { wrapper: WRAPPERS[name]!, tag, seconds, processes: 1, look });
  if (typeof end === "string") figures.missing(late(name), end);
  else figures.note(late(name), end.lateNs);
}

/**
 * What a process holds that no file has, bytes; proc_pid_smaps_rollup(5). None of it is shared: no wrapper here forks to
 * run on beside its child.
 */
export function anonymousBytes(pid: number): number {
  const [, kib] = /^Anonymous:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "latin1")) ?? [];
  if (kib === undefined) throw new Error(`/proc/${pid}/smaps_rollup: expected a line Anonymous:`);
  return Number(kib) * 1024;
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
