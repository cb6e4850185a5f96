import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { noNamespaces } from "../helpers/namespace.ts";
import { network } from "../helpers/network.ts";
import { until } from "../helpers/processes.ts";
import { expectValidFiles, FOREVER, Side, type SideOptions, TELLTALE } from "../helpers/sides.ts";
import { tempFolder } from "../helpers/statexec.ts";
import { isMissing } from "../helpers/validators.ts";

const long = process.env.STATEXEC_TEST_LONG !== undefined;

function startServerOn(words: readonly string[], options: SideOptions): Promise<Side> {
  return new Side("server", ["-s", ...words], options).listening();
}

describe.skipIf(noNamespaces())("two hosts", () => {
  test.each(["v4", "v6"] as const)("start and stop together over %s", async (version) => {
    using folder = tempFolder();
    using net = network();
    const cwd = folder.path;
    const server = await startServerOn(FOREVER, { cwd, before: net.on("a") });
    const client = new Side("client", ["-c", `${net[version]}:8080`, "sleep", "0.2"], { cwd, before: net.on("b") });
    expect(await client.status()).toBe(0);
    expect(await server.status()).toBe(0);
    expect(server.recorded().fact("peer")).toEqual([version === "v4" ? "10.9.9.2" : "fd09::2"]);
    expect(client.recorded().fact("peer")).toEqual([`${net[version]}:8080`]);
    await expectValidFiles(server, client);
  });

  test("a server that listens on one address is not reached on another", async () => {
    using folder = tempFolder();
    using net = network();
    const cwd = folder.path;
    const server = await startServerOn(["--sync-bind", "127.0.0.1", ...FOREVER], { cwd, before: net.on("a") });
    expect(server.stderr).toContain("on port 8080 of 127.0.0.1;");
    const words = ["-c", net.v4, "--sync-timeout", "0.4", "touch", "started"];
    const client = new Side("client", words, { cwd, before: net.on("b") });
    expect(await client.status()).toBe(125);
    expect(existsSync(folder.file("started"))).toBe(false);
    server.child.kill("SIGTERM");
    await server.status();
  });

  test("lose each other when the cable is pulled, and both stop", async () => {
    using folder = tempFolder();
    using net = network();
    const cwd = folder.path;
    const words = ["--sync-grace", "2"];
    const server = await startServerOn([...words, ...TELLTALE, "a"], { cwd, before: net.on("a") });
    const client = new Side("client", ["-c", net.v4, ...words, ...TELLTALE, "b"], { cwd, before: net.on("b") });
    await until(() => existsSync(folder.file("a.up")) && existsSync(folder.file("b.up")));
    net.cable("down");
    expect(await Promise.all([server.status(), client.status()])).toEqual([5, 5]);
    for (const side of [server, client]) {
      expect(side.stderr).toMatch(/lost the (client|server)/);
      expect(side.events()).toContain("peer_lost");
    }
    await expectValidFiles(server, client);
  });

  test("do not lose each other when it is plugged in again in time", async () => {
    using folder = tempFolder();
    using net = network();
    const cwd = folder.path;
    const words = ["--sync-grace", "4"];
    const server = await startServerOn([...words, ...FOREVER], { cwd, before: net.on("a") });
    const command = ["sh", "-c", "touch up; sleep 1.6"];
    const client = new Side("client", ["-c", net.v4, ...words, ...command], { cwd, before: net.on("b") });
    await until(() => existsSync(folder.file("up")));
    net.cable("down");
    await Bun.sleep(600);
    net.cable("up");
    expect(await Promise.all([server.status(), client.status()])).toEqual([0, 0]);
    for (const side of [server, client]) expect(side.events()).not.toContain("peer_lost");
  });
});

describe.skipIf(noNamespaces() || isMissing("iperf3"))("the example with iperf3", () => {
  const start = 1704067200000;
  const common = { SE_METRICS_START_TIME: `${start}`, SE_LABEL_BENCHMARK: "sample" };
  const after = long ? "5" : "0.4";
  const before = long ? "2" : "0.4";
  /** The example runs for iperf3's default, ten seconds. */
  const time = long ? [] : ["-t", "1"];

  async function check(server: Side, client: Side): Promise<void> {
    expect(await client.status()).toBe(0);
    expect(await server.status()).toBe(0);
    expect(readFileSync(server.file, "utf8")).toContain('benchmark="sample"');
    const [theirs, ours] = [server.recorded(), client.recorded()];
    for (const { recording } of [theirs, ours]) expect(recording.startMs).toBe(start);
    expect(theirs.recording.events.find(({ event }) => event === "command_done")?.text).toMatch(/status 1|SIGINT/);
    // Both files have one time axis: the data went over lo while the client's command ran.
    const [startedMs, doneMs] = [client.eventMs("command_started"), client.eventMs("command_done")];
    const received = theirs.points("network_received_bytes", "lo");
    // From the last sample before it to the first after it: a busy machine takes fewer.
    const from = received.findLast(([ms]) => ms <= startedMs) ?? received[0]!;
    const to = received.find(([ms]) => ms >= doneMs) ?? received.at(-1)!;
    expect(to[1] - from[1]).toBeGreaterThan(0.9 * (received.at(-1)![1] - received[0]![1]));
    expect(startedMs - start).toBeGreaterThanOrEqual(Number(before) * 1000);
    await expectValidFiles(server, client);
  }

  test("works as written, by variables", async () => {
    using folder = tempFolder();
    using net = network();
    const cwd = folder.path;
    const theirs = { ...common, SE_DELAY_AFTER_COMMAND: after, SE_FILE: "server.prom" };
    const ours = { ...theirs, SE_DELAY_BEFORE_COMMAND: before, SE_FILE: "client.prom" };
    const server = await startServerOn(["iperf3", "-s"], { cwd, env: theirs, before: net.on("a") });
    const words = ["--connect", "localhost", "--", "iperf3", "-c", "127.0.0.1", ...time];
    await check(server, new Side("client", words, { cwd, env: ours, before: net.on("a") }));
  }, 120_000);

  test("works as written, by flags", async () => {
    using folder = tempFolder();
    using net = network();
    const cwd = folder.path;
    const mst = ["-mst", `${start}`, "-l", "benchmark=sample"];
    const words = [...mst, "-dac", after, "--", "iperf3", "-s"];
    const server = await startServerOn(words, { cwd, before: net.on("a") });
    const options = [...mst, "-dbc", before, "-dac", after, "-f", "client.prom", "-c", "localhost"];
    const command = ["--", "iperf3", "-c", "127.0.0.1", ...time];
    await check(server, new Side("client", [...options, ...command], { cwd, before: net.on("a") }));
  }, 120_000);
});
