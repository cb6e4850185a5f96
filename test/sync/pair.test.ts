import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { childrenOf, procText, until } from "../helpers/processes.ts";
import { freePort, Side } from "../helpers/sides.ts";
import { BIN, statexec, tempFolder } from "../helpers/statexec.ts";
import { CTRL_C, Terminal } from "../helpers/terminal.ts";
import { areValidatorsMissing, expectValid } from "../helpers/validators.ts";

/** Ends by SIGINT, whatever it is told beside. */
const FOREVER = ["sleep", "600"];

async function valid(...sides: readonly Side[]): Promise<void> {
  if (!areValidatorsMissing()) for (const { file } of sides) await expectValid(file);
}

describe("two commands", () => {
  test("start together and stop together, and their files belong together", async () => {
    using folder = tempFolder();
    const port = `${freePort()}`;
    const server = await new Side("server", ["-s", "-sp", port, ...FOREVER], { cwd: folder.path }).listening();
    const client = new Side("client", ["-c", `localhost:${port}`, "sleep", "0.3"], { cwd: folder.path });
    expect(await client.status()).toBe(0);
    expect(await server.status()).toBe(0);
    expect(server.stderr).toBe(
      `statexec: waiting for a client on port ${port} of all addresses; ` +
        "no token guards it: who reaches it can start and stop the command\n",
    );
    expect(client.stderr).toBe("");
    expect(server.events().toSorted()).toEqual(
      ["command_done", "command_started", "peer_asked", "sync_armed", "sync_recording", "sync_running"]
        .concat(["sync_starting", "sync_stopped", "sync_stopping", "sync_waiting"])
        .toSorted(),
    );
    expect(client.events().toSorted()).toEqual(
      ["command_done", "command_started", "sync_armed", "sync_finished", "sync_recording", "sync_running"]
        .concat(["sync_starting", "sync_stopped", "sync_waiting"])
        .toSorted(),
    );
    const [theirs, ours] = [server.recorded(), client.recorded()];
    expect(theirs.recording.identity.role).toBe("server");
    expect(ours.recording.identity.role).toBe("client");
    expect(theirs.recording.events.find(({ event }) => event === "command_done")?.text).toBe("Command ended by SIGINT");
    expect(ours.fact("session")).toEqual(theirs.fact("session"));
    expect(ours.fact("session")[0]).toMatch(/^[0-9a-f]{16}$/);
    expect(ours.fact("server_started_at")).toEqual(theirs.fact("started_at"));
    // One machine has one clock.
    expect(Math.abs(ours.last("sync_clock_offset_seconds"))).toBeLessThan(0.05);
    expect(ours.last("sync_round_trip_seconds")).toBeGreaterThan(0);
    expect(theirs.family("sync_clock_offset_seconds").size).toBe(0);
    await valid(server, client);
  });

  test("a server whose command ends by itself records on until the stop", async () => {
    using folder = tempFolder();
    const port = `${freePort()}`;
    const server = await new Side("server", ["-s", "-sp", port, "sh", "-c", "exit 3"], {
      cwd: folder.path,
    }).listening();
    const client = new Side("client", ["-c", `127.0.0.1:${port}`, "sleep", "0.4"], { cwd: folder.path });
    expect(await client.status()).toBe(0);
    expect(await server.status()).toBe(3);
    const { recording } = server.recorded();
    const at = (name: string) => recording.events.find(({ event }) => event === name)!.atMs;
    expect(at("sync_stopped") - at("sync_finished")).toBeGreaterThan(200);
    expect(server.recorded().points("command_status").at(-1)![0]).toBeGreaterThanOrEqual(at("sync_stopped"));
    await valid(server);
  });

  test.each(["server", "client", "both"])(
    "that are to start together only (said by: %s) end by themselves",
    async (who) => {
      using folder = tempFolder();
      const port = `${freePort()}`;
      const only = (side: string) => (who === side || who === "both" ? ["-sso"] : []);
      const words = ["-s", "-sp", port, ...only("server"), "sh", "-c", "sleep 0.3; exit 4"];
      const server = await new Side("server", words, { cwd: folder.path }).listening();
      const client = new Side("client", ["-c", `[::1]:${port}`, ...only("client"), "true"], { cwd: folder.path });
      expect(await client.status()).toBe(0);
      expect(await server.status()).toBe(4);
      expect(server.events()).not.toContain("sync_stopping");
      await valid(server, client);
    },
  );

  test("take their own delays, and none the other's", async () => {
    using folder = tempFolder();
    const port = `${freePort()}`;
    const server = new Side("server", ["-s", "-sp", port, "-dac", "0.4", ...FOREVER], { cwd: folder.path });
    await server.listening();
    const client = new Side("client", ["-c", `localhost:${port}`, "-dbc", "0.5", "true"], { cwd: folder.path });
    expect(await client.status()).toBe(0);
    expect(await server.status()).toBe(0);
    const statuses = (side: Side) => side.recorded().points("command_status");
    expect(statuses(client)[0]![1]).toBe(0);
    expect(statuses(server)[0]![1]).toBe(1);
    const done = statuses(server).find(([, status]) => status === 2)!;
    expect(statuses(server).at(-1)![0] - done[0]).toBeGreaterThanOrEqual(390);
    await valid(server, client);
  });

  test("a client waits for a server that is not up yet", async () => {
    using folder = tempFolder();
    const port = freePort();
    const client = new Side("client", ["-c", `localhost:${port}`, "true"], { cwd: folder.path });
    await until(
      () => /State:\s+S/.test(procText(client.child.pid, "status")) && childrenOf(client.child.pid).length > 0,
    );
    const server = new Side("server", ["-s", "-sp", `${port}`, ...FOREVER], { cwd: folder.path });
    expect(await client.status()).toBe(0);
    expect(await server.status()).toBe(0);
    expect(client.stderr).toBe("");
  });

  test("a client gives up when it was told to: no command, no file, 125", async () => {
    using folder = tempFolder();
    const port = freePort();
    const words = [
      "-f",
      folder.file("run.prom"),
      "-c",
      `127.0.0.1:${port}`,
      "--sync-timeout",
      "0.3",
      "touch",
      "started",
    ];
    const { code, stderr } = await statexec(words, { cwd: folder.path });
    expect(stderr).toBe(
      `statexec: --connect 127.0.0.1:${port}: no server within 0.3 s (connection refused); start it, or give --sync-timeout\n`,
    );
    expect(code).toBe(125);
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

describe("a signal", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("%s while a server waits ends it: no file", async (signal) => {
    using folder = tempFolder();
    const words = ["-s", "-sp", `${freePort()}`, "touch", "started"];
    const server = await new Side("server", words, { cwd: folder.path }).listening();
    server.child.kill(signal);
    await server.status();
    expect(server.child.signalCode).toBe(signal);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test("Ctrl-C while a client waits ends it: no file, 130; and a person sees what it waits for", async () => {
    using folder = tempFolder();
    const terminal = Terminal.shell({ cwd: folder.path, columns: 200 });
    await terminal.shows(/\$ /);
    const port = freePort();
    terminal.type(`${BIN} -f run.prom -c 127.0.0.1:${port} touch started\n`);
    await terminal.shows(/statexec: waiting for the server at 127\.0\.0\.1:\d+ \.\./);
    terminal.type(CTRL_C);
    await terminal.shows(/\$ /);
    terminal.type("echo status $?\n");
    await terminal.shows(/status 130\r\n/);
    expect(readdirSync(folder.path)).toEqual([]);
    terminal.type("exit\n");
    await terminal.child.exited;
  });

  test("that ends a client in its delay stops the server", async () => {
    using folder = tempFolder();
    const port = `${freePort()}`;
    const server = await new Side("server", ["-s", "-sp", port, ...FOREVER], { cwd: folder.path }).listening();
    const client = new Side("client", ["-c", `localhost:${port}`, "-dbc", "60", "touch", "started"], {
      cwd: folder.path,
    });
    await until(() => childrenOf(server.child.pid).length > 1);
    client.child.kill("SIGTERM");
    await client.status();
    expect(client.child.signalCode).toBe("SIGTERM");
    expect(await server.status()).toBe(0);
    expect(readFileSync(client.file, "utf8")).toEndWith("# EOF\n");
    expect(existsSync(folder.file("started"))).toBe(false);
  });
});

describe("a stop", () => {
  test("goes past a command that ignores SIGINT", async () => {
    using folder = tempFolder();
    const port = `${freePort()}`;
    const words = ["-s", "-sp", port, "--stop-timeout", "0.2", "sh", "-c", 'trap "" INT; exec sleep 600'];
    const server = await new Side("server", words, { cwd: folder.path }).listening();
    const client = new Side("client", ["-c", `localhost:${port}`, "sleep", "0.1"], { cwd: folder.path });
    expect(await client.status()).toBe(0);
    expect(await server.status()).toBe(0);
    expect(server.events()).toContain("stop_signal");
    expect(readFileSync(server.file, "utf8")).toContain('text="Command ended by SIGTERM"');
  });

  test.if(process.env.STATEXEC_TEST_LONG !== undefined)(
    "kills a command that ignores SIGTERM too: 137",
    async () => {
      using folder = tempFolder();
      const port = `${freePort()}`;
      const words = ["-s", "-sp", port, "--stop-timeout", "0.2", "sh", "-c", 'trap "" INT TERM; exec sleep 600'];
      const server = await new Side("server", words, { cwd: folder.path }).listening();
      const client = new Side("client", ["-c", `localhost:${port}`, "sleep", "0.1"], { cwd: folder.path });
      expect(await client.status()).toBe(0);
      expect(await server.status()).toBe(137);
      expect(server.child.signalCode).toBeNull();
    },
    30_000,
  );

  test("makes a success of the status that it brings about, whose truth is in the file", async () => {
    using folder = tempFolder();
    const port = `${freePort()}`;
    const words = ["-s", "-sp", port, "sh", "-c", "trap 'exit 1' INT; while :; do sleep 0.05; done"];
    const server = await new Side("server", words, { cwd: folder.path }).listening();
    const client = new Side("client", ["-c", `localhost:${port}`, "sh", "-c", "sleep 0.2; exit 7"], {
      cwd: folder.path,
    });
    expect(await client.status()).toBe(7);
    expect(await server.status()).toBe(0);
    expect(readFileSync(server.file, "utf8")).toContain('text="Command done with status 1"');
  });
});
