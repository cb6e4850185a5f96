import { type Experiment, FigureCollection, type Row } from "../lib/experiment.ts";
import { numbers } from "../lib/lab.ts";

const PLAIN = "the loop alone";
const STATEXEC = "statexec";
const WITHOUT = "with --perf off";
const EVENTS = "C: the same events, read by nobody";

/** What each adds to a fork and exec of the command, in ns. */
const CONTESTANTS = [WITHOUT, "inherit", "records", EVENTS, STATEXEC] as const;

/** The rings and the journal have their own cost beside it: what is measured is how long the command waits. */
const EXECS: Experiment = {
  name: "execs",
  async run(lab) {
    const execs = await lab.floor("execs");
    const statexec = `${await lab.product()} -q -f /dev/null`;
    const figures = new FigureCollection();
    const words = ["none", `${statexec} --perf off --`, "1", "2", "3", `${statexec} --`];
    for (let round = 0; round < (lab.quick ? 3 : 9); round++) {
      const [plain = Number.NaN, ...others] = await numbers([execs, "200", "/bin/true", ...words], words.length);
      figures.add(PLAIN, plain);
      for (const [i, who] of CONTESTANTS.entries()) figures.add(who, others[i]! - plain);
    }
    return figures.all;
  },
};

const added = (ours: string) => ({ experiment: EXECS, unit: "ns", ours, against: EVENTS }) as const;

export const EXEC_ROWS: readonly Row[] = [
  { ...added(STATEXEC), what: "added to a fork and exec of the command", goal: { atMost: 50_000 }, absolute: true },
  { ...added(WITHOUT), what: "the same with `--perf off`" },
  { ...added("inherit"), what: "the same by C: events that do nothing but inherit" },
  { ...added("records"), what: "the same by C: and one more a CPU that writes records, without times" },
];
