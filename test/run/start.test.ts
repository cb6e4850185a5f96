import { expect, test } from "bun:test";
import type { Collector } from "../../src/collect/collector.ts";
import { Session } from "../../src/run/session.ts";
import { configFor } from "../helpers/config.ts";
import { FakeClock } from "../helpers/fake-clock.ts";
import { RowStore } from "../helpers/row-store.ts";

/** A run of `true` whose command ends so long after its start, while getting ready to record takes 20 ms and 5 more. */
async function shortRun(endsAfterMs: number) {
  const clock = new FakeClock();
  const order: string[] = [];
  const slow: Collector = {
    name: "slow",
    describe: () => {
      clock.stall(5);
      return [];
    },
    sample: () => true,
  };
  const session = new Session({
    config: configFor(["--metrics-start-time", "1704067200000", "true"]),
    signals: { attach: () => undefined, detach: () => undefined, onIdle: undefined },
    capture: () => {
      order.push("captured");
      return () => order.push("forgotten");
    },
    start: () => {
      order.push("started");
      return { pid: 1, ended: Promise.resolve({ kind: "exited", code: 0 }), signal: () => undefined };
    },
    collectors: () => {
      order.push("loaded");
      clock.stall(20);
      return [slow];
    },
    hasEnded: () => clock.now() >= endsAfterMs,
    store: ({ identity, startMs }) => new RowStore(identity, startMs),
    ...{ clock, version: "", report: (error: unknown) => expect(error).toBeUndefined() },
  });
  const { recording } = await session.run();
  const valuesOf = (name: string) =>
    [...recording.series()]
      .filter(({ metric }) => metric.name === name)
      .flatMap(({ blocks }) => [...blocks()].flatMap(({ length, values }) => [...values.subarray(0, length)]))
      .filter((value) => !Number.isNaN(value));
  return { order, valuesOf };
}

test("the command starts behind what must be read before it, and ahead of all else", async () => {
  const { order, valuesOf } = await shortRun(1000);
  expect(order).toEqual(["captured", "started", "loaded", "forgotten"]);
  // The sample is of before the start, whenever it is made.
  expect(valuesOf("time_since_start_seconds")[0]).toBe(0);
});

test.each([
  [1, 0.02],
  [22, 0.025],
])("a command that ends after %d ms, while nobody waits for it, is said to have taken %d s", async (ms, seconds) => {
  const { valuesOf } = await shortRun(ms);
  expect(valuesOf("command_duration_seconds")).toEqual([seconds]);
});
