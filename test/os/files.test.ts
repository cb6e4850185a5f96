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

test("a file of the kernel, which has no size and is read in pieces, is read whole", () => {
  // Its numbers change between reads; its lines are the kernel's symbols, some MiB of them.
  const lines = (bytes: Uint8Array) => bytes.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0);
  expect(lines(readWhole("/proc/kallsyms"))).toBe(lines(readFileSync("/proc/kallsyms")));
});
