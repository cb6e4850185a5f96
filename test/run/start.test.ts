import { expect, test } from "bun:test";
import type { Collector } from "../../src/collect/collector.ts";
import { Session } from "../../src/run/session.ts";
import { configFor } from "../helpers/config.ts";
import { FakeClock } from "../helpers/fake-clock.ts";
import { RowStore } from "../helpers/row-store.ts";

/** Runs a session whose command ends `endsAfterMs` after its start; loading takes 20 ms, the first sample 5 more. */
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
      return () => order.push("dropped");
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

test("the command starts after its files were captured, and before all else", async () => {
  const { order, valuesOf } = await shortRun(1000);
  expect(order).toEqual(["captured", "started", "loaded", "dropped"]);
  // The sample has the time of the capture, whenever it is completed.
  expect(valuesOf("time_since_start_seconds")[0]).toBe(0);
});

test.each([
  [1, 0.02],
  [22, 0.025],
])("a command that ends after %d ms, while we are busy, has a duration of %d s", async (ms, seconds) => {
  const { valuesOf } = await shortRun(ms);
  expect(valuesOf("command_duration_seconds")).toEqual([seconds]);
});
