import { type Run, runOf } from "../../explorer/data/run-columns.ts";
import {
  ACCOUNTING,
  COMMAND,
  CONTAINER,
  DEVICES,
  KERNEL,
  MACHINE,
  RECORDER,
  RUN,
  type SeriesKey,
  series,
} from "../../src/catalog/index.ts";
import type { Identity } from "../../src/recording/recording.ts";
import { withSummary } from "../../src/recording/summary-series.ts";
import { renderBytes, START_MS } from "../helpers/recording.ts";
import { RowStore } from "../helpers/row-store.ts";

export interface MadeRun {
  readonly identity?: Partial<Identity>;
  readonly startMs?: number;
  /** The command's duration; there are `delay` seconds before it and after it. */
  readonly seconds?: number;
  readonly delay?: number;
  readonly command?: readonly [name: string, args: string];
  readonly exitStatus?: number;
  /** The use of resources, as a multiple of the usual one. */
  readonly load?: number;
  /** The seconds from one sample to the next; default: 1. The run's times are multiples of it. */
  readonly every?: number;
  /** So many threads wait for a CPU all the time. */
  readonly starved?: number;
  /** Whether there are series of the command; files of the original program have none. */
  readonly measured?: boolean;
  /** The samples, by number, without values of disks and memory. */
  readonly gap?: readonly [from: number, to: number];
  /** The samples, by number, that were missed. */
  readonly missed?: readonly [from: number, to: number];
  readonly events?: readonly { readonly at: number; readonly event: string; readonly text: string }[];
}

const GIB = 2 ** 30;
const MIB = 2 ** 20;
const CPUS = 4;
const MODES = ["user", "system", "idle", "nice", "iowait", "irq", "softirq", "steal", "guest", "guestNice"] as const;

type Sample = readonly (readonly [key: SeriesKey, value: number])[];

/** Makes the recording of a build: it reads, compiles on all CPUs, links on one, writes. It is always the same. */
export function madeRun(made: MadeRun = {}): RowStore {
  const { seconds = 120, delay = 3, startMs = START_MS, measured = true, every = 1, gap, missed } = made;
  const identity: Identity = { instance: "make", role: "standalone", labels: new Map(), ...made.identity };
  const store = new RowStore(identity, startMs);
  const [name, args] = made.command ?? ["make", "-j8 all"];
  for (const fact of [
    ["version", "0.1.0"],
    ["kernel", "6.18.44"],
    ["host", "builder"],
    ["interval_seconds", String(every)],
    ["command", name],
    ["arguments", args],
    ["summed_interface", "eth0"],
    ["summed_disk", "vda"],
  ] as const)
    store.fact(fact);
  const work = new Work(made);
  for (let n = 0; n * every <= seconds + 2 * delay; n++) {
    const second = n * every - delay;
    const all = [
      ...machineSample(work, second),
      ...(measured && second >= 0 ? commandSample(work, second, seconds) : []),
    ];
    const isGap = gap && n >= gap[0] && n <= gap[1];
    const kept = isGap ? all.filter(([{ metric }]) => !/disk|memory/.test(metric.name)) : all;
    if (!(missed && n >= missed[0] && n <= missed[1])) {
      store.layout(kept.map(([key]) => key));
      store.row(
        startMs + n * every * 1000,
        Float64Array.from(kept, ([, value]) => value),
      );
    }
    work.pass(second, every, seconds);
  }
  const status = made.exitStatus ?? 0;
  store.event({ atMs: startMs + delay * 1000, event: "command_started", text: "Command started" });
  for (const { at, event, text } of made.events ?? []) store.event({ atMs: startMs + at * 1000, event, text });
  const text = `Command done with status ${status}`;
  store.event({ atMs: startMs + (delay + seconds) * 1000, event: "command_done", text });
  return store;
}

/** Returns the recording as a metrics file. */
export function madeFile(made: MadeRun = {}): Uint8Array {
  return renderBytes(withSummary(madeRun(made)));
}

/** What was used until now, and what is in use. */
class Work {
  readonly made: MadeRun;
  readonly cpu = MODES.map(() => 50_000);
  user = 0;
  system = 0;
  wait = 0;
  sent = 4e9;
  received = 9e9;
  read = 3 * GIB;
  written = 8 * GIB;
  ownRead = 0;
  ownWritten = 0;
  anonymous = 40 * MIB;
  peak = 0;
  threads = 1;
  retransmits = 120;
  private random = 12_345;

  constructor(made: MadeRun) {
    this.made = made;
  }

  /** Adds so many seconds, from one second of the command on. */
  pass(from: number, count: number, seconds: number): void {
    for (let second = from; second < from + count; second++)
      if (second >= 0 && second < seconds) this.advance(second / seconds);
      else this.rest();
  }

  /** Adds a second of work; `part` is the share of the work that is done. */
  advance(part: number): void {
    const load = this.made.load ?? 1;
    const isLinking = part > 0.8;
    const isReading = part < 0.2;
    const cores = Math.min(CPUS - 0.1, (isReading ? 0.7 : isLinking ? 1 : 3.4 + this.noise(0.5)) * load);
    const system = cores * (isReading ? 0.45 : 0.16 + this.noise(0.05));
    this.user = hundredths(this.user + cores - system);
    this.system = hundredths(this.system + system);
    this.wait += isReading ? 0.9 : 0.04;
    this.machine(this.made.starved ? CPUS : cores + 0.05, isReading ? 1.1 : 0.08);
    const read = Math.round((isReading ? 160 : 4 + this.noise(6)) * load) * MIB;
    const written = Math.round(isLinking ? 90 + this.noise(40) : 6 + this.noise(8)) * MIB;
    this.read += read;
    this.written += written;
    this.ownRead += read;
    this.ownWritten += written;
    this.received += Math.round((isReading ? 11e6 : 4e4 + this.noise(3e4)) * load);
    this.sent += Math.round((isReading ? 2e5 : 3e4) * load);
    this.retransmits += isReading ? 2 : 0;
    this.threads = isLinking ? 5 : isReading ? 2 : 12 + Math.round(this.noise(4));
    this.anonymous =
      Math.round((isLinking ? 2300 * Math.min(1, (part - 0.78) * 9) : 500 + 900 * part + this.noise(240)) * load) * MIB;
    this.peak = Math.max(this.peak, this.anonymous + 20 * MIB);
  }

  /** Adds a second in which the machine is nearly idle. */
  rest(): void {
    this.machine(0.03, 0);
    this.sent += 900;
    this.received += 1200;
  }

  private machine(wanted: number, wait: number): void {
    const busy = Math.min(wanted, CPUS - wait - 0.1);
    const idle = CPUS - busy - wait;
    const shares = [busy * 0.8, busy * 0.17, idle, 0, wait, 0, busy * 0.02, busy * 0.01, 0, 0];
    for (const [at, share] of shares.entries()) this.cpu[at] = hundredths(this.cpu[at]! + share);
  }

  /** Returns pseudo-random numbers, the same in every test run. */
  private noise(size: number): number {
    this.random = (this.random * 1_103_515_245 + 12_345) % 2 ** 31;
    return ((this.random / 2 ** 31) * 2 - 1) * size;
  }
}

function hundredths(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}

/** The times of one CPU: others are a little less busy, and all modes of each fill every second. */
function timesOfCpu(all: readonly number[], cpu: number): number[] {
  const seconds = Math.round(all.reduce((sum, time) => sum + time, 0) / CPUS);
  const shares = all.map((time) => hundredths((time / CPUS) * (1 - (CPUS - 1 - cpu) * 0.03)));
  const idle = MODES.indexOf("idle");
  shares[idle] = hundredths(seconds - shares.reduce((sum, share, at) => (at === idle ? sum : sum + share), 0));
  return shares;
}

function machineSample(work: Work, second: number): Sample {
  const { seconds = 120 } = work.made;
  const used = 1.4 * GIB + (second >= 0 && second < seconds ? work.anonymous : 0);
  const cached = 3 * GIB + (work.read - 3 * GIB) / 2;
  const status = second < 0 ? 0 : second < seconds ? 1 : 2;
  return [
    [series(RUN.commandStatus), status],
    ...Array.from({ length: CPUS }, (_, cpu) =>
      timesOfCpu(work.cpu, cpu).map((share, at) => {
        return [series(MACHINE.cpuSeconds, { cpu: `cpu${cpu}`, mode: MODES[at]! }), share] as const;
      }),
    ).flat(),
    [series(KERNEL.cpusOnline), CPUS],
    [series(MACHINE.memoryTotal), 16 * GIB],
    [series(MACHINE.memoryUsed), used],
    [series(MACHINE.memoryBuffers), 0.1 * GIB],
    [series(MACHINE.memoryCached), cached],
    [series(MACHINE.memoryFree), 16 * GIB - used - cached - 0.1 * GIB],
    ...["eth0", "lo"].flatMap((name) => [
      [series(MACHINE.networkReceived, { interface: name }), name === "lo" ? 5000 : work.received] as const,
      [series(MACHINE.networkSent, { interface: name }), name === "lo" ? 5000 : work.sent] as const,
    ]),
    [series(MACHINE.diskRead, { disk: "vda" }), work.read],
    [series(MACHINE.diskWrite, { disk: "vda" }), work.written],
    [series(DEVICES.diskBusySeconds, { disk: "vda" }), hundredths(work.wait + work.written / (400 * MIB))],
    ...["cpu", "memory", "io"].flatMap((resource) =>
      ["some", "full"].map((mode) => {
        const share = resource === "io" ? work.wait : resource === "cpu" ? work.user * 0.05 : 0;
        return [series(KERNEL.pressure, { resource, mode }), share * (mode === "full" ? 0.6 : 1)] as const;
      }),
    ),
    [series(DEVICES.tcpRetransmits), work.retransmits],
    [series(KERNEL.swapIn), 0],
    [series(KERNEL.swapOut), 0],
    [series(KERNEL.load1), Math.min(4, Math.max(0, second / 20))],
    [series(KERNEL.tasksRunning), work.threads],
    [series(RECORDER.sampleDuration), 0.0004 + (work.threads % 5) / 1e5],
  ];
}

function commandSample(work: Work, second: number, seconds: number): Sample {
  const lives = second < seconds;
  const now = (value: number) => (lives ? value : 0);
  const cpu = work.user + work.system;
  const { exitStatus = 0 } = work.made;
  const end: Sample = [
    [series(COMMAND.duration), seconds],
    exitStatus >= 0 ? [series(COMMAND.exitStatus), exitStatus] : [series(COMMAND.exitSignal), -exitStatus],
    ...(["cc1plus", "ld", "make", "sh", "other"] as const).flatMap((comm, at) => [
      [series(COMMAND.commCpuSeconds, { comm }), hundredths(cpu * [0.78, 0.14, 0.04, 0.03, 0.01][at]!)] as const,
      [series(COMMAND.commMemoryPeak, { comm }), [1400, 2300, 12, 4, 30][at]! * MIB] as const,
      [series(COMMAND.commProcesses, { comm }), [240, 3, 14, 250, 31][at]!] as const,
    ]),
  ];
  return [
    [series(COMMAND.cpuSeconds, { mode: "user" }), work.user],
    [series(COMMAND.cpuSeconds, { mode: "system" }), work.system],
    ...(work.made.starved ? [[series(COMMAND.runDelay), work.made.starved * Math.min(second, seconds)] as const] : []),
    [series(COMMAND.memoryAnonymous), now(work.anonymous)],
    [series(COMMAND.memoryShared), now(12 * MIB)],
    [series(COMMAND.memoryFile), now(90 * MIB)],
    [series(COMMAND.memoryKernel), now(8 * MIB)],
    [series(COMMAND.memoryResident), now(work.anonymous * 1.08 + 120 * MIB)],
    [series(COMMAND.memoryPeak), work.peak],
    [series(COMMAND.memoryPeakBound), work.peak * 1.2],
    [series(COMMAND.processes), now(Math.ceil(work.threads / 1.5))],
    [series(COMMAND.threads), now(work.threads)],
    [series(COMMAND.openDescriptors), now(work.threads * 7)],
    [series(COMMAND.diskRead), work.ownRead],
    [series(COMMAND.diskWrite), work.ownWritten],
    [series(COMMAND.ioRead), work.ownRead * 2],
    [series(COMMAND.ioWrite), Math.round(work.ownWritten * 1.1)],
    [series(COMMAND.contextSwitches, { mode: "voluntary" }), Math.round(work.user * 90)],
    [series(COMMAND.contextSwitches, { mode: "involuntary" }), Math.round(work.user * 25)],
    [series(COMMAND.pageFaults, { mode: "major" }), 0],
    [series(CONTAINER.memoryLimit), 3 * GIB],
    [series(ACCOUNTING.info, { resource: "memory", source: "smaps_samples_lower_bound" }), 1],
    [series(ACCOUNTING.info, { resource: "cpu", source: "wait4" }), 1],
    ...(lives ? [] : end),
  ];
}

/** A made run as a server has it. */
export function dataOf(made: MadeRun, id = "0"): Run {
  return runOf(withSummary(madeRun(made)), { id, name: `run-${id}.prom`, live: false });
}
