import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readNumber, readStampMs } from "../../src/openmetrics/read-number.ts";
import { NUMBER_BYTES, STAMP_BYTES, writeNumber, writeStamp } from "../../src/openmetrics/write-number.ts";

const GUARD = 0xff;

/** The text, written into a buffer with exactly the room that is documented to be enough. */
function written(room: number, write: (into: Uint8Array, start: number) => number): string {
  const into = new Uint8Array(room + 2).fill(GUARD);
  const end = write(into, 1);
  expect(into[0]).toBe(GUARD);
  expect(into[room + 1]).toBe(GUARD);
  return new TextDecoder().decode(into.subarray(1, end));
}

const numberText = (value: number) => written(NUMBER_BYTES, (into, start) => writeNumber(into, start, value));
const stampText = (atMs: number) => written(STAMP_BYTES, (into, start) => writeStamp(into, start, atMs));

const bytesOf = (text: string) => new TextEncoder().encode(text);
const numberOf = (text: string) => readNumber(bytesOf(text), 0, text.length);
const stampOf = (text: string) => readStampMs(bytesOf(text), 0, text.length);

/** The number as JavaScript reads it; only infinity is spelled differently. */
const nativeNumber = (text: string) => Number(text.replace("Inf", "Infinity"));

describe("writeNumber", () => {
  test.each([
    [0, "0"],
    [-0, "-0.0"],
    [1234.56, "1234.56"],
    [-0.05, "-0.05"],
    [0.001, "0.001"],
    [100, "100"],
    [1.1, "1.1"],
    [0.0001, "0.0001"],
    [0.9999999999999999, "0.9999999999999999"],
    [1e21, "1e+21"],
    [-1.2345678901234567e-308, "-1.2345678901234567e-308"],
    [-0.0000010793313549584127, "-0.0000010793313549584127"],
    [999_999_999, "999999999"],
    [1_000_000_000, "1000000000"],
    [1_000_000_001, "1000000001"],
    [9_007_199_254_740_991, "9007199254740991"],
    [-9_007_199_254_740_991, "-9007199254740991"],
    [2 ** 64, "18446744073709552000"],
    [Number.POSITIVE_INFINITY, "+Inf"],
    [Number.NEGATIVE_INFINITY, "-Inf"],
  ])("%p is %s", (value, text) => {
    expect(numberText(value)).toBe(text);
  });

  test("any double is read back as the same, by JavaScript and by readNumber", () => {
    const long = fc.double({ noNaN: true });
    const short = fc.tuple(fc.maxSafeInteger(), fc.constantFrom(1, 10, 100, 1000)).map(([n, scale]) => n / scale);
    fc.assert(
      fc.property(fc.oneof(long, short, fc.float({ noNaN: true })), (value) => {
        const text = numberText(value);
        expect(nativeNumber(text)).toBe(value);
        expect(numberOf(text)).toBe(value);
      }),
      { numRuns: 3000 },
    );
  });

  test("a whole number is written as by String", () => {
    const nearBillions = fc.tuple(fc.integer({ min: 0, max: 9_007_198 }), fc.integer({ min: -2, max: 2 }));
    const edges = nearBillions.map(([billions, off]) => billions * 1e9 + off);
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeInteger(), fc.integer(), edges), (value) => {
        expect(numberText(value)).toBe(String(value));
      }),
      { numRuns: 3000 },
    );
  });

  test("a short decimal is written as by String", () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(10, 100, 1000), (n, scale) => {
        fc.pre(n !== 0);
        expect(numberText(n / scale)).toBe(String(n / scale));
      }),
    );
  });
});

describe("readNumber", () => {
  test.each([
    ["1.", 1],
    [".5", 0.5],
    ["+2", 2],
    ["-0", -0],
    ["0.1", 0.1],
    ["123456789012345", 123_456_789_012_345],
    ["0.000000000000001", 1e-15],
    ["18446744073709551615", 2 ** 64],
    ["1E5", 1e5],
    ["1e-7", 1e-7],
    ["+Inf", Number.POSITIVE_INFINITY],
    ["inf", Number.POSITIVE_INFINITY],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["-INFINITY", Number.NEGATIVE_INFINITY],
    ["-iNf", Number.NEGATIVE_INFINITY],
    ["NaN", Number.NaN],
    ["nan", Number.NaN],
    ["-NAN", Number.NaN],
  ])("%s", (text, value) => {
    expect(numberOf(text)).toBe(value);
  });

  test.each([
    "",
    ".",
    "-",
    "+",
    "1.2.3",
    "0x10",
    "1_000",
    "1e",
    "e5",
    "infin",
    "in",
    "nanx",
    "++inf",
    " 1",
    "1 ",
    "--1",
    "١",
  ])("%p is no number", (text) => {
    expect(readNumber(bytesOf(text), 0, bytesOf(text).length)).toBeUndefined();
  });

  test("reads only between its offsets", () => {
    expect(readNumber(bytesOf("91.5|2"), 1, 4)).toBe(1.5);
  });
});

describe("time stamps", () => {
  test.each([
    [1_700_000_000_123, " 1700000000.123\n"],
    [0, " 0.000\n"],
    [5, " 0.005\n"],
    [-1500, " -1.500\n"],
    [Number.MAX_SAFE_INTEGER, " 9007199254740.991\n"],
    [Number.MIN_SAFE_INTEGER, " -9007199254740.991\n"],
  ])("%p is %p", (atMs, text) => {
    expect(stampText(atMs)).toBe(text);
  });

  test("any whole millisecond is read back as the same", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (atMs) => {
        expect(stampOf(stampText(atMs).slice(1, -1))).toBe(atMs);
      }),
    );
  });

  test.each([
    ["1700000000", 1_700_000_000_000],
    ["1.5", 1500],
    ["1.23449", 1234],
    ["1.9995", 2000],
    [".5", 500],
    ["1.", 1000],
    ["+1", 1000],
    ["1.5e3", 1_500_000],
    ["1.795e+09", 1_795_000_000_000],
    ["1.700000000123E9", 1_700_000_000_123],
    ["-1700000000123e-3", -1_700_000_000_123],
    // The product of the two doubles is a millisecond less.
    ["4.35e0", 4350],
    ["1.0049e-1", 100],
    ["1.005e-1", 101],
    ["5e-4", 1],
    ["4e-4", 0],
    ["1e-9", 0],
    ["0e999", 0],
  ])("%s is %p ms", (text, atMs) => {
    expect(stampOf(text)).toBe(atMs);
  });

  test("with an exponent are the same millisecond as without", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.integer({ min: -12, max: 12 }), (atMs, shift) => {
        const [sign, digits] = [atMs < 0 ? "-" : "", String(Math.abs(atMs)).padStart(20, "0")];
        const pointAt = digits.length - 3 - shift;
        const padded = digits.padEnd(digits.length + 12, "0");
        const text = `${sign}${padded.slice(0, pointAt)}.${padded.slice(pointAt)}e${shift}`;
        expect(stampOf(text)).toBe(atMs);
      }),
    );
  });

  test.each(["", "-", ".", "e3", "1e", "1.2.3", "1.5x", "inf", "nan", "1e14", "1e400", "9007199254741"])(
    "%p is no time stamp",
    (text) => {
      expect(stampOf(text)).toBeUndefined();
    },
  );
});
