import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import fc from "fast-check";
import { familyName, MACHINE } from "../../src/catalog/index.ts";
import { ParseError } from "../../src/errors.ts";
import { parse } from "../../src/openmetrics/strict-reader.ts";
import { contentOf, parseText, pointsOf, START_MS } from "../helpers/recording.ts";
import { COMMON, counter, FREE, file, free, gauge, labelled, refusal, sent } from "./files.ts";

const GOLDEN_FILE = join(import.meta.dir, "../fixtures/golden/run.prom");

describe("what is taken", () => {
  test("the catalogue's own metric, and points in whole milliseconds", () => {
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

  test("what is common to all series is the user's, but for reserved names", () => {
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

  test("a family that is not in the catalogue, with the labels that differ or that metrics use", () => {
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

  test("the start is the facts' time, or else the first sample's", () => {
    const facts = ["# TYPE statexec_run info", `statexec_run_info{${COMMON},fact="a",value="b"} 1 0.500`];
    const samples = [`# TYPE ${FREE} gauge`, free("1 1.000"), free("1 2.000")];
    expect(parseText(file(...facts, ...samples)).startMs).toBe(500);
    expect(parseText(file(...samples)).startMs).toBe(1000);
  });

  test("events in order of time, by their values", () => {
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

  test("series with the same times share one array; a longer, a shorter and another one keep their own points", () => {
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

test("a file cut anywhere is refused, and so is one with a bad byte, or it is read without a wrong error", async () => {
  const whole = await Bun.file(GOLDEN_FILE).bytes();
  const sizes = fc.integer({ min: 0, max: whole.length - 2 });
  fc.assert(fc.property(sizes, (size) => expect(refusal(whole.subarray(0, size))).toBeInstanceOf(ParseError)));
  fc.assert(
    fc.property(sizes, fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const bytes = whole.slice();
      bytes[at] = byte;
      try {
        for (const { metric } of parse(bytes, "run.prom").series()) expect(familyName(metric)).toStartWith("statexec_");
      } catch (error) {
        expect(error).toBeInstanceOf(ParseError);
      }
    }),
  );
});

test("the golden file has what was recorded", async () => {
  const { facts, labels, series } = contentOf(parse(await Bun.file(GOLDEN_FILE).bytes(), "run.prom"));
  expect(facts).toContainEqual(["arguments", 'all "CFLAGS=-O2 -g"']);
  expect(labels).toEqual([
    ["branch", 'a # {b="c"}, d'],
    ["os", "déb\\ian\n12"],
  ]);
  expect(series).toHaveLength(19);
});
