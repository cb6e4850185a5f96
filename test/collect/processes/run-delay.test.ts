import { describe, expect, test } from "bun:test";
import { RunDelay } from "../../../src/collect/processes/run-delay.ts";
import { runDelayIn } from "../../../src/proc/schedstat.ts";
import { started } from "./started-accounts.ts";

/** A command in the model, its accounts and its run delay, by a clock that the test moves. */
function setUp() {
  const { kernel, accounts, root } = started();
  let nowMs = 0;
  const delay = new RunDelay(kernel, () => nowMs);
  const update = (atEnd = false, afterMs = 1000) => {
    nowMs += afterMs;
    accounts.update();
    delay.update(accounts.tracker.descendants, atEnd);
    return delay.seconds;
  };
  const wait = (thread: number, seconds: number) => {
    kernel.runDelays.set(thread, (kernel.runDelays.get(thread) ?? 0) + seconds);
    if (kernel.has(thread)) kernel.burn(thread, 0.01);
  };
  return { kernel, accounts, root, delay, update, wait };
}

describe("the run delay", () => {
  test("is not known where the kernel does not count it", () => {
    const { update } = setUp();
    expect(update()).toBeNaN();
    expect(update(true)).toBeNaN();
  });

  test("is the sum of all processes, ended ones as they were last seen", () => {
    const { kernel, root, update, wait } = setUp();
    wait(root, 0.5);
    const child = kernel.fork(root);
    wait(child, 2);
    expect(update()).toBe(2.5);
    wait(child, 1);
    expect(update()).toBe(3.5);
    wait(child, 7);
    kernel.end(child);
    wait(root, 0.25);
    expect(update()).toBe(3.75);
  });

  test("is that of each thread", () => {
    const { kernel, root, update, wait } = setUp();
    kernel.at(root).threads = 3;
    kernel.threadsOf.set(root, [root, 7001, 7002]);
    for (const [thread, seconds] of [
      [root, 1],
      [7001, 2],
      [7002, 4],
    ] as const)
      wait(thread, seconds);
    expect(update()).toBe(7);
    wait(7001, 10);
    wait(root, 0);
    expect(update()).toBe(17);
    // Another thread has got the number, and waited for less.
    kernel.runDelays.set(7002, 0.5);
    wait(root, 0);
    expect(update()).toBe(17.5);
    // One thread is left.
    kernel.at(root).threads = 1;
    wait(root, 1);
    expect(update()).toBe(18.5);
  });

  test("is not read of what sleeps, but now and then, and at the end", () => {
    const { kernel, root, update, wait } = setUp();
    const reads = () => kernel.reads.filter((read) => read === `${root}/schedstat`).length;
    wait(root, 1);
    update();
    expect(reads()).toBe(1);
    for (let i = 0; i < 9; i++) update();
    expect(reads()).toBe(1);
    update();
    update();
    expect(reads()).toBe(2);
    kernel.runDelays.set(root, 3);
    expect(update()).toBe(1);
    expect(update(true)).toBe(3);
  });

  test("is read at every sample of what waits, and at every fourth of what finds a free CPU", () => {
    const { kernel, root, update, wait } = setUp();
    const reads = (seconds: number, samples: number) => {
      kernel.reads.length = 0;
      for (let i = 0; i < samples; i++) {
        wait(root, seconds);
        update();
      }
      return kernel.reads.filter((read) => read === `${root}/schedstat`).length;
    };
    expect(reads(0.001, 1)).toBe(1);
    expect(reads(0.001, 12)).toBe(3);
    // It begins to wait: that is seen within four samples.
    expect(reads(0.2, 4)).toBeGreaterThan(0);
    expect(reads(0.2, 5)).toBe(5);
  });

  test("is read on although a reading stood still for long, and not where it takes too much time", () => {
    const readings = (msPerRead: number) => {
      const { kernel, accounts, root } = started();
      for (let i = 0; i < 30; i++) kernel.fork(root);
      let nowMs = 0;
      const read = kernel.runDelaySeconds.bind(kernel);
      kernel.runDelaySeconds = (thread) => {
        nowMs += msPerRead;
        return read(thread);
      };
      const delay = new RunDelay(kernel, () => nowMs);
      for (let i = 0; i < 40; i++) {
        nowMs += 100;
        for (const { pid } of accounts.tracker.descendants) {
          kernel.runDelays.set(pid, i);
          kernel.burn(pid, 0.01);
        }
        accounts.update();
        delay.update(accounts.tracker.descendants, false);
      }
      return kernel.reads.filter((one) => one.endsWith("/schedstat")).length / 31;
    };
    const [quick, stalled] = [readings(0.001), readings(50)];
    expect(quick).toBeGreaterThan(35);
    // A tenth of a millisecond for each is too much for every sample, but some are read.
    expect(stalled).toBeGreaterThan(1);
    expect(stalled).toBeLessThan(quick);
  });

  test("of an orphan is read a last time before it is waited for", () => {
    const { kernel, root, accounts, delay, update, wait } = setUp();
    const child = kernel.fork(root);
    wait(child, 1);
    update();
    kernel.runDelays.set(child, 5);
    delay.takeLast(accounts.tracker.find(child)!);
    expect(delay.seconds).toBe(5);
  });
});

test.each([
  ["86288 75873000 2\n", 0.075873],
  ["1 0 1\n", 0],
  ["0 0 0\n", Number.NaN],
  ["", Number.NaN],
  ["12", Number.NaN],
  ["12 ", Number.NaN],
  ["x 1 1\n", Number.NaN],
  ["5 9007199254000000000 1\n", 9_007_199_254],
])("the run delay in %j is %p s", (text, expected) => {
  const bytes = new TextEncoder().encode(`${text}\0 9 9`);
  expect(runDelayIn(bytes, text.length)).toBe(expected);
});
