import { describe, expect, test } from "bun:test";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { answer, bomb, EVILS, type Evil, evilServer } from "../helpers/evil-server.ts";
import { inSmallMemory } from "../helpers/small-memory.ts";
import { tempFolder } from "../helpers/statexec.ts";

const SAMPLE = join(import.meta.dir, "../../explorer/import/build.prom");
const SECRETS = { SE_PUSH_USER: "me", SE_PUSH_PASSWORD: "pass-never-printed" };
const QUERY = "?token=query-never-printed&extra_label=a%3Db";

/** Pushes to a target: it ends by itself, with little memory, and prints no secret. Returns status and stderr. */
async function push(evil: Evil, path = "") {
  using folder = tempFolder();
  copyFileSync(SAMPLE, folder.file("run.prom"));
  await using server = await evilServer(evil);
  const url = `http://127.0.0.1:${server.port}${path}${QUERY}`;
  const { status, stdout, stderr, isSmall } = await inSmallMemory(["--push", url, "run.prom"], {
    ...{ cwd: folder.path, env: SECRETS, seconds: 170 },
  });
  expect(isSmall).toBe(true);
  expect(stdout + stderr).not.toMatch(/never-printed|bWU6cGFzc/);
  return { status, stderr, stdout, connections: server.connections() };
}

/** Those that are answers, if odd ones: what was sent has arrived, and what is stored is not known. */
const ACCEPTED = ["a body without an end", "a body that unpacks to 1 GiB", "deep JSON"];

/** An answer that begins in time is one, too: its body is given up, as one without an end is. */
const isAccepted = (name: string) => ACCEPTED.includes(name) || name === "a byte now and then";

/** These take the time in which no answer comes, or that of all tries. */
const LONG = [
  "no bytes",
  "a byte now and then",
  "ever new headers",
  "ever new interim answers",
  "headers without an end",
  "noise",
  "a closed connection",
];

describe("a push whose target answers with", () => {
  test.each(Object.keys(EVILS).filter((name) => process.env.STATEXEC_TEST_LONG || !LONG.includes(name)))(
    "%s",
    async (name) => {
      const { status, stderr, stdout } = await push(await EVILS[name]!());
      if (isAccepted(name)) expect([status, stderr, stdout.includes("not verified")]).toEqual([0, "", true]);
      else {
        expect(status).toBe(125);
        expect(stderr).toMatch(/^statexec: .*\n$/);
      }
    },
    180_000,
  );

  test.each(["/otlp", "/v1/metrics"])(
    "what %s does not end with",
    async (path) => {
      for (const name of ACCEPTED) expect((await push(await EVILS[name]!(), path)).status).toBe(0);
    },
    120_000,
  );

  test("counts without an end: what is stored is not known", async () => {
    const packed = await bomb(512, 0x20);
    const { status, stdout } = await push((socket, path) => {
      if (path.includes("/query")) answer(socket, "200 OK\r\nContent-Encoding: gzip", packed);
      else answer(socket, "204 No Content");
    });
    expect([status, stdout.includes("the answer to a query is too long")]).toEqual([0, true]);
  }, 120_000);

  test("an error that quotes the request: no secret, no control sequence, not more than a line", async () => {
    const said = (head: string) => `\x1b]52;c;eA==\x07 ${head.replaceAll("\r\n", " ")} ${"x".repeat(100_000)}`;
    const { status, stderr } = await push((socket, _, head) => answer(socket, "400 Bad", said(head)));
    expect(status).toBe(125);
    expect(stderr).toMatch(/^statexec: http:\/\/127\.0\.0\.1:\d+\/api\/v1\/import\/prometheus: answered 400, /);
    expect(stderr.length).toBeLessThan(1000);
    expect(stderr).toContain("\\u001b]52;c;eA==\\u0007");
  });

  test("a redirect to an address with secrets: named without them", async () => {
    const { status, stderr } = await push((socket) =>
      answer(socket, "307 Elsewhere\r\nLocation: http://127.0.0.1:9/x?token=other-never-printed"),
    );
    expect([status, stderr.includes("http://127.0.0.1:9/x")]).toEqual([125, true]);
  });
});
