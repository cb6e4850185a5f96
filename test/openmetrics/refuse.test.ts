import { describe, expect, test } from "bun:test";
import { COMMON, counter, FREE, file, free, gauge, labelled, refusal, SENT, sent } from "./files.ts";

describe("what is refused, and where", () => {
  test.each<[string, string, number, RegExp]>([
    ["no # EOF", `# TYPE ${FREE} gauge\n${free("1 1.000")}\n`, 3, /# EOF/],
    ["an empty file", "", 1, /# EOF/],
    ["a cut last line", `# TYPE ${FREE} gauge\n${free("1 1.0")}`, 3, /# EOF/],
    ["text behind # EOF", `${gauge(free("1 1.000"))}x`, 4, /nothing behind/],
    ["a second file behind the first", gauge(free("1 1.000")).repeat(2), 4, /nothing behind/],
    ["a comment", gauge("# by hand", free("1 1.000")), 2, /# TYPE/],
    ["a blank line", gauge("", free("1 1.000")), 2, /a sample of/],
    ["CRLF", gauge(`${free("1 1.000")}\r`), 2, /time stamp/],
    ["TYPE twice", gauge(`# TYPE ${FREE} gauge`), 2, /one TYPE/],
    ["UNIT twice", gauge(`# UNIT ${FREE} bytes`, `# UNIT ${FREE} bytes`), 3, /one UNIT/],
    ["HELP twice", gauge(`# HELP ${FREE} a`, `# HELP ${FREE} a`), 3, /one HELP/],
    ["metadata behind samples", gauge(free("1 1.000"), `# HELP ${FREE} a`), 3, /before its samples/],
    ["a type that the catalogue has otherwise", file(`# TYPE ${FREE} counter`), 1, /the type gauge/],
    ["a type that we do not write", file("# TYPE statexec_x histogram"), 1, /counter, gauge, info/],
    ["a unit that is not the name's end", gauge(`# UNIT ${FREE} seconds`), 2, /end of the family's name/],
    ["a unit of an info", file("# TYPE statexec_x_bytes info", "# UNIT statexec_x_bytes bytes"), 2, /no unit/],
    ["another's family", file("# TYPE node_load1 gauge"), 1, /begins with statexec_/],
    ["a bad escape in HELP", gauge(`# HELP ${FREE} a\\t`), 2, /backslash/],
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
    ["a time stamp with an exponent", gauge(free("1 1e9")), 2, /time stamp/],
    ["an exemplar", counter(sent("a", '1 1.000 # {x="y"} 1')), 2, /time stamp/],
    ["a value that is none", gauge(free("0x10 1.000")), 2, /a number/],
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
    ["a bad escape in a label", labelled(`${COMMON},a="\\t"`), 2, /backslash/],
    ["a label twice", labelled(`${COMMON},a="1",a="2"`), 2, /label a once/],
    ["a space behind a comma", labelled(`${COMMON}, a="1"`), 2, /a label name/],
    ["a comma at the end", labelled(`${COMMON},`), 2, /a label name/],
    ["no labels in braces", labelled(""), 2, /a label name/],
    ["a label without quotes", labelled(`${COMMON},a=1`), 2, /behind a label name/],
    ["a label that does not end", labelled(`${COMMON},a="1`), 2, /closing quote|behind a label value/],
    ["a label's line break", labelled(`${COMMON},a="1\n"`), 2, /closing quote/],
    ["no comma between labels", labelled(`${COMMON}a="1"`), 2, /`,` or `}`/],
    ["no space behind the labels", gauge(`${FREE}{${COMMON}}1 1.000`), 2, /a space/],
    ["no labels", gauge(`${FREE} 1 1.000`), 2, /\{/],
    ["another's job", labelled('job="node",role="standalone"'), 2, /job="statexec"/],
    ["no role", labelled('job="statexec"'), 2, /role as standalone/],
    [
      "two instances",
      counter(sent("a", "1 1.000"), sent("b", "1 1.000").replace("make", "ls")),
      3,
      /the same instance/,
    ],
    [
      "a label that a known metric has not",
      counter(sent("a", "1 1.000").replace("}", ',zone="x"}'), sent("b", "1 1.000")),
      2,
      /no label zone/,
    ],
    ["a reserved label that a known metric has not", labelled(`${COMMON},cpu="cpu0"`), 2, /no label cpu/],
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

  test("says what was there", () => {
    expect(refusal(gauge(free("one 1.000"))).message).toBe(
      `run.prom:2: expected a number as value, got ${JSON.stringify(`${free("one 1.000").slice(0, 77)}…`)}`,
    );
  });
});
