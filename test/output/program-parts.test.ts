import { describe, expect, test } from "bun:test";
import { summaryJson } from "../../src/output/summary/summary-files.ts";
import { summaryLines } from "../../src/output/summary/summary-lines.ts";
import { summaryText } from "../../src/output/summary/summary-text.ts";
import type { RunReport } from "../../src/recording/run-report.ts";
import { MIB, REPORT } from "./made-report.ts";

describe("the programs of a summary", () => {
  test("say how much of the CPU time no name has", () => {
    const largest = (names: RunReport["names"], intervalSeconds = 1) => {
      const lines = summaryLines(
        { ...REPORT, names, figures: { ...REPORT.figures, intervalSeconds } },
        "run.prom",
        true,
      );
      return lines.find(({ label }) => label === "programs")?.parts;
    };
    const sh = { comm: "sh", cpuSeconds: 0.09, memoryPeakBytes: 2 * MIB, processes: 1 };
    const unseen = { comm: "other", cpuSeconds: 1.71 };
    expect(largest([sh, unseen])).toEqual([
      "sh 5 % 90 ms 2 MiB",
      "95 % by processes too short to see: try --interval 0.05",
    ]);
    expect(largest([sh, unseen], 0.05)?.[1]).toBe("95 % by processes too short to see");
    expect(largest([sh, { ...unseen, processes: 4 }])?.[1]).toBe("95 % by others");
    expect(largest([sh, { ...unseen, cpuSeconds: 0.005 }])).toBeUndefined();
    // What a program takes to start says nothing.
    expect(
      largest([
        { ...sh, cpuSeconds: 0 },
        { ...unseen, cpuSeconds: 0.04 },
      ]),
    ).toBeUndefined();
  });

  test("have the number of processes of each program, and its share of the CPU time, where they are known", () => {
    const programs = (sources: readonly (readonly [string, string])[], more: Partial<RunReport> = {}) => {
      const figures = { ...REPORT.figures, sources: new Map([...REPORT.figures.sources, ...sources]) };
      const names = [
        { comm: "cc1", cpuSeconds: 11.1, memoryPeakBytes: 214 * MIB, processes: 1234 },
        // No sample saw it.
        { comm: "true", cpuSeconds: 0.02, processes: 2 },
        { comm: "make", cpuSeconds: 2, memoryPeakBytes: MIB, processes: 1 },
        { comm: "other", cpuSeconds: 5.08, processes: 4 },
      ];
      const line = summaryLines({ ...REPORT, figures, names, ...more }, "run.prom", true);
      return line.find(({ label }) => label === "programs");
    };
    expect(programs([["programs", "perf"]])?.parts).toEqual([
      ...["cc1 ×1,234 61 % 11.1 s 214 MiB", "true ×2 20 ms", "make 11 % 2.00 s 1 MiB", "28 % by others"],
    ]);
    // Every process is known, but of some not what it used.
    const told = [
      { comm: "cc1", cpuSeconds: 11.1, processes: 1 },
      { comm: "other", cpuSeconds: 6.9 },
    ];
    expect(programs([["programs", "perf"]], { names: told })?.parts[1]).toBe("38 % known of no single program");
    // Some records were lost, or there were none.
    for (const source of [
      ["programs", "perf_lower_bound"],
      ["io", "proc"],
    ] as const)
      expect(programs([source])?.parts[0]).toBe("cc1 ×1,234+ 61 % 11.1 s 214 MiB");
    // A share of what is not known is none.
    expect(programs([["cpu", "wait4_lower_bound"]])?.parts[0]).toBe("cc1 ×1,234+ 11.1 s 214 MiB");
    expect(programs([])?.shorter?.[1].slice(0, 2)).toEqual(["cc1 11.1 s 214 MiB", "true 20 ms"]);
  });

  test("say which one read and wrote most, if it did more than half, and JSON has it of each", () => {
    const names = [
      { comm: "tar", cpuSeconds: 3, ioReadBytes: 60 * MIB, ioWriteBytes: 15 * MIB },
      { comm: "gzip", cpuSeconds: 9, ioReadBytes: 10 * MIB, ioWriteBytes: 5 * MIB },
      { comm: "other", ioReadBytes: 5 * MIB, ioWriteBytes: 5 * MIB },
    ];
    const said = (more: Partial<RunReport> = {}, io = "proc") => {
      const figures = { ...REPORT.figures, sources: new Map([["io", io]]) };
      return summaryLines({ ...REPORT, names, figures, ...more }, "run.prom", true).find(
        ({ label }) => label === "disk",
      )?.extra;
    };
    expect(said()).toEqual(["most by tar: 75 MiB+ (75 %)"]);
    // Of more than is known, the share is not.
    expect(said({}, "proc_lower_bound")).toEqual(["most by tar: 75 MiB+"]);
    expect(said({ names: names.slice(1) })).toEqual([]);
    expect(said({ names: [...names, { comm: "cp", ioReadBytes: 60 * MIB }] })).toEqual([]);
    expect(said({ names: names.map((one) => ({ ...one, ioReadBytes: 500, ioWriteBytes: 0 })) })).toEqual([]);
    const { largest } = JSON.parse(summaryJson({ ...REPORT, names }, "run.prom"));
    expect(largest[1]).toMatchObject({ io_read_least_bytes: 10 * MIB, io_write_least_bytes: 5 * MIB });
    const { largest: without } = JSON.parse(summaryJson(REPORT, "run.prom"));
    expect(without[0]).not.toHaveProperty("io_read_least_bytes");
  });

  test("say how many processes are missing at most, where there is room, and in JSON always", () => {
    const missed = (programs: string, forks?: number) => {
      const figures = { ...REPORT.figures, sources: new Map([["programs", programs]]), ...(forks ? { forks } : {}) };
      const names = [
        { comm: "cc1", cpuSeconds: 3, processes: 40 },
        { comm: "make", cpuSeconds: 1, processes: 2 },
      ];
      const report = { ...REPORT, figures, names };
      const line = summaryLines(report, "run.prom", true).find(({ label }) => label === "programs");
      const { programs_missed_most_count: most } = JSON.parse(summaryJson(report, "run.prom"));
      return [line?.extra?.[0], most];
    };
    const text = "at most 1,058 more, threads and other programs' processes included";
    expect(missed("proc_sampled_lower_bound", 1100)).toEqual([text, 1058]);
    expect(missed("proc_sampled_lower_bound", 42)).toEqual([undefined, undefined]);
    expect(missed("proc_sampled_lower_bound")).toEqual([undefined, undefined]);
    expect(missed("perf", 1100)).toEqual([undefined, undefined]);
  });

  test("lose the third program, then counts and shares, last, where the summary would have more than ten rows", () => {
    const name = { memoryPeakBytes: 222 * MIB, cpuSeconds: 6.1, processes: 1234 };
    const names = [1, 2, 3].map((i) => ({ ...name, comm: `long-program-${i}` }));
    const busy = { ...REPORT, names, budgets: [], sampling: { ...REPORT.sampling, missed: 60, slowestSeconds: 3 } };
    const shown = (more: Partial<RunReport>, width = 80) =>
      summaryText(summaryLines({ ...busy, ...more }, "run.prom", true), { width, colour: false }).trimEnd();
    const one = { diagnoses: REPORT.diagnoses.slice(0, 1) };
    expect(shown(one)).toContain("long-program-1 6.10 s 222 MiB, long-program-2 6.10 s 222 MiB\n");
    expect(shown(one).split("\n").length).toBeLessThanOrEqual(10);
    const two = "long-program-1 ×1,234+ 33 % 6.10 s 222 MiB\n         long-program-2 ×1,234+ 33 % 6.10 s 222 MiB\n";
    const calm = { ...one, sampling: REPORT.sampling, figures: { ...REPORT.figures, throttledSeconds: 0 } };
    expect(shown({ ...one, sampling: REPORT.sampling })).toContain(`${two}file`);
    expect(shown(calm)).toContain(`${two}         long-program-3 ×1,234+ 33 % 6.10 s 222 MiB\n`);
    expect(shown(one, 79)).toContain("long-program-1 ×1,234+ 33 % 6.10 s 222 MiB");
  });
});
