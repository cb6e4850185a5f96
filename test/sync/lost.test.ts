import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { childrenOf, until } from "../helpers/processes.ts";
import { freePort, Side } from "../helpers/sides.ts";
import { tempFolder } from "../helpers/statexec.ts";
import { areValidatorsMissing, expectValid } from "../helpers/validators.ts";

/** A command that says that it runs, and how it was stopped. */
const TELLTALE = ["sh", "-c", 'trap "echo INT > $0.told; exit 5" INT; touch $0.up; while :; do sleep 0.05; done'];

const GRACE = ["--sync-grace", "1"];

interface Pair {
  readonly server: Side;
  readonly client: Side;
  readonly port: string;
}

/** Both sides with such a command, running. */
async function running(cwd: string, words: readonly string[] = []): Promise<Pair> {
  const port = `${freePort()}`;
  const server = await new Side("server", ["-s", "-sp", port, ...GRACE, ...words, ...TELLTALE, "server"], {
    cwd,
  }).listening();
  const client = new Side("client", ["-c", `127.0.0.1:${port}`, ...GRACE, ...words, ...TELLTALE, "client"], { cwd });
  await until(() => existsSync(`${cwd}/server.up`) && existsSync(`${cwd}/client.up`));
  return { server, client, port };
}

/** Kills a statexec, and the command that it leaves behind. */
async function kill({ child }: Side): Promise<void> {
  const left = childrenOf(child.pid);
  child.kill("SIGKILL");
  await child.exited;
  for (const pid of left) process.kill(pid, "SIGKILL");
}

async function valid({ file }: Side): Promise<void> {
  if (!areValidatorsMissing()) await expectValid(file);
}

describe.concurrent("a client that is killed", () => {
  test("makes the server stop its command, as a failure and an event", async () => {
    using folder = tempFolder();
    const { server, client } = await running(folder.path);
    const at = performance.now();
    await kill(client);
    expect(await server.status()).toBe(5);
    expect(performance.now() - at).toBeGreaterThan(600);
    expect(existsSync(folder.file("server.told"))).toBe(true);
    expect(server.stderr).toEndWith("statexec: lost the client 127.0.0.1: nothing was heard of it for 1 s\n");
    expect(server.events().toSorted()).toEqual(
      ["command_done", "command_started", "peer_asked", "peer_lost", "sync_armed", "sync_recording", "sync_running"]
        .concat(["sync_starting", "sync_stopped", "sync_stopping", "sync_waiting"])
        .toSorted(),
    );
    await valid(server);
  });

  test("is no reason to stop where only the start is synchronised", async () => {
    using folder = tempFolder();
    const { server, client } = await running(folder.path, ["-sso"]);
    await kill(client);
    await Bun.sleep(1500);
    expect(existsSync(folder.file("server.told"))).toBe(false);
    server.child.kill("SIGINT");
    expect(await server.status()).toBe(5);
    expect(server.events()).toContain("peer_lost");
  });

  test("of several leaves the others, who stop the server", async () => {
    using folder = tempFolder();
    const cwd = folder.path;
    const port = `${freePort()}`;
    const words = ["-s", "-sp", port, "--sync-clients", "2", ...GRACE, "sleep", "600"];
    const server = await new Side("server", words, { cwd }).listening();
    const doomed = new Side("doomed", ["-c", `127.0.0.1:${port}`, ...TELLTALE, "client"], { cwd });
    const other = new Side("other", ["-c", `127.0.0.1:${port}`, "sleep", "1.6"], { cwd });
    await until(() => existsSync(folder.file("client.up")));
    await kill(doomed);
    expect(await other.status()).toBe(0);
    expect(await server.status()).toBe(125);
    const { events } = server.recorded().recording;
    const at = (name: string) => events.find(({ event }) => event === name)!.atMs;
    expect(at("peer_lost")).toBeLessThan(at("sync_stopping"));
    await valid(server);
  });
});

describe.concurrent("a server that is killed", () => {
  test("makes the client say so and stop its command", async () => {
    using folder = tempFolder();
    const { server, client, port } = await running(folder.path);
    await kill(server);
    expect(await client.status()).toBe(5);
    expect(existsSync(folder.file("client.told"))).toBe(true);
    expect(client.stderr).toEndWith(
      `statexec: --connect 127.0.0.1:${port}: lost the server: nothing was heard of it for 1 s\n`,
    );
    expect(client.events()).toContain("peer_lost");
    expect(client.events()).toContain("sync_stopping");
    await valid(client);
  });

  test("is said, but no reason to stop where only the start is synchronised", async () => {
    using folder = tempFolder();
    const { server, client } = await running(folder.path, ["-sso"]);
    await kill(server);
    await Bun.sleep(1500);
    expect(existsSync(folder.file("client.told"))).toBe(false);
    client.child.kill("SIGINT");
    expect(await client.status()).toBe(5);
    expect(client.stderr).toContain("lost the server");
  });

  test("before the start leaves its clients without one: no file, 125", async () => {
    using folder = tempFolder();
    const port = `${freePort()}`;
    const words = ["-s", "-sp", port, "--sync-clients", "2", "true"];
    const server = await new Side("server", words, { cwd: folder.path }).listening();
    const client = new Side("client", ["-c", `127.0.0.1:${port}`, ...GRACE, "touch", "started"], { cwd: folder.path });
    const asked = async () => {
      const status = (await (await fetch(`http://127.0.0.1:${port}/status`)).json()) as { clients: { asked: number } };
      return status.clients.asked;
    };
    while ((await asked()) < 1) await Bun.sleep(5);
    await kill(server);
    expect(await client.status()).toBe(125);
    expect(existsSync(client.file)).toBe(false);
    expect(existsSync(folder.file("started"))).toBe(false);
  });
});

test.concurrent("a server that leaves in order while its client's command runs is lost at once", async () => {
  using folder = tempFolder();
  const { server, client } = await running(folder.path);
  // Who ends the command by way of its statexec wants both to end.
  server.child.kill("SIGINT");
  expect(await server.status()).toBe(5);
  expect(await client.status()).toBe(5);
  expect(client.stderr).toContain("lost the server: it has left");
});

test.concurrent("a side that is stopped for less than the grace is not lost", async () => {
  using folder = tempFolder();
  const port = `${freePort()}`;
  const words = ["-s", "-sp", port, "--sync-grace", "2", "sleep", "600"];
  const server = await new Side("server", words, { cwd: folder.path }).listening();
  const client = new Side("client", ["-c", `127.0.0.1:${port}`, "--sync-grace", "2", "sleep", "2"], {
    cwd: folder.path,
  });
  const state = async () =>
    ((await (await fetch(`http://127.0.0.1:${port}/status`)).json()) as { state: string }).state;
  while ((await state()) !== "running") await Bun.sleep(5);
  client.child.kill("SIGSTOP");
  await Bun.sleep(1000);
  client.child.kill("SIGCONT");
  expect(await client.status()).toBe(0);
  expect(await server.status()).toBe(0);
  expect(server.events()).not.toContain("peer_lost");
});
