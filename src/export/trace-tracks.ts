import type { RecordedSeries } from "../recording/recording.ts";

/*
 * The Trace Event Format of Chrome, which ui.perfetto.dev reads, too: a list of events in JSON, with times in microseconds.
 * Each process of a trace is a track with a name. The processes of the run are some of them; the others, with numbers that
 * no process has, hold what is known of the run, the machine and the recorder.
 */

/** An event, or metadata. `ph`: X is a slice, i an instant, C a value of a counter, M metadata. */
export interface TraceEvent {
  readonly ph: "X" | "i" | "C" | "M";
  readonly name: string;
  readonly cat?: string;
  readonly pid: number;
  readonly tid?: number;
  /** Microseconds since the start of the trace. */
  readonly ts?: number;
  readonly dur?: number;
  /** Of an instant: its process is meant. */
  readonly s?: "p";
  readonly args?: Readonly<Record<string, unknown>>;
}

/** Process numbers of Linux are below this: kernel.pid_max. */
const MOST_PIDS = 2 ** 22;

/** The tracks that are no process, from top to bottom. */
const TRACKS = {
  command: "Command",
  machine: "Machine",
  container: "Control group",
  recorder: "statexec",
} as const;

export type Track = keyof typeof TRACKS;

const TRACK_NAMES = Object.keys(TRACKS) as Track[];

/** Returns the number of a track of the n-th run. */
export function trackNumber(track: Track, run: number): number {
  return MOST_PIDS + run * TRACK_NAMES.length + TRACK_NAMES.indexOf(track);
}

/** Returns the events that name those tracks of a run that have something. `prefix` tells runs apart. */
export function trackEvents(run: number, prefix: string, used: ReadonlySet<Track>): TraceEvent[] {
  return TRACK_NAMES.flatMap((track, place) =>
    used.has(track) ? trackNames(trackNumber(track, run), prefix + TRACKS[track], place) : [],
  );
}

/** The threads of the command's track, which hold the slices of the run. */
const THREADS = ["run", "phases", "events"] as const;

export type TraceThread = (typeof THREADS)[number];

/** Above all numbers of processes. Perfetto names threads by their number alone, so each has its own in the whole trace. */
const FIRST_THREAD = 2 ** 24;

/** Returns the number of a thread of the n-th run. */
export function threadNumber(thread: TraceThread, run: number): number {
  return FIRST_THREAD + run * THREADS.length + THREADS.indexOf(thread);
}

/** Names those threads of a run that have something. */
export function threadNames(run: number, used: ReadonlySet<number>): TraceEvent[] {
  const pid = trackNumber("command", run);
  return THREADS.flatMap((name): TraceEvent[] => {
    const tid = threadNumber(name, run);
    return used.has(tid) ? [{ ph: "M", name: "thread_name", pid, tid, args: { name } }] : [];
  });
}

/** Names a track, and says where it stands among all: in order of `place`. */
export function trackNames(pid: number, name: string, place: number): TraceEvent[] {
  return [
    { ph: "M", name: "process_name", pid, args: { name } },
    { ph: "M", name: "process_sort_index", pid, args: { sort_index: place } },
  ];
}

/** The track of a series. */
export function trackOf({ metric: { name } }: RecordedSeries): Track {
  if (name.startsWith("command_")) return "command";
  if (name.startsWith("container_")) return "container";
  return /^(recorder_|sample_duration|ticks_missed|collector_failures|sync_)/.test(name) ? "recorder" : "machine";
}

/** Gives each process a number of its own in the trace: mostly the one that it had. */
export class ProcessNumbers {
  private readonly used = new Set<number>();
  private next: number;

  /** `runs`: the number of runs in the trace. */
  constructor(runs: number) {
    this.next = trackNumber("command", runs);
  }

  /** A number that the kernel has used again gets another one, so that no two processes share a track. */
  of(pid: number): number {
    if (!this.used.has(pid) && pid < MOST_PIDS) {
      this.used.add(pid);
      return pid;
    }
    return this.next++;
  }
}
