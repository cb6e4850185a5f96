import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { childrenOf, procText, until } from "../helpers/processes.ts";
import { expectValidFiles, FOREVER, freePort, Side, startServer, TELLTALE } from "../helpers/sides.ts";
import { BIN, statexec, tempFolder } from "../helpers/statexec.ts";
import { CTRL_C, Terminal } from "../helpers/terminal.ts";

describe("two commands", () => {
  test("start together and stop together, and their files have the same session", async () => {
    using folder = tempFolder();
    const server = await startServer(FOREVER, { cwd: folder.path });
    const client = server.client(["sleep", "0.3"], { host: "localhost" });
    expect(await client.status()).toBe(0);
    expect(await server.status()).toBe(0);
    expect(server.stderr).toBe(
      `statexec: waiting for a client on port ${server.port} of all addresses; ` +
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
    // One machine has one clock. The answer may have come at either end of the round trip.
    const roundTrip = ours.last("sync_round_trip_seconds");
    expect(roundTrip).toBeGreaterThan(0);
    expect(Math.abs(ours.last("sync_clock_offset_seconds"))).toBeLessThan(roundTrip / 2 + 0.005);
    expect(theirs.family("sync_clock_offset_seconds").size).toBe(0);
    await expectValidFiles(server, client);
  });

  test("a server whose command ends by itself records until the stop", async () => {
    using folder = tempFolder();
    const server = await startServer(["sh", "-c", "exit 3"], { cwd: folder.path });
    const client = server.client(["sleep", "0.4"]);
    expect(await client.status()).toBe(0);
    expect(await server.status()).toBe(3);
    const stoppedMs = server.eventMs("sync_stopped");
    // On a busy machine the server's command may end little before the client's, though it has less to do.
    expect(stoppedMs).toBeGreaterThan(server.eventMs("sync_finished"));
    expect(server.recorded().points("command_status").at(-1)![0]).toBeGreaterThanOrEqual(stoppedMs);
    await expectValidFiles(server);
  });

  test.each(["server", "client", "both"])(
    "with --sync-start-only (given to: %s) start together and end by themselves",
    async (who) => {
      using folder = tempFolder();
      const only = (side: string) => (who === side || who === "both" ? ["-sso"] : []);
      const server = await startServer([...only("server"), "sh", "-c", "sleep 0.3; exit 4"], { cwd: folder.path });
      const client = server.client([...only("client"), "true"], { host: "[::1]" });
      expect(await client.status()).toBe(0);
      expect(await server.status()).toBe(4);
      expect(server.events()).not.toContain("sync_stopping");
      await expectValidFiles(server, client);
    },
  );

  test("have their own delays, not those of the other side", async () => {
    using folder = tempFolder();
    const server = await startServer(["-dac", "0.4", ...FOREVER], { cwd: folder.path });
    const client = server.client(["-dbc", "0.5", "true"]);
    expect(await client.status()).toBe(0);
    expect(await server.status()).toBe(0);
    const statuses = (side: Side) => side.recorded().points("command_status");
    expect(statuses(client)[0]![1]).toBe(0);
    expect(statuses(server)[0]![1]).toBe(1);
    const done = statuses(server).find(([, status]) => status === 2)!;
    expect(statuses(server).at(-1)![0] - done[0]).toBeGreaterThanOrEqual(390);
    await expectValidFiles(server, client);
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

  test("a client gives up after --sync-timeout: no command, no file, 125", async () => {
    using folder = tempFolder();
    const address = `127.0.0.1:${freePort()}`;
    const words = ["-f", folder.file("run.prom"), "-c", address, "--sync-timeout", "0.3", "touch", "started"];
    const { code, stderr } = await statexec(words, { cwd: folder.path });
    expect(stderr).toBe(
      `statexec: --connect ${address}: no server within 0.3 s (connection refused); start it, or give --sync-timeout\n`,
    );
    expect(code).toBe(125);
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

describe("a signal", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("%s while a server waits ends it: no file", async (signal) => {
    using folder = tempFolder();
    const server = await startServer(["touch", "started"], { cwd: folder.path });
    server.child.kill(signal);
    await server.status();
    expect(server.child.signalCode).toBe(signal);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test("Ctrl-C while a client waits ends it: no file, 130; the terminal shows what it waits for", async () => {
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
    const server = await startServer(FOREVER, { cwd: folder.path });
    const client = server.client(["-dbc", "60", "touch", "started"]);
    await until(() => client.journal() !== "");
    client.child.kill("SIGTERM");
    await client.status();
    expect(client.child.signalCode).toBe("SIGTERM");
    expect(await server.status()).toBe(0);
    expect(readFileSync(client.file, "utf8")).toEndWith("# EOF\n");
    expect(existsSync(folder.file("started"))).toBe(false);
  });
});

describe("a stop", () => {
  const CASES = [
    { ignored: "INT", status: 0, end: "Command ended by SIGTERM", isLong: false },
    { ignored: "INT TERM", status: 137, end: "Command ended by SIGKILL", isLong: true },
  ];
  for (const { ignored, status, end, isLong } of CASES)
    test.skipIf(isLong && process.env.STATEXEC_TEST_LONG === undefined)(
      `of a command that ignores ${ignored} sends the next signal: ${status}`,
      async () => {
        using folder = tempFolder();
        const command = ["sh", "-c", `trap "" ${ignored}; exec sleep 600`];
        const server = await startServer(["--stop-timeout", "0.2", ...command], { cwd: folder.path });
        const client = server.client(["sleep", "0.1"]);
        expect(await client.status()).toBe(0);
        expect(await server.status()).toBe(status);
        expect(server.child.signalCode).toBeNull();
        expect(server.events()).toContain("stop_signal");
        expect(readFileSync(server.file, "utf8")).toContain(`text="${end}"`);
      },
      120_000,
    );

  test("counts as success, and the file has the true status of the command", async () => {
    using folder = tempFolder();
    const server = await startServer([...TELLTALE, "server"], { cwd: folder.path });
    const client = server.client(["sh", "-c", "until [ -e server.up ]; do sleep 0.05; done; exit 7"]);
    expect(await client.status()).toBe(7);
    expect(await server.status()).toBe(0);
    expect(readFileSync(server.file, "utf8")).toContain('text="Command done with status 5"');
  });
});
