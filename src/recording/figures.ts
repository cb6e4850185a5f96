import { ACCOUNTING, COMMAND, MACHINE, type Metric, RUN } from "../catalog/index.ts";
import { growthWithin, type Span, sumSeen } from "./rates.ts";
import type { RecordedSeries, Recording } from "./recording.ts";
import { commandSpan, isSummed } from "./summary.ts";

/** What a person asks first of a run. Absent is what the recording does not know; a figure of 0 was measured. */
export interface Figures {
  /** The command as it was typed, with its arguments where they were recorded. */
  readonly command?: string;
  readonly exitStatus?: number;
  /** Number of the signal that ended it. */
  readonly exitSignal?: number;
  /** From its start to its end; of one that was not seen to end, to the last sample. */
  readonly wallSeconds?: number;
  readonly cpuUserSeconds?: number;
  readonly cpuSystemSeconds?: number;
  /** CPU seconds a second; absent where it ran for less than its source can tell. */
  readonly cpuCores?: number;
  readonly memoryPeakBytes?: number;
  /** Milliseconds since the epoch, on the recording's axis. */
  readonly memoryPeakAtMs?: number;
  /** No peak of its processes can have been higher. */
  readonly memoryPeakBoundBytes?: number;
  readonly memoryPeakWithCacheBytes?: number;
  /** Of the largest single process that ended: of its files' pages too. Absent where it may be that of statexec. */
  readonly memoryLargestProcessBytes?: number;
  readonly processesMost?: number;
  readonly threadsMost?: number;
  readonly diskReadBytes?: number;
  readonly diskWriteBytes?: number;
  /** By system calls: files that were cached, pipes and sockets too. */
  readonly ioReadBytes?: number;
  readonly ioWriteBytes?: number;
  readonly throttledSeconds?: number;
  readonly oomKills?: number;
  /** Of the whole machine meanwhile: all modes but those in which a CPU waits, guests once. */
  readonly machineCpuSeconds?: number;
  /** Of the whole machine meanwhile, over the interfaces that are not stacked on another. */
  readonly machineSentBytes?: number;
  readonly machineReceivedBytes?: number;
  /** Likewise, over whole disks. */
  readonly machineDiskReadBytes?: number;
  readonly machineDiskWriteBytes?: number;
  /** How figures are known, by resource: `cpu`, `memory`, `memory_peak`, `io`. */
  readonly sources: ReadonlyMap<string, string>;
}

/** The figures that are numbers to be compared. */
export type FigureName = Exclude<
  { [K in keyof Figures]-?: NonNullable<Figures[K]> extends number ? K : never }[keyof Figures],
  "memoryPeakAtMs"
>;

/** CPU time comes in ticks of 10 ms; of less than twenty there is no rate. */
const LEAST_CPU_SECONDS = 0.2;

/** In these a CPU does nothing, or what another mode has too. */
const IDLE_MODES: readonly string[] = ["idle", "iowait", "guest", "guestNice", "steal"];

/** What is sought in a recording, over the time that its command ran. */
interface Sought {
  readonly recording: Recording;
  readonly all: ReadonlyMap<string, readonly RecordedSeries[]>;
  readonly span: Span | undefined;
}

/** The figures of a recording: of a run that is over, of one that still goes on, of the original program's file. */
export function figuresOf(recording: Recording): Figures {
  const all = Map.groupBy(recording.series(), ({ metric }) => metric.name);
  const sought = { recording, all, span: spanOf(all.get(RUN.commandStatus.name)?.[0]) };
  return {
    ...present({
      ...endingFigures(sought),
      ...cpuFigures(sought),
      ...commandFigures(sought),
      ...machineFigures(sought),
    }),
    ...commandText(recording),
    sources: new Map(
      seriesOf(sought, ACCOUNTING.info).map(({ labels: [resource = "", source = ""] }) => [resource, source]),
    ),
  };
}

/** Whether a source may have missed some of what it counts. */
export function isLowerBound(source: string | undefined): boolean {
  return source?.endsWith("_lower_bound") ?? false;
}

type Numbers = { readonly [K in FigureName | "memoryPeakAtMs"]?: number };

/** Those that are numbers: a figure that is not known is left out. */
function present(numbers: Numbers): Partial<Figures> {
  return Object.fromEntries(Object.entries(numbers).filter(([, value]) => !Number.isNaN(value)));
}

function endingFigures(sought: Sought): Numbers {
  const { recording, span } = sought;
  const exitStatus = last(sought, COMMAND.exitStatus);
  const exitSignal = last(sought, COMMAND.exitSignal);
  const told = Number.isNaN(exitStatus) && Number.isNaN(exitSignal) ? statusInEvents(recording) : exitStatus;
  const duration = last(sought, COMMAND.duration);
  const seen = span ? (span.toMs - span.fromMs) / 1000 : Number.NaN;
  return { exitStatus: told, exitSignal, wallSeconds: Number.isNaN(duration) ? seen : duration };
}

/** Of files that have no series of it: those of the original program, and of statexec's first version. */
function statusInEvents({ events }: Recording): number {
  const done = events.findLast(({ event }) => event === "command_done");
  const [, status] = /^Command done with status (\d+)$/.exec(done?.text ?? "") ?? [];
  return status === undefined ? Number.NaN : Number(status);
}

function cpuFigures(sought: Sought): Numbers {
  const cpu = (mode: string) => last(sought, COMMAND.cpuSeconds, mode);
  const [user, system] = [cpu("user"), cpu("system")];
  const wall = endingFigures(sought).wallSeconds ?? Number.NaN;
  const cores = wall >= LEAST_CPU_SECONDS ? (user + system) / wall : Number.NaN;
  return { cpuUserSeconds: user, cpuSystemSeconds: system, cpuCores: cores };
}

function commandFigures(sought: Sought): Numbers {
  return {
    memoryPeakBytes: last(sought, COMMAND.memoryPeak),
    memoryPeakAtMs: last(sought, COMMAND.memoryPeakTime) * 1000,
    memoryPeakBoundBytes: last(sought, COMMAND.memoryPeakBound),
    memoryPeakWithCacheBytes: last(sought, COMMAND.memoryPeakWithCache),
    memoryLargestProcessBytes: last(sought, COMMAND.memoryLargest),
    // A command that no sample saw had some all the same.
    processesMost: most(sought, COMMAND.processes) || Number.NaN,
    threadsMost: most(sought, COMMAND.threads) || Number.NaN,
    diskReadBytes: last(sought, COMMAND.diskRead),
    diskWriteBytes: last(sought, COMMAND.diskWrite),
    ioReadBytes: last(sought, COMMAND.ioRead),
    ioWriteBytes: last(sought, COMMAND.ioWrite),
    throttledSeconds: last(sought, COMMAND.throttledSeconds),
    oomKills: last(sought, COMMAND.oomKills),
  };
}

function machineFigures(sought: Sought): Numbers {
  const isBusy = ({ labels }: RecordedSeries) => !IDLE_MODES.includes(labels[1] ?? "");
  const { facts } = sought.recording;
  const summed = (metric: Metric, fact: string) => grown(sought, metric, (one) => isSummed(one, facts, fact));
  return {
    machineCpuSeconds: grown(sought, MACHINE.cpuSeconds, isBusy),
    machineSentBytes: summed(MACHINE.networkSent, "summed_interface"),
    machineReceivedBytes: summed(MACHINE.networkReceived, "summed_interface"),
    machineDiskReadBytes: summed(MACHINE.diskRead, "summed_disk"),
    machineDiskWriteBytes: summed(MACHINE.diskWrite, "summed_disk"),
  };
}

function commandText({ facts }: Recording): Partial<Figures> {
  const fact = (name: string) => facts.find(([known]) => known === name)?.[1];
  const words = [fact("command"), fact("arguments")].filter((word) => word !== undefined);
  return words.length === 0 ? {} : { command: words.join(" ") };
}

function seriesOf({ all }: Sought, metric: Metric): readonly RecordedSeries[] {
  return all.get(metric.name) ?? [];
}

/** The last value of a series, of one label value where the metric has labels; NaN: there is none. */
function last(sought: Sought, metric: Metric, label?: string): number {
  const one = seriesOf(sought, metric).find(({ labels }) => label === undefined || labels[0] === label);
  let found = Number.NaN;
  for (const { length, values } of one?.blocks() ?? [])
    for (let row = 0; row < length; row++) if (!Number.isNaN(values[row])) found = values[row] as number;
  return found;
}

/** The highest value of a gauge; NaN: there is none. */
function most(sought: Sought, metric: Metric): number {
  let found = Number.NaN;
  for (const one of seriesOf(sought, metric))
    for (const { length, values } of one.blocks())
      for (let row = 0; row < length; row++)
        if (Number.isNaN(found) || (values[row] as number) > found) found = values[row] as number;
  return found;
}

/** How much counters of the machine grew together while the command ran. */
function grown(sought: Sought, metric: Metric, isMeant: (one: RecordedSeries) => boolean): number {
  const { span } = sought;
  if (!span) return Number.NaN;
  return sumSeen(
    seriesOf(sought, metric)
      .filter(isMeant)
      .map((one) => growthWithin(one.blocks(), span).growth),
  );
}

/** The time that the command ran; of one that was not seen to end, until the last sample. */
function spanOf(status: RecordedSeries | undefined): Span | undefined {
  if (!status) return undefined;
  const whole = commandSpan(status.blocks());
  if (whole) return whole;
  let fromMs = Number.NaN;
  let toMs = Number.NaN;
  for (const { length, times, values } of status.blocks()) {
    for (let row = 0; row < length; row++) {
      if (values[row] !== 1) continue;
      toMs = times[row] as number;
      if (Number.isNaN(fromMs)) fromMs = toMs;
    }
  }
  return Number.isNaN(fromMs) ? undefined : { fromMs, toMs };
}
