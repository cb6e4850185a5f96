import type { Diagnosis } from "./diagnosis.ts";
import type { LimitEvidence, RunEvidence } from "./limit-evidence.ts";
import type { LimitKind } from "./limit-rules.ts";
import { plainQuantity } from "./quantities.ts";

/** What would help against a limit, whatever the figures. */
const ADVICE: Readonly<Record<Exclude<LimitKind, "cpu" | "waiting" | "memory">, string>> = {
  cpu_quota: "A higher CPU quota would help.",
  cpu_starved: "Fewer other programs at the same time would help, or CPUs of its own.",
  cpu_others: "Fewer other programs at the same time would help, or CPUs of its own.",
  cpu_part: "More CPUs would not help by themselves: it left some idle. More work at once would, or faster CPUs.",
  cpu_one_thread: "More CPUs would not help: a faster one would, or work that is divided among threads.",
  disk: "A faster disk would help, or fewer reads and writes.",
  unclear: "Shorter intervals or a control group (--cgroup auto) would tell more.",
};

/** Returns what would help against a limit, as a sentence. */
export function adviceOn({ limitedBy, isKill, hasTraffic }: Diagnosis, step?: LimitEvidence): string {
  switch (limitedBy) {
    case "memory":
      return isKill
        ? "A higher memory limit would help, or more memory, or less work at once."
        : "More memory would help, or less work at once.";
    case "cpu":
      return moreCpus(step);
    case "waiting":
      return hasTraffic
        ? "Nothing was full here: look at the network, and at the programs that it waited for."
        : "Nothing was full here: look at its timers and locks, and at the programs that it waited for.";
    default:
      return ADVICE[limitedBy];
  }
}

function moreCpus({ cpus, machineCpus }: Partial<LimitEvidence> = {}): string {
  if (cpus !== undefined && machineCpus !== undefined && cpus < machineCpus)
    return `It may use ${plainQuantity(cpus, "cores")} of the machine's ${plainQuantity(machineCpus, "cores")} CPUs: more of them may help.`;
  return "More or faster CPUs may help.";
}

/** A span of time that has so much of a limit's time shows it. */
const MOST_OF_IT = 0.8;

/** Returns the shortest span that has most of the time in which a limit held, in seconds from the command's start. */
export function mainSpan(
  { steps }: RunEvidence,
  held: ReadonlyMap<number, number>,
): { readonly from: number; readonly to: number } | undefined {
  const edges = edgesOf(steps);
  const seconds = steps.map((step, at) => step.seconds * (held.get(at) ?? 0));
  const wanted = MOST_OF_IT * seconds.reduce((sum, one) => sum + one, 0);
  if (!(wanted > 0)) return undefined;
  let [first, inside] = [0, 0];
  let best: { readonly from: number; readonly to: number } | undefined;
  for (let last = 0; last < steps.length; last++) {
    inside += seconds[last]!;
    while (inside - seconds[first]! >= wanted) inside -= seconds[first++]!;
    const [from, to] = [edges[first]!, edges[last + 1]!];
    if (inside >= wanted && !(best && best.to - best.from <= to - from)) best = { from, to };
  }
  return best;
}

/** Returns when steps begin and end, in seconds from the start of the first: one time more than there are steps. */
export function edgesOf(steps: readonly LimitEvidence[]): number[] {
  const edges = [0];
  for (const { seconds } of steps) edges.push(edges.at(-1)! + seconds);
  return edges;
}
