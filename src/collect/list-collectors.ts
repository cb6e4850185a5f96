import { systemClock } from "../clock.ts";
import { ForbiddenError, ParseError } from "../errors.ts";
import type { ProcFs } from "../proc/procfs.ts";
import { COLLECTORS, type CollectorKind, makeCollector } from "./registry.ts";

const WIDTH = 80;
const NAME_WIDTH = 11;

const ABSENT = "absent";

/** Returns the text of `--list-collectors`, at most 80 columns wide: what each records and reads, and whether it works here. `perf` and `counters`: so for perf events. */
export function listCollectors(proc: ProcFs, perf: string, counters: string): string {
  const entries = COLLECTORS.map((kind) => {
    const lines = [
      kind.what,
      ...(kind.way ? [`${kind.name}=${kind.way.name}: ${kind.way.what}`] : []),
      ...(kind.files ?? []),
      ...(kind.reads ?? []),
      collectorState(kind, proc),
    ];
    return lines.map((line, i) => (i === 0 ? kind.name : "").padEnd(NAME_WIDTH) + line).join("\n");
  });
  return `${[...entries, ...perfEntries(perf, counters)].map(cut).join("\n")}\n`;
}

/** Perf events are no collectors of the machine's: `--perf` decides on them. */
function perfEntries(perf: string, counters: string): string[] {
  const call = "perf_event_open(2)";
  const entries = [
    ["perf", "every process: proves or bounds CPU time; --perf off leaves it out", call, perf],
    ["counters", "instructions, cycles, misses of the command; with --perf counters", call, counters],
  ];
  return entries.map(([name = "", ...lines]) =>
    lines.map((line, i) => (i === 0 ? name : "").padEnd(NAME_WIDTH) + line).join("\n"),
  );
}

/** Returns `works, 26 series`, `absent`, or what prevents it. */
function collectorState(kind: CollectorKind, proc: ProcFs): string {
  const usual = tryCollector(kind, proc, false);
  if (usual !== ABSENT || kind.way === undefined) return usual;
  const other = tryCollector(kind, proc, true);
  return other === ABSENT ? ABSENT : `off here; with ${kind.name}=${kind.way.name} it ${other}`;
}

function tryCollector(kind: CollectorKind, proc: ProcFs, otherWay: boolean): string {
  const collector = makeCollector(kind, proc, systemClock, otherWay);
  try {
    const { length } = collector.describe();
    collector.sample(new Float64Array(length));
    return length === 0 ? ABSENT : `works, ${length} series`;
  } catch (error) {
    if (error instanceof ForbiddenError) return `forbidden: ${error.path}`;
    if (error instanceof ParseError) return `malformed: ${error.message}`;
    throw error;
  }
}

/** Cuts the lines that a long path or message of others makes wider than the terminal. */
function cut(entry: string): string {
  return entry.replace(new RegExp(`^(.{${WIDTH - 1}}).{2,}$`, "gm"), "$1…");
}
