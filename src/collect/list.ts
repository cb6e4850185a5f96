import { ForbiddenError, ParseError } from "../errors.ts";
import type { ProcFs } from "../proc/procfs.ts";
import type { CollectorKind } from "./collector.ts";
import { COLLECTORS } from "./registry.ts";

const WIDTH = 80;
const NAME_WIDTH = 11;

/** The text of `--list-collectors`, at most 80 columns wide: what each records and reads, and whether it works here. */
export function listCollectors(proc: ProcFs): string {
  const entries = COLLECTORS.map((kind) => {
    const lines = [
      kind.what,
      ...(kind.way ? [`${kind.name}=${kind.way.name}: ${kind.way.what}`] : []),
      ...kind.reads,
      state(kind, proc),
    ];
    return lines.map((line, i) => (i === 0 ? kind.name : "").padEnd(NAME_WIDTH) + line).join("\n");
  });
  return `${entries.map(cut).join("\n")}\n`;
}

/** `works, 26 series`, `absent`, or what stands against it. */
export function state(kind: CollectorKind, proc: ProcFs): string {
  const usual = tried(kind, proc, false);
  if (usual !== ABSENT || kind.way === undefined) return usual;
  const other = tried(kind, proc, true);
  return other === ABSENT ? ABSENT : `off here; with ${kind.name}=${kind.way.name} it ${other}`;
}

const ABSENT = "absent";

function tried(kind: CollectorKind, proc: ProcFs, otherWay: boolean): string {
  const collector = kind.make(proc, otherWay);
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

/** Long paths and messages of others are cut, not wrapped. */
function cut(entry: string): string {
  return entry.replace(new RegExp(`^(.{${WIDTH - 1}}).{2,}$`, "gm"), "$1…");
}
