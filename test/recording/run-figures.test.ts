import { describe, expect, test } from "bun:test";
import { ACCOUNTING, COMMAND, KERNEL, MACHINE, RUN, type SeriesKey, series } from "../../src/catalog/index.ts";
import { isLowerBound } from "../../src/recording/evidence.ts";
import { figuresOf, type RunFigures } from "../../src/recording/run-figures.ts";
import { recordingOf, START_MS } from "../helpers/recording.ts";
import { cpu, received, run } from "./runs.ts";

const S = 1000;
const mode = (name: string) => series(COMMAND.cpuSeconds, { mode: name });
const source = (resource: string, name: string) => series(ACCOUNTING.info, { resource, source: name });

/** The figures of a run of ten seconds whose columns have these values at its start and at its end. */
function ten(
  ...columns: readonly (readonly [key: SeriesKey, from: number | undefined, to: number | undefined])[]
): RunFigures {
  const keys = columns.map(([key]) => key);
  const [from, to] = [columns.map(([, value]) => value), columns.map(([, , value]) => value)];
  return figuresOf(
    run(keys, [
      [0, 0],
      [1 * S, 1, ...from],
      [11 * S, 2, ...to],
      [12 * S, 2],
    ]),
  );
}

test("an empty recording has no figures, and none is 0", () => {
  expect(figuresOf(recordingOf({}))).toEqual({ command: "make", sources: new Map() });
});

test("what it ran on, by its facts", () => {
  const facts = [
    ["machine", "arm64"],
    ["kernel", "6.1.0"],
    ["host", "builder"],
  ] as const;
  const { architecture, kernel, host } = figuresOf(recordingOf({ facts }));
  expect([architecture, kernel, host]).toEqual(["arm64", "6.1.0", "builder"]);
});

test("exit status and signal from their series", () => {
  expect(ten([series(COMMAND.exitStatus), undefined, 7])).toMatchObject({ exitStatus: 7, wallSeconds: 10 });
  const killed = ten([series(COMMAND.exitSignal), undefined, 9]);
  expect(killed.exitSignal).toBe(9);
  expect(killed).not.toHaveProperty("exitStatus");
});

test("exit status from the events of old files", () => {
  const done = (text: string) => figuresOf(recordingOf({ events: [{ atMs: START_MS, event: "command_done", text }] }));
  expect(done("Command done with status 3").exitStatus).toBe(3);
  expect(done("Command ended by SIGKILL")).not.toHaveProperty("exitStatus");
});

test("the wall time is the exact duration, or else the time between the samples", () => {
  expect(ten([series(COMMAND.duration), undefined, 9.876]).wallSeconds).toBe(9.876);
  expect(ten().wallSeconds).toBe(10);
});

test("the machine's shared memory is what it rose by while the command ran, over its least until then", () => {
  const grown = (...rows: readonly (readonly [atS: number, status: number, bytes: number])[]) =>
    figuresOf(
      run(
        [series(KERNEL.memoryShared)],
        rows.map(([atS, ...values]) => [atS * S, ...values]),
      ),
    ).machineSharedGrownBytes;
  expect(grown([1, 1, 700], [2, 1, 500], [3, 1, 650], [4, 2, 600])).toBe(150);
  expect(grown([1, 1, 700], [2, 1, 500], [3, 2, 100])).toBe(0);
  expect(grown([0, 0, 100], [1, 1, 700], [2, 1, 720], [3, 2, 700], [4, 2, 900])).toBe(20);
});

test("a counter that is 0 at the command's start, and was not read since, is not known", () => {
  const made = (during: number | undefined) =>
    figuresOf(
      run(
        [series(COMMAND.ioRead), series(COMMAND.diskWrite)],
        [
          [1 * S, 1, 0, 0],
          [2 * S, 1, during, undefined],
          [3 * S, 2, undefined, undefined],
        ],
      ),
    );
  expect(made(undefined)).not.toHaveProperty("ioReadBytes");
  expect(made(undefined)).not.toHaveProperty("diskWriteBytes");
  expect(made(7)).toMatchObject({ ioReadBytes: 7 });
});

test("what shows how far a figure is known: the interval, starts on the machine, CPU time by name", () => {
  const comm = (name: string) => series(COMMAND.commCpuSeconds, { comm: name });
  const columns = [series(KERNEL.forks), series(COMMAND.memoryFile), comm("cc1"), comm("ld"), comm("other")];
  const made = run(
    columns,
    [
      [1 * S, 1, 1000, 7, undefined, undefined, undefined],
      [2 * S, 1, 1005, 9, undefined, undefined, undefined],
      [3 * S, 2, 1012, 8, 3, 1, 6],
      [4 * S, 2, 2000, undefined, undefined, undefined, undefined],
    ],
    [
      ["interval_seconds", "0.5"],
      ["cpus", "8"],
    ],
  );
  const figures = figuresOf(made);
  expect(figures).toMatchObject({
    forks: 12,
    memoryFileMostBytes: 9,
    commCpuSeconds: 10,
    intervalSeconds: 0.5,
    cpus: 8,
  });
  expect(figures).not.toHaveProperty("isUnfinished");
});

test("a run whose end was not recorded lasts until its last sample", () => {
  const figures = figuresOf(
    run(
      [received("eth0")],
      [
        [0, 0, 5],
        [1 * S, 1, 10],
        [4 * S, 1, 40],
      ],
    ),
  );
  expect(figures).toMatchObject({ wallSeconds: 3, machineReceivedBytes: 30, isUnfinished: true });
});

test("CPU time, and cores for a run of 0.2 s or more", () => {
  expect(ten([mode("user"), 0, 12], [mode("system"), 0, 3])).toMatchObject({
    cpuUserSeconds: 12,
    cpuSystemSeconds: 3,
    cpuCores: 1.5,
  });
  const short = figuresOf(
    run(
      [mode("user"), mode("system")],
      [
        [0, 1, 0, 0],
        [100, 2, 0.1, 0],
      ],
    ),
  );
  expect(short).toMatchObject({ cpuUserSeconds: 0.1, cpuSystemSeconds: 0 });
  expect(short).not.toHaveProperty("cpuCores");
});

test("peak memory, its time, its bound and its source", () => {
  const figures = ten(
    [series(COMMAND.memoryPeak), 100, 500],
    [series(COMMAND.memoryPeakTime), undefined, START_MS / 1000 + 2.5],
    [series(COMMAND.memoryPeakBound), undefined, 700],
    [series(COMMAND.memoryPeakWithCache), undefined, 900],
    [source("memory_peak", "proc_sampled"), undefined, 1],
    [source("cpu", "wait4_lower_bound"), undefined, 1],
  );
  expect(figures).toMatchObject({
    memoryPeakBytes: 500,
    memoryPeakAtMs: START_MS + 2500,
    memoryPeakBoundBytes: 700,
    memoryPeakWithCacheBytes: 900,
  });
  expect([...figures.sources]).toEqual([
    ["memory_peak", "proc_sampled"],
    ["cpu", "wait4_lower_bound"],
  ]);
  expect([...figures.sources.values()].map(isLowerBound)).toEqual([false, true]);
});

test("the highest numbers of processes and threads, not the last", () => {
  const rows = [
    [0, 1, undefined, 1],
    [1 * S, 1, 9, 30],
    [2 * S, 2, 0, undefined],
  ] as const;
  const figures = figuresOf(run([series(COMMAND.processes), series(COMMAND.threads)], rows));
  expect(figures).toMatchObject({ processesMost: 9, threadsMost: 30 });
});

test("a measured 0 is a figure", () => {
  const figures = ten(
    [series(COMMAND.oomKills), 0, 0],
    [series(COMMAND.throttledSeconds), 0, 0],
    [series(COMMAND.diskRead), 0, 0],
  );
  expect(figures).toMatchObject({ oomKills: 0, throttledSeconds: 0, diskReadBytes: 0 });
});

describe("the whole machine while the command ran", () => {
  test("sums the interfaces that facts name, and only their growth in that time", () => {
    const made = run(
      [received("eth0"), received("br0"), series(MACHINE.networkSent, { interface: "eth0" })],
      [
        [0, 0, 0, 0, 0],
        [1 * S, 1, 100, 100, 5],
        [2 * S, 2, 300, 300, 6],
        [3 * S, 2, 900, 900, 99],
      ],
      [["summed_interface", "eth0"]],
    );
    expect(figuresOf(made)).toMatchObject({ machineReceivedBytes: 200, machineSentBytes: 1 });
  });

  test("counts CPU time without idle modes and without guest time twice", () => {
    const modes = ["user", "system", "idle", "iowait", "guest", "steal", "nice"];
    const figures = ten(...modes.map((name, i) => [cpu("cpu0", name), 0, 10 ** i] as const));
    expect(figures.machineCpuSeconds).toBe(1 + 10 + 1_000_000);
  });
});

test("the command with its arguments, or the instance where no fact has the command", () => {
  const facts = [
    ["command", "make"],
    ["arguments", "-j8 all"],
  ] as const;
  expect(figuresOf(run([], [[0, 1]], facts)).command).toBe("make -j8 all");
  expect(figuresOf(run([], [[0, 1]], [["command", "make"]])).command).toBe("make");
  expect(RUN.info.labels).toEqual(["fact", "value"]);
});
