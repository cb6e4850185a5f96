import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { IoBytes, LastIo } from "../../../src/collect/processes/io-bytes.ts";

/** A process' file: what it read itself and what the children read that it waited for. */
const fileOf = (own: number, children: number) => Object.assign(new IoBytes(), { readBytes: own + children });

/** What it did until the next sample, and what comes between the reading of its stat and of its file. */
const step = fc.record({
  readBytes: fc.nat(999),
  child: fc.option(fc.record({ readBytes: fc.nat(9999), isBetween: fc.boolean(), isSeen: fc.boolean() }), {
    nil: undefined,
  }),
});

describe("what a process read itself", () => {
  test("is exact where it has no children", () => {
    const io = new LastIo();
    for (const own of [7, 7, 300]) {
      io.takeFile(fileOf(own, 0), 0, false);
      expect(io.ownReadBytes).toBe(own);
    }
  });

  test("lacks what it read while it waited for a child", () => {
    const io = new LastIo();
    io.takeFile(fileOf(10, 0), 0, true);
    io.takeFile(fileOf(20, 0), 0, true);
    expect(io.ownReadBytes).toBe(10);
    io.takeFile(fileOf(25, 4000), 3, false);
    expect(io.ownReadBytes).toBe(10);
    io.takeFile(fileOf(31, 4000), 3, false);
    expect(io.ownReadBytes).toBe(16);
  });

  test("is never more than it is, whenever it waits for which children", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const io = new LastIo();
        let [own, children, faults] = [0, 0, 0];
        for (const { readBytes, child } of steps) {
          own += readBytes;
          const isBetween = child?.isBetween ?? false;
          if (child && !isBetween) [children, faults] = [children + child.readBytes, faults + 1];
          const seen = faults;
          // One that ends between is in the list, which was made before.
          if (child && isBetween) [children, faults] = [children + child.readBytes, faults + 1];
          io.takeFile(fileOf(own, children), seen, isBetween || (child?.isSeen ?? false));
          expect(io.ownReadBytes).toBeLessThanOrEqual(own);
        }
      }),
    );
  });
});
