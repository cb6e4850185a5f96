import { rm } from "node:fs/promises";
import { join } from "node:path";
import { DAY_S, DAY_SERIES } from "../lib/day-file.ts";
import { type Experiment, FigureCollection, type Row } from "../lib/experiment.ts";
import { type Lab, numbers } from "../lib/lab.ts";

const TICK = "a tick";
const BYTES = "journal";
const WRITING_RSS = "writing, RSS";
const FILE = "file";
const FILE_RSS = "file, RSS";
const POINTS = "points";
const CONCAT_POINTS = "string concatenation";

const MIB = 2 ** 20;

interface Size {
  readonly seconds: number;
  readonly series: number;
}

/** A recording that is journalled and rendered; `compare` adds rounds, and rendering by string concatenation in each. */
function recording(name: string, { seconds, series }: Size, compare: boolean): Experiment {
  return {
    name,
    async run(lab) {
      const figures = new FigureCollection();
      // What is compared must last long enough for compilation to be a small part of it.
      const rows = lab.quick ? Math.ceil(seconds / (compare ? 6 : 24)) : seconds;
      const rounds = compare ? (lab.quick ? 2 : 3) : 1;
      for (let i = 0; i < rounds; i++) await addRound(lab, { seconds: rows, series }, compare, figures);
      return figures.all;
    },
  };
}

async function addRound(lab: Lab, { seconds, series }: Size, compare: boolean, figures: FigureCollection) {
  const program = await lab.program("synthetic-run");
  const [journal, into] = [join(lab.folder, "bench.journal"), join(lab.folder, "bench.prom")];
  const write = [program, "write", journal, String(series), String(seconds)];
  const [inWriter, bytes, writingRss] = await numbers(write, 3);
  figures.add(TICK, inWriter! / seconds);
  figures.add(BYTES, bytes!);
  figures.add(WRITING_RSS, writingRss!);
  // The file of a week has 8 GB, and to write it would measure the disk; so it goes to /dev/null, as what is compared does.
  const [, points, rss, cpu] = await numbers([program, "file", journal, "/dev/null"], 4);
  figures.add(FILE_RSS, rss!);
  figures.add(POINTS, (points! / cpu!) * 1e9);
  if (compare) {
    const [taken] = await numbers([program, "file", journal, into], 4);
    figures.add(FILE, taken!);
    const [, concatPoints, , concatCpu] = await numbers([program, "concat", journal, "/dev/null"], 4);
    figures.add(CONCAT_POINTS, (concatPoints! / concatCpu!) * 1e9);
  }
  await Promise.all([rm(journal), rm(into, { force: true })]);
}

const DAY = recording("journal-day", { seconds: DAY_S, series: DAY_SERIES }, true);
const WEEK = recording("journal-week", { seconds: 7 * DAY_S, series: DAY_SERIES }, false);
const WIDE = recording("journal-wide", { seconds: DAY_S, series: 1000 }, false);

const day = { experiment: DAY } as const;
const lasting = "a day at 1 s with 120 series";
const lengths = [["that day", DAY] as const, ["a week of it", WEEK] as const, ["a day of 1,000 series", WIDE] as const];

export const JOURNAL_ROWS: readonly Row[] = [
  { ...day, what: "journalling a tick of 120 series", unit: "ns", ours: TICK, goal: { atMost: 50_000 } },
  { ...day, what: `journal of ${lasting}`, unit: "bytes", ours: BYTES, goal: { atMost: 90 * MIB } },
  {
    ...day,
    what: `metrics file of ${lasting}, from its journal`,
    unit: "ns",
    ours: FILE,
    goal: { atMost: 6e9 },
    forUsers: true,
  },
  {
    ...day,
    what: "points a second of CPU time from the journal to their lines, thrown away",
    unit: "perSecond",
    ours: POINTS,
    against: CONCAT_POINTS,
    goal: { atLeast: 2.5 },
  },
  ...lengths.flatMap(([what, experiment]): Row[] => [
    { experiment, what: `peak RSS while ${what} is journalled`, unit: "bytes", ours: WRITING_RSS },
    {
      experiment,
      what: `peak RSS while ${what} becomes its file`,
      unit: "bytes",
      ours: FILE_RSS,
      goal: { atMost: 120 * MIB },
    },
  ]),
];
