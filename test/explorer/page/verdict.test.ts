import { describe, expect, test } from "bun:test";
import { runOf } from "../../../explorer/data/run-columns.ts";
import { bottlenecksOf } from "../../../explorer/page/bottlenecks.ts";
import { readFigures } from "../../../explorer/page/run-figures.ts";
import { verdictOf } from "../../../explorer/page/verdict.ts";
import { ReportSource } from "../../../explorer/report/report-source.ts";
import {
  ACCOUNTING,
  COMMAND,
  CONTAINER,
  KERNEL,
  MACHINE,
  RUN,
  type SeriesKey,
  series,
} from "../../../src/catalog/index.ts";
import type { Recording } from "../../../src/recording/recording.ts";
import { withSummary } from "../../../src/recording/summary-series.ts";
import { recordingOf, START_MS } from "../../helpers/recording.ts";
import { madeRun } from "../made-runs.ts";

async function figuresOf(recording: Recording) {
  const run = runOf(recording, { id: "0", name: "run.prom", live: false });
  return readFigures(new ReportSource({ runs: [run], problems: [] }), run.info, "command");
}

type Change = readonly [key: SeriesKey, from: number, to: number];

/** A command of ten seconds in which some series changed from one value to another. */
function tenSeconds(...changes: readonly Change[]): Recording {
  const columns = [series(RUN.commandStatus), ...changes.map(([key]) => key)];
  return recordingOf({
    parts: [
      {
        columns,
        rows: [
          [START_MS, 1, ...changes.map(([, from]) => from)],
          [START_MS + 10_000, 2, ...changes.map(([, , to]) => to)],
        ],
      },
    ],
  });
}

const verdictTexts = async (recording: Recording) =>
  Object.fromEntries(
    verdictOf(await figuresOf(recording)).map(({ label, text }) => [label, text.replaceAll("\u202f", " ")]),
  );

describe("the verdict", () => {
  test("shows the figures of the command", async () => {
    const verdict = await verdictTexts(withSummary(madeRun({ exitStatus: 2 })));
    expect(verdict).toMatchObject({ Outcome: "exit 2", "Wall time": "2 min 00 s" });
    expect(Object.keys(verdict)).toEqual([
      "Outcome",
      "Wall time",
      "CPU time",
      "Cores used",
      "Peak memory",
      "Storage in / out",
      "All read / written",
    ]);
  });

  test("shows the signal that ended the command", async () => {
    expect(await verdictTexts(withSummary(madeRun({ exitStatus: -9 })))).toMatchObject({ Outcome: "signal 9" });
  });

  test("shows an unknown status, and no rate over a short time", async () => {
    const columns = [
      series(RUN.commandStatus),
      ...["user", "system"].map((mode) => series(COMMAND.cpuSeconds, { mode })),
    ];
    const rows = [
      [START_MS, 1, 0, 0],
      [START_MS + 150, 2, 0.1, 0.02],
    ] as const;
    const verdict = await verdictTexts(recordingOf({ parts: [{ columns, rows }] }));
    expect(verdict).toEqual({ Outcome: "ended", "Wall time": "150 ms", "CPU time": "120 ms", "Cores used": "–" });
  });

  test("shows that the command never ran", async () => {
    const rows = [[START_MS, 0]] as const;
    const verdict = await verdictTexts(recordingOf({ parts: [{ columns: [series(RUN.commandStatus)], rows }] }));
    expect(verdict).toEqual({ Outcome: "never ran", "Wall time": "–" });
  });
});

describe("the notes of the verdict", () => {
  const notes = async (...changes: readonly Change[]) =>
    Object.fromEntries(
      verdictOf(await figuresOf(tenSeconds(...changes))).map(({ label, note }) => [
        label,
        note.replaceAll("\u202f", " "),
      ]),
    );
  const source = (resource: string, name: string) =>
    [series(ACCOUNTING.info, { resource, source: name }), 1, 1] as const;
  const MIB = 2 ** 20;

  test("call the bound of a sampled peak what it is, never below the largest process", async () => {
    const peak = await notes(
      [series(COMMAND.cpuSeconds, { mode: "user" }), 0, 1],
      [series(COMMAND.memoryPeak), 1, MIB],
      [series(COMMAND.memoryPeakBound), 1, 2 * MIB],
      [series(COMMAND.memoryLargest), 1, 9 * MIB],
      source("memory_peak", "proc_sampled"),
    );
    expect(peak["Peak memory"]).toBe("as samples saw it, processes that samples saw: at most 9 MiB");
  });

  test("have the bound that a control group proves", async () => {
    const peak = await notes(
      [series(COMMAND.cpuSeconds, { mode: "user" }), 0, 1],
      [series(COMMAND.memoryPeak), 1, MIB],
      [series(COMMAND.memoryPeakWithCache), 1, 3 * MIB],
      // A group does not count these.
      [series(KERNEL.memoryHugePages), 0, 0],
      source("memory_peak", "cgroup2"),
    );
    expect(peak["Peak memory"]).toBe("by its control group, at most 3 MiB");
  });

  test("name two sources that contradict each other", async () => {
    const left = await notes(
      [series(COMMAND.cpuSeconds, { mode: "user" }), 0, 0.001],
      [series(COMMAND.cpuSeconds, { mode: "system" }), 0, 0],
      [series(COMMAND.commCpuSeconds, { comm: "burn" }), 1, 1],
      source("cpu", "cgroup2"),
    );
    expect(left["CPU time"]).toEndWith("its control group counted 1.00 ms, but its processes used 1.00 s");
  });
});

const cpu = (mode: string, seconds: number) =>
  ["cpu0", "cpu1"].map((one) => [series(MACHINE.cpuSeconds, { cpu: one, mode }), 100, 100 + seconds / 2] as const);
const pressure = (resource: string, seconds: number) =>
  [series(KERNEL.pressure, { resource, mode: "some" }), 5, 5 + seconds] as const;

describe("the bottlenecks", () => {
  test.each<[name: string, recording: Recording, words: string, panel: string]>([
    ["busy CPUs", tenSeconds(...cpu("user", 19)), "The CPUs were busy: 1.90 of 2 cores", "machine-cpu"],
    [
      "one busy CPU",
      tenSeconds(...cpu("user", 10), [series(COMMAND.cpuSeconds, { mode: "user" }), 0, 9.9]),
      "Limited by CPU, one thread (0.99 of 2 cores busy with it).",
      "command-cpu",
    ],
    [
      "a quota",
      tenSeconds(...cpu("user", 5), [series(CONTAINER.throttledSeconds), 1, 5], [series(CONTAINER.cpuLimit), 0.5, 0.5]),
      "Limited by its CPU quota of 0.50 cores (held back for 4.00 s in all).",
      "container-cpu",
    ],
    [
      "an OOM kill",
      tenSeconds(...cpu("user", 5), [series(COMMAND.oomKills), 0, 2]),
      "Limited by memory (the kernel killed 2 of its processes for memory).",
      "command-memory",
    ],
    [
      "an OOM kill below the command's group",
      tenSeconds(
        ...cpu("user", 5),
        ...([
          [series(COMMAND.oomKills), 0, 0],
          [series(CONTAINER.oomKills), 0, 0],
          [series(KERNEL.oomKills), 3, 4],
          [series(COMMAND.exitSignal), 9, 9],
        ] as const),
      ),
      "Limited by memory (the kernel killed 1 process here for memory, and SIGKILL ended it).",
      "machine-memory",
    ],
    [
      "traffic that may be of others",
      tenSeconds(
        ...cpu("user", 5),
        ...([
          [series(COMMAND.cpuSeconds, { mode: "user" }), 0, 0.1],
          [series(MACHINE.networkSent, { interface: "eth0" }), 0, 125e7],
          [series(MACHINE.networkReceived, { interface: "eth0" }), 0, 0],
        ] as const),
      ),
      "Limited by waiting on something else (0.01 cores busy with it; the whole machine's network carried 1.00 Gbit/s).",
      "machine-network",
    ],
    [
      "a full machine",
      tenSeconds(...cpu("user", 5), [series(MACHINE.memoryUsed), 1, 95], [series(MACHINE.memoryTotal), 100, 100]),
      "The machine's memory was nearly full",
      "machine-memory",
    ],
    [
      "storage",
      tenSeconds(...cpu("user", 5), pressure("io", 4)),
      "Limited by disk (tasks here waited for storage 40 % of the time).",
      "machine-pressure",
    ],
    [
      "storage, without pressure",
      tenSeconds(...cpu("iowait", 8)),
      "Limited by disk (0.80 cores waited for it).",
      "machine-cpu",
    ],
    [
      "nothing",
      tenSeconds(...cpu("user", 5), pressure("io", 0.1)),
      "Nothing that was recorded was at its limit",
      "machine-cpu",
    ],
  ])("%s", async (_, recording, words, panel) => {
    const [first] = bottlenecksOf(await figuresOf(recording));
    expect(first?.text.replaceAll("\u202f", " ")).toContain(words);
    expect(first?.panel).toBe(panel);
  });

  test("are unknown where nothing was recorded", async () => {
    expect(bottlenecksOf(await figuresOf(tenSeconds()))).toEqual([]);
  });
});
