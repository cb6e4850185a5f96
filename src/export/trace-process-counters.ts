import type { ProcessLine } from "../load/process-lines.ts";
import { type ProcessesThen, ProcessSamples } from "../load/process-samples.ts";
import type { Span } from "../recording/span.ts";
import type { TraceEvent } from "./trace-tracks.ts";

/** Programs that show traces hold all of one in memory: so many processes have counters, half of them by CPU time. */
const MOST_PROCESSES = 200;

/** Samples of a longer run are put together to about so many times. */
const MOST_TIMES = 500;

/** What a process used in the course of the run: values that differ from the one before, each with its time. */
interface Use {
  cpuSeconds: number;
  mostBytes: number;
  readonly cores: [fromMs: number, value: number][];
  readonly bytes: [atMs: number, value: number][];
}

/** The counter tracks of the largest processes, by the samples of a record. */
export class TraceProcessCounters {
  private readonly samples = new ProcessSamples();
  private readonly tracks = new Map<number, { readonly number: number; readonly endMs: number }>();
  private readonly uses = new Map<number, Use>();
  private active = new Set<number>();
  /** Of the time that is being put together. */
  private readonly seconds = new Map<number, number>();
  private fromMs = Number.NaN;
  private last: ProcessesThen | undefined;

  /** `span`: the time of the run. */
  constructor(private readonly span: Span) {}

  /** Takes a line of the record; `number`: the number that the trace gives a process. */
  add(line: ProcessLine, number: number): void {
    if (line.type === "process" && typeof line.id === "number")
      this.tracks.set(line.id, { number, endMs: typeof line.end === "number" ? line.end * 1000 : Number.NaN });
    const sample = this.samples.add(line);
    if (!sample) return;
    if (!this.last) this.fromMs = sample.fromMs;
    this.last = sample;
    for (const [id, seconds] of sample.cpu) this.seconds.set(id, (this.seconds.get(id) ?? 0) + seconds);
    if (sample.atMs - this.fromMs >= (this.span.toMs - this.span.fromMs) / MOST_TIMES) this.close();
  }

  /** The values of those with the most CPU time, and of those that held the most memory. */
  *events(microseconds: (atMs: number) => number): Generator<TraceEvent> {
    this.close();
    for (const [id, use] of this.largest()) {
      const track = this.tracks.get(id);
      if (!track) continue;
      const { number: pid, endMs } = track;
      const end: [number, number][] = Number.isNaN(endMs) ? [] : [[endMs, 0]];
      for (const [atMs, value] of [...use.cores.filter(([fromMs]) => !(fromMs >= endMs)), ...end])
        yield { ph: "C", ts: microseconds(atMs), pid, name: "CPU", args: { cores: value } };
      for (const [atMs, value] of [...use.bytes, ...end])
        yield { ph: "C", ts: microseconds(atMs), pid, name: "resident memory", args: { bytes: value } };
    }
  }

  private largest(): Map<number, Use> {
    const all = [...this.uses];
    const by = (key: (use: Use) => number) =>
      all.toSorted(([, a], [, b]) => key(b) - key(a)).slice(0, MOST_PROCESSES / 2);
    return new Map([...by(({ cpuSeconds }) => cpuSeconds), ...by(({ mostBytes }) => mostBytes)]);
  }

  private close(): void {
    const { last, seconds, fromMs } = this;
    if (!last || last.atMs <= fromMs) return;
    const active = new Set([...seconds.keys(), ...last.resident.keys()]);
    // Those that were among the largest until now used nothing that is known.
    for (const id of new Set([...active, ...this.active])) {
      const use = this.use(id);
      const used = seconds.get(id) ?? 0;
      use.cpuSeconds += used;
      put(use.cores, fromMs, Number(((used * 1000) / (last.atMs - fromMs)).toFixed(3)));
      const bytes = last.resident.get(id);
      if (bytes === undefined) continue;
      use.mostBytes = Math.max(use.mostBytes, bytes);
      put(use.bytes, last.atMs, bytes);
    }
    this.active = active;
    seconds.clear();
    this.fromMs = last.atMs;
  }

  private use(id: number): Use {
    const known = this.uses.get(id);
    if (known) return known;
    const made = { cpuSeconds: 0, mostBytes: 0, cores: [], bytes: [] };
    this.uses.set(id, made);
    return made;
  }
}

function put(values: [number, number][], atMs: number, value: number): void {
  if (values.at(-1)?.[1] !== value) values.push([atMs, value]);
}
