import type { SizeRequest } from "../cli/mode-requests.ts";
import { OutputError } from "../errors.ts";
import { loadRecordings } from "../load/load-recordings.ts";
import { SIZE_WRITERS } from "../output/size-formats.ts";
import { commandsOf } from "../recording/comparison.ts";
import { needOf, type RunNeed } from "../recording/sizing-runs.ts";
import { sizesOf } from "../recording/sizing-sizes.ts";

/** What `--size` prints, and what it warns about, a line each. */
interface SizeAnswer {
  readonly text: string;
  readonly warnings: readonly string[];
}

/** `--size`: sizes a command by the runs in some files. Throws OutputError where a file holds no run. */
export async function sizeFiles({ files, format }: SizeRequest): Promise<SizeAnswer> {
  const warnings: string[] = [];
  const needs: RunNeed[] = [];
  for (const file of files) needs.push(...(await needsIn(file, warnings)));
  const runs = inOrder(distinct(needs, warnings));
  warnings.push(...differences(runs));
  const commands = commandsOf(runs);
  const command = commands.length === 1 ? commands[0]! : `${commands.length} commands`;
  return { text: SIZE_WRITERS[format]({ command, sizes: sizesOf(runs) }), warnings };
}

async function needsIn(file: string, warnings: string[]): Promise<RunNeed[]> {
  const loaded = await loadRecordings(file);
  try {
    const { recordings, problems, liveTarget } = loaded;
    if (recordings.length === 0) throw new OutputError(problems[0] ?? `${file}: no run in it`);
    warnings.push(...problems);
    if (liveTarget !== undefined) warnings.push(`${file}: its run is still going; it counts as one without an end`);
    return recordings.map(needOf);
  } finally {
    loaded.close();
  }
}

/** Each run once: a second copy of it says nothing more of how far runs differ. */
function distinct(needs: readonly RunNeed[], warnings: string[]): RunNeed[] {
  const byId = new Map(needs.map((need) => [need.id, need]));
  const copies = needs.length - byId.size;
  if (copies > 0)
    warnings.push(
      `${copies} of the files ${copies === 1 ? "is a copy of another; it counts" : "are copies of others; they count"} once`,
    );
  return [...byId.values()];
}

/** In order of their start, where that is recorded of all. */
function inOrder(needs: readonly RunNeed[]): RunNeed[] {
  if (needs.some(({ startedAt }) => startedAt === "")) return [...needs];
  return needs.toSorted((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
}

/** What makes runs a bad sample of one need. */
function differences(needs: readonly RunNeed[]): string[] {
  const distinctOf = (pick: (need: RunNeed) => string) => [...new Set(needs.map(pick).filter((text) => text !== ""))];
  const commands = commandsOf(needs);
  const machines = distinctOf(({ machine }) => machine);
  const warnings: string[] = [];
  if (commands.length > 1)
    warnings.push(
      `these are runs of different commands, and the size is that of no one of them: ${commands.map((command) => JSON.stringify(command)).join(", ")}`,
    );
  if (machines.length > 1)
    warnings.push(`these runs are of different machines (${machines.join("; ")}): CPU use and time depend on that`);
  return warnings;
}
