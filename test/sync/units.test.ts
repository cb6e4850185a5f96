import { describe, expect, test } from "bun:test";
import { isCrossSite } from "../../src/net/cross-site.ts";
import { Barrier } from "../../src/sync/barrier.ts";
import { ClockOffset } from "../../src/sync/clock-offset.ts";
import { HeartbeatTimeout } from "../../src/sync/heartbeat.ts";
import { TokenGuard } from "../../src/sync/request-guard.ts";
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

test("a heartbeat timeout fires although this side was busy all the time, and not where it was stopped for as long", async () => {
  for (const [busy, expected] of [
    [1, 1],
    [0.6, 1],
    [0, 0],
  ] as const) {
    const clock = new FakeClock();
    let [lost, cpuMs] = [0, 0];
    new HeartbeatTimeout(
      clock,
      10_000,
      () => lost++,
      () => cpuMs,
    );
    for (let i = 0; i < 4; i++) {
      clock.stall(4000);
      cpuMs += 4000 * busy;
      await clock.pass(10);
    }
    expect(lost).toBe(expected);
  }
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
  [{ origin: "http://Host1:8080", host: "host1:8080" }, false],
  [{ origin: "http://host1:8080", host: "host1.:8080" }, true],
  [{ origin: "http://host1.:8080", host: "host1.:8080" }, false],
  [{ origin: "http://bound.example:8080", host: "bound.example:8080" }, false],
  [{ origin: "http://host1.example:8080", host: "host1.example:8080" }, true],
  [{ origin: "http://localhost.example:8080", host: "localhost.example:8080" }, true],
  [{ origin: "http://1.2.3.4.example:8080", host: "1.2.3.4.example:8080" }, true],
  [{ origin: "http://1.2.3.example:8080", host: "1.2.3:8080" }, true],
  [{ host: "other.example:8080" }, false],
  [{ host: "other.example:8080", "accept-language": "" }, true],
  [{ host: "other.example:8080", "sec-fetch-site": "same-origin" }, true],
  [{ host: "10.0.0.7:8080", "accept-language": "de" }, false],
  [{ origin: "http://other.example:8080", host: "other.example:8080" }, true],
  [{ origin: "https://10.0.0.7:8080", host: "10.0.0.7:8080" }, true],
  [{ origin: "http://10.0.0.7", host: "10.0.0.7:8080" }, true],
  [{ "sec-fetch-site": "same-origin", host: "host1" }, false],
  [{ "sec-fetch-site": "cross-site" }, true],
])("a request with %j comes from another site: %p", (headers, expected) => {
  expect(
    isCrossSite(new Headers(headers as Record<string, string>), { names: ["host1", "bound.example"], scheme: "http" }),
  ).toBe(expected);
});

test("a page of a server with a certificate is of https", () => {
  const own = { names: [], scheme: "https" } as const;
  const from = (origin: string) => isCrossSite(new Headers({ origin, host: "10.0.0.7:8080" }), own);
  expect([from("https://10.0.0.7:8080"), from("http://10.0.0.7:8080")]).toEqual([false, true]);
});

describe("wrong tokens", () => {
  const bearer = (token: string) => new Headers({ authorization: `Bearer ${token}` });
  const guarded = () => {
    const clock = { ms: 0, now: () => clock.ms };
    return { clock, guard: new TokenGuard("right", clock) };
  };

  test("are slowed down for a peer: ten at once, then one a second, and the right one waits too", () => {
    const { clock, guard } = guarded();
    const tried = (token: string, address = "10.0.0.7") => guard.authority(bearer(token), address);
    expect(Array.from({ length: 12 }, () => tried("wrong"))).toEqual([
      ...Array(10).fill("missing"),
      "slowed",
      "slowed",
    ]);
    expect(tried("right")).toBe("slowed");
    expect(tried("right", "10.0.0.8")).toBe("granted");
    clock.ms += 999;
    expect(tried("right")).toBe("slowed");
    clock.ms += 1;
    expect([tried("wrong"), tried("wrong")]).toEqual(["missing", "slowed"]);
    clock.ms += 3_600_000;
    expect(Array.from({ length: 11 }, () => tried("wrong")).at(-1)).toBe("slowed");
  });

  test("count for the network of an IPv6 address, however it is written", () => {
    const { guard } = guarded();
    for (let i = 0; i < 10; i++) guard.authority(bearer("wrong"), `2001:db8:0:1::${i.toString(16)}`);
    expect(guard.authority(bearer("right"), "2001:db8:0:1:2:3:4:5")).toBe("slowed");
    expect(guard.authority(bearer("right"), "2001:db8::1")).toBe("granted");
    for (let i = 0; i < 10; i++) guard.authority(bearer("wrong"), "::ffff:10.0.0.7");
    expect(guard.authority(bearer("right"), "10.0.0.7")).toBe("slowed");
  });

  test("are none where no token is sent, or none is asked for", () => {
    const { guard, clock } = guarded();
    for (let i = 0; i < 30; i++) expect(guard.authority(new Headers(), "10.0.0.7")).toBe("missing");
    expect(guard.authority(bearer("right"), "10.0.0.7")).toBe("granted");
    expect(new TokenGuard(undefined, clock).authority(bearer("any"), "10.0.0.7")).toBe("granted");
  });

  test("of ever new peers take no more memory than those of a thousand", () => {
    const { guard } = guarded();
    for (let i = 0; i < 10; i++) guard.authority(bearer("wrong"), "10.9.9.9");
    for (let i = 0; i < 2000; i++) guard.authority(bearer("wrong"), `10.1.${i >> 8}.${i & 255}`);
    expect(guard.authority(bearer("right"), "10.9.9.9")).toBe("granted");
  });
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
    '{"type":"began","wallMs":1e300}',
    '{"type":"began","wallMs":1e999}',
    "[".repeat(1_000_000),
  ])
    expect(parseServerMessage(text)).toBeUndefined();
  const status = { protocol: 1, session: "0123456789abcdef", graceSeconds: 1 };
  expect(parseStatus(status)).toBeDefined();
  const others = [
    { protocol: 2 },
    { session: "a" },
    { graceSeconds: -5 },
    { graceSeconds: 1e9 },
    { graceSeconds: "1" },
  ];
  for (const value of [null, 1, "x", {}, { protocol: 1 }, ...others.map((other) => ({ ...status, ...other }))])
    expect(parseStatus(value)).toBeUndefined();
});
