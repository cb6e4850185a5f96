import { COMMAND } from "../catalog/index.ts";
import type { RecordedSeries, Recording } from "./recording.ts";

/** What the processes of one name used. */
export interface NameFigures {
  readonly comm: string;
  readonly cpuSeconds?: number;
  readonly memoryPeakBytes?: number;
  readonly processes?: number;
}

const SERIES = [
  ["cpuSeconds", COMMAND.commCpuSeconds],
  ["memoryPeakBytes", COMMAND.commMemoryPeak],
  ["processes", COMMAND.commProcesses],
] as const;

/** The command's processes by name, those with the most CPU time first and the rest, `other`, last. */
export function namesOf(recording: Recording): NameFigures[] {
  const byName = new Map<string, { comm: string; cpuSeconds?: number; memoryPeakBytes?: number; processes?: number }>();
  for (const one of recording.series()) {
    const field = SERIES.find(([, metric]) => metric.name === one.metric.name)?.[0];
    const [comm = ""] = one.labels;
    const value = field === undefined ? Number.NaN : lastOf(one);
    if (field === undefined || Number.isNaN(value)) continue;
    const known = byName.get(comm) ?? { comm };
    known[field] = value;
    byName.set(comm, known);
  }
  const rank = ({ comm, cpuSeconds = 0 }: NameFigures) => (comm === "other" ? -1 : cpuSeconds);
  return [...byName.values()].sort((a, b) => rank(b) - rank(a));
}

function lastOf(one: RecordedSeries): number {
  let found = Number.NaN;
  for (const { length, values } of one.blocks())
    for (let row = 0; row < length; row++) if (!Number.isNaN(values[row])) found = values[row]!;
  return found;
}
