import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Fact } from "../../src/catalog/index.ts";
import { isWritable, writable } from "../../src/catalog/label-value.ts";
import { familiesOf } from "../../src/openmetrics/families.ts";
import type { RunEvent } from "../../src/recording/recording.ts";
import { parseText, recordingOf, renderBytes, renderText } from "../helpers/recording.ts";

/** At some of these Python's str.splitlines() ends a line, and its text mode; none is to be there. */
const LINE_ENDS = /\r\n|(?!\t)[\p{Cc}\u2028\u2029]/u;

describe("the value of a label", () => {
  test("is made writable, and stays as it is where it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(isWritable(writable(text))).toBe(true);
        if (isWritable(text)) expect(writable(text)).toBe(text);
        expect(writable(text).replaceAll("\n", "").split(LINE_ENDS).length).toBe(1);
      }),
    );
  }, 120_000);

  test.each(["\0", "\r", "\v", "\f", "\u001b", "\u001c", "\u007f", "\u0085", "\u2028", "\u2029", "\ud83d"])(
    "cannot hold %j",
    (character) => {
      expect(isWritable(`a${character}b`)).toBe(false);
      expect(writable(`a${character}b`)).toBe("a\ufffdb");
    },
  );

  test("may hold all else", () => {
    expect(isWritable('\n\t é✓😀"\\\ufeff\u00a0\ufffd')).toBe(true);
  });
});

describe("a file of names that differ only in what no label can hold", () => {
  const facts: Fact[] = ["x\ry", "x\fy", "x\ufffdy", "plain"].map((value) => ["argument", value]);
  const events: RunEvent[] = ["\u2028", "\u0085"].map((text) => ({ atMs: 5, event: "e", text }));
  const written = recordingOf({ facts, events });

  test("has all of them, each in a series of its own", () => {
    const labels = familiesOf(written).flatMap((family) => family.map((one) => one.labels.join()));
    expect(labels).toEqual(
      expect.arrayContaining(["argument,x\ufffdy", "argument,x\ufffdy\ufffd", "argument,x\ufffdy\ufffd\ufffd"]),
    );
    expect(new Set(labels).size).toBe(labels.length);
    expect(labels.filter((label) => label.startsWith("e,"))).toEqual(["e,\ufffd", "e,\ufffd\ufffd"]);
  });

  test("has as many series as there are names, whatever these hold, in an order that does not depend on theirs", () => {
    const value = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom("\r", "\f", "\ufffd", "a") }),
    );
    fc.assert(
      fc.property(fc.uniqueArray(value, { minLength: 1 }), (values) => {
        const named = values.map((name): Fact => ["name", name]);
        const text = renderText(recordingOf({ facts: named }));
        expect(text.split(LINE_ENDS)).toEqual(text.split("\n"));
        expect(parseText(text).facts.length).toBe(values.length);
        expect(renderText(recordingOf({ facts: named.toReversed() }))).toBe(text);
      }),
    );
  });

  test("ends its lines with line feeds only", () => {
    const text = new TextDecoder().decode(renderBytes(written));
    expect(text.split(LINE_ENDS)).toEqual(text.split("\n"));
  });
});
