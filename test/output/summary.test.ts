import { describe, expect, test } from "bun:test";
import Ajv2020 from "ajv/dist/2020.js";
import { marked } from "marked";
import schema from "../../schemas/summary.schema.json";
import { summaryJson, summaryMarkdown } from "../../src/output/summary/summary-files.ts";
import { budgetText, sparkline, summaryLines } from "../../src/output/summary/summary-lines.ts";
import { summaryText } from "../../src/output/summary/summary-text.ts";
import type { RunReport } from "../../src/recording/run-report.ts";
import { MIB, REPORT } from "./made-report.ts";

const text = (width: number, colour = false, unicode = true) =>
  summaryText(summaryLines(REPORT, "run.prom", unicode), { width, colour });

describe("the summary in a terminal", () => {
  test("of 80 columns", () => {
    expect(text(80)).toMatchInlineSnapshot(`
      "ended    with status 2 after 12.3 s
      verdict  It kept all its CPUs busy: 1.90 of 2 cores busy with it.
      time     running 79 %, waiting for a CPU 11 %, for the disk 5 %, sleeping 5 %
      cpu      18.2 s, 1.47 cores                 ▁▁▁▁▁▁▃▃▃▃▃▃▅▅▅▅▅▅██████ 2 cores
      memory   peak 412 MiB after 8.10 s                ▃▃▃▃▃▃██████▅▅▅▅▅▅ 400 MiB
               as samples saw it                  0 s               12.3 s
      trouble  held back by its CPU quota for 1.50 s
      programs cc1plus ×40+ 77 % 14.1 s 310 MiB, ld ×2+ 7 % 1.20 s 90 MiB
      budget   memory<400MiB exceeded: 412 MiB (as samples saw it)
      budget   cpu<1m kept: 18.2 s (exact)
      budget   processes<64 inconclusive: 9, at most 900 (as samples saw it): samples
               do not see what lives between them; more is known at a shorter
               --interval
      file     run.prom
      "
    `);
  });

  test("of 40 columns", () => {
    expect(text(40)).toMatchInlineSnapshot(`
      "ended    with status 2 after 12.3 s
      verdict  It kept all its CPUs busy:
               1.90 of 2 cores busy with it.
               It waited for the disk 5 % of
               the time.
      time     running 79 %
               waiting for a CPU 11 %
               for the disk 5 %, sleeping 5 %
      cpu      18.2 s, 1.47 cores
               user 16.1 s, system 2.10 s
      memory   peak 412 MiB after 8.10 s
               as samples saw it
               largest process 300 MiB with
               its files
      disk     read 0 B and wrote 3 MiB
               with caches and pipes read 10
               MiB and wrote 4 KiB
      trouble  held back by its CPU quota for
               1.50 s
      programs cc1plus ×40+ 77 % 14.1 s 310
               MiB, ld ×2+ 7 % 1.20 s 90 MiB
      size     ask for 1.90 cores and 416 MiB
               allow up to 2.40 cores and 528
               MiB
      budget   memory<400MiB exceeded: 412
               MiB (as samples saw it)
      budget   cpu<1m kept: 18.2 s (exact)
      budget   processes<64 inconclusive: 9,
               at most 900 (as samples saw
               it): samples do not see what
               lives between them; more is
               known at a shorter --interval
      file     run.prom
      "
    `);
  });

  test("has at most ten rows in 80 columns, besides those of budgets: the least important are left out", () => {
    const rows = (report: RunReport, width = 80) =>
      summaryText(summaryLines({ ...report, budgets: [] }, "run.prom", true), { width, colour: false }).trimEnd();
    const busy = { ...REPORT, sampling: { ...REPORT.sampling, missed: 60, slowestSeconds: 3 } };
    const labels = (text: string) => text.split("\n").map((row) => row.slice(0, 9).trim());
    expect(labels(rows(busy)).filter((label) => label !== "")).toEqual([
      ...["ended", "verdict", "time", "cpu", "memory", "trouble", "programs", "samples", "file"],
    ]);
    const calm = {
      ...REPORT,
      figures: { ...REPORT.figures, throttledSeconds: 0 },
      diagnoses: REPORT.diagnoses.slice(0, 1),
    };
    expect(labels(rows(calm))).toContain("disk");
    for (const report of [REPORT, calm]) expect(rows(report).split("\n").length).toBeLessThanOrEqual(10);
    // Where lines are broken, or there is no terminal, nothing is left out.
    for (const label of ["disk", "size", "samples"]) expect(labels(rows(busy, 79))).toContain(label);
  });

  test("has a scale and a time at its charts, and parts that add up to 100 %", () => {
    const rows = text(80).split("\n");
    const at = (start: string) => rows.findIndex((row) => row.startsWith(start));
    const [cpu, memory, under] = [rows[at("cpu")]!, rows[at("memory")]!, rows[at("memory") + 1]!];
    expect(cpu).toEndWith("▁▁▁▁▁▁▃▃▃▃▃▃▅▅▅▅▅▅██████ 2 cores");
    expect(memory).toEndWith("      ▃▃▃▃▃▃██████▅▅▅▅▅▅ 400 MiB");
    expect(under.indexOf("0 s")).toBe(cpu.indexOf("▁"));
    expect(Bun.stringWidth(under)).toBe(cpu.lastIndexOf("█") + 1);
    expect(under).toEndWith("12.3 s");
    // No part of a run has more than all CPUs.
    const held = { ...REPORT, figures: { ...REPORT.figures, cpus: 1 } };
    expect(summaryLines(held, "run.prom", true).find(({ label }) => label === "cpu")?.chart?.scale).toBe("1 core");
    const percents = [...rows[at("time")]!.matchAll(/(\d+) %/g)].map(([, number]) => Number(number));
    expect(percents.reduce((sum, one) => sum + one, 0)).toBe(100);
  });

  test("says what it does not know of the time, and nothing where it knows nothing", () => {
    const time = (wallTime: RunReport["wallTime"]) =>
      summaryLines({ ...REPORT, wallTime }, "run.prom", true).find(({ label }) => label === "time")?.parts;
    const waits = { running: 0.2, cpu: 0, disk: 0, memory: 0.3, sleeping: 0.5 };
    expect(time({ ...waits, areWaitsSeen: true })).toEqual([
      "running 20 %",
      "waiting for memory 30 %",
      "sleeping 50 %",
    ]);
    expect(time({ ...waits, areWaitsSeen: false })?.[2]).toBe("sleeping or waiting unseen 50 %");
    expect(time(undefined)).toBeUndefined();
  });

  test("says first that the kernel killed the command for memory", () => {
    const killed = {
      ...REPORT,
      figures: { ...REPORT.figures, exitSignal: 9 },
      diagnoses: [{ limitedBy: "memory", text: "memory", evidence: "the kernel killed it", isKill: true }],
    } as const;
    expect(summaryLines(killed, "run.prom", true)[0]!.parts).toEqual(["by signal 9 after 12.3 s", "killed for memory"]);
  });

  test("has the machine's traffic only where it may explain why the command waited", () => {
    const network = (diagnosis: RunReport["diagnoses"][number]) =>
      summaryLines({ ...REPORT, diagnoses: [diagnosis] }, "run.prom", true).find(({ label }) => label === "network")
        ?.parts;
    expect(network({ limitedBy: "waiting", text: "x", evidence: "y" })).toBeUndefined();
    expect(network({ limitedBy: "waiting", text: "x", evidence: "y", hasTraffic: true })).toEqual([
      "the whole machine received 2 KiB and sent 100 B",
    ]);
  });

  test("says which samples were missed, and that the machine was too busy where the command was starved", () => {
    const starved = {
      limitedBy: "cpu_starved",
      text: "starved of CPU",
      evidence: "it waited 9 s",
      share: 0.99,
    } as const;
    const lines = (sampling: Partial<RunReport["sampling"]>, diagnoses: RunReport["diagnoses"] = []) => {
      const report = { ...REPORT, sampling: { ...REPORT.sampling, ...sampling }, diagnoses };
      return summaryLines(report, "run.prom", true).find(({ label }) => label === "samples")?.parts[0];
    };
    expect(lines({ taken: 1401, missed: 1239, slowestSeconds: 12.62 }, [starved])).toBe(
      "1,239 of 2,640 missed, the slowest took 12.6 s: the machine was too busy",
    );
    expect(lines({ taken: 80, missed: 20 })).toBe("20 of 100 missed");
    expect(lines({ taken: 80, missed: 20, shareOfInterval: 0.8 })).toBe(
      "20 of 100 missed: the interval is too short here",
    );
    expect(lines({ taken: 9, slowestSeconds: 2 })).toBe("the slowest took 2.0 s");
    expect(lines({ taken: 9999, missed: 3 })).toBeUndefined();
    expect(lines({ taken: 9, missed: 1, slowestSeconds: Number.NaN })).toBeUndefined();
  });

  test("has a range for a peak where that is what is known", () => {
    const peak = (figures: Partial<RunReport["figures"]>) =>
      summaryLines({ ...REPORT, figures: { ...REPORT.figures, ...figures } }, "run.prom", true)[4]!.parts[0];
    expect(peak({})).toBe("peak 412 MiB after 8.10 s");
    const small = { memoryPeakBytes: 216 * 1024, memoryLargestProcessBytes: 313 * MIB };
    expect(peak(small)).toBe("peak 216 KiB to 313 MiB or more after 8.10 s");
    expect(peak({ ...small, memoryFileMostBytes: 313 * MIB })).toBe("peak 216 KiB after 8.10 s");
    const bounded = {
      memoryPeakBytes: 100 * MIB,
      memoryLargestProcessBytes: 1,
      memoryPeakWithCacheBytes: 180 * MIB,
      hugePagesMostBytes: 0,
    };
    const sources = new Map([["memory_peak", "cgroup2_sampled"]]);
    expect(peak({ ...bounded, sources })).toBe("peak 100 MiB to 180 MiB after 8.10 s");
    expect(peak({ ...bounded, sources, memoryPeakWithCacheBytes: 101 * MIB })).toBe("peak 100 MiB after 8.10 s");
  });

  test.each([
    [18.9, "18.2 s to 19.1 s"],
    [30, "at least 18.2 s"],
    [undefined, "at least 18.2 s"],
  ])("has CPU time with a near bound, %p s, as a range", (cpuBoundSeconds, words) => {
    const sources = new Map([...REPORT.figures.sources, ["cpu", "wait4_lower_bound"]]);
    const figures: RunReport["figures"] = { ...REPORT.figures, sources, ...(cpuBoundSeconds && { cpuBoundSeconds }) };
    const cpu = summaryLines({ ...REPORT, figures }, "run.prom", false).find(({ label }) => label === "cpu");
    expect(cpu?.parts[0]).toBe(words);
  });

  test("counts by the CPUs that the affinity mask allowed", () => {
    const pinned = { ...REPORT, figures: { ...REPORT.figures, cpus: 4, cpusAllowed: 2 } };
    expect(summaryLines(pinned, "run.prom", true)[3]!.parts[1]).toBe("1.47 cores of 2 allowed");
    const held = { ...REPORT, figures: { ...pinned.figures, cpusQuota: 1.5 } };
    expect(summaryLines(held, "run.prom", true)[3]!.parts[1]).toBe("1.47 cores of 1.50 allowed");
  });

  test("has the bound of a budget, also where nothing was measured", () => {
    const [, , processes] = REPORT.budgets;
    const open = { ...processes!, measured: undefined, source: undefined, reason: undefined, settledBy: undefined };
    expect(budgetText(open)).toBe("processes<64 inconclusive: at most 900");
    expect(budgetText({ ...open, verdict: "kept", highest: 3 })).toBe("processes<64 kept: at most 3");
    expect(budgetText({ ...open, highest: Infinity })).toBe("processes<64 inconclusive: not measured");
  });

  test.each([20, 40, 80, 81, 120, 200])("is never wider than %d columns", (width) => {
    for (const line of text(width).split("\n")) expect(Bun.stringWidth(line)).toBeLessThan(Math.max(width, 26));
  });

  test("has the same words in colour, and only ASCII where the terminal has no more", () => {
    expect(Bun.stripANSI(text(80, true))).toBe(text(80));
    expect(text(80, true)).toContain("\u001b[31mwith status 2 after 12.3 s\u001b[0m");
    expect(text(200, false, false)).toMatch(/^[\n -~]*$/);
  });
});

describe("a sparkline", () => {
  test("is as high as its values, and has a gap where a value is missing", () => {
    expect(sparkline(Float64Array.of(0, 1, 2, 4, 7, 8, Number.NaN), true)).toBe("▁▂▃▅██ ");
    expect(sparkline(Float64Array.of(0, 0), true)).toBe("▁▁");
    expect(sparkline(Float64Array.of(1, 8), false)).toBe(".@");
  });
});

describe("the summary as JSON", () => {
  const made = JSON.parse(summaryJson(REPORT, "run.prom"));

  test("fits its schema, also for a run with few known figures", () => {
    const validate = new Ajv2020({ strict: true, formats: { "date-time": true } }).compile(schema);
    expect(validate(made), JSON.stringify(validate.errors)).toBe(true);
    const little = { figures: { command: "x", sources: new Map() }, startMs: 0, names: [], budgets: [] };
    const sampling = { taken: 0, missed: 0, slowestSeconds: Number.NaN, shareOfInterval: Number.NaN };
    const none = { profile: undefined, sizing: undefined, wallTime: undefined };
    const bare = { ...little, ...none, diagnoses: [], sampling } satisfies RunReport;
    expect(validate(JSON.parse(summaryJson(bare, "run.prom")))).toBe(true);
    expect(validate({ ...made, exit_status: 256 })).toBe(false);
  });

  test("has no key that the schema lacks", () => {
    for (const key of Object.keys(made)) expect(Object.keys(schema.properties)).toContain(key);
  });

  test("has exact figures, and leaves out what is not known", () => {
    expect(made).toMatchObject({ version: 1, wall_seconds: 12.345, memory_peak_bytes: 412 * MIB, disk_read_bytes: 0 });
    expect(made).toMatchObject({ memory_peak_after_seconds: 8.1, cpu_mean_cores: 1.474 });
    expect(made).not.toHaveProperty("oom_kills_count");
    expect(made.budgets[0]).toMatchObject({ verdict: "exceeded", limit_bytes: 400 * MIB, measured_bytes: 412 * MIB });
    expect(made.budgets[0]).toMatchObject({ lowest_bytes: 412 * MIB });
    expect(made.budgets[0]).not.toHaveProperty("highest_bytes");
    expect(made.budgets[2]).toMatchObject({
      lowest_count: 9,
      highest_count: 900,
      settled_by: "at a shorter --interval",
    });
  });

  test("says how far each figure is known", () => {
    const known = (name: string) => made.evidence.find((one: { name: string }) => one.name === name);
    const [seconds, bytes] = [made.cpu_user_seconds + made.cpu_system_seconds, made.memory_peak_bytes];
    expect(known("cpu")).toEqual({
      ...{ name: "cpu", value_seconds: seconds, lowest_seconds: seconds, highest_seconds: seconds, source: "wait4" },
    });
    expect(known("memory")).toEqual({
      ...{ name: "memory", value_bytes: bytes, lowest_bytes: bytes, source: "proc_sampled" },
      ...{ reason: "samples do not see what is held between them", settled_by: "with --cgroup auto" },
    });
    expect(known("memory-with-cache")).toBeUndefined();
  });
});

describe("the summary as Markdown", () => {
  test("is a table and a chart, and the command's words are not markup", async () => {
    const html = await marked.parse(summaryMarkdown(REPORT, "run.prom"), { gfm: true });
    expect(html).toContain("<h3>statexec: make -j8 &#39;a|b&#39; &lt;x&gt;</h3>");
    expect(html.match(/<tr>/g)).toHaveLength(1 + summaryLines(REPORT, "run.prom", true).length);
    expect(html).toContain("<strong>memory&lt;400MiB exceeded: 412 MiB (as samples saw it)</strong>");
    expect(html).toContain('<code class="language-mermaid">xychart-beta');
    expect(html).toContain("line [0, 0.5, 1, 2]");
  });
});
