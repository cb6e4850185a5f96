import { expect, test } from "bun:test";
import fc from "fast-check";
import { ForbiddenError, ParseError } from "../../../src/errors.ts";
import type { ProcessFile } from "../../../src/proc/processes.ts";
import type { ProcessTree } from "../../helpers/process-tree.ts";
import { setUp } from "./collected.ts";

/*
 * A file of a process that is refused, cut short, empty or another kernel's at any moment: a bound in place of a figure, never
 * an exception that a collector may not throw, and never a figure that is said to be exact and is not.
 */

/** What becomes of one reading. */
const harm = fc.oneof(
  { weight: 12, arbitrary: fc.constant({ kind: "none" } as const) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("cut" as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "forbidden" } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: "empty" } as const) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("other" as const), text: fc.string({ maxLength: 60 }) }) },
);

type Harm = typeof harm extends fc.Arbitrary<infer T> ? T : never;

/** Has the files of processes read with these harms, one after the other. */
function damage(kernel: ProcessTree, harms: Iterator<Harm>): void {
  const { read } = kernel;
  kernel.read = (pid: number, file: ProcessFile) => {
    const bytes = read.call(kernel, pid, file);
    const { value } = harms.next() as { value: Harm | undefined };
    if (bytes === undefined || value === undefined || value.kind === "none") return bytes;
    if (value.kind === "forbidden") throw new ForbiddenError(`/proc/${pid}/${file}`);
    if (value.kind === "empty") return bytes.subarray(0, 0);
    if (value.kind === "cut") return bytes.subarray(0, Math.floor(value.at * bytes.length));
    return new TextEncoder().encode(value.text);
  };
}

type Step = {
  readonly act: "fork" | "burn" | "end" | "read" | "sample";
  readonly which: number;
  readonly seconds: number;
};

const steps = fc.array(
  fc.record<Step>({
    act: fc.constantFrom("fork", "burn", "end", "read", "sample", "sample"),
    which: fc.nat(20),
    seconds: fc.integer({ min: 1, max: 300 }).map((ticks) => ticks / 100),
  }),
  { minLength: 5, maxLength: 40 },
);

test("files that are damaged at any moment make bounds, and no wrong figure", () => {
  fc.assert(
    fc.property(steps, fc.infiniteStream(harm), (all, harms) => {
      const { kernel, collector, sample, start } = setUp();
      const root = start();
      damage(kernel, harms);
      let truth = 0;
      let last: Record<string, number> = {};
      const living = [root];
      const take = () => {
        try {
          last = sample();
        } catch (error) {
          if (!(error instanceof ParseError || error instanceof ForbiddenError)) throw error;
        }
      };
      for (const { act, which, seconds } of all) {
        const pid = living[which % living.length]!;
        if (act === "fork") living.push(kernel.fork(pid, { minorFaults: 5 }));
        if (act === "burn") {
          kernel.burn(pid, seconds);
          truth += seconds;
        }
        if (act === "end" && pid !== root && kernel.childrenOf(pid).length === 0) {
          kernel.end(pid);
          living.splice(living.indexOf(pid), 1);
        }
        if (act === "sample") take();
      }
      for (const pid of living.slice(1).reverse()) kernel.end(pid);
      kernel.end(root);
      collector.commandEnded();
      take();
      // The last sample threw after it had filled its row: the next one has the same totals.
      take();
      const { "cpu_seconds_total user": user = Number.NaN, "cpu_seconds_total system": system = 0 } = last;
      expect(user + system).toBeLessThan(truth + 1e-6);
      const rows = collector.describe().map(({ labels }) => labels.join(" "));
      expect(rows.some((name) => name.startsWith("cpu wait4"))).toBe(true);
      if (rows.includes("cpu wait4")) expect(user + system).toBeGreaterThan(truth - 0.021 - truth / 100);
    }),
    { numRuns: 300 },
  );
});
