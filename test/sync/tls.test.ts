import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClientConfig } from "../../src/cli/config.ts";
import { systemClock } from "../../src/clock.ts";
import { SyncClient } from "../../src/sync/sync-client.ts";
import { configFor } from "../helpers/config.ts";
import { FOREVER, freePort, ServerSide, Side } from "../helpers/sides.ts";
import { runProgram, statexec } from "../helpers/statexec.ts";
import { isMissing } from "../helpers/validators.ts";

/** A token in it would be sent in plain text elsewhere. */
const TOKEN = "tok-never-printed";

describe.skipIf(isMissing("openssl"))("a server with a certificate", () => {
  const folder = mkdtempSync(join(tmpdir(), "statexec-tls-"));
  const file = (name: string) => join(folder, name);
  const TLS = ["--sync-tls-cert", "cert.pem", "--sync-tls-key", "key.pem"];
  const trusting = { NODE_EXTRA_CA_CERTS: file("cert.pem") };

  const makeKey = (name: string, subject: string) =>
    runProgram(
      [
        ...[
          "openssl",
          "req",
          "-x509",
          "-newkey",
          "ec",
          "-pkeyopt",
          "ec_paramgen_curve:prime256v1",
          "-nodes",
          "-days",
          "2",
        ],
        ...["-keyout", `${name}key.pem`, "-out", `${name}cert.pem`, "-subj", "/CN=statexec test"],
        ...["-addext", `subjectAltName=${subject}`],
      ],
      { cwd: folder },
    );

  beforeAll(async () => {
    expect((await makeKey("", "DNS:localhost,IP:127.0.0.1")).code).toBe(0);
    expect((await makeKey("other-", "DNS:elsewhere.example")).code).toBe(0);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const server = (words: readonly string[] = TLS) =>
    new ServerSide(["--sync-token", TOKEN, ...words, ...FOREVER], { cwd: folder });
  const client = (name: string, port: string, env: Record<string, string>, host = "https://127.0.0.1") =>
    new Side(name, ["-c", `${host}:${port}`, "--sync-token", TOKEN, "--sync-timeout", "20", "true"], {
      cwd: folder,
      env,
    });

  test("and a client that trusts it start and stop together, over one connection", async () => {
    const side = await server().listening();
    const peer = client("trusting", side.port, trusting);
    expect([await peer.status(), peer.stderr]).toEqual([0, ""]);
    expect(await side.status()).toBe(0);
    expect(peer.recorded().fact("session")).toEqual(side.recorded().fact("session"));
    expect(peer.recorded().family("sync_clock_offset_seconds").size).toBe(1);
  }, 120_000);

  test("is refused by a client that does not trust it, once and at once", async () => {
    const side = await server().listening();
    const start = performance.now();
    const peer = client("careful", side.port, {});
    expect(await peer.status()).toBe(125);
    expect(peer.stderr).toBe(
      `statexec: --connect 127.0.0.1:${side.port}: its certificate is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT): name the file of its authority in NODE_EXTRA_CA_CERTS\n`,
    );
    expect(performance.now() - start).toBeLessThan(20_000);
    side.child.kill("SIGTERM");
    await side.status();
  }, 120_000);

  test("is refused under a name that is not in it", async () => {
    const side = await server(["--sync-tls-cert", "other-cert.pem", "--sync-tls-key", "other-key.pem"]).listening();
    const peer = client("misled", side.port, { NODE_EXTRA_CA_CERTS: file("other-cert.pem") });
    expect(await peer.status()).toBe(125);
    expect(peer.stderr).toContain("its certificate is not trusted (ERR_TLS_CERT_ALTNAME_INVALID)");
    side.child.kill("SIGTERM");
    await side.status();
  }, 120_000);

  test("answers its own page, and no plain HTTP", async () => {
    const side = await server().listening();
    const headers = { origin: `https://127.0.0.1:${side.port}`, authorization: `Bearer ${TOKEN}` };
    const url = `https://127.0.0.1:${side.port}`;
    const tls = { ca: await Bun.file(file("cert.pem")).text() };
    expect((await fetch(`${url}/status`, { headers, tls })).status).toBe(200);
    expect(
      (await fetch(`${url}/status`, { headers: { ...headers, origin: url.replace("s:", ":") }, tls })).status,
    ).toBe(403);
    await expect(fetch(side.url("/status"))).rejects.toThrow();
    side.child.kill("SIGTERM");
    await side.status();
  }, 120_000);

  test.each<[string, string[], RegExp]>([
    [
      "no key",
      TLS.slice(0, 2),
      /^statexec: --sync-tls-cert: "cert\.pem": a certificate and its key go together; add --sync-tls-key\n$/,
    ],
    ["no certificate", TLS.slice(2), /^statexec: --sync-tls-key: "key\.pem": .*; add --sync-tls-cert\n$/],
    [
      "a missing file",
      ["--sync-tls-cert", "none.pem", ...TLS.slice(2)],
      /^statexec: --sync-tls-cert \(SE_SYNC_TLS_CERT\): "none\.pem": No such file/,
    ],
    [
      "another's key",
      ["--sync-tls-cert", "cert.pem", "--sync-tls-key", "other-key.pem"],
      /not a certificate and its key \(ERR_\w+MISMATCH\)\n$/,
    ],
    ["a file that is none", ["--sync-tls-cert", "text", ...TLS.slice(2)], /"text": is not in PEM format/],
    ["a folder", ["--sync-tls-cert", ".", ...TLS.slice(2)], /"\.": a directory, expected a file or a pipe\n$/],
  ])("is not started with %s: 125, one line, no command", async (_, words, message) => {
    writeFileSync(file("text"), "hush-hush\n");
    const { code, stderr, stdout } = await statexec(
      ["-f", file("never.prom"), "-s", "-sp", `${freePort()}`, ...words, "echo", "ran"],
      { cwd: folder },
    );
    expect([code, stdout, stderr.split("\n").length]).toEqual([125, "", 2]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain("hush");
  });
});

test("a token that is sent over plain HTTP to another host gives a warning, without the token", () => {
  const warningsFor = (host: string, ...words: string[]) => {
    const warnings: string[] = [];
    const parts = { clock: systemClock, instance: "i", version: "1", report: () => undefined };
    const { sync } = configFor(["-c", host, ...words, "true"]);
    new SyncClient(sync as ClientConfig, { ...parts, warn: (message) => warnings.push(message) });
    return warnings;
  };
  const token = ["--sync-token", TOKEN];
  expect(warningsFor("db7.example:81", ...token)).toEqual([
    "--connect db7.example:81: the token is sent over plain HTTP, where others on the network can read it; give the server --sync-tls-cert and --sync-tls-key, and connect to https://db7.example:81",
  ]);
  for (const host of ["127.0.0.9", "localhost", "[::1]", "https://db7.example"])
    expect(warningsFor(host, ...token)).toEqual([]);
  expect(warningsFor("db7.example")).toEqual([]);
});
