import { describe, expect, test } from "bun:test";
import Ajv2020 from "ajv/dist/2020.js";
import { marked } from "marked";
import schema from "../../schemas/summary.schema.json";
import { summaryJson, summaryMarkdown } from "../../src/output/summary/summary-files.ts";
import { sparkline, summaryLines } from "../../src/output/summary/summary-lines.ts";
import { summaryText } from "../../src/output/summary/summary-text.ts";
import type { RunReport } from "../../src/recording/run-report.ts";

const MIB = 2 ** 20;

const REPORT: RunReport = {
  figures: {
    ...{
      command: "make -j8 'a|b' <x>",
      exitStatus: 2,
      wallSeconds: 12.345,
      cpuUserSeconds: 16.1,
      cpuSystemSeconds: 2.1,
    },
    ...{ cpuCores: 1.474, memoryPeakBytes: 412 * MIB, memoryPeakAtMs: 8100, memoryLargestProcessBytes: 300 * MIB },
    ...{ diskReadBytes: 0, diskWriteBytes: 3 * MIB, ioReadBytes: 10 * MIB, ioWriteBytes: 4096, throttledSeconds: 1.5 },
    ...{ machineReceivedBytes: 2048, machineSentBytes: 100, processesMost: 9, threadsMost: 31 },
    sources: new Map([
      ["cpu", "wait4"],
      ["memory_peak", "proc_sampled"],
    ]),
  },
  startMs: 0,
  names: [
    { comm: "cc1plus", cpuSeconds: 14.1, memoryPeakBytes: 310 * MIB, processes: 40 },
    { comm: "ld", cpuSeconds: 1.2, memoryPeakBytes: 90 * MIB, processes: 2 },
    { comm: "other", cpuSeconds: 2.9 },
  ],
  profile: { cores: Float64Array.of(0, 0.5, 1, 2), residentBytes: Float64Array.of(Number.NaN, 100, 400, 200) },
  diagnosis: { limitedBy: "cpu", text: "CPU, all cores", evidence: "1.90 of 2.00 cores busy with it" },
  sizing: {
    ...{ cpuRequestCores: 1.9, cpuLimitCores: 2.4, memoryRequestBytes: 416 * MIB, memoryLimitBytes: 528 * MIB },
  },
  budgets: [
    {
      text: "memory<400MiB",
      name: "memory",
      inclusive: false,
      value: 400 * MIB,
      measured: 412 * MIB,
      source: "proc_sampled",
      verdict: "exceeded",
    },
    { text: "cpu<1m", name: "cpu", inclusive: false, value: 60, measured: 18.2, source: "wait4", verdict: "kept" },
  ],
};

const text = (width: number, colour = false, unicode = true) =>
  summaryText(summaryLines(REPORT, "run.prom", unicode), { width, colour });

describe("the summary in a terminal", () => {
  test("of 80 columns", () => {
    expect(text(80)).toMatchInlineSnapshot(`
      "exit     2 after 12.3 s
      cpu      18.2 s, 1.47 cores, user 16.1 s, system 2.10 s          ▁▃▅█
      memory   peak 412 MiB after 8.10 s, as samples saw it             ▃█▅
               largest process 300 MiB
      disk     read 0 B, written 3 MiB
      calls    read 10 MiB, written 4 KiB
      network  received 2 KiB, sent 100 B, whole machine
      trouble  held back by its CPU quota for 1.50 s
      largest  cc1plus 14.1 s 310 MiB, ld 1.20 s 90 MiB
      limited  by CPU, all cores (1.90 of 2.00 cores busy with it)
      size     cpu 1900m to 2400m, memory 416Mi to 528Mi
      budget   memory<400MiB exceeded: 412 MiB (as samples saw it)
      budget   cpu<1m kept: 18.2 s (exact)
      file     run.prom
      "
    `);
  });

  test("of 40 columns", () => {
    expect(text(40)).toMatchInlineSnapshot(`
      "exit     2 after 12.3 s
      cpu      18.2 s, 1.47 cores
               user 16.1 s, system 2.10 s
      memory   peak 412 MiB after 8.10 s
               as samples saw it
               largest process 300 MiB
      disk     read 0 B, written 3 MiB
      calls    read 10 MiB, written 4 KiB
      network  received 2 KiB, sent 100 B
               whole machine
      trouble  held back by its CPU quota for
               1.50 s
      largest  cc1plus 14.1 s 310 MiB
               ld 1.20 s 90 MiB
      limited  by CPU, all cores (1.90 of
               2.00 cores busy with it)
      size     cpu 1900m to 2400m
               memory 416Mi to 528Mi
      budget   memory<400MiB exceeded: 412
               MiB (as samples saw it)
      budget   cpu<1m kept: 18.2 s (exact)
      file     run.prom
      "
    `);
  });

  test.each([20, 40, 80, 81, 120, 200])("is never wider than %d columns", (width) => {
    for (const line of text(width).split("\n")) expect(Bun.stringWidth(line)).toBeLessThan(Math.max(width, 26));
  });

  test("has the same words in colour, and only ASCII where the terminal has no more", () => {
    expect(Bun.stripANSI(text(80, true))).toBe(text(80));
    expect(text(80, true)).toContain("\u001b[31m2 after 12.3 s\u001b[0m");
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
    const bare = { ...little, profile: undefined, diagnosis: undefined, sizing: undefined } satisfies RunReport;
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
