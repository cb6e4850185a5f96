import { PHASE_EVENT } from "../catalog/choices.ts";
import { COMMAND, RUN } from "../catalog/index.ts";
import type { ProcessLine } from "../load/process-lines.ts";
import { familiesOf } from "../openmetrics/families.ts";
import { phaseSpans } from "../recording/phases.ts";
import type { RecordedSeries, Recording } from "../recording/recording.ts";
import { figuresOf, spanUntilNow } from "../recording/run-figures.ts";
import { lastValue, type Span } from "../recording/span.ts";
import { commandSpan } from "../recording/summary-series.ts";
import { boundMarks } from "./bound-marks.ts";
import { TraceCounters } from "./trace-counters.ts";
import { TraceProcessCounters } from "./trace-process-counters.ts";
import { processEvents } from "./trace-processes.ts";
import {
  ProcessNumbers,
  type TraceEvent,
  type TraceThread,
  threadNames,
  threadNumber,
  trackEvents,
  trackNumber,
} from "./trace-tracks.ts";

/** Text is written in pieces of about this length. */
const PIECE_CHARACTERS = 1 << 17;

/** What a trace is made of. */
interface TraceParts {
  /** At least one. */
  readonly recordings: readonly Recording[];
  /** The record of the processes of the first one. */
  readonly processes: AsyncIterable<ProcessLine> | readonly ProcessLine[];
}

/** What a trace has. */
interface TraceContent {
  readonly events: number;
  readonly processes: number;
  /** So many samples are one value of a counter track; more than 1: there were too many. */
  readonly samplesPerValue: number;
}

/** Writes a trace in the format of Chrome: the runs, their processes and their samples, on one axis of time. */
export async function writeTrace(
  { recordings, processes }: TraceParts,
  write: (bytes: Uint8Array) => void,
): Promise<TraceContent> {
  const runs = recordings.map((recording) => new TracedRun(recording));
  const originMs = Math.min(...runs.map(({ span }) => span.fromMs));
  const microseconds = (atMs: number) => Math.round((atMs - originMs) * 1000);
  const out = new EventList({ started_at: new Date(originMs).toISOString(), made_by: "statexec" }, write);
  let samplesPerValue = 1;
  for (const [number, run] of runs.entries()) {
    const prefix = runs.length > 1 ? `${run.recording.identity.instance} ${run.recording.identity.role}: ` : "";
    const counters = new TraceCounters(run.series, number, microseconds);
    out.add(trackEvents(number, prefix, new Set(["command", ...counters.tracks])));
    out.add(run.slices(number, microseconds));
    samplesPerValue = Math.max(samplesPerValue, counters.samplesPerValue);
    for (const events of counters.events()) {
      out.add(events);
      // A signal, for example, gets a turn.
      await Bun.sleep(0);
    }
  }
  const numbers = new ProcessNumbers(runs.length);
  const axis = { microseconds, untilMs: runs[0]!.span.toMs };
  const used = new TraceProcessCounters(runs[0]!.span);
  let made = 0;
  for await (const line of processes) {
    const events = line.type === "process" ? processEvents(line, numbers, axis) : [];
    if (events.length > 0) made++;
    out.add(events);
    used.add(line, events[0]?.pid ?? 0);
  }
  out.add(used.events(microseconds));
  out.end();
  return { events: out.count, processes: made, samplesPerValue };
}

/** What a run shows beside its counters and its processes. */
class TracedRun {
  readonly series: readonly RecordedSeries[];
  /** From the first sample to the last. */
  readonly span: Span;

  constructor(readonly recording: Recording) {
    this.series = familiesOf(recording).flat();
    let toMs = recording.startMs;
    for (const { blocks } of this.series)
      for (const { length, times } of blocks()) if (length > 0) toMs = Math.max(toMs, times[length - 1]!);
    this.span = { fromMs: recording.startMs, toMs };
  }

  /** The command, its phases and the events. */
  slices(run: number, microseconds: (atMs: number) => number): TraceEvent[] {
    const pid = trackNumber("command", run);
    const tidOf = (thread: TraceThread) => threadNumber(thread, run);
    const [status] = this.series.filter(({ metric }) => metric.name === RUN.commandStatus.name);
    const command = status && (commandSpan(status.blocks()) ?? spanUntilNow(status));
    const place = ({ fromMs, toMs }: Span) => ({
      ts: microseconds(fromMs),
      dur: Math.max(0, microseconds(toMs) - microseconds(fromMs)),
    });
    const slices: TraceEvent[] = [];
    if (command) {
      const name = figuresOf(this.recording).command;
      slices.push({ ph: "X", cat: "run", name, pid, tid: tidOf("run"), ...place(command), args: this.known() });
      for (const phase of phaseSpans(this.recording, command))
        slices.push({ ph: "X", cat: "phase", name: phase.phase, pid, tid: tidOf("phases"), ...place(phase) });
    }
    for (const { event, text, atMs } of this.recording.events)
      if (event !== PHASE_EVENT)
        slices.push({ ph: "i", s: "p", cat: event, name: text, pid, tid: tidOf("events"), ts: microseconds(atMs) });
    return [...threadNames(run, new Set(slices.map(({ tid = 0 }) => tid))), ...slices];
  }

  /** The facts of the run, and how much the command used in all, with what of it is a bound. */
  private known(): Record<string, unknown> {
    const facts = Object.fromEntries(Map.groupBy(this.recording.facts, ([fact]) => fact));
    const texts = Object.entries(facts).map(([fact, all = []]) => [fact, all.map(([, value]) => value).join(" ")]);
    const bounds = boundMarks(this.recording);
    const ofCommand = new Set(Object.values(COMMAND).map(({ name }) => name));
    const figures = this.series.flatMap(({ metric, labels, blocks }) => {
      const value = lastValue(blocks());
      if (!ofCommand.has(metric.name) || metric.name.startsWith("command_comm_") || Number.isNaN(value)) return [];
      const key = [metric.name, ...labels.filter(Boolean)].join(" ");
      const mark = bounds.get(metric.name);
      return [[mark ? `${key} (${mark === "estimate" ? mark : `${mark} bound`})` : key, value]];
    });
    return Object.fromEntries([...texts, ...figures]);
  }
}

/** The list of a trace's events, which is written while it grows. */
class EventList {
  count = 0;
  private readonly encoder = new TextEncoder();
  private text: string;

  /** `facts` are of the whole trace. */
  constructor(
    facts: Readonly<Record<string, string>>,
    private readonly write: (bytes: Uint8Array) => void,
  ) {
    // No unit to display times in: some versions of Perfetto take that for the unit of the times.
    this.text = `{"otherData":${JSON.stringify(facts)},"traceEvents":[\n`;
  }

  add(events: Iterable<TraceEvent>): void {
    for (const { ph, ts, dur, pid, tid, s, cat, name, args } of events) {
      // Texts of others come last: some versions of Perfetto look for the time first, and take no escapes before it.
      const ordered = { ph, ts, dur, pid, tid, s, cat, name, args };
      this.text += `${this.count++ > 0 ? ",\n" : ""}${JSON.stringify(ordered)}`;
      if (this.text.length >= PIECE_CHARACTERS) this.flush();
    }
  }

  end(): void {
    this.text += "\n]}\n";
    this.flush();
  }

  private flush(): void {
    this.write(this.encoder.encode(this.text));
    this.text = "";
  }
}
