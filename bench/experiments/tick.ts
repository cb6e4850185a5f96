import { join } from "node:path";
import { type Experiment, FigureCollection, type Row } from "../lib/experiment.ts";
import { type Lab, numbers } from "../lib/lab.ts";
import { NARROW, type Width, writeMachine } from "../lib/synthetic-machine.ts";

const STATEXEC = "statexec";
const C = "C";
const TEXT = "`Bun.file().text()` and `split`";
const BASIC = "the four basic collectors";
const EVERYTHING = "all collectors";

const HZ = 10;

/** What a program took for each tick (ns or bytes), and how many values each had. */
interface Answer {
  readonly perTick: number;
  readonly values: number;
}

type Answers = Readonly<Record<string, Answer>>;

async function ask(command: readonly string[], env?: Record<string, string>): Promise<Answer> {
  const [taken, ticks, values] = await numbers(command, 3, env);
  return { perTick: taken! / ticks!, values: values! };
}

/** Throws unless all contestants read the same number of values: else their figures cannot be compared. */
function checkSameValues(answers: Answers): void {
  const counts = Object.entries(answers).map(([name, { values }]) => `${name}: ${values}`);
  if (new Set(Object.values(answers).map(({ values }) => values)).size > 1)
    throw new Error(`values a tick differ: ${counts.join(", ")}`);
}

/** An experiment whose rounds measure each contestant once. */
function inRounds(name: string, rounds: (quick: boolean) => number, round: (lab: Lab) => Promise<Answers>): Experiment {
  return {
    name,
    async run(lab) {
      const figures = new FigureCollection();
      for (let i = 0; i < rounds(lab.quick); i++)
        for (const [contestant, { perTick }] of Object.entries(await round(lab))) figures.add(contestant, perTick);
      return figures.all;
    },
  };
}

/** CPU time of a tick in a loop without pauses, in ns: the programs run in turns, each warmed up before it counts. */
const HOT = inRounds(
  "tick-hot",
  (quick) => (quick ? 4 : 8),
  async (lab) => {
    const [floor, loop] = [await lab.floor("sources"), await lab.program("tick-loop")];
    const answers = {
      [STATEXEC]: await ask([loop, "hot", "collectors", "2000"]),
      [C]: await ask([floor, "hot", "2000"]),
      [TEXT]: await ask([loop, "hot", "text", "500"]),
    };
    checkSameValues(answers);
    return answers;
  },
);

const reading = (name: string) => `${name}, reading alone`;

/**
 * CPU time of a tick at 10 Hz, in ns: the contestants run at the same time, out of step. It includes what the compiler spends
 * on code that is not yet warm, as that of a short run does.
 */
const PACED = inRounds(
  "tick-10hz",
  (quick) => (quick ? 2 : 3),
  async (lab) => {
    const [floor, loop] = [await lab.floor("sources"), await lab.program("tick-loop")];
    const pace = [String(HZ), lab.quick ? "4" : "20"];
    const commands = [
      [loop, "paced", "collectors", ...pace],
      [floor, "paced", ...pace],
      [loop, "paced", "text", ...pace],
      [loop, "idle", ...pace],
      [floor, "idle", ...pace],
    ];
    const outOfStepMs = 1000 / HZ / commands.length;
    const [ours, theirs, text, oursIdle, theirsIdle] = await Promise.all(
      commands.map(async (command, i) => {
        await Bun.sleep(i * outOfStepMs);
        return await ask(command);
      }),
    );
    const whole = { [STATEXEC]: ours!, [C]: theirs!, [TEXT]: text! };
    checkSameValues(whole);
    return { ...whole, [reading(STATEXEC)]: less(ours!, oursIdle!), [reading(C)]: less(theirs!, theirsIdle!) };
  },
);

function less(answer: Answer, idle: Answer): Answer {
  return { perTick: answer.perTick - idle.perTick, values: answer.values };
}

/** Heap that a tick allocates, in bytes. */
const ALLOCATED = inRounds(
  "tick-heap",
  (quick) => (quick ? 1 : 3),
  async (lab) => {
    const loop = await lab.program("tick-heap");
    const withoutCollection = { BUN_JSC_useGC: "0" };
    return {
      [STATEXEC]: await ask([loop, "allocated", "collectors", "40000"], withoutCollection),
      [TEXT]: await ask([loop, "allocated", "text", "2000"], withoutCollection),
    };
  },
);

/** CPU time of a tick of all collectors in a loop without pauses, beside the basic ones. */
const ALL = inRounds(
  "tick-all",
  (quick) => (quick ? 3 : 8),
  async (lab) => {
    const loop = await lab.program("tick-loop");
    return {
      [BASIC]: await ask([loop, "hot", "collectors", "2000"]),
      [EVERYTHING]: await ask([loop, "hot", "everything", "2000"]),
    };
  },
);

const SMALL = "2 CPUs, 10 disks, 10 interfaces";
const WIDTHS: Readonly<Record<string, Width>> = {
  [SMALL]: NARROW,
  "64 CPUs": { ...NARROW, cpus: 64 },
  "256 CPUs": { ...NARROW, cpus: 256 },
  "200 disks": { ...NARROW, disks: 200 },
  "200 interfaces": { ...NARROW, interfaces: 200 },
};

/** The same over synthetic machines. */
const WIDE = inRounds(
  "tick-wide",
  (quick) => (quick ? 2 : 4),
  async (lab) => {
    const loop = await lab.program("tick-loop");
    const answers: Record<string, Answer> = {};
    for (const [name, width] of Object.entries(WIDTHS)) {
      const root = join(lab.folder, name.replaceAll(/\W+/g, "-"));
      await writeMachine(root, width);
      answers[name] = await ask([loop, "hot", "everything", "500", root]);
    }
    return answers;
  },
);

const hot = {
  what: "a tick (four sources read and parsed) in a hot loop, CPU time",
  experiment: HOT,
  unit: "ns",
} as const;
const paced = { what: "a tick at 10 Hz, CPU time of the whole process", experiment: PACED, unit: "ns" } as const;
const heap = { what: "a tick, heap allocated", experiment: ALLOCATED, unit: "bytes" } as const;
const all = { what: "a tick of everything in a hot loop, CPU time", experiment: ALL, unit: "ns" } as const;
const wide = { what: "the same on a synthetic machine", experiment: WIDE, unit: "ns" } as const;

/** A ratio above that of the widths means that a tick grows faster than the machine. */
export const TICK_ROWS: readonly Row[] = [
  { ...hot, ours: STATEXEC, against: C, goal: { atMost: 1.3 } },
  { ...hot, ours: STATEXEC, against: TEXT },
  {
    ...paced,
    what: "a tick at 10 Hz, CPU time less that of a process that only wakes up",
    ours: reading(STATEXEC),
    against: reading(C),
    goal: { atMost: 2.5 },
  },
  { ...paced, ours: STATEXEC, against: C },
  { ...paced, ours: STATEXEC, against: TEXT },
  { ...heap, ours: STATEXEC, goal: { atMost: 1 } },
  { ...heap, ours: STATEXEC, against: TEXT },
  { ...all, ours: EVERYTHING, against: BASIC, goal: { atMost: 3 } },
  { ...wide, ours: "64 CPUs", against: SMALL, goal: { atMost: 32 } },
  { ...wide, ours: "256 CPUs", against: "64 CPUs", goal: { atMost: 4 } },
  { ...wide, ours: "200 disks", against: SMALL, goal: { atMost: 20 } },
  { ...wide, ours: "200 interfaces", against: SMALL, goal: { atMost: 20 } },
];
