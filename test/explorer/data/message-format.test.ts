import { expect, test } from "bun:test";
import fc from "fast-check";
import { decodePoints, encodePoints } from "../../../explorer/data/message-format.ts";
import type { LinePoints } from "../../../explorer/data/model.ts";

const numbers = fc.array(fc.double(), { maxLength: 8 }).map((all) => Float64Array.from(all));
const lines = fc.array(
  numbers.chain((times) =>
    fc.tuple(fc.constant(times), fc.array(fc.double(), { minLength: times.length, maxLength: times.length })),
  ),
  { maxLength: 6 },
);

/** Returns lists, in which all NaN are equal; typed arrays compare their bits. */
function plain({ times, values }: LinePoints): readonly number[][] {
  return [[...times], [...values]];
}

test("points are restored, with NaN and their order", () => {
  fc.assert(
    fc.property(lines, fc.boolean(), (drawn, doubled) => {
      const all = [...drawn, ...(doubled ? drawn : [])].map(([times, values]) => ({
        times,
        values: Float64Array.from(values),
      }));
      expect(decodePoints(encodePoints(all).buffer).map(plain)).toEqual(all.map(plain));
    }),
  );
});

test("times that several lines share are encoded once", () => {
  const times = Float64Array.from({ length: 1000 }, (_, i) => i);
  const line = () => ({ times: times.slice(), values: new Float64Array(1000) });
  expect(encodePoints([line(), line(), line()]).length).toBe(32 + 4 * 8000);
});

test("bytes that are cut or are no answer are refused", () => {
  const { buffer } = encodePoints([{ times: Float64Array.of(1, 2), values: Float64Array.of(3, 4) }]);
  for (const length of [0, 2, 4, 8, 16, 24, 40])
    expect(() => decodePoints(buffer.slice(0, length)), `${length}`).toThrow(RangeError);
  expect(() => decodePoints(Uint32Array.of(1, 0, 9, 0).buffer)).toThrow(RangeError);
});
