import { expect, test } from "bun:test";
import { join } from "node:path";
import { recordedTree } from "../helpers/proc-tree.ts";
import { runProgram } from "../helpers/statexec.ts";

/** The compiler settles on a busy machine, too. */
const TIMEOUT_MS = 60_000;

test.each([
  ["a machine of 64 CPUs and 24 disks", recordedTree("6.8-64cpu")],
  ["the live machine", ""],
])(
  "%s: a steady tick allocates nothing",
  async (_, root) => {
    const { stdout } = await runProgram([process.execPath, join(import.meta.dir, "growth.ts"), root]);
    const { perTick, perObject, changed, kept } = JSON.parse(stdout);
    expect(perTick * 4).toBeLessThan(perObject);
    expect(changed).toBe(0);
    expect(kept).toEqual({ kept: 1 });
  },
  TIMEOUT_MS,
);
