import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { KEYS, read, Trial } from "./journals.ts";

/** A run whose first row is in its file. */
function flushed(): Trial {
  const trial = new Trial();
  trial.layout(KEYS.slice(0, 2));
  trial.row([0, 0]);
  expect(read(trial.bytes()).rows).toBe(1);
  return trial;
}

describe("what was recorded is in the file", () => {
  test.each([100, 300, 500])(
    "well within a second where nothing else comes: a row %p ms after a flush",
    async (gapMs) => {
      using trial = flushed();
      trial.row([1, 1], gapMs);
      // It may be up to three tenths of a second late.
      await trial.clock.pass(700);
      expect(read(trial.bytes()).rows).toBe(2);
    },
  );

  test("as long after the oldest row, however many come after that", async () => {
    using trial = flushed();
    trial.row([1, 1], 10);
    for (let i = 0; i < 5; i++) {
      await trial.clock.pass(90);
      trial.row([2, 2], 10);
    }
    expect(read(trial.bytes()).rows).toBe(1);
    await trial.clock.pass(150);
    expect(read(trial.bytes()).rows).toBe(7);
  });

  test("an event likewise", async () => {
    using trial = flushed();
    trial.event("signal", "SIGUSR1");
    await trial.clock.pass(700);
    expect(read(trial.bytes()).events).toHaveLength(1);
  });

  test("at once where a sample a second brings it, so that no timer is needed", async () => {
    using trial = flushed();
    for (let i = 2; i < 6; i++) {
      trial.row([i, i]);
      expect(read(trial.bytes()).rows).toBe(i);
    }
  });
});

test("a run that ends within its first second has no file", async () => {
  using trial = new Trial();
  trial.layout(KEYS.slice(0, 2));
  trial.row([0, 0], 0);
  await trial.clock.pass(950);
  expect(existsSync(trial.path)).toBe(false);
  await trial.clock.pass(60);
  expect(read(trial.bytes()).rows).toBe(1);
});
