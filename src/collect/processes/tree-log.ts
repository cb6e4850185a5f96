import { ABSENT } from "../collector.ts";
import type { ProcessLog, SampledProcess } from "../perf/process-log.ts";
import type { CpuSeconds } from "./command-cpu.ts";
import type { ProcessAccounts } from "./process-accounts.ts";
import type { RunDelay } from "./run-delay.ts";

/** Tells the record of processes what the process tree is, reading after reading. It allocates nothing. */
export class TreeLog {
  /** The process that is told of. */
  private readonly one: SampledProcess = {
    pid: 0,
    parent: 0,
    startTicks: 0,
    name: "",
    ended: false,
    cpuSeconds: 0,
    newMicros: 0,
    threads: 0,
    residentBytes: 0,
    readBytes: ABSENT,
    writtenBytes: ABSENT,
    runDelaySeconds: ABSENT,
  };
  private readonly figures = { cpuSeconds: 0, residentBytes: 0, processes: 0 };

  constructor(
    private readonly log: ProcessLog,
    private readonly accounts: ProcessAccounts,
    private readonly runDelay: RunDelay,
  ) {}

  /** The accounts are up to date. `isSample`: this is no reading between two samples. */
  read(isSample: boolean): void {
    const { log, one, runDelay } = this;
    const { tracker, names } = this.accounts;
    log.startReading(isSample);
    for (let i = 0; i < tracker.descendants.length; i++) {
      const descendant = tracker.descendants[i]!;
      const { io } = descendant;
      one.pid = descendant.pid;
      one.parent = descendant.parent;
      one.startTicks = descendant.startTicks;
      one.name = names.at(descendant.name)?.name ?? "";
      one.ended = descendant.ended;
      one.cpuSeconds = descendant.ownSeconds;
      one.newMicros = isSample ? descendant.takeNewMicros() : 0;
      one.threads = descendant.threads;
      one.residentBytes = descendant.memory.residentBytes;
      one.readBytes = io.isKnown ? io.ownReadBytes : ABSENT;
      one.writtenBytes = io.isKnown ? io.ownWriteBytes : ABSENT;
      one.runDelaySeconds = runDelay.secondsOf(descendant);
      log.saw(one);
    }
    log.endReading();
  }

  /** The reading was a sample: with `cpu` the figures of the tree are complete. */
  sampled(atMs: number, cpu: CpuSeconds): void {
    const { accounts, figures } = this;
    figures.cpuSeconds = cpu.userSeconds + cpu.systemSeconds;
    figures.residentBytes = accounts.residentBytes;
    figures.processes = accounts.processes;
    this.log.sampled(atMs, figures);
  }
}
