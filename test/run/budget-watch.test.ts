import { expect, test } from "bun:test";
import { COMMAND, series } from "../../src/catalog/index.ts";
import type { Limit } from "../../src/recording/budget-results.ts";
import type { RunEvent } from "../../src/recording/recording.ts";
import { BudgetWatch } from "../../src/run/budget-watch.ts";
import type { Store } from "../../src/run/session-parts.ts";
import { FakeClock } from "../helpers/fake-clock.ts";

const limit = (name: Limit["name"], value: number): Limit => ({
  text: `${name}<${value}`,
  name,
  inclusive: false,
  value,
});

/** A watch over these limits, and the texts of the events that it makes. Nothing is there to be killed. */
function watching(...limits: Limit[]) {
  const events: string[] = [];
  const watch = new BudgetWatch({ limits, tree: { pids: () => [] }, clock: new FakeClock() });
  const store = {
    layout: () => undefined,
    row: () => undefined,
    event: ({ text }: RunEvent) => events.push(text),
  } as unknown as Store;
  return { watch: watch.inFrontOf(store), events };
}

const WRITTEN = [series(COMMAND.diskWrite), series(COMMAND.diskWriteCancelled)];

test.each([
  [[90, 0], false],
  [[100, 0], true],
  // Taken back before the disk had it: the end judges so, too.
  [[500, 450], false],
  [[500, 300], true],
  // A control group counts what reached the disks.
  [[99, Number.NaN], false],
  [[100, Number.NaN], true],
  [[Number.NaN, 5], false],
])("what is written and not taken back, %p, exceeds a limit of 100: %p", (row, isExceeded) => {
  const { watch, events } = watching(limit("written", 100));
  watch.layout(WRITTEN);
  watch.row(0, new Float64Array(row));
  expect(events).toEqual(isExceeded ? ["Budget written<100 exceeded: the command is ended"] : []);
});

test("a limit of another figure takes nothing off", () => {
  const { watch, events } = watching(limit("read", 100));
  watch.layout([series(COMMAND.diskRead), ...WRITTEN]);
  watch.row(0, new Float64Array([150, 500, 100]));
  expect(events.length).toBe(1);
});
