import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { exchange, originalServer, plainPost, statusAndBody } from "../helpers/raw-http.ts";
import { expectValidFiles, FOREVER, type ServerSide, Side, startServer } from "../helpers/sides.ts";
import { tempFolder } from "../helpers/statexec.ts";

const post = async ({ port }: ServerSide, path: string) => statusAndBody(await exchange(port, plainPost(path)));

type OriginalServer = ReturnType<typeof originalServer>;

/** Our client of an original server. */
function client({ port }: OriginalServer, words: readonly string[], cwd: string): Side {
  return new Side("client", ["-c", `127.0.0.1:${port}`, ...words], { cwd });
}

describe("an original client at our server", () => {
  test("gets the answers of an original server, from before the start to after the end", async () => {
    using folder = tempFolder();
    const server = await startServer(["-dac", "0.5", ...FOREVER], { cwd: folder.path });
    expect((await post(server, "/stop"))[0]).toBe(412);
    // An original server starts on GET too. Ours does not, so that no link or image starts anything.
    expect(statusAndBody(await exchange(server.port, "GET /start HTTP/1.1\r\nHost: x\r\n\r\n"))[0]).toBe(405);
    expect(await post(server, "/start")).toEqual([201, "OK"]);
    expect(await post(server, "/start")).toEqual([409, "KO"]);
    expect(await post(server, "/stop")).toEqual([202, "Command stopped"]);
    expect((await post(server, "/stop"))[0]).toBeOneOf([202, 204]);
    expect(await server.status()).toBe(0);
    await expectValidFiles(server);
  });

  test("can stop during the delay before the command, which is then not started", async () => {
    using folder = tempFolder();
    const server = await startServer(["-dbc", "60", "touch", "started"], { cwd: folder.path });
    expect(await post(server, "/start")).toEqual([201, "OK"]);
    await server.reaches(({ state }) => state === "recording");
    expect(await post(server, "/stop")).toEqual([202, "Command stopped"]);
    expect(await server.status()).toBe(0);
    expect(existsSync(folder.file("started"))).toBe(false);
    expect(server.events().toSorted()).toEqual([
      "peer_asked",
      "sync_armed",
      "sync_cancelled",
      "sync_recording",
      "sync_waiting",
    ]);
    expect(
      server
        .recorded()
        .points("command_status")
        .map(([, status]) => status),
    ).toEqual([0, 0]);
    await expectValidFiles(server);
  });

  test("can stop right after the start: the command is not started, or is stopped", async () => {
    using folder = tempFolder();
    for (let run = 0; run < 5; run++) {
      const server = await startServer(FOREVER, { cwd: folder.path, name: `server${run}` });
      const answer = await exchange(server.port, plainPost("/start") + plainPost("/stop"), 200);
      expect(answer).toStartWith("HTTP/1.1 201 ");
      expect(await server.status()).toBe(0);
      const over = ["sync_cancelled", "sync_stopped"].filter((event) => server.events().includes(event));
      expect(over).toHaveLength(1);
      await expectValidFiles(server);
    }
  });

  test("gets 204 once the command has ended by itself", async () => {
    using folder = tempFolder();
    const server = await startServer(["true"], { cwd: folder.path });
    expect(await post(server, "/start")).toEqual([201, "OK"]);
    await server.reaches(({ state }) => state === "finished");
    expect(await post(server, "/stop")).toEqual([204, ""]);
    expect(await server.status()).toBe(0);
  });
});

describe("our client at an original server", () => {
  test("starts and stops it with plain requests, and warns that its loss will not be noticed", async () => {
    using folder = tempFolder();
    using server = originalServer();
    const side = client(server, ["touch", "started"], folder.path);
    expect(await side.status()).toBe(0);
    expect(side.stderr).toBe(
      `statexec: 127.0.0.1:${server.port} holds no connection (an original server): its loss will not be noticed\n`,
    );
    expect(server.asked).toEqual(["GET /status", "POST /start", "POST /stop"]);
    expect(existsSync(folder.file("started"))).toBe(true);
    expect(side.recorded().fact("session")).toEqual([]);
    expect(side.recorded().family("sync_clock_offset_seconds").size).toBe(0);
    await expectValidFiles(side);
  });

  test("sends no stop where only the start is synchronised", async () => {
    using folder = tempFolder();
    using server = originalServer();
    const side = client(server, ["-sso", "true"], folder.path);
    expect(await side.status()).toBe(0);
    expect(server.asked).toEqual(["GET /status", "POST /start"]);
  });

  const REFUSALS: readonly (readonly [answer: string, message: string])[] = [
    ["409 Conflict\r\n\r\nKO", "has started already (409): start it again for another run"],
    ["200 OK\r\n\r\nOK", "answered 200 OK to /start, expected 201: is it a statexec server?"],
    [
      "302 Found\r\nLocation: /elsewhere\r\n\r\n",
      "answered 302 Found to /start, expected 201: is it a statexec server?",
    ],
    ["500 No\r\n\r\n", "answered 500 No to /start, expected 201: is it a statexec server?"],
    ["401 Who\r\n\r\n", "wants its token (401): give it by --sync-token"],
  ];
  test.each(REFUSALS)("does not start its command after %j", async (answer, message) => {
    using folder = tempFolder();
    using server = originalServer({ "/start": answer });
    const side = client(server, ["touch", "started"], folder.path);
    expect(await side.status()).toBe(125);
    expect(side.stderr).toEndWith(`statexec: --connect 127.0.0.1:${server.port}: the server ${message}\n`);
    expect(existsSync(folder.file("started"))).toBe(false);
    expect(existsSync(side.file)).toBe(false);
  });

  test("reports that it could not be stopped: 125", async () => {
    using folder = tempFolder();
    using server = originalServer({ "/stop": "500 No\r\n\r\n" });
    const side = client(server, ["true"], folder.path);
    expect(await side.status()).toBe(125);
    expect(side.stderr).toContain("the server answered 500 to /stop, expected 202 or 204");
    expect(readFileSync(side.file, "utf8")).toEndWith("# EOF\n");
  });

  test("bypasses a proxy of the environment, which its command still inherits", async () => {
    using folder = tempFolder();
    using server = originalServer();
    const proxy = "http://127.0.0.1:9";
    const env = {
      http_proxy: proxy,
      HTTP_PROXY: proxy,
      ALL_PROXY: proxy,
      no_proxy: "example.com",
      NO_PROXY: undefined,
    };
    const words = ["-c", `127.0.0.1:${server.port}`, "sh", "-c", "echo $http_proxy $ALL_PROXY $no_proxy [$NO_PROXY]"];
    const side = new Side("client", words, { cwd: folder.path, env });
    expect(await side.status()).toBe(0);
    expect(await side.stdout).toBe(`${proxy} ${proxy} example.com []\n`);
    expect(server.asked).toEqual(["GET /status", "POST /start", "POST /stop"]);
  });
});
