import { COMMON, counter, FREE, file, free, gauge, labelled, SENT, sent } from "./files.ts";
import type { Section, Valid } from "./suite.ts";

/*
 * Rules that the parser of the Prometheus server is tested for, and that the sections of the specification do not show: the
 * texts are our own. What that parser takes beyond the specification is not here.
 */

const ONE = free("1 1.000");
const ODD = "statexec_odd";
const label = (pair: string) => labelled(`${COMMON},${pair}`);
const traced = (exemplar: string) => counter(sent("a", `1 1.000 # ${exemplar}`));
const created = (name: string, end: string) => sent(name, end).replace("_total", "_created");
/** The text with each character as one byte. */
const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

export const SERVER: Section = {
  section: "What the Prometheus server's parser is tested for",
  valid: [
    ["a gauge whose name ends in _created", file(`# TYPE ${ODD}_created gauge`, `${ODD}_created{${COMMON}} 1 1.000`)],
    ["the start of a counter before its samples", counter(created("a", "0.5 1.000"), sent("a", "1 1.000"))],
    [
      "the start of one of two counters",
      counter(sent("a", "1 1.000"), created("a", "0.25 1.000"), sent("b", "7 1.000")),
      [
        [1000, 1],
        [1000, 7],
      ],
    ],
    ["a label name with an underscore in front", label('_x="1"')],
    ["a label value in escaped quotes", label(String.raw`x="\"a\""`)],
    ["the labels le and quantile of a gauge", label('le="1",quantile="0.5"')],
    ["a null byte alone in a label", label('x="\0"')],
    ["a null byte in HELP", gauge(`# HELP ${FREE} a\0b`, ONE)],
    ["an exemplar below 0 with a time below 0", traced('{trace="a"} -4 -12.5')],
  ],
  invalid: [
    ["TYPE without a type", file(`# TYPE ${FREE}`, ONE)],
    ["TYPE with an empty name", file("# TYPE ", ONE)],
    ["TYPE with two spaces before the type", file(`# TYPE ${FREE}  gauge`, ONE)],
    ["UNIT without a unit", gauge(`# UNIT ${FREE}`, ONE)],
    ["UNIT with an empty name", gauge("# UNIT ", ONE)],
    ["a tab after the hash", gauge(`#\tHELP ${FREE} a`, ONE)],
    ["a hash and half a word", gauge("# H", ONE)],
    ["a space before # EOF", gauge(ONE).replace("# EOF", " # EOF")],
    ["a sample in the line of # EOF", gauge(ONE).replace("# EOF\n", `# EOF${free("2 2.000")}\n`)],
    ["a tab after the name", gauge(`${FREE}\t1 1.000`)],
    ["a tab after the braces", gauge(`${FREE}{${COMMON}}\t1 1.000`)],
    ["the number 0x1P-4", gauge(free("0x1P-4 1.000"))],
    ["the number 0b1", gauge(free("0b1 1.000"))],
    ["the time -Inf", gauge(free("1 -Inf"))],
    ["the time 0x1p3", gauge(free("1 0x1p3"))],
    ["the time 1z", gauge(free("1 1z"))],
    ["bytes that are not UTF-8 in a label name", bytes(label('\xff="1"'))],
    ["an escape in a label name", label(String.raw`a\nb="1"`)],
    ["a quoted label name that does not end", label('"x = "1"')],
    ["a label value that is missing at the end of the line", labelled(`${COMMON},x=\n`)],
    ["a null byte before a label value", label('x=\0"1"')],
    ["a null byte in a label name", label('x\0="1"')],
    ["a null byte in a name", gauge(ONE).replaceAll(`${FREE}{`, `${FREE}\0{`)],
    ["an exemplar's label without quotes", traced("{trace=a} 4")],
    ["an exemplar's label without a value", traced("{trace} 4")],
    ["an exemplar's label with an equals sign alone", traced('{trace="a",span=} 4')],
    ["an exemplar's label with an escaped quote in front", traced(String.raw`{trace=\"a"} 4`)],
    ["a null byte before the value of an exemplar's label", traced('{trace=\0"a"} 4')],
    ["two commas in an exemplar", traced('{trace="a",,span="b"} 4')],
    ["an exemplar's value with an underscore", traced('{trace="a"} 4_0')],
    ["an exemplar's value in hexadecimal", traced('{trace="a"} 0x4p-2')],
    ["an exemplar at the time NaN", traced('{trace="a"} 4 NaN')],
    ["an exemplar at the time -Inf", traced('{trace="a"} 4 -Inf')],
  ],
};

/** The same for version 2.0. */
export const NEWER_SERVER: readonly Valid[] = [
  ["a quoted label name in an exemplar", traced('{"trace.id"="a",span="b"} 4')],
  ["a quoted name of a counter", file(`# TYPE "${SENT}" counter`, sent("a", "1 1.000"))],
];
