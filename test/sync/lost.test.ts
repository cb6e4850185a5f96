import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { processesBelow, until } from "../helpers/processes.ts";
import { expectValidFiles, FOREVER, type ServerSide, type Side, startServer, TELLTALE } from "../helpers/sides.ts";
import { tempFolder } from "../helpers/statexec.ts";

// They run at the same time, and each waits for a grace period.
setDefaultTimeout(120_000);

/** A side that still runs is heard several times within it, on a machine that lets it wait, too. */
const GRACE = ["--sync-grace", "3"];

/** So long that it never passes here. */
const LONG_GRACE = ["--sync-grace", "60"];

interface Pair {
  readonly server: ServerSide;
  readonly client: Side;
}

/** Starts both sides with such a command, and waits until both commands run. */
async function running(cwd: string, words: readonly string[] = GRACE): Promise<Pair> {
  const server = await startServer([...words, ...TELLTALE, "server"], { cwd });
  const client = server.client([...words, ...TELLTALE, "client"]);
  await until(() => existsSync(`${cwd}/server.up`) && existsSync(`${cwd}/client.up`));
  return { server, client };
}

/** Kills statexec, then its command's processes, which would run on. */
async function kill({ child }: Side): Promise<void> {
  const left = processesBelow(child.pid);
  child.kill("SIGKILL");
  await child.exited;
  for (const pid of left) process.kill(pid, "SIGKILL");
}

describe.concurrent("a client that is killed", () => {
  test("makes the server stop its command, as a failure and with an event", async () => {
    using folder = tempFolder();
    const { server, client } = await running(folder.path);
    const at = performance.now();
    await kill(client);
    expect(await server.status()).toBe(5);
    expect(performance.now() - at).toBeGreaterThan(600);
    expect(existsSync(folder.file("server.told"))).toBe(true);
    expect(server.stderr).toEndWith("statexec: lost the client 127.0.0.1: nothing was heard of it for 3 s\n");
    expect(server.events().toSorted()).toEqual(
      ["command_done", "command_started", "peer_asked", "peer_lost", "sync_armed", "sync_recording", "sync_running"]
        .concat(["sync_starting", "sync_stopped", "sync_stopping", "sync_waiting"])
        .toSorted(),
    );
    await expectValidFiles(server);
  });

  test("is one of several: the server stops with the last of the others", async () => {
    using folder = tempFolder();
    const server = await startServer(["--sync-clients", "2", ...GRACE, ...FOREVER], { cwd: folder.path });
    const doomed = server.client([...TELLTALE, "client"], { name: "doomed" });
    const other = server.client(["sh", "-c", "until [ -e over ]; do sleep 0.05; done"], { name: "other" });
    await until(() => existsSync(folder.file("client.up")));
    await kill(doomed);
    await until(() => server.journal().includes("peer_lost"));
    writeFileSync(folder.file("over"), "");
    expect(await other.status()).toBe(0);
    expect(await server.status()).toBe(125);
    expect(server.eventMs("peer_lost")).toBeLessThan(server.eventMs("sync_stopping"));
    await expectValidFiles(server);
  });
});

describe.concurrent("a server that is killed", () => {
  test("makes the client report it and stop its command", async () => {
    using folder = tempFolder();
    const { server, client } = await running(folder.path);
    await kill(server);
    expect(await client.status()).toBe(5);
    expect(existsSync(folder.file("client.told"))).toBe(true);
    expect(client.stderr).toEndWith(
      `statexec: --connect 127.0.0.1:${server.port}: lost the server: nothing was heard of it for 3 s\n`,
    );
    expect(client.events()).toContain("peer_lost");
    expect(client.events()).toContain("sync_stopping");
    await expectValidFiles(client);
  });

  test("before the start ends its clients: no command, no file, 125", async () => {
    using folder = tempFolder();
    const server = await startServer(["--sync-clients", "2", "true"], { cwd: folder.path });
    const client = server.client([...GRACE, "touch", "started"]);
    await server.reaches(({ clients }) => clients.asked === 1);
    await kill(server);
    expect(await client.status()).toBe(125);
    expect(existsSync(client.file)).toBe(false);
    expect(existsSync(folder.file("started"))).toBe(false);
  });
});

test.concurrent.each(["client", "server"] as const)(
  "a %s that is killed is recorded, but stops nothing where only the start is synchronised",
  async (killed) => {
    using folder = tempFolder();
    const pair = await running(folder.path, [...GRACE, "-sso"]);
    const left = killed === "client" ? "server" : "client";
    await kill(pair[killed]);
    await until(() => pair[left].journal().includes("peer_lost"));
    await Bun.sleep(100);
    expect(existsSync(folder.file(`${left}.told`))).toBe(false);
    pair[left].child.kill("SIGINT");
    expect(await pair[left].status()).toBe(5);
    expect(pair[left].stderr).toContain(`lost the ${killed}`);
    expect(pair[left].events()).toContain("peer_lost");
  },
);

test.concurrent("a server that leaves in order is lost at once for a client whose command runs", async () => {
  using folder = tempFolder();
  const { server, client } = await running(folder.path, LONG_GRACE);
  // A person who interrupts one side wants both to end.
  server.child.kill("SIGINT");
  expect(await server.status()).toBe(5);
  expect(await client.status()).toBe(5);
  expect(client.stderr).toContain("lost the server: it has left");
});

test.concurrent("a side that is stopped for less than the grace is not lost", async () => {
  using folder = tempFolder();
  const server = await startServer(["--sync-grace", "8", ...FOREVER], { cwd: folder.path });
  const client = server.client(["--sync-grace", "8", "sleep", "3"]);
  await server.reaches(({ state }) => state === "running");
  client.child.kill("SIGSTOP");
  // Longer than from one heartbeat to the next, which is then missed.
  await Bun.sleep(2500);
  client.child.kill("SIGCONT");
  expect(await client.status()).toBe(0);
  expect(await server.status()).toBe(0);
  expect(server.events()).not.toContain("peer_lost");
});
