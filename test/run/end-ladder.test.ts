import { describe, expect, test } from "bun:test";
import { EndLadder } from "../../src/run/end-ladder.ts";
import { FakeClock } from "../helpers/fake-clock.ts";

describe("what must end gets SIGTERM, and SIGKILL 10 seconds later", () => {
  function begun() {
    const clock = new FakeClock();
    const sent: (readonly [ms: number, signal: number])[] = [];
    const ladder = new EndLadder(clock, (signal) => sent.push([clock.now(), signal]));
    ladder.begin();
    return { clock, sent, ladder };
  }

  test("where one is left", async () => {
    const { clock, sent, ladder } = begun();
    let isSettled = false;
    void ladder.settled(() => true).then(() => (isSettled = true));
    await clock.pass(9_999);
    expect(isSettled).toBe(false);
    await clock.pass(100);
    expect(isSettled).toBe(true);
    expect(sent).toEqual([
      [0, 15],
      [10_000, 9],
    ]);
  });

  test("but not where the last one has ended", async () => {
    const { clock, sent, ladder } = begun();
    const settled = ladder.settled(() => clock.now() < 3_000);
    await clock.pass(3_100);
    await settled;
    await clock.pass(20_000);
    expect(sent).toEqual([[0, 15]]);
  });

  test("at once where the run ends before", async () => {
    const { clock, sent, ladder } = begun();
    await clock.pass(500);
    ladder.kill();
    ladder.kill();
    await clock.pass(20_000);
    expect(sent).toEqual([
      [0, 15],
      [500, 9],
    ]);
  });
});
