import { expect, test } from "bun:test";
import fc from "fast-check";
import { editDistance, nearest } from "../../src/cli/nearest.ts";
import {
  boolean,
  Fault,
  interval,
  label,
  peer,
  port,
  seconds,
  sinceTime,
  timestampMs,
} from "../../src/cli/option-values.ts";

const PEERS: readonly (readonly [text: string, host: string, port: number | undefined])[] = [
  ["localhost", "localhost", undefined],
  ["my_host.example.", "my_host.example.", undefined],
  ["10.0.0.7:1", "10.0.0.7", 1],
  ["host:65535", "host", 65535],
  ["[::1]", "[::1]", undefined],
  ["[2001:DB8::1]:9000", "[2001:DB8::1]", 9000],
  ["[::ffff:10.0.0.7]:9000", "[::ffff:10.0.0.7]", 9000],
  ["http://host", "host", undefined],
  ["HTTP://host:9000/", "host", 9000],
  ["http://[::1]:9000", "[::1]", 9000],
  ["münchen.example", "münchen.example", undefined],
];

test.each(PEERS)("peer %s", (text, host, port) => {
  expect(peer(text)).toEqual({ host, port, tls: false });
});

test("peer https://…", () => {
  expect(peer("https://h")).toEqual({ host: "h", port: undefined, tls: true });
  expect(peer("HTTPS://[::1]:8443/")).toEqual({ host: "[::1]", port: 8443, tls: true });
});

test.each([
  "",
  ":8080",
  "8080",
  "host:",
  "host:0",
  "host:65536",
  "host:x",
  "a:b:c",
  "::1",
  "2001:db8::1:8080",
  "[::1",
  "[::1]x",
  "[::1]:",
  "[host]",
  "[]:80",
  "http://",
  "http://h/start",
  "http://h?x",
  "https://h/x",
  "HTTPS://h?x",
  "ftp://h",
  "//h",
  "u@h",
  "u:p@h",
  "a b",
  "h\n",
  "h#x",
  "h%41",
  "h\\x",
  "256.1.1.1",
  "http://http://h",
  "-1",
  "--",
  "\0",
])("not a peer: %j", (text) => {
  expect(peer(text)).toBeInstanceOf(Fault);
});

test("a peer's host can be part of a URL", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.domain(),
        fc.ipV4(),
        fc.ipV6().map((v6) => `[${v6}]`),
      ),
      fc.nat(70000),
      (host, at) => {
        const found = peer(`${host}:${at}`);
        if (found instanceof Fault) return;
        const url = new URL(`http://${found.host}:${found.port}/start`);
        expect([url.pathname, url.username, url.search, url.hash]).toEqual(["/start", "", "", ""]);
        expect(Number(url.port || 80)).toBe(at);
      },
    ),
  );
});

test.each(["1", "true", "TRUE", "Yes", "on"])("%s is true", (text) => expect(boolean(text)).toBe(true));
test.each(["0", "false", "FALSE", "No", "off"])("%s is false", (text) => expect(boolean(text)).toBe(false));

test("times may have a unit", () => {
  expect(["100ms", "1500ms", "3s", "2sec", "1.5min", "2m", "1h"].map(seconds)).toEqual([0.1, 1.5, 3, 2, 90, 120, 3600]);
  expect([interval("10ms"), interval("250ms"), interval("1h")]).toEqual([0.01, 0.25, 3600]);
  for (const text of ["1 s", "1S", "ms", "1d", "1e3ms", "-1s", "5ms "]) expect(seconds(text)).toBeInstanceOf(Fault);
  for (const text of ["9ms", "2h"]) expect(interval(text)).toBeInstanceOf(Fault);
});

test("numbers are digits with or without decimals", () => {
  expect([seconds("0"), seconds("007"), seconds("2.50"), seconds("31536000")]).toEqual([0, 7, 2.5, 31536000]);
  expect([interval("0.01"), interval("3600.0"), port("1"), port("08080")]).toEqual([0.01, 3600, 1, 8080]);
  expect([timestampMs("100000000000"), timestampMs("99999999999999")]).toEqual([1e11, 99999999999999]);
  for (const parse of [seconds, interval, port, timestampMs])
    for (const text of [
      "",
      " 1",
      "1 ",
      "1\n",
      "+1",
      "-1",
      "1.",
      ".1",
      "1e3",
      "0x1",
      "1_000",
      "1,5",
      "١",
      "NaN",
      "Infinity",
    ])
      expect(parse(text), text).toBeInstanceOf(Fault);
  for (const parse of [seconds, interval, port, timestampMs]) expect(parse("9".repeat(400))).toBeInstanceOf(Fault);
});

test("a label's key is always a legal name, its value the text after the first =", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1 }), fc.string(), (key, value) => {
      fc.pre(!key.includes("="));
      expect(label(`${key}=${value}`)).toEqual([expect.stringMatching(/^[a-z0-9_]+$/), value]);
    }),
  );
});

test("edit distance counts insertions, removals, changes and swaps", () => {
  const pairs = [
    ["delay", "delay"],
    ["dealy", "delay"],
    ["dely", "delay"],
    ["deelay", "delay"],
    ["relay", "delay"],
    ["", "abc"],
    ["abc", ""],
    ["ca", "abc"],
  ] as const;
  expect(pairs.map(([from, to]) => editDistance(from, to))).toEqual([0, 1, 1, 1, 1, 3, 3, 3]);
  const word = fc.string({ maxLength: 8 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b) === 0).toBe(a === b);
    }),
  );
});

test("the nearest of several, or none", () => {
  expect(nearest("sync", ["sinc", "sync-port"])).toBe("sync-port");
  const names = ["file", "delay", "delay-before-command", "server"];
  expect(["fiel", "delay-before", "sever", "delays", "fi", "bogus", ""].map((name) => nearest(name, names))).toEqual([
    "file",
    "delay-before-command",
    "server",
    "delay",
    undefined,
    undefined,
    undefined,
  ]);
});

test("a time since is a date of UTC or so long ago; a number alone is neither", () => {
  expect(sinceTime("36h")).toEqual({ agoMs: 36 * 3600_000 });
  expect(sinceTime("1.5d")).toEqual({ agoMs: 36 * 3600_000 });
  expect(sinceTime("2026-11-01")).toEqual({ atMs: Date.UTC(2026, 10, 1) });
  expect(sinceTime("2026-11-01T12:30")).toEqual({ atMs: Date.UTC(2026, 10, 1, 12, 30) });
  expect(sinceTime("2026-11-01T12:30:00+02:00")).toEqual({ atMs: Date.UTC(2026, 10, 1, 10, 30) });
  for (const text of ["", "2026", "7", "d", "yesterday", "2026-13-01", "2026-11-1", "-3d"])
    expect(sinceTime(text), text).toBeInstanceOf(Fault);
});
