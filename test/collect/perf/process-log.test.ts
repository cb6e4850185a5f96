import { describe, expect, test } from "bun:test";
import type { ProcessAmounts, ProcessSample } from "../../../src/catalog/process-sample.ts";
import {
  type LoggedProcess,
  type ProcessExit,
  ProcessLog,
  type SampledProcess,
} from "../../../src/collect/perf/process-log.ts";
import { TaskClock } from "../../../src/collect/perf/task-clock.ts";
import { WrittenRing } from "./ring.ts";

const [SELF, ROOT] = [1, 100];
const MS = 1e6;

/** A process whose other files were not read. */
const UNREAD = {
  ended: false,
  newMicros: 0,
  readBytes: Number.NaN,
  writtenBytes: Number.NaN,
  runDelaySeconds: Number.NaN,
};

/** A log of two rings; `at` is the time of the next reading. */
function logged(
  hasRecords = true,
  argumentsOf?: (pid: number) => string[] | undefined,
  exitOf?: (pid: number, threads: number) => ProcessExit | undefined,
) {
  const rings = [new WrittenRing(65_536), new WrittenRing(65_536)] as const;
  const clock = new TaskClock(rings, rings, ROOT);
  const told: LoggedProcess[] = [];
  const state = { nowNs: 0, bootAheadNs: 0 };
  const samples = new KeptSamples();
  const log = new ProcessLog(ROOT, SELF, hasRecords, (process) => told.push(process), {
    now: () => state.nowNs,
    bootAheadNs: () => state.bootAheadNs,
    argumentsOf,
    exitOf: exitOf ?? NO_EXIT,
    timesOfThread: 0,
    samples,
  });
  clock.logTo(log);
  const readAt = (ms: number) => {
    state.nowNs = ms * MS;
    clock.drain();
  };
  const sample = (all: readonly (Omit<SampledProcess, "startTicks"> & { startTicks?: number })[]) => {
    log.startReading(true);
    for (const one of all) log.saw({ startTicks: 0, ...one });
    log.endReading();
    const living = all.filter(({ ended }) => !ended);
    for (const { newMicros } of all) samples.micros += newMicros;
    const cpuSeconds = samples.micros / 1e6;
    const residentBytes = living.reduce((sum, one) => sum + one.residentBytes, 0);
    log.sampled(state.nowNs / MS, { cpuSeconds, residentBytes, processes: living.length });
  };
  return { rings, log, told, readAt, state, sample, samples };
}

const NO_EXIT = () => undefined;

/** The last sample of the largest processes. */
class KeptSamples {
  micros = 0;
  startMs = 0;
  last = "";
  wantsWhole = () => true;
  take({ cpu, resident, restProcesses, restMicros }: ProcessSample): void {
    const pairs = ({ ids, amounts, length }: ProcessAmounts) =>
      Array.from({ length }, (_, i) => `${ids[i]}:${amounts[i]}`).join(" ");
    this.last = `cpu ${pairs(cpu)}, kib ${pairs(resident)}, rest ${restProcesses} ${restMicros}`;
  }
}

const lives = (told: readonly LoggedProcess[]) =>
  told.map(({ pid, parent, names, startNs, endNs, cpuNs, execs }) =>
    [pid, parent, names.join(">"), startNs / MS, endNs / MS, cpuNs, execs].join(" "),
  );

describe("by records", () => {
  test("a process has parent, times, names and CPU time; the command's parent is statexec", () => {
    const { rings, log, told, readAt } = logged();
    const [first, second] = rings;
    first.exec(ROOT, "sh", 1 * MS).fork(101, ROOT, 2 * MS);
    second
      .exec(101, "cc", 3 * MS)
      .rename(101, "cc1", 4 * MS)
      .exit(101, 5 * MS)
      .cpu(101, 700, 5.01 * MS);
    // The kernel tells of the CPU time after the end, on every CPU.
    first
      .cpu(101, 50, 5.02 * MS)
      .exit(ROOT, 6 * MS)
      .cpu(ROOT, 9, 6.01 * MS);
    readAt(100);
    log.end();
    expect(lives(told)).toEqual(["101 100 cc>cc1 2 5 750 1", "100 1 sh 1 6 9 1"]);
  });

  test("a process that was forked and executes nothing has its parent's name", () => {
    const { rings, log, told, readAt } = logged();
    rings[0]
      .exec(ROOT, "worker", MS)
      .fork(101, ROOT, 2 * MS)
      .exit(101, 3 * MS);
    readAt(100);
    log.end();
    expect(lives(told)[0]).toBe("101 100 worker 2 3 0 0");
  });

  test("a number that is used again is another process", () => {
    const { rings, log, told, readAt } = logged();
    const [first, second] = rings;
    first
      .exec(ROOT, "sh", MS)
      .fork(101, ROOT, 2 * MS)
      .exec(101, "a", 3 * MS)
      .exit(101, 4 * MS)
      .cpu(101, 5, 4.1 * MS);
    second
      .fork(101, ROOT, 6 * MS)
      .exec(101, "b", 7 * MS)
      .exit(101, 8 * MS);
    readAt(100);
    log.end();
    expect(lives(told).slice(0, 2)).toEqual(["101 100 a 2 4 5 1", "101 100 b 6 8 0 1"]);
  });

  test("a chain of programs is one process with all their names, the first sixteen", () => {
    const { rings, log, told, readAt } = logged();
    for (let i = 0; i < 20; i++) rings[0].exec(ROOT, `p${i}`, (i + 1) * MS);
    rings[0].exit(ROOT, 50 * MS);
    readAt(100);
    log.end();
    expect(told[0]!.names.length).toBe(16);
    expect(told[0]!.execs).toBe(20);
  });

  test("an exec of another thread than the first keeps the process alive", () => {
    const { rings, log, told, readAt } = logged();
    const [ring] = rings;
    ring.exec(ROOT, "java", MS).fork(ROOT, ROOT, 2 * MS, 105);
    // The first thread ends, and the other one gets its number.
    ring
      .exit(ROOT, 3 * MS)
      .exec(ROOT, "next", 4 * MS)
      .exit(ROOT, 9 * MS);
    readAt(100);
    log.end();
    expect(lives(told)).toEqual(["100 1 java>next 1 9 0 2"]);
    expect(told[0]!.threads).toBe(2);
  });

  test("what is in one ring, and was written while the others were read, waits for the next reading", () => {
    const { rings, log, told, readAt } = logged();
    const [first, second] = rings;
    first.exec(ROOT, "sh", MS);
    second.exec(101, "cc", 100 * MS).exit(101, 100.2 * MS);
    readAt(100.5);
    first.fork(101, ROOT, 99.9 * MS);
    readAt(200);
    readAt(300);
    expect(lives(told)).toEqual(["101 100 cc 99.9 100.2 0 1"]);
    log.end();
  });

  test("processes that are none of the command's are left out", () => {
    const { rings, log, told, readAt } = logged();
    rings[0]
      .exec(55, "helper", MS)
      .cpu(55, 1000)
      .exit(55, 2 * MS);
    readAt(100);
    log.end();
    expect(told).toEqual([]);
  });

  test("one that lives at the end, or whose end was lost, has no end", () => {
    const { rings, log, told, readAt } = logged();
    rings[0]
      .exec(ROOT, "sh", MS)
      .fork(101, ROOT, 2 * MS)
      .lost(1)
      .fork(101, ROOT, 5 * MS);
    readAt(100);
    log.end();
    expect(told.map(({ pid, endNs }) => [pid, endNs])).toEqual([
      [101, Number.NaN],
      [ROOT, Number.NaN],
      [101, Number.NaN],
    ]);
  });

  test("a sample adds resident memory, and nothing else", () => {
    const { rings, log, told, readAt, sample } = logged();
    rings[0].exec(ROOT, "sh", MS).exit(ROOT, 500 * MS);
    rings[1].fork(101, ROOT, 2 * MS);
    readAt(100);
    const sampled = { ...UNREAD, parent: 1, name: "other", cpuSeconds: 9, threads: 7 };
    for (const residentBytes of [5, 9, 7]) sample([{ ...sampled, pid: 101, residentBytes }]);
    sample([{ ...sampled, pid: 777, residentBytes: 1 }]);
    log.end();
    expect(told.map(({ pid, residentBytes }) => [pid, residentBytes])).toEqual([
      [ROOT, Number.NaN],
      [101, 9],
    ]);
    expect(lives(told)[1]).toBe("101 100 sh 2 NaN 0 0");
  });
});

test("a sample adds io and waits, which do not fall, and arguments once for each program; who waited for it says how it ended", () => {
  const asked: number[] = [];
  const argumentsOf = (pid: number) => {
    asked.push(pid);
    return asked.length === 2 ? undefined : ["cc", `-${asked.length}`];
  };
  const { rings, log, told, readAt, sample } = logged(true, argumentsOf);
  rings[0]
    .exec(ROOT, "sh", MS)
    .fork(101, ROOT, 2 * MS)
    .exec(101, "cc", 3 * MS);
  readAt(100);
  const sampled = { ended: false, parent: ROOT, name: "cc", cpuSeconds: 0, threads: 1, pid: 101, residentBytes: 1 };
  sample([{ ...sampled, ...UNREAD }]);
  sample([{ ...sampled, newMicros: 0, readBytes: 10, writtenBytes: 5, runDelaySeconds: 0.5 }]);
  sample([{ ...sampled, newMicros: 0, readBytes: 4, writtenBytes: 7, runDelaySeconds: Number.NaN }]);
  expect(asked).toEqual([101]);
  rings[0].exec(101, "ld", 200 * MS);
  readAt(300);
  sample([{ ...sampled, ...UNREAD }]);
  log.exited(101, { signal: 9 });
  log.exited(999, { status: 1 });
  rings[0].exit(101, 400 * MS).exec(102, "x", 401 * MS);
  readAt(500);
  log.end();
  expect(asked).toEqual([101, 101]);
  const [one, root] = told;
  // The second time there was nothing to read: what was known before stays.
  expect(one).toMatchObject({ pid: 101, readBytes: 10, writtenBytes: 7, runDelaySeconds: 0.5, args: ["cc", "-1"] });
  expect(one!.exit).toEqual({ signal: 9 });
  expect(root).toMatchObject({ pid: ROOT, readBytes: Number.NaN, args: undefined, exit: undefined });
});

test.each([true, false])("of one that was not waited for yet a sample asks how it ended; records: %p", (hasRecords) => {
  const asked: [pid: number, threads: number][] = [];
  const exitOf = (pid: number, threads: number): ProcessExit | undefined => {
    asked.push([pid, threads]);
    return pid === 101 ? { status: 7 } : undefined;
  };
  const { rings, log, told, readAt, sample } = logged(hasRecords, undefined, exitOf);
  const sampled = { ...UNREAD, parent: ROOT, name: "cc", cpuSeconds: 0, threads: 3, residentBytes: 1 };
  rings[0]
    .exec(ROOT, "sh", MS)
    .fork(101, ROOT, 2 * MS)
    .fork(102, ROOT, 3 * MS);
  const all = [101, 102].map((pid) => ({ ...sampled, pid }));
  readAt(100);
  sample(all);
  if (hasRecords) rings[0].exit(101, 110 * MS).exit(102, 111 * MS);
  readAt(200);
  sample([...all, { ...sampled, pid: 999 }].map((one) => ({ ...one, ended: true })));
  expect(asked).toEqual([101, 102].map((pid) => [pid, hasRecords ? 1 : 3]));
  readAt(300);
  // They have been told: nothing more is asked.
  sample(all.map((one) => ({ ...one, ended: true })));
  expect(asked.length).toBe(2);
  log.end();
  expect(told.filter(({ pid }) => pid > ROOT).map(({ pid, exit }) => [pid, exit])).toEqual([
    [101, { status: 7 }],
    [102, undefined],
  ]);
});

test("without records there is what samples saw: from the first that had it to the first without it", () => {
  const { log, told, state, sample } = logged(false);
  const one = { ...UNREAD, pid: ROOT, parent: SELF, threads: 1 };
  for (const [ms, name, cpuSeconds, residentBytes] of [
    [10, "sh", 0.1, 4],
    [20, "make", 0.3, 9],
    [30, "make", 0.3, 2],
  ] as const) {
    state.nowNs = ms * MS;
    sample([{ ...one, name, cpuSeconds, residentBytes }]);
  }
  state.nowNs = 40 * MS;
  sample([]);
  log.end();
  expect(lives(told)).toEqual(["100 1 sh>make 10 40 300000000 0"]);
  expect(told[0]!.residentBytes).toBe(9);
});

describe("a number that another process has by the next sample", () => {
  const one = { ...UNREAD, pid: 101, parent: ROOT, name: "cc", cpuSeconds: 0, threads: 1 };

  test("is of another one without records, too", () => {
    const { log, told, state, sample, samples } = logged(false);
    state.nowNs = 10 * MS;
    sample([{ ...one, startTicks: 1, residentBytes: 4096, newMicros: 30_000 }]);
    expect(samples.last).toBe("cpu 1:30000, kib 1:4, rest 0 0");
    state.nowNs = 20 * MS;
    sample([{ ...one, startTicks: 2, residentBytes: 8192, newMicros: 10_000 }]);
    expect(samples.last).toBe("cpu 2:10000, kib 2:8, rest 0 0");
    log.end();
    expect(told.map(({ sampleId, residentBytes, endNs }) => [sampleId, residentBytes, endNs / MS])).toEqual([
      [1, 4096, 20],
      [2, 8192, Number.NaN],
    ]);
  });

  test("is in the rest until the records tell of it", () => {
    const { rings, log, told, readAt, sample, samples } = logged();
    rings[0].exec(ROOT, "sh", MS).fork(101, ROOT, 2 * MS);
    readAt(100);
    sample([{ ...one, startTicks: 0, residentBytes: 4096 }]);
    // The records of its end and of the next fork have not been read when the tree has that one.
    sample([{ ...one, startTicks: 33, residentBytes: 9 * 4096, newMicros: 70_000 }]);
    expect(samples.last).toBe("cpu , kib , rest 1 70000");
    rings[0].exit(101, 331 * MS).fork(101, ROOT, 332 * MS);
    readAt(400);
    sample([{ ...one, startTicks: 33, residentBytes: 9 * 4096, newMicros: 20_000 }]);
    expect(samples.last).toBe("cpu 2:20000, kib 2:36, rest 0 0");
    log.end();
    expect(told.map(({ pid, sampleId, residentBytes }) => [pid, sampleId, residentBytes])).toEqual([
      [101, 1, 4096],
      [ROOT, 0, Number.NaN],
      [101, 2, 9 * 4096],
    ]);
  });

  test("is not taken for a process that no sample had seen before, whose times differ", () => {
    const { rings, log, told, readAt, sample, samples } = logged();
    rings[0].exec(ROOT, "sh", MS).fork(101, ROOT, 2 * MS);
    readAt(100);
    sample([{ ...one, startTicks: 90, residentBytes: 4096 }]);
    expect(samples.last).toBe("cpu , kib , rest 1 0");
    log.end();
    expect(told.map(({ sampleId, residentBytes }) => [sampleId, residentBytes])).toEqual([
      [0, Number.NaN],
      [0, Number.NaN],
    ]);
  });

  test("is the same process where the machine slept before it started", () => {
    const { rings, readAt, sample, samples, state } = logged();
    rings[0].exec(ROOT, "sh", MS).fork(101, ROOT, 2 * MS);
    readAt(100);
    state.bootAheadNs = 60_000 * MS;
    sample([{ ...one, startTicks: 6000, residentBytes: 4096 }]);
    expect(samples.last).toBe("cpu , kib 1:4, rest 0 0");
  });
});

test("of a process that has ended a sample says what it used since the one before, and no memory", () => {
  const { rings, readAt, sample, samples } = logged();
  const one = { ...UNREAD, pid: 101, parent: ROOT, name: "cc", cpuSeconds: 0, threads: 1, residentBytes: 4096 };
  rings[0].exec(ROOT, "sh", MS).fork(101, ROOT, 2 * MS);
  readAt(100);
  sample([{ ...one, newMicros: 5 }]);
  sample([{ ...one, newMicros: 7, ended: true }]);
  expect(samples.last).toBe("cpu 1:7, kib , rest 0 0");
  sample([{ ...one, ended: true }]);
  expect(samples.last).toBe("cpu , kib , rest 0 0");
});
