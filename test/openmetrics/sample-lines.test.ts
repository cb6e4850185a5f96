import { expect, test } from "bun:test";
import fc from "fast-check";
import { MetricsReader } from "../../src/openmetrics/metrics-reader.ts";
import { Head } from "../../src/openmetrics/sample-lines.ts";
import { effort } from "../helpers/effort.ts";
import { pointsOf } from "../helpers/recording.ts";

const encoder = new TextEncoder();

/** Bytes that make doubles which are zero, NaN or not in their shortest form, among plain text. */
const awkward = fc.oneof(fc.constantFrom(0, 0x7f, 0x80, 0xf0, 0xf8, 0xff), fc.integer({ min: 0x20, max: 0x7e }));

test("a head is found where each of its bytes is, whatever doubles they make", () => {
  let found = 0;
  fc.assert(
    fc.property(
      fc.array(awkward, { minLength: 1, maxLength: 40 }),
      fc.array(fc.tuple(fc.nat(39), awkward), { maxLength: 2 }),
      fc.nat(9),
      fc.nat(9),
      (bytes, changes, before, after) => {
        const text = [...bytes];
        for (const [at, byte] of changes) if (at < text.length) text[at] = byte;
        const isSame = text.every((byte, i) => byte === bytes[i]);
        const whole = Uint8Array.from([...Array(before).fill(0x61), ...text, ...Array(after).fill(0x62)]);
        const view = new DataView(whole.buffer);
        const head = new Head(Uint8Array.from(bytes));
        expect(head.isAt(view, before)).toBe(isSame);
        expect(head.isAt(view, whole.length - bytes.length + 1)).toBe(false);
        if (isSame) found++;
      },
    ),
    { numRuns: effort(5000) },
  );
  expect(found).toBeGreaterThan(effort(5000) / 10);
});

test("two kinds of zero are different bytes", () => {
  const head = new Head(new Uint8Array(8));
  expect(head.isAt(new DataView(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x80).buffer), 0)).toBe(false);
});

/** Seconds of one series' lines: mostly the shared ones, with some left out, repeated, out of order or its own. */
const secondsOfSeries = fc
  .tuple(
    fc.nat(200),
    fc.array(fc.tuple(fc.nat(199), fc.constantFrom("omit", "repeat", "own", "back")), { maxLength: 4 }),
  )
  .map(([length, changes]) => {
    const seconds = Array.from({ length }, (_, i) => i + 1);
    for (const [at, change] of changes) {
      if (at >= seconds.length) continue;
      if (change === "omit") seconds.splice(at, 1);
      else if (change === "repeat") seconds.splice(at, 0, seconds[at]!);
      else if (change === "own") seconds[at]! += 0.5;
      else seconds.splice(at, 0, 1 + (at >> 1));
    }
    return seconds;
  });

test("points are those of the lines, where series share times in part, in pieces of any size", () => {
  fc.assert(
    fc.property(
      fc.array(secondsOfSeries, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 3000 }),
      (all, piece) => {
        const expected = all.map((seconds, place) => {
          const points = new Map(seconds.map((second, i) => [second * 1000, place * 1000 + i] as const));
          return [...points].sort(([a], [b]) => a - b);
        });
        const lines = all.flatMap((seconds, place) =>
          seconds.map((second, i) => `statexec_made_up{device="é${place}"} ${place * 1000 + i} ${second.toFixed(3)}\n`),
        );
        const [recording] = readInPieces(["# TYPE statexec_made_up gauge\n", ...lines, "# EOF\n"].join(""), piece);
        const got = [...(recording?.series() ?? [])].map((one) => pointsOf(one).map(([atMs, value]) => [atMs, value]));
        expect(got).toEqual(expected.filter((points) => points.length > 0));
      },
    ),
    { numRuns: effort(300) },
  );
});

function readInPieces(text: string, piece: number) {
  const bytes = encoder.encode(text);
  const reader = new MetricsReader("run.prom");
  for (let at = 0; at < bytes.length; ) {
    const buffer = reader.buffer();
    const part = bytes.subarray(at, at + Math.min(piece, buffer.length));
    buffer.set(part);
    reader.consume(part.length);
    at += part.length;
  }
  return reader.finish().recordings;
}
