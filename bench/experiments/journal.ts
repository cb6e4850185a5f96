import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Experiment, Figures, Row } from "../lib/experiment.ts";
import { type Lab, output } from "../lib/lab.ts";

const TICK = "a tick";
const BYTES = "journal";
const WRITING_RSS = "writing, RSS";
const FILE = "file";
const FILE_RSS = "file, RSS";
const POINTS = "points";
const CONCAT_POINTS = "string concatenation";

const DAY_S = 86_400;
const MIB = 2 ** 20;

/** What `journaling.ts` answers: what was taken in ns, bytes or points, the peak RSS in bytes, and of a file CPU ns. */
async function ask(
  program: string,
  ...operands: readonly string[]
): Promise<readonly [number, number, number, number]> {
  const answer = (await output([program, ...operands])).trim().split(" ").map(Number);
  const [taken, amount, rss, cpu = Number.NaN] = answer;
  if (taken === undefined || amount === undefined || rss === undefined)
    throw new Error(`${operands.join(" ")}: expected three numbers, got ${JSON.stringify(answer)}`);
  return [taken, amount, rss, cpu];
}

/** One recording, journalled and made into its file, by rounds. By concatenation too, in the same round, if asked for. */
function recorded(name: string, seconds: number, series: number, beside: boolean): Experiment {
  return {
    name,
    async run(lab): Promise<ReadonlyMap<string, Figures>> {
      const figures = new Map<string, number[]>();
      const note = (what: string, figure: number) => figures.set(what, [...(figures.get(what) ?? []), figure]);
      // What is compared has to last long enough that compiling is a small part of it.
      const rows = lab.quick ? Math.ceil(seconds / (beside ? 6 : 24)) : seconds;
      for (let i = 0; i < (beside ? (lab.quick ? 2 : 3) : 1); i++) await round(lab, { rows, series, beside }, note);
      return figures;
    },
  };
}

interface Size {
  readonly rows: number;
  readonly series: number;
  readonly beside: boolean;
}

async function round(lab: Lab, { rows, series, beside }: Size, note: (what: string, figure: number) => void) {
  const program = await lab.bun("journaling");
  const [journal, into] = [join(lab.folder, "bench.journal"), join(lab.folder, "bench.prom")];
  const [inWriter, bytes, writingRss] = await ask(program, "write", journal, String(series), String(rows));
  note(TICK, inWriter / rows);
  note(BYTES, bytes);
  note(WRITING_RSS, writingRss);
  // A week's file is 8 GB, which says more of the disk: it goes nowhere, and so do points that are compared.
  const [, points, rss, cpu] = await ask(program, "file", journal, "/dev/null");
  note(FILE_RSS, rss);
  note(POINTS, (points / cpu) * 1e9);
  if (beside) {
    note(FILE, (await ask(program, "file", journal, into))[0]);
    const [, besidePoints, , besideCpu] = await ask(program, "concat", journal, "/dev/null");
    note(CONCAT_POINTS, (besidePoints / besideCpu) * 1e9);
  }
  await Promise.all([rm(journal), rm(into, { force: true })]);
}

const DAY = recorded("journal-day", DAY_S, 120, true);
const WEEK = recorded("journal-week", 7 * DAY_S, 120, false);
const WIDE = recorded("journal-wide", DAY_S, 1000, false);

const day = { experiment: DAY } as const;
const lasting = "a day at 1 s with 120 series";

export const JOURNAL_ROWS: readonly Row[] = [
  { ...day, what: `journalling a tick of 120 series`, unit: "ns", ours: TICK, goal: { atMost: 50_000 } },
  { ...day, what: `journal of ${lasting}`, unit: "bytes", ours: BYTES, goal: { atMost: 90 * MIB } },
  { ...day, what: `metrics file of ${lasting}, from its journal`, unit: "ns", ours: FILE, goal: { atMost: 6e9 } },
  {
    ...day,
    ...{
      what: "points a second of CPU time from the journal to their lines, thrown away",
      unit: "perSecond",
      ours: POINTS,
    },
    ...{ against: CONCAT_POINTS, goal: { atLeast: 2.5 } },
  },
  ...[["that day", DAY] as const, ["a week of it", WEEK] as const, ["a day of 1,000 series", WIDE] as const].flatMap(
    ([what, experiment]): Row[] => [
      { experiment, what: `peak RSS while ${what} is journalled`, unit: "bytes", ours: WRITING_RSS },
      {
        ...{ experiment, what: `peak RSS while ${what} becomes its file`, unit: "bytes", ours: FILE_RSS },
        goal: { atMost: 120 * MIB },
      },
    ],
  ),
];
