import { expect, test } from "bun:test";
import fc from "fast-check";
import { PageModel } from "../../helpers/page-model.ts";
import { setUp } from "./collected.ts";

/** What a process does; or a sample, and what happens while it reads PSS. */
type Step =
  | { readonly kind: "fork" | "execute" | "exit"; readonly who: number }
  | { readonly kind: "take" | "write" | "map" | "drop"; readonly who: number; readonly count: number }
  | { readonly kind: "sample"; readonly during: readonly Step[] };

const who = fc.nat(1000);
const count = fc.integer({ min: 1, max: 400 });
const act: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom("fork", "fork", "execute", "exit"), who }),
  fc.record({ kind: fc.constantFrom("take", "take", "write", "map", "drop"), who, count }),
) as fc.Arbitrary<Step>;
const quiet = fc.record({ kind: fc.constant("sample"), during: fc.constant([]) }) as fc.Arbitrary<Step>;
const busy = fc.record({ kind: fc.constant("sample"), during: fc.array(act, { maxLength: 6 }) }) as fc.Arbitrary<Step>;

/** Figures that differ by so much are the same; a process' share is rounded down to a kibibyte. */
const NEAR = 0.006;
const ROUNDING = 40 * 1024;

/** A command whose true memory is known at every sample. */
class Run {
  readonly setUp = setUp();
  readonly pages = new PageModel(this.setUp.kernel);
  /** The highest true memory: just before a sample, and at any moment of one. */
  most = 0;
  mostOfAny = 0;
  /** The peak by the last sample. */
  said = Number.NaN;
  private readonly root = this.setUp.start();

  constructor() {
    this.pages.begin(this.root);
  }

  apply(step: Step): void {
    if (step.kind === "sample") {
      this.sample(step.during);
      return;
    }
    const { kernel } = this.setUp;
    const living = [...kernel.childrenOf(kernel.self), ...this.below(this.root)].map(({ pid }) => pid);
    const pid = living[step.who % living.length]!;
    if (step.kind === "fork") this.pages.fork(pid);
    else if (step.kind === "execute") this.pages.execute(pid);
    else if (step.kind === "exit") {
      if (living.length > 1 && pid !== this.root) this.pages.exit(pid);
    } else if ("count" in step) this.pages[step.kind](pid, step.count);
  }

  private below(pid: number): { readonly pid: number }[] {
    return this.setUp.kernel.childrenOf(pid).flatMap((child) => [child, ...this.below(child.pid)]);
  }

  private sample(during: readonly Step[]): void {
    const { kernel, sample } = this.setUp;
    const left = [...during];
    this.most = Math.max(this.most, this.pages.truth);
    this.mostOfAny = Math.max(this.mostOfAny, this.pages.truth);
    kernel.beforeRead = (_, file) => {
      if (file !== "smaps_rollup") return;
      const step = left.shift();
      if (step) this.apply(step);
      this.mostOfAny = Math.max(this.mostOfAny, this.pages.truth);
    };
    this.said = sample().memory_peak_bytes!;
    kernel.beforeRead = () => undefined;
    for (const step of left) this.apply(step);
  }

  /** Ends the run. Whether the peak is called a lower bound. */
  get isBound(): boolean {
    const { kernel, collector, sample } = this.setUp;
    for (const { pid } of this.below(this.root)) kernel.end(pid);
    kernel.end(this.root);
    for (const { pid } of kernel.childrenOf(kernel.self)) kernel.end(pid);
    collector.commandEnded();
    return "accounting_info memory_peak proc_sampled_lower_bound" in sample();
  }
}

/** While PSS of others is read, the first program maps what they share: they then seem to hold less. */
const JOINED_DURING_A_WALK: Step[] = [
  { kind: "fork", who: 0 },
  { kind: "take", who: 839, count: 11 },
  { kind: "fork", who: 0 },
  {
    kind: "sample",
    during: [
      { kind: "map", who: 0, count: 20 },
      { kind: "fork", who: 0 },
      { kind: "take", who: 486, count: 11 },
      { kind: "execute", who: 0 },
    ],
  },
  { kind: "sample", during: [{ kind: "map", who: 0, count: 20 }] },
  { kind: "drop", who: 0, count: 1 },
];

/** A process takes memory before its PSS is read, and ends before that of the next one is. */
const GONE_DURING_A_WALK: Step[] = [
  { kind: "fork", who: 0 },
  { kind: "execute", who: 0 },
  { kind: "fork", who: 153 },
  {
    kind: "sample",
    during: [
      { kind: "take", who: 379, count: 18 },
      { kind: "exit", who: 301 },
    ],
  },
  { kind: "fork", who: 331 },
  { kind: "take", who: 0, count: 13 },
];

/** A process executes a program while PSS is read, and is as large as before. */
const EXECUTED_DURING_A_WALK: Step[] = [
  { kind: "fork", who: 0 },
  {
    kind: "sample",
    during: [
      { kind: "take", who: 91, count: 6 },
      { kind: "drop", who: 0, count: 5 },
    ],
  },
  { kind: "fork", who: 0 },
  { kind: "take", who: 905, count: 19 },
  { kind: "sample", during: [{ kind: "execute", who: 584 }] },
];

const RUNS = process.env.STATEXEC_TEST_LONG ? 20_000 : 400;
const TIMEOUT_MS = 120_000;

test(
  "in any history that stands still during samples, the peak is the highest truth, and is not called a lower bound",
  () => {
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 4, arbitrary: act }, quiet), { maxLength: 60 }), (steps) => {
        const run = new Run();
        for (const step of [...steps, { kind: "sample", during: [] } as const]) run.apply(step);
        expect(run.said).toBeWithin(run.most * (1 - NEAR) - ROUNDING, run.most * (1 + NEAR) + 1);
        expect(run.isBound).toBe(false);
      }),
      { numRuns: RUNS },
    );
  },
  TIMEOUT_MS,
);

test(
  "in any history that goes on while PSS is read, the peak is never too high, and too low only if it is called a lower bound",
  () => {
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 4, arbitrary: act }, busy), { maxLength: 60 }), (steps) => {
        const run = new Run();
        for (const step of [...steps, { kind: "sample", during: [] } as const]) run.apply(step);
        expect(run.said).toBeLessThan(run.mostOfAny * (1 + NEAR) + 1);
        if (run.said < run.most * (1 - NEAR) - ROUNDING) expect(run.isBound).toBe(true);
      }),
      { numRuns: RUNS, examples: [[JOINED_DURING_A_WALK], [GONE_DURING_A_WALK], [EXECUTED_DURING_A_WALK]] },
    );
  },
  TIMEOUT_MS,
);
