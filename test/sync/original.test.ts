import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { exchange, originalServer, plainPost, statusAndBody } from "../helpers/raw-http.ts";
import { freePort, Side } from "../helpers/sides.ts";
import { tempFolder } from "../helpers/statexec.ts";
import { areValidatorsMissing, expectValid } from "../helpers/validators.ts";

const post = async (port: string, path: string) => statusAndBody(await exchange(port, plainPost(path)));

async function stateOf(port: string): Promise<string> {
  const status = (await (await fetch(`http://127.0.0.1:${port}/status`)).json()) as { state: string };
  return status.state;
}

describe("the original's client at our server", () => {
  test("is answered as by its own, from before the start to after the end", async () => {
    using folder = tempFolder();
    const port = `${freePort()}`;
    const words = ["-s", "-sp", port, "-dac", "0.5", "sleep", "600"];
    const server = await new Side("server", words, { cwd: folder.path }).listening();
    expect((await post(port, "/stop"))[0]).toBe(412);
    // The original's started on it; ours does not, so that no link or picture starts anything.
    expect(statusAndBody(await exchange(port, "GET /start HTTP/1.1\r\nHost: x\r\n\r\n"))[0]).toBe(405);
    expect(await post(port, "/start")).toEqual([201, "OK"]);
    expect(await post(port, "/start")).toEqual([409, "KO"]);
    expect(await post(port, "/stop")).toEqual([202, "Command stopped"]);
    expect((await post(port, "/stop"))[0]).toBeOneOf([202, 204]);
    expect(await server.status()).toBe(0);
    if (!areValidatorsMissing()) await expectValid(server.file);
  });

  test("has a stop during the delay before, and the command is not started", async () => {
    using folder = tempFolder();
    const port = `${freePort()}`;
    const words = ["-s", "-sp", port, "-dbc", "60", "touch", "started"];
    const server = await new Side("server", words, { cwd: folder.path }).listening();
    expect(await post(port, "/start")).toEqual([201, "OK"]);
    while ((await stateOf(port)) !== "recording") await Bun.sleep(2);
    expect(await post(port, "/stop")).toEqual([202, "Command stopped"]);
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
    if (!areValidatorsMissing()) await expectValid(server.file);
  });

  test("has a stop right behind the start, and the command is not started, or is stopped", async () => {
    using folder = tempFolder();
    for (let run = 0; run < 5; run++) {
      const port = `${freePort()}`;
      const server = await new Side(`server${run}`, ["-s", "-sp", port, "sleep", "600"], {
        cwd: folder.path,
      }).listening();
      const answer = await exchange(port, plainPost("/start") + plainPost("/stop"), 200);
      expect(answer).toStartWith("HTTP/1.1 201 ");
      expect(await server.status()).toBe(0);
      const over = ["sync_cancelled", "sync_stopped"].filter((event) => server.events().includes(event));
      expect(over).toHaveLength(1);
      if (!areValidatorsMissing()) await expectValid(server.file);
    }
  });

  test("hears 204 once the command has ended by itself", async () => {
    using folder = tempFolder();
    const port = `${freePort()}`;
    const server = await new Side("server", ["-s", "-sp", port, "true"], { cwd: folder.path }).listening();
    expect(await post(port, "/start")).toEqual([201, "OK"]);
    while ((await stateOf(port)) !== "finished") await Bun.sleep(2);
    expect(await post(port, "/stop")).toEqual([204, ""]);
    expect(await server.status()).toBe(0);
  });
});

describe("our client at the original's server", () => {
  test("starts and stops it with plain requests, and says what cannot be noticed", async () => {
    using folder = tempFolder();
    using server = originalServer();
    const client = new Side("client", ["-c", `127.0.0.1:${server.port}`, "touch", "started"], { cwd: folder.path });
    expect(await client.status()).toBe(0);
    expect(client.stderr).toBe(
      `statexec: 127.0.0.1:${server.port} holds no connection (an original server): its loss will not be noticed\n`,
    );
    expect(server.asked).toEqual(["GET /status", "POST /start", "POST /stop"]);
    expect(existsSync(folder.file("started"))).toBe(true);
    expect(client.recorded().fact("session")).toEqual([]);
    expect(client.recorded().family("sync_clock_offset_seconds").size).toBe(0);
    if (!areValidatorsMissing()) await expectValid(client.file);
  });

  test("leaves the stop out where only the start is synchronised", async () => {
    using folder = tempFolder();
    using server = originalServer();
    const client = new Side("client", ["-sso", "-c", `127.0.0.1:${server.port}`, "true"], { cwd: folder.path });
    expect(await client.status()).toBe(0);
    expect(server.asked).toEqual(["GET /status", "POST /start"]);
  });

  const REFUSALS: readonly (readonly [answer: string, message: string])[] = [
    ["409 Conflict\r\n\r\nKO", "has started already (409): start it anew for another run"],
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
    const client = new Side("client", ["-c", `127.0.0.1:${server.port}`, "touch", "started"], { cwd: folder.path });
    expect(await client.status()).toBe(125);
    expect(client.stderr).toEndWith(`statexec: --connect 127.0.0.1:${server.port}: the server ${message}\n`);
    expect(existsSync(folder.file("started"))).toBe(false);
    expect(existsSync(client.file)).toBe(false);
  });

  test("says so where it could not be stopped, and the status tells", async () => {
    using folder = tempFolder();
    using server = originalServer({ "/stop": "500 No\r\n\r\n" });
    const client = new Side("client", ["-c", `127.0.0.1:${server.port}`, "true"], { cwd: folder.path });
    expect(await client.status()).toBe(125);
    expect(client.stderr).toContain("the server answered 500 to /stop, expected 202 or 204");
    expect(readFileSync(client.file, "utf8")).toEndWith("# EOF\n");
  });

  test("is not led astray by a proxy in the environment, which its command still has", async () => {
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
    const client = new Side("client", words, { cwd: folder.path, env });
    expect(await client.status()).toBe(0);
    expect(await client.stdout).toBe(`${proxy} ${proxy} example.com []\n`);
    expect(server.asked).toEqual(["GET /status", "POST /start", "POST /stop"]);
  });
});
