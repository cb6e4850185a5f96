import { ACCOUNTING, COMMAND, CONTAINER, KERNEL, MACHINE, type Metric, RUN } from "../catalog/index.ts";
import { type PhaseFigures, phasesOf } from "./phases.ts";
import type { RecordedSeries, Recording } from "./recording.ts";
import { growthWithin, lastValue, type SeriesByName, type Span, seriesByName, sumSeen } from "./span.ts";
import { commandSpan, isSummed } from "./summary-series.ts";

/** The main figures of a run. An absent figure is not in the recording; a figure of 0 was measured. */
export interface RunFigures {
  /** The command as typed, with its arguments where they were recorded; where a file has no command, its instance. */
  readonly command: string;
  readonly exitStatus?: number;
  /** Number of the signal that ended the command. */
  readonly exitSignal?: number;
  /** From the command's start to its end, or to the last sample where the end was not recorded. */
  readonly wallSeconds?: number;
  readonly cpuUserSeconds?: number;
  readonly cpuSystemSeconds?: number;
  /** CPU seconds a second; absent where the command ran too short for the resolution of CPU time. */
  readonly cpuCores?: number;
  /** An upper bound of the CPU time, where that is a lower bound. */
  readonly cpuBoundSeconds?: number;
  readonly memoryPeakBytes?: number;
  /** Milliseconds since the epoch, on the recording's axis. */
  readonly memoryPeakAtMs?: number;
  /** An upper bound of the peak of the processes that samples saw. */
  readonly memoryPeakBoundBytes?: number;
  readonly memoryPeakWithCacheBytes?: number;
  /** Peak RSS of the largest process that ended, file pages included. Absent where it may be statexec's own. */
  readonly memoryLargestProcessBytes?: number;
  readonly processesMost?: number;
  readonly threadsMost?: number;
  /** Most processes and threads of the command's own group at one time. */
  readonly tasksPeak?: number;
  readonly diskReadBytes?: number;
  /** Without what was taken back before it reached storage. */
  readonly diskWriteBytes?: number;
  /** Taken back so, perhaps of what others had written. */
  readonly diskWriteCancelledBytes?: number;
  /** By system calls, cached files, pipes and sockets included. */
  readonly ioReadBytes?: number;
  readonly ioWriteBytes?: number;
  readonly throttledSeconds?: number;
  /** Time that its threads waited for a CPU, as far as it was seen. */
  readonly runDelaySeconds?: number;
  readonly oomKills?: number;
  /** In user mode, as far as a hardware counter ran. */
  readonly instructions?: number;
  /** Voluntary and involuntary ones of the command's processes, as far as they were seen. */
  readonly contextSwitches?: number;
  /** Of the whole machine while the command ran, without idle modes; guest time counts once. */
  readonly machineCpuSeconds?: number;
  /** Of the whole machine while the command ran, over the interfaces that are not stacked on another. */
  readonly machineSentBytes?: number;
  readonly machineReceivedBytes?: number;
  /** Of the whole machine while the command ran, over whole disks. */
  readonly machineDiskReadBytes?: number;
  readonly machineDiskWriteBytes?: number;
  /** CPU time by command name, all together: what wait4 and samples saw, also outside a group. */
  readonly commCpuSeconds?: number;
  /** The highest memory of mapped files at a sample. */
  readonly memoryFileMostBytes?: number;
  /** Processes and threads that the machine started while the command ran, those of others included. */
  readonly forks?: number;
  /** The most that was set aside for huge pages; infinite where more may have been for a moment. */
  readonly hugePagesMostBytes?: number;
  /** The most that the machine's shared memory (tmpfs, memfd) was above its least until then, as samples saw it. */
  readonly machineSharedGrownBytes?: number;
  /** Of the container that nothing of the command can leave: its peak until the end, and what it used meanwhile. */
  readonly containerMemoryPeakBytes?: number;
  readonly containerCpuSeconds?: number;
  /** CPUs of the machine. */
  readonly cpus?: number;
  /** CPUs that the affinity mask allowed at the command's start. */
  readonly cpusAllowed?: number;
  /** CPUs that the quota of its control group, or of one above it, allowed at the command's start. */
  readonly cpusQuota?: number;
  /** What it ran on: the processors' kind, the kernel's release, the machine's name. */
  readonly architecture?: string;
  readonly kernel?: string;
  readonly host?: string;
  /** Time between samples. */
  readonly intervalSeconds?: number;
  /** When it began by the wall clock, in milliseconds since the epoch. */
  readonly startedAtMs?: number;
  /** The recording ends before the command does: every figure may have grown since. */
  readonly isUnfinished?: true;
  /** /proc showed another pid namespace: there is only what wait4(2) said. */
  readonly isProcForeign?: true;
  /** What its phases used, in the order in which they began; absent: none was marked. */
  readonly phases?: readonly PhaseFigures[];
  /** The source of the figures of each resource: `cpu`, `memory`, `memory_peak`, `io`. */
  readonly sources: ReadonlyMap<string, string>;
}

/** The figures that are numbers to compare. */
export type FigureName = Exclude<
  { [K in keyof RunFigures]-?: NonNullable<RunFigures[K]> extends number ? K : never }[keyof RunFigures],
  "memoryPeakAtMs" | "startedAtMs"
>;

/** CPU time comes in ticks of 10 ms; fewer than twenty give no rate. */
const LEAST_CPU_SECONDS = 0.2;

/** Modes in which a CPU is idle, serves another machine (steal), or that are part of another mode (guest). */
const NOT_BUSY_MODES: readonly string[] = ["idle", "iowait", "guest", "guestNice", "steal"];

/** A recording, its series, and the span in which its command ran. */
interface RunData {
  readonly recording: Recording;
  readonly all: SeriesByName;
  readonly span: Span | undefined;
  /** The span ends with the recording, not with the command. */
  readonly isUnfinished: boolean;
}

/** The figures of a recording. It may be of a run that still goes on, or a file of the original program. */
export function figuresOf(recording: Recording): RunFigures {
  const all = seriesByName(recording.series());
  const [status] = all.get(RUN.commandStatus.name) ?? [];
  const whole = status && commandSpan(status.blocks());
  const span = whole ?? (status && spanUntilNow(status));
  const data = { recording, all, span, isUnfinished: whole === undefined && span !== undefined };
  const phases = span ? phasesOf(recording, span) : [];
  return {
    ...(phases.length > 0 ? { phases } : {}),
    ...present({
      ...endFigures(data),
      ...cpuFigures(data),
      ...commandFigures(data),
      ...machineFigures(data),
      ...namedCpu(data),
      intervalSeconds: numberFact(recording, "interval_seconds"),
      startedAtMs: Date.parse(recording.facts.find(([fact]) => fact === "started_at")?.[1] ?? ""),
    }),
    ...machineFacts(recording.facts),
    ...(data.isUnfinished ? { isUnfinished: true } : {}),
    ...(hasFact(recording.facts, "proc") ? { isProcForeign: true } : {}),
    command: commandText(recording),
    sources: new Map(
      seriesOf(data, ACCOUNTING.info).map(({ labels: [resource = "", source = ""] }) => [resource, source]),
    ),
  };
}

/** The CPUs that affinity mask and quota left to the command; undefined: all of the machine's, or not known. */
export function cpusLeft({
  cpus = 0,
  cpusAllowed = cpus,
  cpusQuota = cpus,
}: Pick<RunFigures, "cpus" | "cpusAllowed" | "cpusQuota">): number | undefined {
  const left = Math.min(cpusAllowed, cpusQuota);
  return left < cpus ? left : undefined;
}

type Numbers = { readonly [K in FigureName | "memoryPeakAtMs" | "startedAtMs"]?: number };

/** Leaves out figures that are NaN. */
function present(numbers: Numbers): Partial<RunFigures> {
  return Object.fromEntries(Object.entries(numbers).filter(([, value]) => !Number.isNaN(value)));
}

function endFigures(data: RunData): Numbers {
  const { recording, span } = data;
  const recordedStatus = last(data, COMMAND.exitStatus);
  const exitSignal = last(data, COMMAND.exitSignal);
  const isUnknown = Number.isNaN(recordedStatus) && Number.isNaN(exitSignal);
  const exitStatus = isUnknown ? statusInEvents(recording) : recordedStatus;
  const duration = last(data, COMMAND.duration);
  const spanSeconds = span ? (span.toMs - span.fromMs) / 1000 : Number.NaN;
  return { exitStatus, exitSignal, wallSeconds: Number.isNaN(duration) ? spanSeconds : duration };
}

/** Files of the original program and of the first version have no series with the status: an event has it. */
function statusInEvents({ events }: Recording): number {
  const done = events.findLast(({ event }) => event === "command_done");
  const [, status] = /^Command done with status (\d+)$/.exec(done?.text ?? "") ?? [];
  return status === undefined ? Number.NaN : Number(status);
}

function cpuFigures(data: RunData): Numbers {
  const user = last(data, COMMAND.cpuSeconds, "user");
  const system = last(data, COMMAND.cpuSeconds, "system");
  const wall = endFigures(data).wallSeconds ?? Number.NaN;
  const cores = wall >= LEAST_CPU_SECONDS ? (user + system) / wall : Number.NaN;
  return {
    cpuUserSeconds: user,
    cpuSystemSeconds: system,
    cpuCores: cores,
    cpuBoundSeconds: last(data, COMMAND.cpuBound),
  };
}

function commandFigures(data: RunData): Numbers {
  return {
    memoryPeakBytes: last(data, COMMAND.memoryPeak),
    memoryPeakAtMs: last(data, COMMAND.memoryPeakTime) * 1000,
    memoryPeakBoundBytes: last(data, COMMAND.memoryPeakBound),
    memoryPeakWithCacheBytes: last(data, COMMAND.memoryPeakWithCache),
    memoryLargestProcessBytes: last(data, COMMAND.memoryLargest),
    memoryFileMostBytes: most(data, COMMAND.memoryFile),
    // Every command has a process and a thread: a highest count of 0 means that no sample saw them.
    processesMost: most(data, COMMAND.processes) || Number.NaN,
    threadsMost: most(data, COMMAND.threads) || Number.NaN,
    tasksPeak: last(data, COMMAND.tasksPeak) || Number.NaN,
    diskReadBytes: last(data, COMMAND.diskRead),
    diskWriteBytes: Math.max(0, last(data, COMMAND.diskWrite) - (last(data, COMMAND.diskWriteCancelled) || 0)),
    diskWriteCancelledBytes: last(data, COMMAND.diskWriteCancelled),
    ioReadBytes: last(data, COMMAND.ioRead),
    ioWriteBytes: last(data, COMMAND.ioWrite),
    throttledSeconds: last(data, COMMAND.throttledSeconds),
    runDelaySeconds: last(data, COMMAND.runDelay),
    oomKills: last(data, COMMAND.oomKills),
    instructions: last(data, COMMAND.instructions),
    contextSwitches:
      last(data, COMMAND.contextSwitches, "voluntary") + last(data, COMMAND.contextSwitches, "involuntary"),
  };
}

function machineFigures(data: RunData): Numbers {
  const isBusy = ({ labels }: RecordedSeries) => !NOT_BUSY_MODES.includes(labels[1] ?? "");
  const { facts } = data.recording;
  const summed = (metric: Metric, fact: string) => grown(data, metric, (one) => isSummed(one, facts, fact));
  return {
    machineCpuSeconds: grown(data, MACHINE.cpuSeconds, isBusy),
    machineSentBytes: summed(MACHINE.networkSent, "summed_interface"),
    machineReceivedBytes: summed(MACHINE.networkReceived, "summed_interface"),
    machineDiskReadBytes: summed(MACHINE.diskRead, "summed_disk"),
    machineDiskWriteBytes: summed(MACHINE.diskWrite, "summed_disk"),
    forks: grown(data, KERNEL.forks, () => true),
    hugePagesMostBytes: hasFact(facts, "huge_pages_overcommit")
      ? Number.POSITIVE_INFINITY
      : most(data, KERNEL.memoryHugePages),
    machineSharedGrownBytes: risen(data, KERNEL.memoryShared),
    ...containerFigures(data),
    cpus: numberFact(data.recording, "cpus"),
    cpusAllowed: numberFact(data.recording, "cpus_allowed"),
    cpusQuota: numberFact(data.recording, "cpus_quota"),
  };
}

/** The fields of facts that say where a run was made. */
const MACHINE_FACTS = new Map([
  ["machine", "architecture"],
  ["kernel", "kernel"],
  ["host", "host"],
]);

function machineFacts(facts: Recording["facts"]): Partial<RunFigures> {
  return Object.fromEntries(
    facts.flatMap(([fact, value]) => (MACHINE_FACTS.has(fact) ? [[MACHINE_FACTS.get(fact), value]] : [])),
  );
}

function containerFigures(data: RunData): Numbers {
  if (!hasFact(data.recording.facts, "container_is_closed")) return {};
  return {
    containerMemoryPeakBytes: last(data, CONTAINER.memoryPeak),
    containerCpuSeconds: grown(data, CONTAINER.cpuSeconds, () => true),
  };
}

function hasFact(facts: Recording["facts"], name: string): boolean {
  return facts.some(([known]) => known === name);
}

/** The CPU time of all names together, the rest included: what wait4 and samples saw. */
function namedCpu(data: RunData): Numbers {
  return { commCpuSeconds: sumSeen(seriesOf(data, COMMAND.commCpuSeconds).map((one) => lastValue(one.blocks()))) };
}

/** A fact that is a number; NaN: there is none. */
function numberFact({ facts }: Recording, name: string): number {
  const text = facts.find(([known]) => known === name)?.[1] ?? "";
  return text === "" ? Number.NaN : Number(text);
}

function commandText({ facts, identity }: Recording): string {
  const fact = (name: string) => facts.find(([known]) => known === name)?.[1];
  const words = [fact("command"), fact("arguments")].filter((word) => word !== undefined);
  return words.length === 0 ? identity.instance : words.join(" ");
}

function seriesOf({ all }: RunData, metric: Metric): readonly RecordedSeries[] {
  return all.get(metric.name) ?? [];
}

/**
 * The last value of a metric since the command's start, of the series with this first label where one is given; NaN: there
 * is none. The row of the start is older than the command: that a counter is 0 there says nothing of it.
 */
function last(data: RunData, metric: Metric, label?: string): number {
  const one = seriesOf(data, metric).find(({ labels }) => label === undefined || labels[0] === label);
  return one ? lastValue(one.blocks(), data.span?.fromMs) : Number.NaN;
}

/** The highest value of a gauge; NaN: there is none. */
function most(data: RunData, metric: Metric): number {
  let found = Number.NaN;
  for (const one of seriesOf(data, metric))
    for (const { length, values } of one.blocks())
      for (let row = 0; row < length; row++) if (Number.isNaN(found) || values[row]! > found) found = values[row]!;
  return found;
}

/** The most by which a gauge was above the least of its values until then, while the command ran; NaN: it has none. */
function risen(data: RunData, metric: Metric): number {
  const { fromMs = Number.NaN, toMs = Number.NaN } = data.span ?? {};
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NaN;
  for (const one of seriesOf(data, metric))
    for (const { length, times, values } of one.blocks())
      for (let row = 0; row < length; row++) {
        if (!(times[row]! >= fromMs && times[row]! <= toMs)) continue;
        least = Math.min(least, values[row]!);
        if (!(values[row]! - least <= most)) most = values[row]! - least;
      }
  return most;
}

/** Growth of counters of the machine together, while the command ran. */
function grown(data: RunData, metric: Metric, isMeant: (one: RecordedSeries) => boolean): number {
  const { span } = data;
  if (!span) return Number.NaN;
  return sumSeen(
    seriesOf(data, metric)
      .filter(isMeant)
      .map((one) => growthWithin(one.blocks(), span).growth),
  );
}

/** The span from the command's start to the last sample. */
export function spanUntilNow(status: RecordedSeries): Span | undefined {
  let fromMs = Number.NaN;
  let toMs = Number.NaN;
  for (const { length, times, values } of status.blocks()) {
    for (let row = 0; row < length; row++) {
      if (values[row] !== 1) continue;
      toMs = times[row]!;
      if (Number.isNaN(fromMs)) fromMs = toMs;
    }
  }
  return Number.isNaN(fromMs) ? undefined : { fromMs, toMs };
}

/** In place of a command name: all processes that have no series of their own, unseen ones included. */
export const UNNAMED = "other";

/** The figures of all processes with one command name. */
export interface CommFigures {
  readonly comm: string;
  readonly cpuSeconds?: number;
  readonly memoryPeakBytes?: number;
  readonly processes?: number;
  /** That system calls read and wrote, at least. */
  readonly ioReadBytes?: number;
  readonly ioWriteBytes?: number;
}

const COMM_SERIES = [
  ["cpuSeconds", COMMAND.commCpuSeconds],
  ["memoryPeakBytes", COMMAND.commMemoryPeak],
  ["processes", COMMAND.commProcesses],
  ["ioReadBytes", COMMAND.commIoRead],
  ["ioWriteBytes", COMMAND.commIoWrite],
] as const;

/** The figures by command name, those with the most CPU time first; the rest, `other`, is last. */
export function figuresByComm(recording: Recording): CommFigures[] {
  const byComm = new Map<string, { -readonly [K in keyof CommFigures]: CommFigures[K] }>();
  for (const one of recording.series()) {
    const field = COMM_SERIES.find(([, metric]) => metric.name === one.metric.name)?.[0];
    if (field === undefined) continue;
    const [comm = ""] = one.labels;
    const value = lastValue(one.blocks());
    if (Number.isNaN(value)) continue;
    const known = byComm.get(comm) ?? { comm };
    known[field] = value;
    byComm.set(comm, known);
  }
  const rank = ({ comm, cpuSeconds = 0 }: CommFigures) => (comm === UNNAMED ? -1 : cpuSeconds);
  return [...byComm.values()].sort((a, b) => rank(b) - rank(a));
}
