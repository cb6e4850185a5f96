import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { until } from "../helpers/processes.ts";
import { expectValidFiles, FOREVER, freePort, type Side, startServer } from "../helpers/sides.ts";
import { statexec, tempFolder } from "../helpers/statexec.ts";

/** The time of a side's first sample, by the wall clock. */
function startOf(side: Side): number {
  return Date.parse(side.recorded().fact("started_at")[0]!);
}

describe("a barrier", () => {
  test("holds all clients back until the last has asked, an original one among them; the last stop stops the server", async () => {
    using folder = tempFolder();
    const server = await startServer(["--sync-clients", "4", ...FOREVER], { cwd: folder.path });
    const clients = [0.1, 0.3, 0.6].map((seconds, i) => server.client(["sleep", `${seconds}`], { name: `client${i}` }));
    await server.reaches(({ clients }) => clients.asked === 3);
    expect((await server.syncStatus()).state).toBe("waiting");
    for (const client of clients) expect(existsSync(client.file)).toBe(false);
    const askedMs = Date.now();
    const original = await fetch(server.url("/start"), { method: "POST" });
    expect([original.status, await original.text()]).toEqual([201, "OK"]);
    for (const client of clients) expect(await client.status()).toBe(0);
    expect((await server.syncStatus()).state).toBe("running");
    const stop = await fetch(server.url("/stop"), { method: "POST" });
    expect([stop.status, await stop.text()]).toEqual([202, "Command stopped"]);
    expect(await server.status()).toBe(0);
    const starts = [server, ...clients].map(startOf);
    expect(Math.min(...starts)).toBeGreaterThanOrEqual(askedMs - 1);
    // Together, as far as a busy machine lets each of them run.
    expect(Math.max(...starts) - Math.min(...starts)).toBeLessThan(2000);
    expect(new Set([server, ...clients].map((side) => side.recorded().fact("session")[0])).size).toBe(1);
    const all = server.events().filter((event) => event === "peer_asked");
    expect(all).toHaveLength(4);
    await expectValidFiles(server, ...clients);
  });

  test("does not count a client that has gone", async () => {
    using folder = tempFolder();
    const server = await startServer(["--sync-clients", "2", ...FOREVER], { cwd: folder.path });
    const asked = (wanted: number) => server.reaches(({ clients }) => clients.asked === wanted);
    const first = server.client(["true"]);
    await asked(1);
    first.child.kill("SIGKILL");
    await asked(0);
    const others = [server.client(["true"]), server.client(["true"])];
    for (const other of others) expect(await other.status()).toBe(0);
    expect(await server.status()).toBe(0);
    expect(server.events()).toContain("peer_left");
  });
});

describe("two clients of a server that waits for one", () => {
  test("the later one is refused: no command, no file, 125", async () => {
    using folder = tempFolder();
    const server = await startServer(FOREVER, { cwd: folder.path });
    const command = ["sh", "-c", "echo >> started; until [ -e over ]; do sleep 0.05; done"];
    const clients = [0, 1].map((i) => server.client(command, { name: `client${i}` }));
    const refused = await Promise.race(clients.map((client) => client.status().then(() => client)));
    expect(await refused.status()).toBe(125);
    expect(refused.stderr).toBe(
      `statexec: --connect 127.0.0.1:${server.port}: the server has started already (409): start it again for another run\n`,
    );
    expect(existsSync(refused.file)).toBe(false);
    writeFileSync(folder.file("over"), "");
    expect(await clients.find((client) => client !== refused)!.status()).toBe(0);
    expect(readFileSync(folder.file("started"), "utf8")).toBe("\n");
    expect(await server.status()).toBe(0);
  });
});

describe("readiness", () => {
  const LATE_LISTENER = `await Bun.sleep(300); Bun.serve({ port: PORT, fetch: () => new Response("up") }); await Bun.sleep(600000)`;

  test.each(["tcp", "http"])("by %s holds clients back until the command listens", async (kind) => {
    using folder = tempFolder();
    const own = freePort();
    const ready = kind === "tcp" ? `tcp:${own}` : `http://127.0.0.1:${own}/`;
    const command = [process.execPath, "-e", LATE_LISTENER.replace("PORT", `${own}`)];
    const server = await startServer(["--ready", ready, ...command], { cwd: folder.path });
    const client = server.client(["bash", "-c", `exec 3<>/dev/tcp/127.0.0.1/${own}`]);
    expect(await client.status()).toBe(0);
    expect(await server.status()).toBe(0);
    expect(startOf(client) - startOf(server)).toBeGreaterThan(290);
    expect(client.recorded().fact("server_started_at")).toEqual(server.recorded().fact("started_at"));
  });

  test("by a delay holds clients back for so long", async () => {
    using folder = tempFolder();
    const server = await startServer(["--ready", "delay:0.3", ...FOREVER], { cwd: folder.path });
    const client = server.client(["true"]);
    expect(await client.status()).toBe(0);
    expect(await server.status()).toBe(0);
    expect(startOf(client) - startOf(server)).toBeGreaterThanOrEqual(299);
  });

  test("that never comes, since the command has ended, refuses the clients", async () => {
    using folder = tempFolder();
    const words = ["--ready", `tcp:${freePort()}`, "sh", "-c", "sleep 0.1; exit 9"];
    const server = await startServer(words, { cwd: folder.path });
    const client = server.client(["touch", "started"]);
    expect(await client.status()).toBe(125);
    expect(await server.status()).toBe(9);
    expect(existsSync(folder.file("started"))).toBe(false);
  });
});

describe("a server that cannot listen ends before anything is done, 125", () => {
  test("since the port is taken", async () => {
    using folder = tempFolder();
    const server = await startServer(FOREVER, { cwd: folder.path });
    const { port } = server;
    const words = ["-f", folder.file("x.prom"), "-s", "-sp", port, "true"];
    const { code, stderr } = await statexec(words, { cwd: folder.path });
    expect(stderr).toBe(
      `statexec: --sync-port (SE_SYNC_PORT): port ${port} is taken; end what listens there, or take another port\n`,
    );
    expect(code).toBe(125);
    expect(existsSync(folder.file("x.prom"))).toBe(false);
    server.child.kill("SIGTERM");
    await server.status();
  });

  test("since the address is not of this machine", async () => {
    using folder = tempFolder();
    const words = ["-f", folder.file("x.prom"), "-s", "-sp", `${freePort()}`, "--sync-bind", "192.0.2.1", "true"];
    const { code, stderr } = await statexec(words, { cwd: folder.path });
    expect(stderr).toContain('--sync-bind (SE_SYNC_BIND): "192.0.2.1" is no address of this machine');
    expect(code).toBe(125);
  });
});

describe("the command", () => {
  const LIST = "for fd in /proc/self/fd/*; do readlink $fd; done > $0.new; mv $0.new $0; exec sleep 600";

  // The runtime cannot pass on a name that begins with =: then the C library starts the command.
  test.each([
    ["the runtime", {}],
    ["the C library", { "=odd": "1" }],
  ])("of either side inherits no socket of statexec, started by %s", async (_, env) => {
    using folder = tempFolder();
    const command = (file: string) => ["sh", "-c", LIST, folder.file(file)];
    const server = await startServer(command("server"), { cwd: folder.path, env });
    const client = server.client(command("client"));
    await until(() => existsSync(folder.file("server")) && existsSync(folder.file("client")));
    const open = ["server", "client"].map((file) => readFileSync(folder.file(file), "utf8"));
    client.child.kill("SIGTERM");
    await client.status();
    await server.status();
    for (const list of open) {
      expect(list).toMatch(/^\/dev\/null\n/);
      expect(list).not.toContain("anon_inode");
      // Descriptors 1 and 2 are socket pairs that this test made.
      expect(list.split("\n").filter((line) => line.startsWith("socket:")).length).toBeLessThanOrEqual(2);
    }
  });
});
