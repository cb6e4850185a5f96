import { COMMON, counter, FREE, file, free, gauge, labelled, SENT, sent } from "./files.ts";

/** Times in milliseconds and values. */
export type Points = readonly (readonly [atMs: number, value: number])[];

/** A text, and the points that a reader gets of it: by default a 1 at one second. */
export type Valid = readonly [name: string, text: string | Uint8Array, points?: Points];
type Invalid = readonly [name: string, text: string | Uint8Array];

/** Texts of the kind that we write which follow a section of the specification, and texts which do not. */
export interface Section {
  /** As the specification of OpenMetrics 1.0 names it. */
  readonly section: string;
  readonly valid: readonly Valid[];
  readonly invalid: readonly Invalid[];
}

const value = (text: string) => gauge(free(`${text} 1.000`));
const stamp = (text: string) => gauge(free(`1 ${text}`));
const label = (pair: string) => labelled(`${COMMON},${pair}`);
const ONE = free("1 1.000");
const ODD = "statexec_odd";
const odd = (name: string, end = "1 1.000", labels = "") => `${ODD}${name}{${COMMON}${labels}} ${end}`;
const family = (type: string, ...samples: string[]) => file(`# TYPE ${ODD} ${type}`, ...samples);
const described = (...metadata: string[]) => file(...metadata, ONE);
/** The text with each character as one byte. */
const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const at = (ms: number): Points => [[ms, 1]];
const is = (number: number): Points => [[1000, number]];
const TWO: Points = [
  [1000, 1],
  [2000, 2],
];

const numbers = (all: Readonly<Record<string, number>>): Valid[] =>
  Object.entries(all).map(([text, number]) => [
    `the number ${text}`,
    value(text),
    Number.isNaN(number) ? [] : is(number),
  ]);
const times = (all: Readonly<Record<string, number>>): Valid[] =>
  Object.entries(all).map(([text, ms]) => [`the time ${text}`, stamp(text), at(ms)]);

const NUMBERS: Section = {
  section: "Text format, Numbers; ABNF, number",
  valid: [
    ...numbers({ "17": 17, "0042": 42, "+3": 3, "-3": -3, "-0": -0, "8903.123421": 8903.123421, "1.": 1, ".5": 0.5 }),
    ...numbers({ "1.89e-7": 1.89e-7, "1E5": 1e5, "1e+05": 1e5, "-.5e1": -5, "1.e1": 10, "00.1": 0.1 }),
    ...numbers({ "18446744073709551616": 2 ** 64, "0.1000000000000000055511151231257827": 0.1, "5e-324": 5e-324 }),
    ...numbers({ "+Inf": Number.POSITIVE_INFINITY, "-Inf": Number.NEGATIVE_INFINITY, inf: Number.POSITIVE_INFINITY }),
    ...numbers({ "+INF": Number.POSITIVE_INFINITY, Infinity: Number.POSITIVE_INFINITY }),
    ...numbers({ "-infinity": Number.NEGATIVE_INFINITY, NaN: Number.NaN, nan: Number.NaN, NAN: Number.NaN }),
  ],
  invalid: [
    ...[
      "0x1p3",
      "0x10",
      "1_000",
      "1.2.3",
      "1e",
      "1e+",
      "1e1.5",
      "--1",
      "+-1",
      "1,5",
      "Infinit",
      "infinityy",
      "nans",
      "true",
    ],
    ...["1x", ".", "+", "e5", "١", "1f", "¼", "-NaN", "+nan"],
  ].map((text): Invalid => [`the number ${text}`, value(text)]),
};

const TIMESTAMPS: Section = {
  section: "Data Types, Timestamps; Text format, Timestamps",
  valid: [
    ...times({
      "1700000000": 1_700_000_000_000,
      "1700000000.123": 1_700_000_000_123,
      "0": 0,
      "-1.5": -1500,
      "+1": 1000,
    }),
    ...times({
      "1.123456789": 1123,
      "1.9995": 2000,
      ".5": 500,
      "2.": 2000,
      "0001.5": 1500,
      "4102444800.001": 4_102_444_800_001,
    }),
    ...times({ "1.5e3": 1_500_000, "1.795e+09": 1_795_000_000_000, "1E3": 1_000_000, "17e-1": 1700 }),
    ["the time 12345678901234567890.5", stamp("12345678901234567890.5")],
    ...times({ "000": 0, "1.7000000001234E9": 1_700_000_000_123, "-4.35e0": -4350 }),
  ],
  invalid: [
    ...["NaN", "Inf", "+Inf", "nan", "0x10", "1_000", "1e", "e3", "1.2.3", "--1", "now", "1s", ".", "-", "1.5e400"].map(
      (text): Invalid => [`the time ${text}`, stamp(text)],
    ),
    ["a space after the time", stamp("1.000 ")],
    ["two spaces before the time", stamp(" 1.000")],
    ["a tab before the time", gauge(`${FREE}{${COMMON}} 1\t1.000`)],
    ["a third number", stamp("1.000 2")],
  ],
};

const STRINGS: Section = {
  section: "Data Types, Strings; Overall Structure",
  valid: [
    ["a null byte in a label", label('x="a\0b"')],
    ["a byte order mark within a label", label('x="\ufeffa"')],
    ["a carriage return in a label", label('x="a\rb"')],
    ["characters beyond the basic plane", label('x="🎉"')],
    ["characters of the grammar in a label", label('x="a{b=c, # }d"')],
    ["# EOF without a line feed", gauge(ONE).slice(0, -1)],
    ["no samples at all", "# EOF\n", []],
  ],
  invalid: [
    ["bytes that are not UTF-8 in a label", bytes(label('x="\xff"'))],
    ["bytes that are not UTF-8 in HELP", bytes(gauge(`# HELP ${FREE} \xff`, ONE))],
    ["half of a surrogate pair", bytes(label('x="\xed\xa0\x80"'))],
    ["an overlong byte sequence", bytes(label('x="\xc0\xaf"'))],
    ["a byte order mark at the start", `\ufeff${gauge(ONE)}`],
    ["carriage returns", gauge(ONE).replaceAll("\n", "\r\n")],
    ["a blank line before the samples", gauge("", ONE)],
    ["a blank line at the start", `\n${gauge(ONE)}`],
    ["a space before a sample", gauge(` ${ONE}`)],
    ["nothing", ""],
    ["no # EOF", gauge(ONE).replace("# EOF\n", "")],
    ["# EOF twice", `${gauge(ONE)}# EOF\n`],
    ["samples after # EOF", `${gauge(ONE)}${free("2 2.000")}\n`],
    ["a blank line after # EOF", `${gauge(ONE)}\n`],
    ["# EOF and a space", gauge(ONE).replace("# EOF", "# EOF ")],
    ["#EOF", gauge(ONE).replace("# EOF", "#EOF")],
    ["# eof", gauge(ONE).replace("# EOF", "# eof")],
    ["a last line that is cut", gauge(ONE).slice(0, -10)],
  ],
};

const LABELS: Section = {
  section: "Label; LabelSet; ABNF, labels",
  valid: [
    ["a label name with digits and capitals", label('Ab_9="x"')],
    ["a reserved label name", label('__x="x"')],
    ["an empty label value", label('x=""')],
    ["labels in another order", labelled('role="standalone",zone="a",job="statexec",instance="make"')],
    ["two series of one family", counter(sent("a", "1 1.000"), sent("b", "2 2.000")), TWO],
    ["empty braces", gauge(`${FREE}{} 1 1.000`)],
    ["no braces", gauge(`${FREE} 1 1.000`)],
  ],
  invalid: [
    ["a label twice", label('x="1",x="2"')],
    ["a label name with a digit in front", label('9x="1"')],
    ["a label name with a hyphen", label('a-b="1"')],
    ["a label name with a point", label('a.b="1"')],
    ["a label name with a colon", label('a:b="1"')],
    ["a label name with an accent", label('é="1"')],
    ["no label name", label('="1"')],
    ["a label without a value", label("x")],
    ["a label value without quotes", label("x=1")],
    ["a label value in single quotes", label("x='1'")],
    ["a label value that does not end", label('x="1')],
    ["a label value that begins after a space", label('x= "1"')],
    ["a space before an equals sign", label('x ="1"')],
    ["a comma at the end", labelled(`${COMMON},`)],
    ["a comma at the start", labelled(`,${COMMON}`)],
    ["two commas", labelled(`${COMMON},,x="1"`)],
    ["no comma", labelled(`${COMMON}x="1"`)],
    ["a space after a comma", labelled(`${COMMON}, x="1"`)],
    ["a space in front of the braces", gauge(`${FREE} {${COMMON}} 1 1.000`)],
    ["no space after the braces", gauge(`${FREE}{${COMMON}}1 1.000`)],
    ["two spaces after the braces", gauge(`${FREE}{${COMMON}}  1 1.000`)],
    ["no closing brace", gauge(`${FREE}{${COMMON} 1 1.000`)],
    ["two opening braces", gauge(`${FREE}{{${COMMON}} 1 1.000`)],
    ["a line break in a label value", label('x="a\nb"')],
  ],
};

const ESCAPING: Section = {
  section: "Text format, Escaping",
  valid: [
    ["the three escapes in a label", label(String.raw`x="\\ \" \n"`)],
    ["an escape that is none in a label", label(String.raw`x="C:\dir\z"`)],
    ["an escaped backslash before an n", label(String.raw`x="\\n"`)],
    ["a backslash before a character beyond the basic plane", label('x="\\🎉"')],
    ["the three escapes in HELP", gauge(String.raw`# HELP ${FREE} \\ \" \n`, ONE)],
    ["an escape that is none in HELP", gauge(String.raw`# HELP ${FREE} C:\dir\z`, ONE)],
  ],
  invalid: [
    ["an escaped closing quote", label(String.raw`x="a\"`)],
    ["a backslash at the end of HELP", gauge(`# HELP ${FREE} a\\`, ONE)],
    ["a quote in HELP that is not escaped", gauge(`# HELP ${FREE} "a"`, ONE)],
  ],
};

const NAMES: Section = {
  section: "MetricFamily, Name; MetricSet",
  valid: [
    ["a name with capitals and digits", file("# TYPE statexec_X9 gauge", `statexec_X9{${COMMON}} 1 1.000`)],
    ["a name with a colon", file("# TYPE statexec_a:b gauge", `statexec_a:b{${COMMON}} 1 1.000`)],
    ["two families", file(`# TYPE ${FREE} gauge`, ONE, `# TYPE ${ODD} gauge`, odd("", "2 2.000")), TWO],
    ["a family without samples", file(`# TYPE ${ODD} gauge`, `# TYPE ${FREE} gauge`, ONE)],
    ["a family of another program", file("# TYPE node_load1 gauge", "node_load1 1 1.000")],
  ],
  invalid: [
    ["a name with a hyphen", file("# TYPE statexec_a-b gauge", `statexec_a-b{${COMMON}} 1 1.000`)],
    ["a name with an accent", file("# TYPE statexec_é gauge", `statexec_é{${COMMON}} 1 1.000`)],
    ["a name that begins with a digit", file("# TYPE 9statexec gauge", `9statexec{${COMMON}} 1 1.000`)],
    ["no name", gauge(`{${COMMON}} 1 1.000`)],
    ["a family in two places", file(`# TYPE ${FREE} gauge`, ONE, `# TYPE ${ODD} gauge`, `# TYPE ${FREE} gauge`)],
    [
      "a gauge with the name of a counter's samples",
      file(`# TYPE ${ODD} counter`, odd("_total"), `# TYPE ${ODD}_total gauge`, odd("_total", "2 2.000")),
    ],
    [
      "a gauge with the name of an info's samples",
      file(`# TYPE ${ODD} info`, odd("_info"), `# TYPE ${ODD}_info gauge`, odd("_info", "1 2.000")),
    ],
  ],
};

const METADATA: Section = {
  section: "MetricFamily metadata; Type, Unit, Help",
  valid: [
    ["metadata in another order", described(`# HELP ${FREE} a`, `# UNIT ${FREE} bytes`, `# TYPE ${FREE} gauge`)],
    ["an empty UNIT", gauge(`# UNIT ${FREE} `, ONE)],
    ["an empty HELP", gauge(`# HELP ${FREE} `, ONE)],
    ["HELP that ends in spaces", gauge(`# HELP ${FREE} a  `, ONE)],
    ["no metadata", described()],
    ["HELP alone", described(`# HELP ${FREE} a`)],
    ["the type unknown", family("unknown", odd(""))],
    ["the type stateset", family("stateset", odd("", "1 1.000", `,${ODD}="on"`))],
    [
      "the type histogram",
      family("histogram", odd("_bucket", "1 1.000", ',le="+Inf"'), odd("_count"), odd("_sum"), odd("_created")),
      [...at(1000), ...at(1000), ...at(1000)],
    ],
    [
      "the type gaugehistogram",
      family("gaugehistogram", odd("_bucket", "1 1.000", ',le="+Inf"'), odd("_gcount"), odd("_gsum")),
      [...at(1000), ...at(1000), ...at(1000)],
    ],
    [
      "the type summary",
      family("summary", odd("", "1 1.000", ',quantile="0.5"'), odd("_count"), odd("_sum")),
      [...at(1000), ...at(1000), ...at(1000)],
    ],
  ],
  invalid: [
    ["the type untyped", family("untyped", odd(""))],
    ["a type in capitals", family("Gauge", odd(""))],
    ["an empty type", family("", odd(""))],
    ["a type and a space", family("gauge ", odd(""))],
    ["TYPE twice", gauge(`# TYPE ${FREE} gauge`, ONE)],
    ["UNIT twice", gauge(`# UNIT ${FREE} bytes`, `# UNIT ${FREE} bytes`, ONE)],
    ["HELP twice", gauge(`# HELP ${FREE} a`, `# HELP ${FREE} b`, ONE)],
    ["a unit that is not the end of the name", gauge(`# UNIT ${FREE} seconds`, ONE)],
    [
      "a unit without an underscore before it",
      file("# TYPE statexec_xbytes gauge", "# UNIT statexec_xbytes bytes", `statexec_xbytes{${COMMON}} 1 1.000`),
    ],
    ["a unit of an info", file(`# TYPE ${ODD}_bytes info`, `# UNIT ${ODD}_bytes bytes`, odd("_bytes_info"))],
    ["TYPE after the samples", file(`# HELP ${FREE} a`, ONE, `# TYPE ${FREE} gauge`)],
    ["HELP after the samples", gauge(ONE, `# HELP ${FREE} a`)],
    ["UNIT after the samples", gauge(ONE, `# UNIT ${FREE} bytes`)],
    ["a comment", gauge("# by hand", ONE)],
    ["an empty comment", gauge("#", ONE)],
    ["a word that is no metadata", gauge(`# NOTE ${FREE} a`, ONE)],
    ["metadata in small letters", gauge(`# help ${FREE} a`, ONE)],
    ["metadata without its spaces", gauge(`#HELP ${FREE} a`, ONE)],
    ["metadata with two spaces", gauge(`#  HELP ${FREE} a`, ONE)],
    ["metadata with a tab", gauge(`# HELP\t${FREE} a`, ONE)],
    ["metadata without a name", gauge("# HELP", ONE)],
    ["metadata with an empty name", gauge("# HELP ", ONE)],
    ["metadata without a space after the name", gauge(`# HELP ${FREE}`, ONE)],
  ],
};

const POINTS: Section = {
  section: "Metric; MetricPoint",
  valid: [
    ["two points", gauge(ONE, free("2 2.000")), TWO],
    [
      "two points less than a second apart",
      gauge(free("1 1.000"), free("2 1.001")),
      [
        [1000, 1],
        [1001, 2],
      ],
    ],
    ["no time", gauge(free("1"))],
  ],
  invalid: [
    ["times that go back", gauge(free("1 2.000"), free("1 1.000"))],
    ["times that go back within a second", gauge(free("1 1.500"), free("1 1.400"))],
    ["a time twice", gauge(ONE, ONE)],
    ["a point with a time and one without", gauge(ONE, free("2"))],
    ["a series in two places", counter(sent("a", "1 1.000"), sent("b", "1 1.000"), sent("a", "2 2.000"))],
    [
      "a series in two places, in another order of labels",
      counter(sent("a", "1 1.000"), sent("b", "1 1.000"), `${SENT}_total{interface="a",${COMMON}} 2 2.000`),
    ],
    ["no value", gauge(`${FREE}{${COMMON}} `)],
    ["a name alone", gauge(FREE)],
  ],
};

const TYPES: Section = {
  section: "Metric types: Gauge, Counter, Info",
  valid: [
    ["a gauge below 0", value("-1"), is(-1)],
    ["a counter", counter(sent("a", "1 1.000"))],
    ["an infinite counter", counter(sent("a", "+Inf 1.000")), is(Number.POSITIVE_INFINITY)],
    [
      "a counter that is reset",
      counter(sent("a", "5 1.000"), sent("a", "0 2.000")),
      [
        [1000, 5],
        [2000, 0],
      ],
    ],
    ["the start of a counter", counter(sent("a", "1 1.000"), sent("a", "0.5 1.000").replace("_total", "_created"))],
    [
      "the start of a counter at each point",
      family("counter", odd("_total"), odd("_created"), odd("_total", "2 2.000"), odd("_created", "1 2.000")),
      TWO,
    ],
    ["an info", family("info", odd("_info", "1 1.000", ',version="1"'))],
    ["an info with 1.0 as value", family("info", odd("_info", "1.0 1.000"))],
  ],
  invalid: [
    ["a gauge whose sample ends in _total", family("gauge", odd("_total"))],
    ["a counter whose sample has no suffix", family("counter", odd(""))],
    ["a counter whose sample ends in _sum", family("counter", odd("_sum"))],
    ["a counter that is NaN", counter(sent("a", "NaN 1.000"))],
    ["a counter below 0", counter(sent("a", "-1 1.000"))],
    ["a counter at -Inf", counter(sent("a", "-Inf 1.000"))],
    ["an info whose value is 0", family("info", odd("_info", "0 1.000"))],
    ["an info whose value is 2", family("info", odd("_info", "2 1.000"))],
    ["an info whose sample has no suffix", family("info", odd(""))],
  ],
};

const traced = (exemplar: string) => counter(sent("a", `1 1.000${exemplar}`));

const EXEMPLARS: Section = {
  section: "Exemplars",
  valid: [
    ["an exemplar", traced(' # {trace="a"} 1')],
    ["an exemplar with a time", traced(' # {trace="a"} 0.5 1520879607.789')],
    ["an exemplar without labels", traced(" # {} 1")],
    ["an exemplar with braces in a label", traced(' # {trace="} # {"} 1')],
    ["an exemplar of 128 characters", traced(` # {trace="${"é".repeat(123)}"} 1`)],
    ["exemplars at each point", counter(sent("a", "1 1.000 # {} 1"), sent("a", "2 2.000 # {} 1")), TWO],
  ],
  invalid: [
    ["an exemplar of 129 characters", traced(` # {trace="${"é".repeat(124)}"} 1`)],
    ["an exemplar of a gauge", gauge(free("1 1.000 # {} 1"))],
    ["an exemplar of an info", family("info", odd("_info", "1 1.000 # {} 1"))],
    ["an exemplar without a value", traced(' # {trace="a"}')],
    ["an exemplar with a word as value", traced(' # {trace="a"} x')],
    ["an exemplar with a word as time", traced(' # {trace="a"} 1 x')],
    ["an exemplar without braces", traced(" # 1")],
    ["an exemplar whose braces do not end", traced(' # {trace="a" 1')],
    ["an exemplar without a space before it", traced('# {trace="a"} 1')],
    ["an exemplar without a space in it", traced(' #{trace="a"} 1')],
    ["an exemplar without a space before its value", traced(" # {}1")],
    ["an exemplar's hash alone", traced(" #")],
    ["an exemplar and a space", traced(' # {trace="a"} 1 ')],
    ["two exemplars, of version 2.0", traced(" # {} 1 1 # {} 2 2")],
  ],
};

/** What version 1.0 has. */
export const SUITE: readonly Section[] = [
  ...[NUMBERS, TIMESTAMPS, STRINGS, LABELS, ESCAPING, NAMES, METADATA, POINTS, TYPES, EXEMPLARS],
];

/** What is valid from version 2.0 on. */
export const NEWER: readonly Valid[] = [
  ["a start timestamp", counter(sent("a", "1 1.000 st@0.5"))],
  ["a start timestamp with an exponent", counter(sent("a", "1 1.000 st@1.5e9"))],
  ["a start timestamp and exemplars", counter(sent("a", '1 1.000 st@0.5 # {a="b"} 1 1.000 # {} 2 2.000'))],
  ["a counter named as its samples", file(`# TYPE ${SENT}_total counter`, sent("a", "1 1.000"))],
  ["an info named as its samples", file(`# TYPE ${ODD}_info info`, odd("_info"))],
  [
    "a unit before _total",
    file(`# TYPE ${ODD}_seconds_total counter`, `# UNIT ${ODD}_seconds_total seconds`, odd("_seconds_total")),
  ],
  ["a unit that the name does not have", gauge(`# UNIT ${FREE} seconds`, ONE)],
  ["a quoted name", file(`# TYPE "${ODD}" gauge`, `{"${ODD}",${COMMON}} 1 1.000`)],
  ["a quoted name without labels", file(`# TYPE "${ODD}" gauge`, `{"${ODD}"} 1 1.000`)],
  ["a quoted label name", label('"x"="1"')],
  ["a quoted name with points", file('# TYPE "statexec.odd" gauge', `{"statexec.odd",${COMMON}} 1 1.000`)],
  ["a quoted label name with points", label('"a.b"="1"')],
  ["a summary as one value", family("summary", odd("", "{count:1,sum:2,quantile:[0.5:1]} 1.000"))],
  ["a histogram as one value", family("histogram", odd("", "{count:1,sum:2,bucket:[+Inf:1]} 1.000"))],
];
