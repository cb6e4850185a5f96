import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import fc from "fast-check";
import { familyName, MACHINE } from "../../src/catalog/index.ts";
import { ParseError } from "../../src/errors.ts";
import { contentOf, parseText, pointsOf, START_MS } from "../helpers/recording.ts";
import { parseStrictly } from "../helpers/strict-reader.ts";
import { COMMON, counter, FREE, file, free, gauge, labelled, refusal, SENT, sent } from "./files.ts";

const GOLDEN_FILE = join(import.meta.dir, "../fixtures/golden/run.prom");

describe("a valid file", () => {
  test("has the catalogue's metrics, and points in whole milliseconds", () => {
    const [series] = parseText(
      gauge(free("1 1700000000"), free("1e3 1700000000.5"), free("-Inf 1700000001.1239")),
    ).series();
    expect(series?.metric).toBe(MACHINE.memoryFree);
    expect(pointsOf(series!)).toEqual([
      [START_MS, 1],
      [START_MS + 500, 1000],
      [START_MS + 1124, Number.NEGATIVE_INFINITY],
    ]);
  });

  test("has as user's labels those of all series, without reserved names", () => {
    const { identity } = parseText(labelled(`${COMMON},arch="x86",zone="\\\\ \\" \\n"`));
    expect(identity).toEqual({
      instance: "make",
      role: "standalone",
      labels: new Map([
        ["arch", "x86"],
        ["zone", '\\ " \n'],
      ]),
    });
  });

  test("may have an unknown family, with the labels that differ or are reserved", () => {
    const odd = (labels: string) => `statexec_odd_bytes{${COMMON},${labels},user="u"} 1 1.000`;
    const text = file(
      "# TYPE statexec_odd_bytes gauge",
      "# UNIT statexec_odd_bytes bytes",
      '# HELP statexec_odd_bytes \\"odd\\"',
      odd('zone="a"'),
      odd('comm="b"'),
    );
    const read = [...parseText(text).series()];
    expect(read[0]?.metric).toEqual({
      name: "odd_bytes",
      type: "gauge",
      unit: "bytes",
      labels: ["comm", "zone"],
      help: '"odd"',
      source: "",
    });
    expect(read.map(({ labels }) => labels)).toEqual([
      ["", "a"],
      ["b", ""],
    ]);
  });

  test("starts at the time of the facts, or else of the first sample", () => {
    const facts = ["# TYPE statexec_run info", `statexec_run_info{${COMMON},fact="a",value="b"} 1 0.500`];
    const samples = [`# TYPE ${FREE} gauge`, free("1 1.000"), free("1 2.000")];
    expect(parseText(file(...facts, ...samples)).startMs).toBe(500);
    expect(parseText(file(...samples)).startMs).toBe(1000);
  });

  test("has events in order of time, by their values", () => {
    const event = (name: string, at: string) =>
      `statexec_event_timestamp_seconds{${COMMON},event="${name}",text="T"} ${at}`;
    const read = parseText(
      file(
        "# TYPE statexec_event_timestamp_seconds gauge",
        event("a", "3.25 3.250"),
        event("b", "1.5 1.500"),
        event("b", "1.5 1.501"),
      ),
    );
    expect(read.events).toEqual([
      { atMs: 1500, event: "b", text: "T" },
      { atMs: 1500, event: "b", text: "T" },
      { atMs: 3250, event: "a", text: "T" },
    ]);
    expect([...read.series()]).toEqual([]);
  });

  test("has one array of times for series with the same times, and the right points for others", () => {
    const times = (name: string, ...all: number[]) => all.map((at) => sent(name, `${at} ${at}.000`));
    const many = Array.from({ length: 200 }, (_, i) => i + 1);
    const named = [
      ["a", many],
      ["b", many],
      ["c", many.slice(0, 70)],
      ["d", [...many, 900]],
      ["e", [1, 2, 4]],
      ["f", many],
    ] as const;
    const read = [...parseText(counter(...named.flatMap(([name, all]) => times(name, ...all)))).series()];
    expect(read.map((series) => pointsOf(series).map(([atMs]) => atMs / 1000))).toEqual(
      named.map(([, all]) => [...all]),
    );
    expect(read.map((series) => pointsOf(series).map(([, value]) => value))).toEqual(named.map(([, all]) => [...all]));
    const [first, second] = read.map((series) => [...series.blocks()][0]);
    expect(second?.times).toBe(first!.times);
  });
});

test("a truncated file is refused; a file with a wrong byte is refused or read, without any other error", async () => {
  const whole = await Bun.file(GOLDEN_FILE).bytes();
  const sizes = fc.integer({ min: 0, max: whole.length - 2 });
  fc.assert(fc.property(sizes, (size) => expect(refusal(whole.subarray(0, size))).toBeInstanceOf(ParseError)));
  fc.assert(
    fc.property(sizes, fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const bytes = whole.slice();
      bytes[at] = byte;
      try {
        for (const { metric } of parseStrictly(bytes, "run.prom").series())
          expect(familyName(metric)).toStartWith("statexec_");
      } catch (error) {
        expect(error).toBeInstanceOf(ParseError);
      }
    }),
  );
});

test("the golden file has the recorded content", async () => {
  const { facts, labels, series } = contentOf(parseStrictly(await Bun.file(GOLDEN_FILE).bytes(), "run.prom"));
  expect(facts).toContainEqual(["arguments", 'all "CFLAGS=-O2 -g"']);
  expect(labels).toEqual([
    ["branch", 'a # {b="c"}, d'],
    ["os", "déb\\ian\n12"],
  ]);
  expect(series).toHaveLength(19);
});

describe("an invalid file is refused with its line", () => {
  test.each<[string, string, number, RegExp]>([
    ["no # EOF", `# TYPE ${FREE} gauge\n${free("1 1.000")}\n`, 3, /# EOF/],
    ["an empty file", "", 1, /# EOF/],
    ["a truncated last line", `# TYPE ${FREE} gauge\n${free("1 1.0")}`, 3, /# EOF/],
    ["text after # EOF", `${gauge(free("1 1.000"))}x`, 4, /nothing behind/],
    ["a second file after the first", gauge(free("1 1.000")).repeat(2), 4, /nothing behind/],
    ["a comment", gauge("# by hand", free("1 1.000")), 2, /# TYPE/],
    ["a blank line", gauge("", free("1 1.000")), 2, /a sample of/],
    ["CRLF", gauge(`${free("1 1.000")}\r`), 2, /time stamp/],
    ["TYPE twice", gauge(`# TYPE ${FREE} gauge`), 2, /one TYPE/],
    ["UNIT twice", gauge(`# UNIT ${FREE} bytes`, `# UNIT ${FREE} bytes`), 3, /one UNIT/],
    ["HELP twice", gauge(`# HELP ${FREE} a`, `# HELP ${FREE} a`), 3, /one HELP/],
    ["metadata after samples", gauge(free("1 1.000"), `# HELP ${FREE} a`), 3, /before its samples/],
    ["another type than in the catalogue", file(`# TYPE ${FREE} counter`), 1, /the type gauge/],
    ["a type that we do not write", file("# TYPE statexec_x histogram"), 1, /counter, gauge, info/],
    ["a unit that is not the name's end", gauge(`# UNIT ${FREE} seconds`), 2, /end of the family's name/],
    ["a unit of an info", file("# TYPE statexec_x_bytes info", "# UNIT statexec_x_bytes bytes"), 2, /no unit/],
    ["a family of another program", file("# TYPE node_load1 gauge"), 1, /begins with statexec_/],
    ["half an escape in HELP", gauge(`# HELP ${FREE} a\\`), 2, /backslash/],
    ["samples without TYPE", file(free("1 1.000")), 1, /# TYPE before/],
    [
      "a family in two places",
      file(`# TYPE ${FREE} gauge`, free("1 1.000"), "# TYPE statexec_x gauge", `# TYPE ${FREE} gauge`),
      4,
      /in one place/,
    ],
    ["a sample of another family", gauge(sent("eth0", "1 1.000")), 2, /a sample of statexec_memory_free_bytes/],
    ["a counter without _total", counter(sent("eth0", "1 1.000").replace("_total", "")), 2, /_total/],
    [
      "a series in two places",
      counter(sent("a", "1 1.000"), sent("b", "1 1.000"), sent("a", "2 2.000")),
      4,
      /all points of a series/,
    ],
    [
      "the same in another order of labels",
      counter(sent("a", "1 1.000"), `${SENT}_total{interface="a",${COMMON}} 2 2.000`),
      3,
      /all points of a series/,
    ],
    ["time that goes back", gauge(free("1 2.000"), free("1 1.000")), 3, /a time after/],
    ["a time twice", gauge(free("1 2.000"), free("1 2.000")), 3, /a time after/],
    [
      "times that go back where the series before has them",
      counter(
        sent("a", "1 1.000"),
        sent("a", "1 2.000"),
        sent("b", "1 1.000"),
        sent("b", "1 2.000"),
        sent("b", "1 1.500"),
      ),
      6,
      /a time after/,
    ],
    ["no time stamp", gauge(free("1")), 2, /value and a time stamp/],
    ["a time stamp with half an exponent", gauge(free("1 1e")), 2, /time stamp/],
    ["an exemplar of a gauge", gauge(free('1 1.000 # {x="y"} 1')), 2, /exemplar of a counter/],
    ["a value that is no number", gauge(free("0x10 1.000")), 2, /a number/],
    ["two spaces", gauge(free(" 1 1.000")), 2, /a number/],
    ["a counter that is NaN", counter(sent("a", "NaN 1.000")), 2, /0 or more/],
    ["a counter below 0", counter(sent("a", "-1 1.000")), 2, /0 or more/],
    [
      "an info that is not 1",
      file("# TYPE statexec_run info", `statexec_run_info{${COMMON}} 2 1.000`),
      2,
      /1 as value/,
    ],
    [
      "an event without a time",
      file(
        "# TYPE statexec_event_timestamp_seconds gauge",
        `statexec_event_timestamp_seconds{${COMMON},event="a"} +Inf 1.000`,
      ),
      2,
      /times as values/,
    ],
    ["a label twice", labelled(`${COMMON},a="1",a="2"`), 2, /label a once/],
    ["a space after a comma", labelled(`${COMMON}, a="1"`), 2, /a label name/],
    ["a comma at the end", labelled(`${COMMON},`), 2, /a label name/],
    ["no labels in braces", labelled(""), 2, /role as standalone/],
    ["a label without quotes", labelled(`${COMMON},a=1`), 2, /behind a label name/],
    ["a label that does not end", labelled(`${COMMON},a="1`), 2, /closing quote|behind a label value/],
    ["a label's line break", labelled(`${COMMON},a="1\n"`), 2, /closing quote/],
    ["no comma between labels", labelled(`${COMMON}a="1"`), 2, /`,` or `}`/],
    ["no space after the labels", gauge(`${FREE}{${COMMON}}1 1.000`), 2, /a space/],
    ["no labels", gauge(`${FREE} 1 1.000`), 2, /\{/],
    ["another job", labelled('job="node",role="standalone"'), 2, /job="statexec"/],
    ["no role", labelled('job="statexec"'), 2, /role as standalone/],
    [
      "two instances",
      counter(sent("a", "1 1.000"), sent("b", "1 1.000").replace("make", "ls")),
      3,
      /the same instance/,
    ],
    [
      "a label that a known metric does not have",
      counter(sent("a", "1 1.000").replace("}", ',zone="x"}'), sent("b", "1 1.000")),
      2,
      /no label zone/,
    ],
    ["a reserved label that a known metric does not have", labelled(`${COMMON},cpu="cpu0"`), 2, /no label cpu/],
  ])("%s", (_, text, line, expected) => {
    const error = refusal(text);
    expect(error.where).toBe(`run.prom:${line}`);
    expect(error.expected).toMatch(expected);
  });

  test("nothing but # EOF is no recording", () => {
    expect(refusal("# EOF\n").message).toBe('run.prom: expected at least one sample, got "none"');
  });

  test("bytes that are not UTF-8, in a label and in HELP", () => {
    const broken = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
    expect(refusal(broken(labelled(`${COMMON},a="\xff"`))).message).toContain("run.prom:2: expected UTF-8");
    expect(refusal(broken(gauge(`# HELP ${FREE} \xff`))).message).toContain("run.prom:2: expected UTF-8");
  });

  test("the message quotes the line", () => {
    expect(refusal(gauge(free("one 1.000"))).message).toBe(
      `run.prom:2: expected a number as value, got ${JSON.stringify(`${free("one 1.000").slice(0, 77)}…`)}`,
    );
  });
});
