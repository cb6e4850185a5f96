import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { readWhole } from "../../src/os/files.ts";
import { tempFolder } from "../helpers/statexec.ts";

test.each([0, 1, 16_383, 16_384, 16_385, 100_000])("a file of %d bytes is read whole", async (length) => {
  using folder = tempFolder();
  const path = folder.file("data");
  await Bun.write(path, crypto.getRandomValues(new Uint8Array(Math.min(length, 65_536))).subarray(0, length));
  expect(readWhole(path)).toEqual(new Uint8Array(readFileSync(path)));
});

test("a file of the kernel's, which says no size and comes in pieces, is read whole", () => {
  // Its numbers change from one look to the next; its lines are those of the symbols, and some MiB long.
  const lines = (bytes: Uint8Array) => bytes.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0);
  expect(lines(readWhole("/proc/kallsyms"))).toBe(lines(readFileSync("/proc/kallsyms")));
});
