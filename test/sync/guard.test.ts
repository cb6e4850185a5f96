import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { effort } from "../helpers/effort.ts";
import { exchange, plainPost, statusAndBody } from "../helpers/raw-http.ts";
import { FOREVER, freePort, type ServerSide, startServer } from "../helpers/sides.ts";
import { statexec, tempFolder } from "../helpers/statexec.ts";

const TOKEN = "correct-horse";

describe("a server with a token", () => {
  const folder = mkdtempSync(join(tmpdir(), "statexec-guard-"));
  let server: ServerSide;
  beforeAll(async () => {
    server = await startServer(["--sync-token", TOKEN, ...FOREVER], { cwd: folder });
  });
  afterAll(async () => {
    server.child.kill("SIGTERM");
    await server.status();
    rmSync(folder, { recursive: true });
  });

  const client = (name: string, ...words: string[]) =>
    statexec(["-f", join(folder, `${name}.prom`), "-c", `127.0.0.1:${server.port}`, ...words], { cwd: folder });

  test("says that a token guards it, without the token", () => {
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
    const answer = await fetch(server.url(path), { method, headers });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="statexec"');
    expect(await answer.text()).toBe("A token is needed");
  });

  test("shows a page without more than the state and a form that asks for the token", async () => {
    const answer = await fetch(server.url("/"));
    const page = await answer.text();
    expect(answer.status).toBe(200);
    expect(page).toContain("<h1>statexec: waiting</h1>");
    expect(page).toContain('<form method="post" action="/start">');
    expect(page).toContain('name="token"');
    expect(page).not.toContain("sleep");
  });

  test("refuses a client without the token or with another: no command, 125", async () => {
    const message = `statexec: --connect 127.0.0.1:${server.port}: the server wants its token; give it by --sync-token or --sync-token-file\n`;
    for (const words of [[], ["--sync-token", "wrong"]]) {
      const { code, stderr } = await client("refused", ...words, "touch", "started");
      expect([code, stderr]).toEqual([125, message]);
    }
    expect(existsSync(join(folder, "started"))).toBe(false);
  });

  test("slows down who guesses, by header or by form, and still obeys another peer's right token", async () => {
    const own = await startServer(["--sync-token", TOKEN, ...FOREVER], { cwd: folder, name: "slow" });
    const guess = (authorization: string) =>
      fetch(own.url("/start"), { method: "POST", headers: { authorization } }).then(({ status }) => status);
    const began = performance.now();
    const statuses = await Promise.all(Array.from({ length: 40 }, (_, i) => guess(`Bearer wrong-${i}`)));
    // Ten at once, and one more in each second that it took.
    const allowed = 10 + Math.ceil((performance.now() - began) / 1000);
    const wrong = statuses.filter((status) => status === 401).length;
    expect(wrong).toBeWithin(10, allowed + 1);
    expect(statuses.filter((status) => status === 429).length).toBe(40 - wrong);
    const type = () => fetch(own.url("/start"), { method: "POST", body: new URLSearchParams({ token: "wrong" }) });
    let typed = await type();
    // A second has passed since the last one.
    if (typed.status === 401) typed = await type();
    expect([typed.status, typed.headers.get("retry-after")]).toEqual([429, "1"]);
    // A client with the right token from the same address waits its turn.
    const late = own.client(["--sync-token", TOKEN, "true"], { name: "late" });
    expect([await late.status(), late.stderr]).toEqual([0, ""]);
    expect(await own.status()).toBe(0);
  }, 120_000);

  test("obeys a person who types it, and a client that reads it from a file", async () => {
    const form = (token: string) => ({
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", origin: `http://127.0.0.1:${server.port}` },
      body: new URLSearchParams({ token }).toString(),
      redirect: "manual" as const,
    });
    expect((await fetch(server.url("/stop"), form("wrong"))).status).toBe(401);
    writeFileSync(join(folder, "token.txt"), `${TOKEN}\nnot this\n`);
    const { code, stderr } = await client("let-in", "--sync-token-file", "token.txt", "sleep", "0.3");
    expect([code, stderr]).toEqual([0, ""]);
    expect(await server.status()).toBe(0);
  });
});

test("a token file without a token is refused before anything is done, and the message does not quote it", async () => {
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

describe("a server without a token", () => {
  const folder = mkdtempSync(join(tmpdir(), "statexec-guard-"));
  let server: ServerSide;
  beforeAll(async () => {
    server = await startServer(["-i", '<b>"it"</b>', ...FOREVER], { cwd: folder });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Fails where a request that was refused has had an effect. */
  const expectUntouched = async () => {
    const { state, clients } = await server.syncStatus();
    expect([state, clients.asked]).toEqual(["waiting", 0]);
  };

  test("answers /status", async () => {
    const answer = await fetch(server.url("/status"));
    expect(answer.headers.get("content-type")).toContain("application/json");
    expect(await answer.json()).toEqual({
      ...{ statexec: expect.any(String), protocol: 1, session: expect.stringMatching(/^[0-9a-f]{16}$/) },
      ...{ state: "waiting", instance: '<b>"it"</b>', since: expect.stringMatching(/^\d{4}-.*Z$/) },
      ...{ clients: { wanted: 1, asked: 0, going: 0 }, graceSeconds: 10 },
    });
  });

  test("has a page that escapes what it shows, and loads nothing", async () => {
    const answer = await fetch(server.url("/"));
    const page = await answer.text();
    expect(page).toContain("&lt;b&gt;&quot;it&quot;&lt;/b&gt;, since ");
    expect(page).not.toMatch(/<b>|<script|src=|https?:/);
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
  });

  test.each([
    ["another site", { "sec-fetch-site": "cross-site" }],
    ["another origin", { origin: "http://evil.example" }],
    ["another port", { origin: "http://127.0.0.1:1" }],
    ["an opaque origin", { origin: "null" }],
    ["a name that resolves to this machine", { origin: "http://evil.example:8080", host: "evil.example:8080" }],
    [
      "a name that begins with ours",
      { origin: `http://${hostname()}.evil.example`, host: `${hostname()}.evil.example` },
    ],
    ["such a name that only reads", { host: `${hostname()}.evil.example`, "accept-language": "en" }],
  ])("refuses what comes from the page of %s", async (_, headers) => {
    const lines = Object.entries({ host: `127.0.0.1:${server.port}`, ...headers }).map((pair) => pair.join(": "));
    for (const line of ["POST /start", "POST /stop", "GET /status", "GET /"]) {
      const request = `${line} HTTP/1.1\r\n${lines.join("\r\n")}\r\nContent-Length: 0\r\n\r\n`;
      expect(statusAndBody(await exchange(server.port, request))[0]).toBe(403);
    }
    await expectUntouched();
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
    expect(
      statusAndBody(await exchange(server.port, `${line} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`))[0],
    ).toBe(expected);
    await expectUntouched();
  });

  test.each([
    ["by its length", `Content-Length: 5000\r\n\r\n${"x".repeat(5000)}`],
    ["in chunks", `Transfer-Encoding: chunked\r\n\r\n1388\r\n${"x".repeat(5000)}\r\n0\r\n\r\n`],
  ])("refuses a body that is too long, %s", async (_, rest) => {
    expect(statusAndBody(await exchange(server.port, `POST /start HTTP/1.1\r\nHost: x\r\n${rest}`))[0]).toBe(413);
    await expectUntouched();
  });

  test("does not count requests that are not finished", async () => {
    const idle = await Promise.all(
      Array.from({ length: effort(5000) }, (_, i) =>
        Bun.connect({ hostname: "127.0.0.1", port: Number(server.port), socket: { data: () => undefined } }).then(
          (socket) => {
            const texts = [
              "P",
              "POST /start HTTP/1.1\r\nHost: x\r\n",
              "POST /start HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n",
            ];
            socket.write(texts[i % texts.length]!);
            return socket;
          },
        ),
      ),
    );
    await expectUntouched();
    for (const socket of idle) socket.terminate();
    await expectUntouched();
  }, 120_000);

  test("ignores malformed requests (seeded)", async () => {
    const random = seeded(0x5eed);
    for (let i = 0; i < effort(10_000); i += 25)
      await Promise.all(Array.from({ length: 25 }, () => exchange(server.port, malformed(random), 40)));
    await expectUntouched();
  }, 120_000);

  test("then starts and stops its command for a person at the page", async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded", origin: `http://127.0.0.1:${server.port}` };
    const press = (path: string) =>
      fetch(server.url(path), { method: "POST", headers, body: "x=y", redirect: "manual" });
    expect((await press("/start")).status).toBe(303);
    expect(await (await fetch(server.url("/"))).text()).toContain('action="/stop"');
    expect(statusAndBody(await exchange(server.port, plainPost("/start")))).toEqual([409, "KO"]);
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

/** Returns a malformed start, or noise: never a request that may be read as a valid start. */
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
