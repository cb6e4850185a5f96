import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { until } from "../helpers/processes.ts";
import { freePort, Side } from "../helpers/sides.ts";
import { statexec, tempFolder } from "../helpers/statexec.ts";
import { areValidatorsMissing, expectValid } from "../helpers/validators.ts";

const FOREVER = ["sleep", "600"];

/** The wall clock's time of a side's first sample. */
function startOf(side: Side): number {
  return Date.parse(side.recorded().fact("started_at")[0]!);
}

async function statusOf(port: number | string): Promise<Record<string, unknown>> {
  return (await fetch(`http://127.0.0.1:${port}/status`)).json() as Promise<Record<string, unknown>>;
}

async function reaches(port: number | string, is: (status: Record<string, unknown>) => boolean): Promise<void> {
  while (!is(await statusOf(port))) await Bun.sleep(5);
}

describe("a barrier", () => {
  test("lets nobody start until all have asked, one of the original's among them; the last one stops the server", async () => {
    using folder = tempFolder();
    const port = `${freePort()}`;
    const server = new Side("server", ["-s", "-sp", port, "--sync-clients", "4", ...FOREVER], { cwd: folder.path });
    await server.listening();
    const clients = [0.1, 0.3, 0.6].map(
      (seconds, i) => new Side(`client${i}`, ["-c", `127.0.0.1:${port}`, "sleep", `${seconds}`], { cwd: folder.path }),
    );
    await reaches(port, ({ clients }) => (clients as { asked: number }).asked === 3);
    expect((await statusOf(port)).state).toBe("waiting");
    for (const client of clients) expect(existsSync(client.file)).toBe(false);
    const original = await fetch(`http://127.0.0.1:${port}/start`, { method: "POST" });
    expect([original.status, await original.text()]).toEqual([201, "OK"]);
    for (const client of clients) expect(await client.status()).toBe(0);
    expect((await statusOf(port)).state).toBe("running");
    const stop = await fetch(`http://127.0.0.1:${port}/stop`, { method: "POST" });
    expect([stop.status, await stop.text()]).toEqual([202, "Command stopped"]);
    expect(await server.status()).toBe(0);
    const starts = [server, ...clients].map(startOf);
    expect(Math.max(...starts) - Math.min(...starts)).toBeLessThan(250);
    expect(new Set([server, ...clients].map((side) => side.recorded().fact("session")[0])).size).toBe(1);
    const all = server.events().filter((event) => event === "peer_asked");
    expect(all).toHaveLength(4);
    if (!areValidatorsMissing()) for (const { file } of [server, ...clients]) await expectValid(file);
  });

  test("does not count a client that has gone", async () => {
    using folder = tempFolder();
    const port = `${freePort()}`;
    const server = new Side("server", ["-s", "-sp", port, "--sync-clients", "2", ...FOREVER], { cwd: folder.path });
    await server.listening();
    const asked = (wanted: number) => reaches(port, ({ clients }) => (clients as { asked: number }).asked === wanted);
    const client = () => new Side("client", ["-c", `127.0.0.1:${port}`, "true"], { cwd: folder.path });
    const first = client();
    await asked(1);
    first.child.kill("SIGKILL");
    await asked(0);
    const others = [client(), client()];
    for (const other of others) expect(await other.status()).toBe(0);
    expect(await server.status()).toBe(0);
    expect(server.events()).toContain("peer_left");
  });
});

describe("of two clients at once", () => {
  test("the one that comes too late is refused: no command, no file, 125", async () => {
    using folder = tempFolder();
    const port = `${freePort()}`;
    const server = await new Side("server", ["-s", "-sp", port, ...FOREVER], { cwd: folder.path }).listening();
    const words = ["-c", `127.0.0.1:${port}`, "sh", "-c", "echo >> started; sleep 0.3"];
    const clients = [0, 1].map((i) => new Side(`client${i}`, words, { cwd: folder.path }));
    const statuses = await Promise.all(clients.map((client) => client.status()));
    expect(statuses.toSorted()).toEqual([0, 125]);
    const refused = clients[statuses.indexOf(125)]!;
    expect(refused.stderr).toBe(
      `statexec: --connect 127.0.0.1:${port}: the server has started already (409): start it anew for another run\n`,
    );
    expect(existsSync(refused.file)).toBe(false);
    expect(readFileSync(folder.file("started"), "utf8")).toBe("\n");
    expect(await server.status()).toBe(0);
  });
});

describe("readiness", () => {
  const LATE_LISTENER = `await Bun.sleep(300); Bun.serve({ port: PORT, fetch: () => new Response("up") }); await Bun.sleep(600000)`;

  test.each(["tcp", "http"])("by %s holds the start back until the command is there", async (kind) => {
    using folder = tempFolder();
    const [port, own] = [`${freePort()}`, freePort()];
    const ready = kind === "tcp" ? `tcp:${own}` : `http://127.0.0.1:${own}/`;
    const command = [process.execPath, "-e", LATE_LISTENER.replace("PORT", `${own}`)];
    const server = await new Side("server", ["-s", "-sp", port, "--ready", ready, ...command], {
      cwd: folder.path,
    }).listening();
    const get = ["sh", "-c", `exec 3<>/dev/tcp/127.0.0.1/${own}`];
    const client = new Side("client", ["-c", `127.0.0.1:${port}`, "bash", "-c", get[2]!], { cwd: folder.path });
    expect(await client.status()).toBe(0);
    expect(await server.status()).toBe(0);
    expect(startOf(client) - startOf(server)).toBeGreaterThan(290);
    expect(client.recorded().fact("server_started_at")).toEqual(server.recorded().fact("started_at"));
  });

  test("by a delay is over after it", async () => {
    using folder = tempFolder();
    const port = `${freePort()}`;
    const server = new Side("server", ["-s", "-sp", port, "--ready", "delay:0.3", ...FOREVER], { cwd: folder.path });
    await server.listening();
    const client = new Side("client", ["-c", `127.0.0.1:${port}`, "true"], { cwd: folder.path });
    expect(await client.status()).toBe(0);
    expect(await server.status()).toBe(0);
    expect(startOf(client) - startOf(server)).toBeGreaterThanOrEqual(299);
  });

  test("that never comes, since the command has ended, is told: no client starts", async () => {
    using folder = tempFolder();
    const port = `${freePort()}`;
    const words = ["-s", "-sp", port, "--ready", `tcp:${freePort()}`, "sh", "-c", "sleep 0.1; exit 9"];
    const server = await new Side("server", words, { cwd: folder.path }).listening();
    const client = new Side("client", ["-c", `127.0.0.1:${port}`, "touch", "started"], { cwd: folder.path });
    expect(await client.status()).toBe(125);
    expect(await server.status()).toBe(9);
    expect(existsSync(folder.file("started"))).toBe(false);
  });
});

describe("a port that is taken", () => {
  test("is told before anything is done: 125", async () => {
    using folder = tempFolder();
    const port = `${freePort()}`;
    const server = await new Side("server", ["-s", "-sp", port, ...FOREVER], { cwd: folder.path }).listening();
    const { code, stderr } = await statexec(["-f", folder.file("x.prom"), "-s", "-sp", port, "true"], {
      cwd: folder.path,
    });
    expect(stderr).toBe(
      `statexec: --sync-port (SE_SYNC_PORT): port ${port} is taken; end what listens there, or take another port\n`,
    );
    expect(code).toBe(125);
    expect(existsSync(folder.file("x.prom"))).toBe(false);
    server.child.kill("SIGTERM");
    await server.status();
  });

  test("as an address that is not this machine's", async () => {
    using folder = tempFolder();
    const words = ["-f", folder.file("x.prom"), "-s", "-sp", `${freePort()}`, "--sync-bind", "192.0.2.1", "true"];
    const { code, stderr } = await statexec(words, { cwd: folder.path });
    expect(stderr).toContain('--sync-bind (SE_SYNC_BIND): "192.0.2.1" is no address of this machine');
    expect(code).toBe(125);
  });
});

describe("the command", () => {
  const LIST = "for fd in /proc/self/fd/*; do readlink $fd; done > $0.new; mv $0.new $0; exec sleep 600";

  // A second = in front is nothing that the runtime passes on: then the C library starts the command.
  test.each([
    ["the runtime", {}],
    ["the C library", { "=odd": "1" }],
  ])("of either side has no socket of ours, started by %s", async (_, env) => {
    using folder = tempFolder();
    const port = `${freePort()}`;
    const command = (file: string) => ["sh", "-c", LIST, folder.file(file)];
    const sides = { cwd: folder.path, env };
    const server = await new Side("server", ["-s", "-sp", port, ...command("server")], sides).listening();
    const client = new Side("client", ["-c", `127.0.0.1:${port}`, ...command("client")], sides);
    await until(() => existsSync(folder.file("server")) && existsSync(folder.file("client")));
    const open = ["server", "client"].map((file) => readFileSync(folder.file(file), "utf8"));
    client.child.kill("SIGTERM");
    await client.status();
    await server.status();
    for (const list of open) {
      expect(list).toMatch(/^\/dev\/null\n/);
      expect(list).not.toContain("anon_inode");
      // Its streams are socket pairs of ours; they have the numbers 1 and 2.
      expect(list.split("\n").filter((line) => line.startsWith("socket:")).length).toBeLessThanOrEqual(2);
    }
  });
});
