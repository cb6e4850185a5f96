import { RUN, sampleName } from "../../catalog/index.ts";
import { PushScan, type SeenSeries } from "./push-scan.ts";
import { linesOf } from "./push-source.ts";

/** What must be known of a run before its first sample is sent. */
export interface RunContext {
  /** As in `statexec_run_info`; of several values, the first. */
  readonly facts: ReadonlyMap<string, string>;
  /** When the command started, or the first sample was taken: milliseconds since the epoch on the file's axis. */
  readonly startMs: number;
}

const OF_RUN: ReadonlySet<string> = new Set(Object.values(RUN).map(sampleName));

/** Tells the runs of a file apart. */
export function runKey(labels: SeenSeries["labels"]): string {
  return JSON.stringify([labels.get("instance"), labels.get("role")]);
}

/** A context while it is being read. */
class Reading implements RunContext {
  readonly facts = new Map<string, string>();
  firstMs = Number.POSITIVE_INFINITY;
  commandMs: number | undefined;

  get startMs(): number {
    return this.commandMs ?? this.firstMs;
  }
}

/**
 * Reads the contexts of the runs in a file. They are in its first families, where the file is one of ours; of another
 * file nothing is known beforehand. Throws OutputError, ParseError.
 */
export async function runContexts(file: string): Promise<ReadonlyMap<string, RunContext>> {
  const contexts = new Map<string, Reading>();
  let isOver = false;
  const scan = new PushScan(file, (series, atMs, value) => {
    isOver ||= !OF_RUN.has(series.name);
    if (isOver) return;
    const key = runKey(series.labels);
    const context = contexts.get(key) ?? new Reading();
    contexts.set(key, context);
    take(context, series, atMs, value);
  });
  for await (const { bytes, length, cut } of linesOf(file, BLOCK_BYTES)) {
    if (cut) break;
    scan.keep(bytes, length);
    if (isOver) break;
  }
  return contexts;
}

const BLOCK_BYTES = 1 << 16;

function take(context: Reading, { name, labels }: SeenSeries, atMs: number, value: number): void {
  if (atMs < context.firstMs) context.firstMs = atMs;
  const fact = labels.get("fact");
  if (name === sampleName(RUN.info) && fact !== undefined && !context.facts.has(fact))
    context.facts.set(fact, labels.get("value") ?? "");
  if (name === sampleName(RUN.event) && labels.get("event") === "command_started")
    context.commandMs = Math.round(value * 1000);
}
