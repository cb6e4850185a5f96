import { type Diagnosis, NEARLY_ALWAYS } from "./diagnosis.ts";
import { type LimitKind, percentText } from "./limit-rules.ts";

/** What held a command back, as the subject and verb of a sentence that its evidence ends. */
const CLAUSES: Readonly<Record<LimitKind, string>> = {
  memory: "It was short of memory",
  cpu_quota: "Its CPU quota slowed it down",
  cpu_starved: "Others took the CPU from it",
  cpu: "It kept all its CPUs busy",
  cpu_part: "It kept some of its CPUs busy",
  cpu_one_thread: "It computed in one thread",
  cpu_others: "Others took the CPU from it",
  disk: "It waited for the disk",
  waiting: "It waited, but not for CPU, memory or disk",
  unclear: "It is unclear what held it back",
};

/** Returns what held a command back, as a sentence: `It waited for the disk 50 % of the time: sda busy 97 % of the time.` */
export function verdictSentence(diagnoses: readonly Diagnosis[]): string | undefined {
  const [first] = diagnoses;
  if (!first) return undefined;
  const { limitedBy, evidence, share = 1, isKill } = first;
  if (isKill) return `Out of memory: ${evidence}.`;
  // It failed, and somebody here was killed for memory.
  if (limitedBy === "memory" && first.share === undefined) return `Perhaps it ran out of memory: ${evidence}.`;
  return `${clauseOf(first)}${shareText(share, limitedBy)}: ${evidence}.`;
}

/** Returns the second of what held it back in the same way; undefined: there is none. */
export function secondSentence([, second]: readonly Diagnosis[]): string | undefined {
  if (!second) return undefined;
  const { limitedBy, share = 1 } = second;
  return `${clauseOf(second)}${shareText(share, limitedBy)}.`;
}

function clauseOf({ limitedBy, text }: Diagnosis): string {
  // It used less than one core, and all that it had.
  if (text === "CPU") return limitedBy === "cpu" ? "It kept its CPU busy" : "It computed in one thread";
  if (text === "waiting, perhaps for CPU that others used") return "It waited, perhaps for the CPU that others used";
  if (limitedBy === "cpu_quota") return `I${text.slice(1)} slowed it down`;
  return CLAUSES[limitedBy];
}

function shareText(share: number, limitedBy: LimitKind): string {
  // How long a doubt lasted tells nobody anything.
  return share >= NEARLY_ALWAYS || limitedBy === "unclear" ? "" : ` ${percentText(share)} of the time`;
}
