import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { effort } from "../helpers/effort.ts";
import { exchange, plainPost, statusAndBody } from "../helpers/raw-http.ts";
import { freePort, Side } from "../helpers/sides.ts";
import { statexec, tempFolder } from "../helpers/statexec.ts";

const FOREVER = ["sleep", "600"];
const TOKEN = "correct-horse";

interface Status {
  readonly state: string;
  readonly clients: { readonly asked: number };
}

describe("a server with a token", () => {
  const folder = mkdtempSync(join(tmpdir(), "statexec-guard-"));
  const port = `${freePort()}`;
  let server: Side;
  beforeAll(async () => {
    const words = ["-s", "-sp", port, "--sync-token", TOKEN, ...FOREVER];
    server = await new Side("server", words, { cwd: folder }).listening();
  });
  afterAll(async () => {
    server.child.kill("SIGTERM");
    await server.status();
    rmSync(folder, { recursive: true });
  });

  const url = (path: string) => `http://127.0.0.1:${port}${path}`;
  const client = (name: string, ...words: string[]) =>
    statexec(["-f", join(folder, `${name}.prom`), "-c", `127.0.0.1:${port}`, ...words], { cwd: folder });

  test("says that a token guards it, not which", () => {
    expect(server.stderr).toEndWith("of all addresses; a token guards it\n");
    expect(server.stderr).not.toContain(TOKEN);
  });

  test.each([
    ["/start", "POST", {}],
    ["/start", "POST", { authorization: "Bearer correct-hors" }],
    ["/start", "POST", { authorization: `Basic ${TOKEN}` }],
    ["/start", "POST", { authorization: `Bearer ${TOKEN}x` }],
    ["/stop", "POST", {}],
    ["/status", "GET", {}],
    ["/sync", "GET", { upgrade: "websocket" }],
  ])("answers 401 to %s %s with %j", async (path, method, headers) => {
    const answer = await fetch(url(path), { method, headers });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="statexec"');
    expect(await answer.text()).toBe("A token is needed");
  });

  test("shows a stranger a page without anything on it but the state and a form that asks for the token", async () => {
    const answer = await fetch(url("/"));
    const page = await answer.text();
    expect(answer.status).toBe(200);
    expect(page).toContain("<h1>statexec: waiting</h1>");
    expect(page).toContain('<form method="post" action="/start">');
    expect(page).toContain('name="token"');
    expect(page).not.toContain("sleep");
  });

  test("refuses a client that has none, or another: no command, 125", async () => {
    const message = `statexec: --connect 127.0.0.1:${port}: the server wants its token; give it by --sync-token or --sync-token-file\n`;
    for (const words of [[], ["--sync-token", "wrong"]]) {
      const { code, stderr } = await client("refused", ...words, "touch", "started");
      expect([code, stderr]).toEqual([125, message]);
    }
    expect(existsSync(join(folder, "started"))).toBe(false);
  });

  test("obeys a person who types it, and a client that has it from a file", async () => {
    const form = (token: string) => ({
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", origin: `http://127.0.0.1:${port}` },
      body: new URLSearchParams({ token }).toString(),
      redirect: "manual" as const,
    });
    expect((await fetch(url("/stop"), form("wrong"))).status).toBe(401);
    writeFileSync(join(folder, "token.txt"), `${TOKEN}\nnot this\n`);
    const { code, stderr } = await client("let-in", "--sync-token-file", "token.txt", "sleep", "0.3");
    expect([code, stderr]).toEqual([0, ""]);
    expect(await server.status()).toBe(0);
  });
});

test("a token's file that has none is told before anything is done, and what is in it is not", async () => {
  using folder = tempFolder();
  const run = (file: string) =>
    statexec(["-f", "run.prom", "-s", "-sp", `${freePort()}`, "--sync-token-file", file, "true"], { cwd: folder.path });
  const { code, stderr } = await run("missing");
  expect([code, stderr]).toEqual([
    125,
    'statexec: --sync-token-file (SE_SYNC_TOKEN_FILE): "missing": No such file or directory\n',
  ]);
  writeFileSync(folder.file("bad"), "two words\n");
  const bad = await run("bad");
  expect(bad.stderr).toContain("its first line is no token, expected 1 to 256");
  expect(bad.stderr).not.toContain("two words");
});

describe("a server that is open", () => {
  const folder = mkdtempSync(join(tmpdir(), "statexec-guard-"));
  const port = `${freePort()}`;
  let server: Side;
  beforeAll(async () => {
    const words = ["-s", "-sp", port, "-i", '<b>"it"</b>', ...FOREVER];
    server = await new Side("server", words, { cwd: folder }).listening();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const url = (path: string) => `http://127.0.0.1:${port}${path}`;
  const status = async () => (await fetch(url("/status"))).json() as Promise<Status>;
  /** Nothing that was refused has done anything. */
  const isUntouched = async () => {
    const { state, clients } = await status();
    expect([state, clients.asked]).toEqual(["waiting", 0]);
  };

  test("says what it does to who asks", async () => {
    const answer = await fetch(url("/status"));
    expect(answer.headers.get("content-type")).toContain("application/json");
    expect(await answer.json()).toEqual({
      ...{ statexec: expect.any(String), protocol: 1, session: expect.stringMatching(/^[0-9a-f]{16}$/) },
      ...{ state: "waiting", instance: '<b>"it"</b>', since: expect.stringMatching(/^\d{4}-.*Z$/) },
      ...{ clients: { wanted: 1, asked: 0, going: 0 }, graceSeconds: 10 },
    });
  });

  test("has a page on which nothing is code, and which loads nothing", async () => {
    const answer = await fetch(url("/"));
    const page = await answer.text();
    expect(page).toContain("&lt;b&gt;&quot;it&quot;&lt;/b&gt;, since ");
    expect(page).not.toMatch(/<b>|<script|src=|https?:/);
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
  });

  test.each([
    ["another site", { "sec-fetch-site": "cross-site" }],
    ["another origin", { origin: "http://evil.example" }],
    ["another port", { origin: "http://127.0.0.1:1" }],
    ["no origin that could be named", { origin: "null" }],
    ["a name that was pointed at us", { origin: `http://evil.example:${port}`, host: `evil.example:${port}` }],
  ])("refuses what comes from the page of %s", async (_, headers) => {
    const lines = Object.entries({ host: `127.0.0.1:${port}`, ...headers }).map((pair) => pair.join(": "));
    for (const line of ["POST /start", "POST /stop", "GET /status", "GET /"]) {
      const request = `${line} HTTP/1.1\r\n${lines.join("\r\n")}\r\nContent-Length: 0\r\n\r\n`;
      expect(statusAndBody(await exchange(port, request))[0]).toBe(403);
    }
    await isUntouched();
  });

  test.each([
    ["GET /start", 405],
    ["DELETE /stop", 405],
    ["POST /", 405],
    ["PUT /status", 405],
    ["GET /nothing", 404],
    ["POST /start/", 404],
    ["POST /START", 404],
    ["GET /sync", 400],
  ])("answers %s with %i", async (line, expected) => {
    expect(statusAndBody(await exchange(port, `${line} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`))[0]).toBe(
      expected,
    );
    await isUntouched();
  });

  test.each([
    ["told", `Content-Length: 5000\r\n\r\n${"x".repeat(5000)}`],
    ["in chunks", `Transfer-Encoding: chunked\r\n\r\n1388\r\n${"x".repeat(5000)}\r\n0\r\n\r\n`],
  ])("refuses a body that is too long, %s", async (_, rest) => {
    expect(statusAndBody(await exchange(port, `POST /start HTTP/1.1\r\nHost: x\r\n${rest}`))[0]).toBe(413);
    await isUntouched();
  });

  test("waits for nobody who does not go on, and counts no start whose body never comes", async () => {
    const idle = await Promise.all(
      Array.from({ length: effort(5000) }, (_, i) =>
        Bun.connect({ hostname: "127.0.0.1", port: Number(port), socket: { data: () => undefined } }).then((socket) => {
          const texts = [
            "P",
            "POST /start HTTP/1.1\r\nHost: x\r\n",
            "POST /start HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n",
          ];
          socket.write(texts[i % texts.length]!);
          return socket;
        }),
      ),
    );
    await isUntouched();
    for (const socket of idle) socket.terminate();
    await isUntouched();
  }, 60_000);

  test("is not moved by what is no request (seeded)", async () => {
    const random = seeded(0x5eed);
    for (let i = 0; i < effort(10_000); i += 25)
      await Promise.all(Array.from({ length: 25 }, () => exchange(port, malformed(random), 40)));
    await isUntouched();
  }, 120_000);

  test("starts its command all the same, for a person at the page too, and stops it", async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded", origin: `http://127.0.0.1:${port}` };
    const press = (path: string) => fetch(url(path), { method: "POST", headers, body: "x=y", redirect: "manual" });
    expect((await press("/start")).status).toBe(303);
    expect(await (await fetch(url("/"))).text()).toContain('action="/stop"');
    expect(statusAndBody(await exchange(port, plainPost("/start")))).toEqual([409, "KO"]);
    expect((await press("/stop")).status).toBe(303);
    expect(await server.status()).toBe(0);
    expect(server.stderr.split("\n")).toHaveLength(2);
  });
});

type Random = (below: number) => number;

function seeded(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A start that went wrong on its way, or was never one. It may not be a request to start by any reading. */
function malformed(random: Random): Uint8Array {
  const pick = <T>(items: readonly T[]) => items[random(items.length)]!;
  const bytes = Uint8Array.from({ length: 1 + random(300) }, () => random(256));
  const noise = Buffer.from(bytes).toString("latin1");
  const text = pick([
    () => noise,
    () => `POST /start HTTP/${random(100)}.${2 + random(8)}\r\nHost: x\r\n\r\n`,
    () => `POST ${noise.replaceAll(/[\r\n ]/g, "")}/start HTTP/1.1\r\nHost: x\r\n\r\n`,
    () => `POST /start HTTP/1.1\r\n${noise.replaceAll(/[\r\n:]/g, "")}\r\n\r\n`,
    () => `${noise.replaceAll(/[\r\n ]/g, "x")} /start HTTP/1.1\r\nHost: x\r\n\r\n`,
    () =>
      `POST /start HTTP/1.1\r\nHost: x\r\nContent-Length: ${pick(["-1", "x", "1e3", "99999999999999999999"])}\r\n\r\n`,
    () =>
      `POST /start HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${pick(["zz", "-5", "FFFFFFFFFFFFFFFFF"])}\r\n`,
    () => `POST /start HTTP/1.1\r\nHost: x\r\nOrigin: ${noise.replaceAll(/[^a-z]/g, "")}\r\nContent-Length: 0\r\n\r\n`,
    () => `POST /start HTTP/1.1\r\nX: ${"y".repeat(20_000 + random(50_000))}\r\n\r\n`,
    () =>
      `GET /sync HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${noise.replaceAll(/[^a-zA-Z]/g, "")}\r\n\r\n${noise}`,
    () => "POST /start HTTP/1.1\r\nHost: x\r\n".slice(0, random(33)),
  ])();
  return Buffer.from(text, "latin1");
}
