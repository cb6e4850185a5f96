import type { Experiment, Figures, Row } from "../lib/experiment.ts";
import { type Lab, output } from "../lib/lab.ts";

const STATEXEC = "statexec";
const C = "C";
const TEXT = "`Bun.file().text()` and `split`";

const HZ = 10;

/** One program's answer: what was taken in all (ns or bytes), over how many ticks, of how many values each. */
interface Answer {
  readonly perTick: number;
  readonly values: number;
}

async function ask(command: readonly string[], env?: Record<string, string>): Promise<Answer> {
  const text = await output(command, env);
  const [taken, ticks, values] = text.split(" ").map(Number);
  if (taken === undefined || ticks === undefined || values === undefined)
    throw new Error(`${command.join(" ")}: expected three numbers, got ${JSON.stringify(text)}`);
  return { perTick: taken / ticks, values };
}

/** Two that read different things cannot be compared. */
function checkSameValues(answers: Readonly<Record<string, Answer>>): void {
  const counts = Object.entries(answers).map(([name, { values }]) => `${name}: ${values}`);
  if (new Set(Object.values(answers).map(({ values }) => values)).size > 1)
    throw new Error(`values a tick differ: ${counts.join(", ")}`);
}

/** Rounds of answers by contestant, as figures by contestant. */
function perTick(rounds: readonly Readonly<Record<string, Answer>>[]): Map<string, number[]> {
  const figures = new Map<string, number[]>();
  for (const round of rounds) {
    for (const [name, answer] of Object.entries(round))
      figures.set(name, [...(figures.get(name) ?? []), answer.perTick]);
  }
  return figures;
}

/** CPU time of a tick in a loop without pauses, in ns: processes of each kind in turn, each warmed up before it counts. */
const HOT: Experiment = {
  name: "tick-hot",
  async run(lab): Promise<ReadonlyMap<string, Figures>> {
    const [sources, sampling] = [await lab.c("sources"), await lab.bun("sampling")];
    const rounds: Record<string, Answer>[] = [];
    for (let i = 0; i < (lab.quick ? 4 : 8); i++) {
      const round = {
        [STATEXEC]: await ask([sampling, "hot", "collectors", "2000"]),
        [C]: await ask([sources, "hot", "2000"]),
        [TEXT]: await ask([sampling, "hot", "text", "500"]),
      };
      checkSameValues(round);
      rounds.push(round);
    }
    return perTick(rounds);
  },
};

const reading = (name: string) => `${name}, reading alone`;

/**
 * CPU time of a tick at 10 Hz, in ns: the contestants beside each other in the same seconds, out of step. What the
 * compiler spends on code that is not yet warm is part of it, as it is of a short run.
 */
const PACED: Experiment = {
  name: "tick-10hz",
  async run(lab): Promise<ReadonlyMap<string, Figures>> {
    const rounds: Record<string, Answer>[] = [];
    for (let i = 0; i < (lab.quick ? 2 : 3); i++) rounds.push(await pacedRound(lab, lab.quick ? 4 : 20));
    return perTick(rounds);
  },
};

async function pacedRound(lab: Lab, seconds: number): Promise<Record<string, Answer>> {
  const [sources, sampling] = [await lab.c("sources"), await lab.bun("sampling")];
  const pace = [String(HZ), String(seconds)];
  const commands = [
    [sampling, "paced", "collectors", ...pace],
    [sources, "paced", ...pace],
    [sampling, "paced", "text", ...pace],
    [sampling, "idle", ...pace],
    [sources, "idle", ...pace],
  ];
  const outOfStepMs = 1000 / HZ / commands.length;
  const [ours, floor, text, oursIdle, floorIdle] = await Promise.all(
    commands.map(async (command, i) => {
      await Bun.sleep(i * outOfStepMs);
      return await ask(command);
    }),
  );
  const whole = { [STATEXEC]: ours!, [C]: floor!, [TEXT]: text! };
  checkSameValues(whole);
  return {
    ...whole,
    [reading(STATEXEC)]: less(ours!, oursIdle!),
    [reading(C)]: less(floor!, floorIdle!),
  };
}

function less(answer: Answer, idle: Answer): Answer {
  return { perTick: answer.perTick - idle.perTick, values: answer.values };
}

/** Heap that a tick takes, in bytes. */
const ALLOCATED: Experiment = {
  name: "tick-heap",
  async run(lab): Promise<ReadonlyMap<string, Figures>> {
    const sampling = await lab.bun("sampling");
    const withoutCollector = { BUN_JSC_useGC: "0" };
    const rounds: Record<string, Answer>[] = [];
    for (let i = 0; i < (lab.quick ? 1 : 3); i++) {
      rounds.push({
        [STATEXEC]: await ask([sampling, "allocated", "collectors", "40000"], withoutCollector),
        [TEXT]: await ask([sampling, "allocated", "text", "2000"], withoutCollector),
      });
    }
    return perTick(rounds);
  },
};

const HOT_TICK = "a tick (four sources read and parsed) in a hot loop, CPU time";
const PACED_CPU = "a tick at 10 Hz, CPU time of the whole process";
const PACED_READING = "a tick at 10 Hz, CPU time less that of a process that only wakes up";

const HEAP = "a tick, heap allocated";

export const TICK_ROWS: readonly Row[] = [
  { what: HOT_TICK, experiment: HOT, unit: "ns", ours: STATEXEC, against: C, goal: { atMost: 1.3 } },
  { what: HOT_TICK, experiment: HOT, unit: "ns", ours: STATEXEC, against: TEXT },
  {
    what: PACED_READING,
    experiment: PACED,
    unit: "ns",
    ours: reading(STATEXEC),
    against: reading(C),
    goal: { atMost: 2.5 },
  },
  { what: PACED_CPU, experiment: PACED, unit: "ns", ours: STATEXEC, against: C },
  { what: PACED_CPU, experiment: PACED, unit: "ns", ours: STATEXEC, against: TEXT },
  { what: HEAP, experiment: ALLOCATED, unit: "bytes", ours: STATEXEC, goal: { atMost: 1 } },
  { what: HEAP, experiment: ALLOCATED, unit: "bytes", ours: STATEXEC, against: TEXT },
];
