import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import fc from "fast-check";
import { MACHINE, RECORDER, RUN, SUMMARY } from "../../src/catalog/index.ts";
import { ParseError } from "../../src/errors.ts";
import { MetricsReader } from "../../src/openmetrics/metrics-reader.ts";
import { lastNumber, plainDecimal } from "../../src/openmetrics/read-number.ts";
import type { Recording } from "../../src/recording/recording.ts";
import * as arbitrary from "../helpers/arbitrary.ts";
import { effort } from "../helpers/effort.ts";
import { contentOf, pointsOf, renderBytes, START_MS } from "../helpers/recording.ts";
import { parseStrictly } from "../helpers/strict-reader.ts";
import { COMMON, counter, FREE, file, free, gauge, sent } from "./files.ts";

const encoder = new TextEncoder();
const GOLDEN_FILE = join(import.meta.dir, "../fixtures/golden/run.prom");
const ORIGINAL_FILE = join(import.meta.dir, "../fixtures/original/sleep.prom");

/** Reads a file in pieces of up to `piece` bytes. */
function read(text: string | Uint8Array, piece = 1 << 16) {
  const bytes = typeof text === "string" ? encoder.encode(text) : text;
  const reader = new MetricsReader("run.prom");
  for (let at = 0; at < bytes.length && !reader.isHopeless; ) {
    const buffer = reader.buffer();
    const part = bytes.subarray(at, at + Math.min(piece, buffer.length));
    buffer.set(part);
    reader.consume(part.length);
    at += part.length;
  }
  return reader.finish();
}

function strictOrNone(bytes: Uint8Array): Recording | undefined {
  try {
    return parseStrictly(bytes, "run.prom");
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}

function only(text: string | Uint8Array): Recording {
  const { recordings, problems } = read(text);
  expect(problems).toEqual([]);
  expect(recordings.length).toBe(1);
  return recordings[0]!;
}

function points(recording: Recording, metric: { readonly name: string }, ...labels: readonly string[]) {
  const found = [...recording.series()].filter(
    (one) => one.metric.name === metric.name && labels.every((label) => one.labels.includes(label)),
  );
  expect(found.length).toBe(1);
  return pointsOf(found[0]!);
}

describe("a file of ours", () => {
  test("is read as by the strict reader, in pieces of any size", () => {
    fc.assert(
      fc.property(arbitrary.recording, fc.integer({ min: 1, max: 400 }), (recording, piece) => {
        const bytes = renderBytes(recording);
        const { recordings, problems } = read(bytes, piece);
        expect(problems).toEqual([]);
        expect(recordings.map(contentOf)).toEqual([contentOf(parseStrictly(bytes, "run.prom"))]);
      }),
      { numRuns: effort(1000) },
    );
  });

  test("of a whole run too", async () => {
    const bytes = await Bun.file(GOLDEN_FILE).bytes();
    expect(contentOf(only(bytes))).toEqual(contentOf(parseStrictly(bytes, "run.prom")));
  });

  test("with other bytes is read in the same way, where the strict reader takes it", async () => {
    const golden = await Bun.file(GOLDEN_FILE).bytes();
    const places = fc.integer({ min: 0, max: golden.length - 1 });
    const bytes = fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0, max: 255 }));
    let taken = 0;
    fc.assert(
      fc.property(places, bytes, fc.constantFrom(0, 1), (at, byte, removed) => {
        const changed = Buffer.concat([golden.subarray(0, at), Uint8Array.of(byte), golden.subarray(at + removed)]);
        const strictly = strictOrNone(changed);
        if (!strictly) return;
        taken++;
        const { recordings, problems } = read(changed);
        expect(problems.filter((problem) => problem.includes(": expected "))).toEqual([]);
        expect(recordings.map(contentOf)).toEqual([contentOf(strictly)]);
      }),
      { numRuns: effort(20_000) },
    );
    expect(taken).toBeGreaterThan(effort(20_000) / 40);
  });

  test("series that were sampled together share their times", () => {
    const [a, b] = only(
      counter(sent("a", "1 1.000"), sent("a", "2 2.000"), sent("b", "1 1.000"), sent("b", "2 2.000")),
    ).series();
    expect([...b!.blocks()][0]!.times).toBe([...a!.blocks()][0]!.times);
  });

  test("may have times in 1970 and 2100, and before 1970", () => {
    const recording = only(gauge(free("1 -5.000"), free("2 0.000"), free("3 86400.500"), free("4 4102444800.000")));
    expect(points(recording, MACHINE.memoryFree)).toEqual([
      [-5000, 1],
      [0, 2],
      [86_400_500, 3],
      [4_102_444_800_000, 4],
    ]);
  });

  test("may have a label that looks like a script", () => {
    const script = "<script>alert(1)</script>";
    const recording = only(gauge(`${FREE}{${COMMON},x="${script}"} 1 1.000`));
    expect([...recording.identity.labels]).toEqual([["x", script]]);
  });
});

describe("decimals", () => {
  const texts = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true, min: 1e-6, max: 1e20 }).map((value) => String(value)),
    fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 19n }), fc.integer({ min: 0, max: 19 })).map(([digits, decimals]) => {
      const text = digits.toString().padStart(decimals + 1, "0");
      return decimals === 0 ? text : `${text.slice(0, -decimals)}.${text.slice(-decimals)}`;
    }),
  );

  test("are read as the nearest double, or left to readNumber", () => {
    let read = 0;
    fc.assert(
      fc.property(texts, fc.constantFrom("", "-"), (text, sign) => {
        const value = plainDecimal(encoder.encode(`${sign}${text} `), 0);
        if (lastNumber.end < 0) return;
        read++;
        expect(value).toBe(Number(sign + text));
        expect(lastNumber.end).toBe(sign.length + text.length);
      }),
      { numRuns: effort(100_000) },
    );
    expect(read).toBeGreaterThan(effort(100_000) / 4);
  });
});

describe("the original program's file", async () => {
  const bytes = await Bun.file(ORIGINAL_FILE).bytes();
  const start = 1_704_067_200_000;

  test("is one run with ascending times", () => {
    const recording = only(bytes);
    expect(recording.identity).toEqual({ instance: "sleep", role: "standalone", labels: new Map() });
    expect(recording.startMs).toBe(start);
    expect(points(recording, RUN.commandStatus).map(([at, value]) => [at - start, value])).toEqual([
      [0, 0],
      [1000, 0],
      [2000, 0],
      [2004, 1],
      [3000, 1],
      [4000, 1],
      [4011, 2],
      [5000, 2],
    ]);
  });

  test("has each series once, in whatever order its labels are, and the later of two values at one time", () => {
    const user = points(only(bytes), MACHINE.cpuSeconds, "cpu1", "user");
    expect(user.map(([, value]) => value)).toEqual([100, 100.25, 100.5, 100.75, 101, 101.5, 101.75, 102]);
    expect([...only(bytes).series()].filter(({ metric }) => metric.name === MACHINE.cpuSeconds.name).length).toBe(8);
  });

  test("has our names and units", () => {
    const recording = only(bytes);
    expect(points(recording, RUN.timeSinceStart).at(-1)).toEqual([start + 5000, 5]);
    expect(points(recording, RECORDER.sampleDuration)[0]).toEqual([start, 0.007]);
    // The original program writes each of these two under the name of the other.
    expect(points(recording, SUMMARY.diskRead)).toEqual([[start + 4000, 22.5]]);
    expect(points(recording, SUMMARY.diskWrite)).toEqual([[start + 4000, 11.5]]);
  });

  test("has events from annotations, also those of the first versions", () => {
    const events = [
      { atMs: start + 2004, event: "command_started", text: "Command started" },
      { atMs: start + 4011, event: "command_done", text: "Command done with status 0" },
    ];
    expect(only(bytes).events).toEqual(events);
    const early = new TextDecoder().decode(bytes).replaceAll(/"(time|timeEnd)":170406720/g, '"$1":');
    expect(only(early).events).toEqual(events);
  });
});

describe("a line that cannot be read is a problem, and the other lines are read", () => {
  const two = (first: string) => gauge(first, free("2 1700000002.000"));
  test.each<[string, string, string]>([
    ["a bad value", two(free("x 1700000001.000")), "run.prom:2: expected a number as value"],
    ["a bad time", two(free("1 1e")), "run.prom:2: expected a time stamp"],
    ["a time beyond all dates", two(free("1 9000000000000.001")), "run.prom:2: expected a time stamp"],
    ["no time", two(free("1")), "run.prom:2: expected a value and a time stamp"],
    ["a label that does not end", two(`${FREE}{instance="a} 1 1.000`), "run.prom:2: expected"],
    ["another's sample", two("node_load1 0.5 1700000001.000"), "run.prom:2: expected a metric of statexec"],
    ["a broken annotation", two("#grafana-annotation {"), "run.prom:2: expected an annotation"],
    ["control characters", two("\u0000\u0001"), "run.prom:2: expected a metric's name"],
  ])("%s", (_, text, problem) => {
    const { recordings, problems } = read(text);
    expect(problems[0]).toStartWith(problem);
    expect(problems.length).toBe(1);
    expect(points(recordings[0]!, MACHINE.memoryFree)).toEqual([[START_MS + 2000, 2]]);
  });

  test("several lines are counted", () => {
    const text = gauge(free("x 1.000"), free("y 1.000"), free("z 1.000"), free("2 1.000"));
    expect(read(text).problems).toEqual([
      `run.prom:2: expected a number as value, got ${JSON.stringify(`${free("x 1.000").slice(0, 77)}…`)} (and 2 more lines that cannot be read)`,
    ]);
  });

  test("a file truncated at every byte", () => {
    const bytes = encoder.encode(gauge(free("1 1700000001.000"), free("12 1700000002.000")));
    const whole = [
      [START_MS + 1000, 1],
      [START_MS + 2000, 12],
    ];
    for (let length = 0; length < bytes.length - 1; length++) {
      const { recordings, problems } = read(bytes.subarray(0, length));
      const got = recordings.flatMap((recording) => points(recording, MACHINE.memoryFree));
      expect(got).toEqual(whole.slice(0, got.length) as never);
      expect(problems.length, `${length}`).toBe(length === bytes.length - 1 ? 0 : 1);
    }
  });

  test.each<[string, string | Uint8Array, RegExp]>([
    ["nothing", "", /^run\.prom: expected a metrics file with samples, got "an empty file"$/],
    ["# EOF alone", "# EOF\n", /a metrics file with samples, got "none"$/],
    [
      "another tool's file",
      "# TYPE node_load1 gauge\nnode_load1 0.5 1\n",
      /^run\.prom:2: expected a metric of statexec/,
    ],
    ["JSON", '{\n  "a": 1\n}\n', /^run\.prom:1: expected a metric's name, got "\{" \(and 2 more/],
    ["bytes", new Uint8Array(3_000_000).map((_, i) => (i * 31) & 255), /^run\.prom:1: expected a metric's name/],
    ["one line without an end", new Uint8Array(40_000_000).fill(0x61), /^run\.prom:1: expected lines of text/],
  ])("%s is no run", (_, text, problem) => {
    const { recordings, problems } = read(text);
    expect(recordings).toEqual([]);
    expect(problems.length).toBe(1);
    expect(problems[0]).toMatch(problem);
  });
});

describe("what a recording has no place for, or is not in place, is noted once and the samples are read", () => {
  const stamped = (value: string, at: number) => `${value} 170000000${at}.000`;
  const two = [free(stamped("1", 1)), free(stamped("2", 2))];
  const odd = (name: string, end: string, labels = "") => `statexec_${name}{${COMMON}${labels}} ${end}`;

  test.each<[string, string, string[]]>([
    ["a byte order mark", `\ufeff${gauge(...two)}`, []],
    ["a byte order mark before a sample", `\ufeff${file(...two)}`, []],
    ["byte order marks of concatenated files", `\ufeff${gauge(two[0]!)}\ufeff${gauge(two[1]!)}`, []],
    ["an empty UNIT and HELP", file(`# TYPE ${FREE} gauge`, `# UNIT ${FREE} `, `# HELP ${FREE} `, ...two), []],
    ["blank lines", gauge("", two[0]!, "", two[1]!), ["2 blank lines passed over"]],
    [
      "samples out of order",
      gauge(two[1]!, two[0]!),
      ["1 sample not after the one before: sorted by time; of two at one time the later counts"],
    ],
    [
      "metadata after the samples, and twice",
      gauge(`# HELP ${FREE} a`, `# HELP ${FREE} b`, ...two, `# TYPE ${FREE} counter`),
      ["2 lines of metadata left out: repeated, or after the samples of the family"],
    ],
    [
      "exemplars",
      gauge(`${two[0]} # {trace="x"} 1 1.000`, `${two[1]} # {} 1`),
      ["2 lines read without exemplars, which recordings do not have"],
    ],
    [
      "an exemplar and a start of OpenMetrics 2.0",
      gauge(`${two[0]} st@1.5e9`, `${two[1]} st@1 # {} 1 1 # {a="b"} 2 2`),
      [
        "1 line read without exemplars, which recordings do not have",
        "2 starts of counters left out (_created or st@), which recordings do not have",
      ],
    ],
    [
      "quoted names of OpenMetrics 2.0",
      file(
        `# TYPE "${FREE}" gauge`,
        ...two.map((line) => line.replace(`${FREE}{`, `{"${FREE}",`).replace("job=", '"job"=')),
      ),
      [],
    ],
    [
      "starts of counters",
      gauge(...two).replace(
        "# EOF",
        `# TYPE statexec_odd counter\n${odd("odd_created", stamped("1", 1))}\n${odd("odd_created", stamped("1", 2))}\n# EOF`,
      ),
      ["2 starts of counters left out (_created or st@), which recordings do not have"],
    ],
  ])("%s", (_, text, notes) => {
    const { recordings, problems } = read(text);
    expect(problems).toEqual(notes.map((note) => `run.prom: ${note}`));
    expect([...recordings[0]!.series()].length).toBe(1);
    expect(points(recordings[0]!, MACHINE.memoryFree)).toEqual([
      [START_MS + 1000, 1],
      [START_MS + 2000, 2],
    ]);
  });

  test("families of other types are gauges", () => {
    const text = file(
      "# TYPE statexec_a_seconds histogram",
      "# UNIT statexec_a_seconds seconds",
      "# HELP statexec_a_seconds Long ones.",
      odd("a_seconds_bucket", "1 1.000", ',le="1.0"'),
      odd("a_seconds_bucket", "1 1.000", ',le="+Inf"'),
      odd("a_seconds_count", "1 1.000"),
      odd("a_seconds_sum", "0.5 1.000"),
      odd("a_seconds_created", "1 1.000"),
      "# TYPE statexec_b stateset",
      odd("b", "1 1.000", ',statexec_b="on"'),
      "# TYPE statexec_c unknown",
      odd("c", "1 1.000"),
      "# TYPE statexec_d counter",
      odd("d", "1 1.000"),
    );
    const { recordings, problems } = read(text);
    expect(problems).toEqual([
      "run.prom: 3 families read as gauges: statexec_a_seconds (histogram), statexec_b (stateset), statexec_d (counter)",
      "run.prom: 1 start of counters left out (_created or st@), which recordings do not have",
    ]);
    const all = [...recordings[0]!.series()].map(({ metric, labels }) => [
      metric.name,
      metric.unit,
      metric.help,
      ...labels,
    ]);
    expect(all).toEqual([
      ["a_seconds_bucket", undefined, "Long ones.", "1.0"],
      ["a_seconds_bucket", undefined, "Long ones.", "+Inf"],
      ["a_seconds_count", undefined, "Long ones."],
      ["a_seconds_sum", undefined, "Long ones."],
      ["b", undefined, "", "on"],
      ["c", undefined, ""],
      ["d", undefined, ""],
    ]);
  });

  test("a gauge whose name ends as a start does is none", () => {
    const text = file("# TYPE statexec_odd_created gauge", odd("odd_created", "1 1.000"));
    expect([...only(text).series()].map(({ metric }) => metric.name)).toEqual(["odd_created"]);
  });

  test("a backslash before any character is a backslash", () => {
    const { identity } = only(gauge(`${FREE}{${COMMON},path="C:\\dir\\z"} 1 1.000`));
    expect(identity.labels.get("path")).toBe("C:\\dir\\z");
  });
});

test("concatenated files are several runs", () => {
  const other = gauge(free("7 1700000001.000")).replaceAll("make", "ls");
  const { recordings, problems } = read(gauge(free("1 1700000001.000")) + other);
  expect(problems).toEqual([]);
  expect(recordings.map(({ identity }) => identity.instance)).toEqual(["make", "ls"]);
});

test("a file without metadata has types by its names", () => {
  const text = file(`statexec_odd_total{${COMMON}} 1 1.000`, `statexec_even{${COMMON}} 1 1.000`);
  expect([...only(text).series()].map(({ metric }) => [metric.name, metric.type])).toEqual([
    ["odd", "counter"],
    ["even", "gauge"],
  ]);
});
