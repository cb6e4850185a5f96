import { describe, expect, test } from "bun:test";
import { ParseError } from "../../src/errors.ts";
import { MetricsReader } from "../../src/openmetrics/metrics-reader.ts";
import type { Recording } from "../../src/recording/recording.ts";
import { pointsOf } from "../helpers/recording.ts";
import { parseStrictly } from "../helpers/strict-reader.ts";
import { isMissing, refusals } from "../helpers/validators.ts";
import { NEWER, type Points, SUITE } from "./suite.ts";
import { type Exceptions, PRODUCT_EXCEPTIONS, REFERENCE_EXCEPTIONS, STRICT_EXCEPTIONS } from "./suite-exceptions.ts";
import { NEWER_SERVER, SERVER } from "./suite-server.ts";

interface Case {
  readonly section: string;
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly isValid: boolean;
  readonly isNewer: boolean;
  readonly points: Points;
}

const encoder = new TextEncoder();
const bytesOf = (text: string | Uint8Array) => (typeof text === "string" ? encoder.encode(text) : text);
const ONE: Points = [[1000, 1]];

const CASES: readonly Case[] = [
  ...[...SUITE, SERVER].flatMap(({ section, valid, invalid }) => [
    ...valid.map(([name, text, points = ONE]) => ({
      ...{ section, name, bytes: bytesOf(text), points, isValid: true, isNewer: false },
    })),
    ...invalid.map(([name, text]) => ({
      ...{ section, name, bytes: bytesOf(text), points: ONE, isValid: false, isNewer: false },
    })),
  ]),
  ...[...NEWER, ...NEWER_SERVER].map(([name, text, points = ONE]) => ({
    ...{ section: "OpenMetrics 2.0", name, bytes: bytesOf(text), points, isValid: true, isNewer: true },
  })),
];

const isException = (exceptions: Exceptions, name: string) =>
  Object.values(exceptions).some((all) => all.includes(name));

/** The points of all series, or undefined where the reader refuses the text. */
type Read = (bytes: Uint8Array) => Points | undefined;

const pointsIn = (all: readonly Recording[]): Points =>
  all.flatMap(({ facts, startMs, series }) => [
    ...facts.map(() => [startMs, 1] as const),
    ...[...series()].flatMap(pointsOf),
  ]);

function readStrictly(bytes: Uint8Array): Points | undefined {
  try {
    return pointsIn([parseStrictly(bytes, "run.prom")]);
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}

/** As our reader reads it, which refuses lines and not files. */
function readByProduct(bytes: Uint8Array): Points | undefined {
  const reader = new MetricsReader("run.prom");
  reader.buffer().set(bytes);
  reader.consume(bytes.length);
  const { recordings, problems } = reader.finish();
  return problems.some((problem) => problem.includes(": expected ")) ? undefined : pointsIn(recordings);
}

function check(one: Case, read: Read, isTaken: boolean): void {
  const points = read(one.bytes);
  expect(points !== undefined, `${one.name}: taken by ${read.name}`).toBe(isTaken);
  if (one.isValid && points !== undefined) expect(points, one.name).toEqual(one.points);
}

describe.each([...Map.groupBy(CASES, ({ section }) => section)])("%s", (_, cases) => {
  test.each(cases.map((one) => [one.isValid ? "valid" : "invalid", one.name, one] as const))(
    "%s: %s",
    (_word, name, one) => {
      check(one, readStrictly, (one.isValid && !one.isNewer) !== isException(STRICT_EXCEPTIONS, name));
      check(one, readByProduct, one.isValid !== isException(PRODUCT_EXCEPTIONS, name));
    },
  );
});

test.skipIf(isMissing("strictParser"))("the reference parser agrees with the strict reader", async () => {
  // Later releases read some of version 2.0.
  const cases = CASES.filter(({ isNewer }) => !isNewer);
  const reasons = await refusals(cases.map(({ bytes }) => bytes));
  const differing = cases.flatMap(({ name, bytes }, i) => {
    const isTaken = readStrictly(bytes) !== undefined;
    const agrees = isTaken === (reasons[i] === null) || isException(REFERENCE_EXCEPTIONS, name);
    return agrees ? [] : [`${name}: ${reasons[i] ?? "it takes it"}`];
  });
  expect(differing).toEqual([]);
});

test("each case has a name of its own, and each exception the name of one", () => {
  const names = CASES.map(({ name }) => name);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  for (const exceptions of [STRICT_EXCEPTIONS, PRODUCT_EXCEPTIONS, REFERENCE_EXCEPTIONS]) {
    const all = Object.values(exceptions).flat();
    expect(all.filter((name, i) => !names.includes(name) || all.indexOf(name) !== i)).toEqual([]);
  }
});
