import { expect, test } from "bun:test";
import fc from "fast-check";
import { FileDamage } from "../../../src/collect/processes/file-damage.ts";
import { ProcessAccounts } from "../../../src/collect/processes/process-accounts.ts";
import { ProcessTree } from "../../helpers/process-tree.ts";
import { NOBODY } from "./started-accounts.ts";

/** What happens; `who`: a place among the processes that can do it. */
type Step =
  | { readonly kind: "fork" | "exit" | "wait" | "adopt" | "ignore" | "stranger" | "fade"; readonly who: number }
  | { readonly kind: "burn"; readonly who: number; readonly user: number; readonly system: number }
  | { readonly kind: "tick"; readonly during: readonly Step[] };

const who = fc.nat(1000);
const calm: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom("fork", "fork", "exit", "wait", "wait", "stranger", "fade"), who }),
  fc.record({ kind: fc.constant("adopt"), who }),
  fc.record({
    kind: fc.constant("burn"),
    who,
    user: fc.double({ min: 0, max: 3, noNaN: true }),
    system: fc.double({ min: 0, max: 0.05, noNaN: true }),
  }),
) as fc.Arbitrary<Step>;
const quiet = fc.record({ kind: fc.constant("tick"), during: fc.constant([]) }) as fc.Arbitrary<Step>;
const busy = fc.record({ kind: fc.constant("tick"), during: fc.array(calm, { maxLength: 4 }) }) as fc.Arbitrary<Step>;

/** A process tree in the kernel, its true CPU time, and its accounts. */
class History {
  readonly kernel = new ProcessTree();
  readonly accounts: ProcessAccounts;
  truth = 0;
  private readonly family = new Set<number>();
  private seen = 0;
  private reading = false;

  /** `loses`: some parents have the kernel end their children unseen. */
  constructor(private readonly loses = false) {
    this.kernel.fork(1, { pid: 600 });
    this.kernel.list();
    const root = this.kernel.fork(this.kernel.self, { name: "root" });
    this.family.add(root);
    this.accounts = new ProcessAccounts(this.kernel, root, NOBODY, new FileDamage());
  }

  apply(step: Step): void {
    const { kernel } = this;
    const living = [...this.family].filter((pid) => kernel.has(pid) && !kernel.at(pid).zombie);
    const pid = "who" in step ? living[step.who % Math.max(1, living.length)] : undefined;
    if (step.kind === "tick") this.tick(step.during);
    else if (step.kind === "stranger") kernel.burn(kernel.fork(600), 5);
    else if (step.kind === "wait") this.wait(step.who);
    else if (pid === undefined) return;
    else if (step.kind === "fork") this.family.add(kernel.fork(pid, { minorFaults: 30 }));
    else if (step.kind === "exit") kernel.exit(pid);
    else if (step.kind === "adopt") kernel.at(pid).adopts = true;
    else if (step.kind === "ignore") kernel.at(pid).ignoresChildren = true;
    else if (step.kind === "fade") kernel.at(pid).inode += 100_000;
    else if (step.kind === "burn") {
      kernel.burn(pid, step.user, step.system);
      kernel.at(pid).minorFaults++;
      this.truth += step.user + step.system;
    }
  }

  /** Its parent waits for it; before we do, the accounts are called. */
  private wait(place: number): void {
    const { kernel } = this;
    const zombies = [...this.family].filter((pid) => kernel.has(pid) && kernel.at(pid).zombie);
    const pid = zombies[place % Math.max(1, zombies.length)];
    if (pid === undefined) return;
    const isOurs = kernel.at(pid).parent === kernel.self;
    // We are one process: while we read we do not wait.
    if (isOurs && this.reading) return;
    const afterwards = isOurs ? this.accounts.beforeReap(pid) : undefined;
    if (!isOurs && kernel.at(kernel.at(pid).parent).zombie) return;
    kernel.wait(pid);
    afterwards?.();
  }

  tick(during: readonly Step[] = []): void {
    const left = [...during];
    this.reading = true;
    this.kernel.beforeRead = () => {
      const step = left.shift();
      if (step) this.apply(step);
    };
    this.accounts.update();
    this.kernel.beforeRead = () => undefined;
    this.reading = false;
    const { userSeconds, systemSeconds } = this.accounts;
    const said = userSeconds + systemSeconds;
    expect(said).toBeGreaterThanOrEqual(this.seen);
    expect(said).toBeLessThanOrEqual(this.truth + 1e-6);
    this.seen = said;
    if (during.length > 0 || this.loses) return;
    // Each that lives hides less than a hundredth of a second of four sums.
    expect(said).toBeGreaterThan(this.truth - 0.04 * this.accounts.tracker.descendants.length - 1e-6);
    const family = [...this.family].filter((pid) => this.kernel.has(pid));
    expect(this.accounts.tracker.descendants.map(({ pid }) => pid).sort()).toEqual(family.sort());
  }
}

const RUNS = process.env.STATEXEC_TEST_LONG ? 20_000 : 500;
/** Enough for the long form on a busy machine. */
const TIMEOUT_MS = 120_000;

test(
  "in any history that stands still during samples, all time is counted once and none is called lost",
  () => {
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 4, arbitrary: calm }, quiet), { maxLength: 60 }), (steps) => {
        const history = new History();
        for (const step of steps) history.apply(step);
        history.tick();
        expect([history.accounts.lostSeconds, history.accounts.hasLost]).toEqual([0, false]);
      }),
      { numRuns: RUNS },
    );
  },
  TIMEOUT_MS,
);

test(
  "in any history that goes on while it is read, no time is counted twice, and none is missing after that",
  () => {
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 4, arbitrary: calm }, busy), { maxLength: 60 }), (steps) => {
        const history = new History();
        for (const step of steps) history.apply(step);
        history.tick();
        history.tick();
        expect([history.accounts.lostSeconds, history.accounts.hasLost]).toEqual([0, false]);
      }),
      { numRuns: RUNS },
    );
  },
  TIMEOUT_MS,
);

const careless = fc.record({ kind: fc.constant("ignore"), who }) as fc.Arbitrary<Step>;

test(
  "where children end unseen, the time is a lower bound, and never falls",
  () => {
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 6, arbitrary: calm }, busy, careless), { maxLength: 80 }), (steps) => {
        const history = new History(true);
        for (const step of steps) history.apply(step);
        history.tick();
      }),
      { numRuns: RUNS },
    );
  },
  TIMEOUT_MS,
);
