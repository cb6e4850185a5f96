import { describe, expect, test } from "bun:test";
import { Barrier } from "../../src/sync/barrier.ts";
import { ClockOffset } from "../../src/sync/clock-offset.ts";
import { HeartbeatTimeout } from "../../src/sync/heartbeat.ts";
import { isCrossSite } from "../../src/sync/sync-http.ts";
import { parseClockRequest, parseServerMessage, parseStatus } from "../../src/sync/sync-protocol.ts";
import { FakeClock } from "../helpers/fake-clock.ts";

function values(offset: ClockOffset): number[] {
  const row = new Float64Array(offset.describe().length);
  offset.sample(row);
  return [...row];
}

describe("the clock offset", () => {
  test("is absent before any exchange", () => {
    expect(values(new ClockOffset())).toEqual([Number.NaN, Number.NaN]);
  });

  test("is that of the exchange with the smallest round trip, right to half of it", () => {
    const offset = new ClockOffset();
    // The server's clock is an hour ahead; the way there takes 40 ms, then 2 ms, and the way back 10 ms, then 4 ms.
    const hour = 3_600_000;
    offset.add(1000, 1000 + 40 + hour, 50);
    expect(values(offset)).toEqual([(hour + 15) / 1000, 0.05]);
    offset.add(2000, 2000 + 2 + hour, 6);
    offset.add(3000, 3000 + 40 + hour, 50);
    expect(values(offset)).toEqual([(hour - 1) / 1000, 0.006]);
    expect(offset.offsetMs).toBe(hour - 1);
  });

  test("forgets old exchanges, since clocks drift", () => {
    const offset = new ClockOffset();
    offset.add(0, 0, 1);
    for (let i = 0; i < 16; i++) offset.add(0, 500, 3);
    expect(offset.offsetMs).toBe(498.5);
  });
});

describe("a heartbeat timeout", () => {
  test("fires once, when the grace period has passed", async () => {
    const clock = new FakeClock();
    let lost = 0;
    const timeout = new HeartbeatTimeout(clock, 10_000, () => lost++);
    await clock.pass(9000);
    timeout.heard();
    await clock.pass(9999);
    expect(lost).toBe(0);
    await clock.pass(1300);
    expect(lost).toBe(1);
    await clock.pass(60_000);
    expect(lost).toBe(1);
  });

  test("does not fire at once after this side itself did not run", async () => {
    const clock = new FakeClock();
    let lost = 0;
    const timeout = new HeartbeatTimeout(clock, 10_000, () => lost++);
    clock.stall(3_600_000);
    await clock.pass(2000);
    expect(lost).toBe(0);
    timeout.heard();
    await clock.pass(9000);
    expect(lost).toBe(0);
  });
});

describe("the barrier", () => {
  const client = (id: string | undefined, startOnly = false) => ({ id, startOnly, name: "host" });

  test("counts a client once, and each original client", () => {
    const barrier = new Barrier(3);
    const first = barrier.join(client("a"));
    expect(barrier.join(client("a"))).toBe(first);
    barrier.join(client(undefined));
    expect(barrier.isComplete).toBe(false);
    barrier.join(client(undefined));
    expect(barrier.isComplete).toBe(true);
  });

  test("awaits stops; one without an id is of any original client, or else of all clients", () => {
    const barrier = new Barrier(4);
    for (const each of [client("a"), client("b"), client(undefined), client("s", true)]) barrier.join(each);
    barrier.open();
    barrier.stop("nobody");
    barrier.stop("a");
    barrier.stop("a");
    expect(barrier.going.map(({ id }) => id)).toEqual(["b", "original-1", "s"]);
    barrier.stop(undefined);
    expect(barrier.awaitsStop).toBe(true);
    barrier.stop(undefined);
    expect(barrier.awaitsStop).toBe(false);
  });
});

test.each([
  [{}, false],
  [{ origin: "http://10.0.0.7:8080", host: "10.0.0.7:8080" }, false],
  [{ origin: "http://[fd00::1]:8080", host: "[fd00::1]:8080" }, false],
  [{ origin: "http://LocalHost:8080", host: "localhost:8080" }, false],
  [{ origin: "http://host1.example:8080", host: "host1.example:8080" }, false],
  [{ origin: "http://other.example:8080", host: "other.example:8080" }, true],
  [{ origin: "https://10.0.0.7:8080", host: "10.0.0.7:8080" }, true],
  [{ origin: "http://10.0.0.7", host: "10.0.0.7:8080" }, true],
  [{ "sec-fetch-site": "same-origin" }, false],
  [{ "sec-fetch-site": "cross-site" }, true],
])("a request with %j comes from another site: %p", (headers, expected) => {
  expect(isCrossSite(new Headers(headers as Record<string, string>), "host1")).toBe(expected);
});

test("messages of other protocols are refused", () => {
  for (const text of ["", "null", "1", "[]", "{", '{"type":"clock"}', '{"type":"clock","number":"1"}'])
    expect(parseClockRequest(text)).toBeUndefined();
  expect(parseClockRequest('{"type":"clock","number":1}')).toEqual({ type: "clock", number: 1 });
  for (const text of [
    "",
    "null",
    '{"type":"began"}',
    '{"type":"clock","wallMs":1}',
    '{"type":"x","wallMs":1,"number":1}',
  ])
    expect(parseServerMessage(text)).toBeUndefined();
  for (const value of [null, 1, "x", {}, { protocol: 2, session: "a", graceSeconds: 1 }, { protocol: 1 }])
    expect(parseStatus(value)).toBeUndefined();
});
