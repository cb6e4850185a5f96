import { describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { MACHINE, type Metric, RUN, series } from "../../src/catalog/index.ts";
import { render } from "../../src/openmetrics/render.ts";
import type { Recording } from "../../src/recording/recording.ts";
import { recording } from "../helpers/arbitrary.ts";
import { contentOf, parseText, recordingOf, renderBytes, renderText, START_MS } from "../helpers/recording.ts";
import { areValidatorsMissing, expectValid } from "../helpers/validators.ts";
import { GOLDEN } from "./golden.ts";

const GOLDEN_FILE = join(import.meta.dir, "../fixtures/golden/run.prom");

/** The sample lines with a name, without that name. */
function samplesOf(text: string, name: string): string[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith(name))
    .map((line) => line.slice(name.length));
}

describe("golden run", () => {
  test("is byte for byte the reviewed file", async () => {
    const text = renderText(GOLDEN);
    if (process.env.UPDATE_GOLDEN === "1") await Bun.write(GOLDEN_FILE, text);
    expect(text).toBe(await Bun.file(GOLDEN_FILE).text());
  });

  test("is read back as an equal recording", async () => {
    const read = parseText(await Bun.file(GOLDEN_FILE).text());
    expect(contentOf(read)).toEqual(contentOf(GOLDEN));
    expect(renderText(read)).toBe(renderText(GOLDEN));
  });

  test.skipIf(areValidatorsMissing())("is taken by promtool and the strict parser", async () => {
    const points = renderText(GOLDEN)
      .split("\n")
      .filter((line) => /^[^#]/.test(line)).length;
    expect((await expectValid(GOLDEN_FILE)).points).toBe(points);
  });
});

describe("any recording", () => {
  test("is read back as equal, and rendered again to the same bytes", () => {
    fc.assert(
      fc.property(recording, (made) => {
        const text = renderText(made);
        const read = parseText(text);
        expect(contentOf(read)).toEqual(contentOf(made));
        expect(renderText(read)).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  test("renders the same for any order of series, facts, labels and events of one time", () => {
    fc.assert(
      fc.property(recording, (made) => {
        const reversed: Recording = {
          identity: { ...made.identity, labels: new Map([...made.identity.labels].reverse()) },
          startMs: made.startMs,
          facts: made.facts.toReversed(),
          events: made.events.toReversed().sort((a, b) => a.atMs - b.atMs),
          series: () => [...made.series()].reverse(),
        };
        expect(renderText(reversed)).toBe(renderText(made));
      }),
      { numRuns: 100 },
    );
  });

  test.skipIf(areValidatorsMissing())(
    "is taken by promtool and the strict parser",
    async () => {
      const folder = await mkdtemp(join(tmpdir(), "statexec-render-"));
      try {
        for (const [i, made] of fc.sample(recording, { numRuns: 8, seed: 20_231_114 }).entries()) {
          const path = join(folder, `${i}.prom`);
          await Bun.write(path, renderBytes(made));
          await expectValid(path);
        }
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    120_000,
  );
});

describe("text", () => {
  test("labels: instance, job, role, the metric's own, the user's by name; an empty one is left out", () => {
    const identity = {
      instance: 'a\\b"c\nd',
      labels: new Map([
        ["zone", "z"],
        ["none", ""],
        ["arch", "x86"],
      ]),
    };
    const key = series(MACHINE.networkSent, { interface: "eth0" });
    const text = renderText(recordingOf({ identity, parts: [{ columns: [key], rows: [[START_MS, 1]] }] }));
    expect(samplesOf(text, "statexec_network_sent_bytes_total")).toEqual([
      '{instance="a\\\\b\\"c\\nd",job="statexec",role="standalone",interface="eth0",arch="x86",zone="z"} 1 1700000000.000',
    ]);
    expect(renderText(recordingOf({ identity: { instance: "" }, facts: [["kernel", ""]] }))).toContain(
      'statexec_run_info{job="statexec",role="standalone",fact="kernel"} 1 1700000000.000\n',
    );
  });

  test("metadata is written once, escaped, and only for families with points", () => {
    const metric: Metric = {
      name: "odd_bytes",
      type: "gauge",
      unit: "bytes",
      labels: ["comm"],
      help: 'a "b"\\\nc',
      source: "",
    };
    const columns = [series(MACHINE.memoryFree), { metric, labels: ["x"] }, { metric, labels: ["y"] }];
    const text = renderText(recordingOf({ parts: [{ columns, rows: [[START_MS, undefined, 1, 2]] }] }));
    expect(text.split("\n").filter((line) => line.startsWith("#"))).toEqual([
      "# TYPE statexec_odd_bytes gauge",
      "# UNIT statexec_odd_bytes bytes",
      '# HELP statexec_odd_bytes a \\"b\\"\\\\\\nc',
      "# EOF",
    ]);
  });

  test("half a surrogate pair becomes U+FFFD", () => {
    expect(renderText(recordingOf({ facts: [["command", "a\ud800b"]] }))).toContain('value="a\ufffdb"');
  });

  test("an absent point has no line; a 0 has one", () => {
    const rows = [
      [START_MS, 0],
      [START_MS + 1, undefined],
      [START_MS + 2, 0],
    ] as const;
    const text = renderText(recordingOf({ parts: [{ columns: [series(RUN.commandStatus)], rows }] }));
    expect(samplesOf(text, "statexec_command_status{").map((line) => line.split("} ")[1])).toEqual([
      "0 1700000000.000",
      "0 1700000000.002",
    ]);
  });

  test.each([
    [
      [7, 7, 7],
      ["7", "7", "7"],
    ],
    [
      [0, 0, 0],
      ["0", "0", "0"],
    ],
    [
      [-0, -0],
      ["-0.0", "-0.0"],
    ],
    [
      [0, -0, 0],
      ["0", "-0.0", "0"],
    ],
    [
      [-0, 0, 0],
      ["-0.0", "0", "0"],
    ],
    [
      [0.1, 0.1, 0.25, 0.1],
      ["0.1", "0.1", "0.25", "0.1"],
    ],
    [
      [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
      ["+Inf", "+Inf"],
    ],
    [[5], ["5"]],
  ])("values that stay the same, or come again: %p", (values, texts) => {
    const rows = values.map((value, i) => [START_MS + i, value] as const);
    const text = renderText(recordingOf({ parts: [{ columns: [series(RUN.commandStatus)], rows }] }));
    expect(samplesOf(text, "statexec_command_status{").map((line) => line.split("} ")[1])).toEqual(
      texts.map((each, i) => `${each} 1700000000.00${i}`),
    );
  });

  test("three equal events in a millisecond: their stamps differ, their values do not", () => {
    const at = (ms: number) => ({ atMs: START_MS + ms, event: "signal", text: "Signal" });
    const text = renderText(recordingOf({ events: [at(5), at(5), at(6), at(9)] }));
    expect(samplesOf(text, "statexec_event_timestamp_seconds{").map((line) => line.split("} ")[1])).toEqual([
      "1700000000.005 1700000000.005",
      "1700000000.005 1700000000.006",
      "1700000000.006 1700000000.007",
      "1700000000.009 1700000000.009",
    ]);
  });

  test("a fact that occurs twice is one series", () => {
    const text = renderText(
      recordingOf({
        facts: [
          ["a", "b"],
          ["a", "b"],
        ],
      }),
    );
    expect(samplesOf(text, "statexec_run_info{")).toHaveLength(1);
  });
});

describe("chunks", () => {
  test("a line longer than a chunk, and many short ones, are written whole", () => {
    const argument = "é".repeat(100_000);
    const rows = Array.from({ length: 6000 }, (_, i) => [START_MS + i, i / 7] as const);
    const made = recordingOf({
      facts: [["arguments", argument]],
      parts: [{ columns: [series(MACHINE.memoryFree)], rows }],
    });
    const sizes: number[] = [];
    render(made, (bytes) => sizes.push(bytes.length));
    expect(sizes.length).toBeGreaterThan(3);
    expect(contentOf(parseText(renderText(made)))).toEqual(contentOf(made));
  });

  test("series that share their times are right whatever the lengths of their blocks", () => {
    const times = Float64Array.from({ length: 4 }, (_, i) => START_MS + i);
    const block = (length: number) => [{ length, times, values: new Float64Array(4).fill(length) }];
    const made: Recording = {
      ...recordingOf({}),
      series: () => [
        { ...series(MACHINE.memoryTotal), blocks: () => block(2) },
        { ...series(MACHINE.memoryFree), blocks: () => block(4) },
        { ...series(MACHINE.memoryUsed), blocks: () => block(3) },
      ],
    };
    expect(renderText(made).match(/\.00[0-3]\n/g)).toHaveLength(9);
    expect(samplesOf(renderText(made), "statexec_memory_free_bytes{").at(-1)).toEndWith(" 4 1700000000.003");
  });
});
