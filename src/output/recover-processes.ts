import { gunzipSync } from "node:zlib";
import { TOP_PROCESSES } from "../catalog/choices.ts";
import { OutputError } from "../errors.ts";
import type { OpenJournal } from "../journal/journal-files.ts";
import type { ProcessLines } from "../journal/journal-records.ts";
import { sampleLines } from "../journal/process-sample-lines.ts";
import { processFileOf } from "../load/process-lines.ts";
import { peakOf, type RecordedPeak } from "../recording/oom.ts";
import { type ClaimedOutput, claimOutput } from "./claim-output.ts";
import { refuseRecording } from "./other-outputs.ts";
import { writeProcessFile } from "./process-file.ts";
import { RecoveredSamples } from "./recovered-samples.ts";

/* Makes the record of processes of a run that was killed, by the lines that its journal has. */

/** More than a record of ours ever has: a journal that another program made must not fill the memory. */
const MOST_UNPACKED_BYTES = 8 * 1024 * 1024;

const PIECE_LINES = 1000;

/** What is read of a line; the rest of it is passed on. */
interface Line {
  readonly type: "process";
  readonly pid: number;
  /** In samples. */
  readonly id?: number;
  readonly start: number | null;
  readonly end: number | null;
  readonly cpu_seconds: number | null;
  readonly source: string;
}

/** What became of the record. */
export interface RecoveredProcesses {
  readonly path: string;
  readonly processes: number;
  /** Whether the journal had lines that could not be read. */
  readonly damaged: boolean;
  /** The same of its samples. */
  readonly lacksSamples: boolean;
  readonly notice: string | undefined;
}

/** Writes the record beside a metrics file; undefined: the run recorded no processes. Throws OutputError. */
export async function recoverProcesses(
  journal: OpenJournal,
  metrics: ClaimedOutput,
): Promise<RecoveredProcesses | undefined> {
  const [first] = journal.processes();
  if (!first) return undefined;
  if (metrics.mayBlock)
    throw new OutputError(`its processes: their file goes beside the metrics file, and ${metrics.path} is no file`);
  const path = processFileOf(metrics.path);
  refuseRecording(path, "-f");
  const place = claimOutput(path, "-f", journal.mode);
  const samples = new RecoveredSamples(journal.samples());
  const peak = peakOf(journal.recording().series());
  const lines = new RecoveredLines(journal.processes(), first.choice === "top", peak, samples);
  await writeProcessFile(place, lines.pieces());
  const { processes, damaged } = lines;
  return { path: place.path, processes, damaged, lacksSamples: samples.damaged, notice: place.notice };
}

/** The lines of a record: each process once, as it was last seen. */
class RecoveredLines {
  processes = 0;
  damaged = false;
  private source = "perf";
  /** Those without an end so far, by pid and start. */
  private readonly living = new Map<string, Line>();
  private kept: Line[] = [];
  private text = "";
  private lines = 0;

  constructor(
    private readonly saved: Iterable<ProcessLines>,
    /** Whether only those with the most CPU time are wanted. */
    private readonly top: boolean,
    private readonly memoryPeak: RecordedPeak | undefined,
    private readonly samples: RecoveredSamples,
  ) {}

  *pieces(): Generator<Uint8Array> {
    for (const { packed } of this.saved) {
      for (const line of this.unpacked(packed)) {
        this.add(line);
        if (this.lines >= PIECE_LINES) yield this.piece();
      }
    }
    for (const line of this.living.values()) this.ended(line);
    const top = this.top ? this.cut() : [];
    for (const line of top) this.put(line);
    yield this.piece();
    const kept = new Set(top.map(({ id }) => id));
    yield* sampleLines(this.samples.samples(), this.top ? (id) => kept.has(id) : undefined);
    const { processes, source } = this;
    const unknown = { lost_records: null, cpu_seconds: null, cpu_untold_seconds: null, machine_started: null };
    this.put({ type: "end", source, processes, complete: false, ...unknown, ...this.whole });
    yield this.piece();
  }

  private get whole(): object {
    return { memory_peak: this.memoryPeak, samples_taken: this.samples.taken };
  }

  private unpacked(packed: Uint8Array): Line[] {
    try {
      const text = new TextDecoder().decode(gunzipSync(packed, { maxOutputLength: MOST_UNPACKED_BYTES }));
      const lines = text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      if (lines.every(isProcess)) return lines;
    } catch (error) {
      // Neither of these is thrown for what we wrote.
      if (!(error instanceof Error)) throw error;
    }
    this.damaged = true;
    return [];
  }

  private add(line: Line): void {
    const key = `${line.pid} ${line.start}`;
    this.source = line.source;
    if (line.end === null) {
      this.living.set(key, line);
      return;
    }
    this.living.delete(key);
    this.ended(line);
  }

  private ended(line: Line): void {
    this.processes++;
    if (!this.top) {
      this.put(line);
      return;
    }
    this.kept.push(line);
    if (this.kept.length > 2 * TOP_PROCESSES) this.kept = this.cut();
  }

  private cut(): Line[] {
    return this.kept.sort((a, b) => (b.cpu_seconds ?? 0) - (a.cpu_seconds ?? 0)).slice(0, TOP_PROCESSES);
  }

  private put(line: object): void {
    this.text += `${JSON.stringify(line)}\n`;
    this.lines++;
  }

  private piece(): Uint8Array {
    const piece = new TextEncoder().encode(this.text);
    this.text = "";
    this.lines = 0;
    return piece;
  }
}

function isProcess(line: unknown): line is Line {
  return typeof line === "object" && line !== null && "type" in line && line.type === "process" && "pid" in line;
}
