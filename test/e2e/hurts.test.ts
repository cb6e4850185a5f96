import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { congest, inNamespace, noNamespaces } from "../helpers/namespace.ts";
import { type Point, Recorded } from "../helpers/recorded.ts";
import { BIN, runProgram, statexec, tempFolder } from "../helpers/statexec.ts";

// Makes a machine suffer in one way after another: the file must show each.

/** Returns the growth of a counter from its first point to its last. */
const grown = (points: readonly Point[]) => points.at(-1)![1] - points[0]![1];

const highest = (points: readonly Point[]) => Math.max(...points.map(([, value]) => value));

describe.skipIf(noNamespaces())("a network namespace", () => {
  /** Records a command in a namespace where nothing else happens. */
  async function recorded(words: readonly string[], before = "true", after = "true"): Promise<[Recorded, string]> {
    using folder = tempFolder();
    const file = folder.file("run.prom");
    const quoted = [BIN, "--interval", "0.05", "-f", file, "--", ...words].map((word) => `'${word}'`).join(" ");
    const output = await inNamespace(`${before}; ${quoted}; ${after}`);
    return [new Recorded(file), output];
  }

  /** Returns the counters of nstat(8) in a namespace, by name. */
  const NSTAT = "nstat -asz --noupdate";
  const nstat = (output: string, name: string) => Number(new RegExp(`^${name} +(\\d+)`, "m").exec(output)?.[1]);

  test("packets dropped: a tunnel without a reader", async () => {
    const [run] = await recorded(congest("unread-tunnel", 200));
    // The queue holds four packets, and the kernel sends a few of its own.
    expect(highest(run.points("network_drops", "unread0", "sent"))).toBeGreaterThanOrEqual(190);
    expect(highest(run.points("network_drops", "unread0", "received"))).toBe(0);
    expect(run.last("network_drops", "lo", "sent")).toBe(0);
  });

  test("packets dropped: a full receive buffer, as nstat counts", async () => {
    const [run, output] = await recorded(congest("receive-buffer", 500), "true", NSTAT);
    const dropped = grown(run.points("udp_errors", "receive_buffer"));
    expect(dropped).toBeGreaterThan(450);
    expect(dropped).toBe(nstat(output, "UdpRcvbufErrors"));
    expect(grown(run.points("udp_errors", "no_port"))).toBe(0);
  });

  test("packets dropped: a narrow link, where TCP retransmits", async () => {
    const narrow = "ip link set lo mtu 1500; tc qdisc add dev lo root tbf rate 8mbit burst 4kb limit 6kb";
    const [run, output] = await recorded(congest("narrow", 300_000), narrow, NSTAT);
    const again = grown(run.points("tcp_retransmitted_segments"));
    expect(again).toBeGreaterThan(3);
    expect(again).toBe(nstat(output, "TcpRetransSegs"));
    expect(run.last("tcp_segments", "sent")).toBe(nstat(output, "TcpOutSegs"));
    expect(run.last("tcp_segments", "received")).toBe(nstat(output, "TcpInSegs"));
  });

  test("a full listen queue", async () => {
    const [run, output] = await recorded(congest("listen-queue", 20), "true", NSTAT);
    const refused = grown(run.points("tcp_listen_overflows"));
    expect(refused).toBeGreaterThan(10);
    expect(grown(run.points("tcp_listen_drops"))).toBeGreaterThanOrEqual(refused);
    // Waiting clients retry until nstat reads its counters, which may be later.
    expect(refused).toBeLessThanOrEqual(nstat(output, "TcpExtListenOverflows"));
  });

  test("sockets in use, as ss counts them", async () => {
    const [run, output] = await recorded(congest("sockets", 25));
    expect(Number(output)).toBe(52);
    expect(highest(run.points("tcp_sockets", "in_use"))).toBe(52);
    expect(run.points("tcp_sockets", "in_use")[0]![1]).toBe(0);
  });
});

describe("a disk that is saturated", () => {
  test("is busy nearly all the time, and its requests queue", async () => {
    using folder = tempFolder();
    const file = folder.file("run.prom");
    const writer = `dd if=/dev/zero of=${folder.path}/data$n bs=1M count=64 oflag=direct,dsync conv=notrunc status=none`;
    const script = `for n in 1 2 3 4; do (end=$(($(date +%s) + 2)); while [ $(date +%s) -lt $end ]; do ${writer}; done) & done; wait`;
    const record = () => statexec(["--interval", "0.1", "-f", file, "--", "sh", "-c", script]);
    const { code, stderr } = await record();
    // Direct writes fail where temporary files are in memory: there is no disk to fill.
    if (stderr.includes("Invalid argument") && process.env.CI !== "true") return console.error("no disk: not tested");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const figures = () => {
      const run = new Recorded(file);
      const seconds = grown(run.points("time_since_start_seconds"));
      const [disk] = [...run.family("disk_busy_seconds")].sort(([, a], [, b]) => grown(b) - grown(a))[0]!;
      return { run, seconds, disk, busy: grown(run.points("disk_busy_seconds", disk)) };
    };
    let { run, seconds, disk, busy } = figures();
    // The writers themselves may have no CPU to write with.
    for (let tries = 4; tries > 0 && busy <= 0.5 * seconds; tries--) {
      await record();
      ({ run, seconds, disk, busy } = figures());
    }
    expect(busy).toBeGreaterThan(0.5 * seconds);
    expect(busy).toBeLessThan(1.1 * seconds);
    expect(grown(run.points("disk_wait_seconds", disk, "write"))).toBeGreaterThan(busy);
    expect(highest(run.points("disk_in_flight", disk))).toBeGreaterThanOrEqual(2);
    expect(grown(run.points("disk_operations", disk, "write"))).toBeGreaterThan(10);
    expect(grown(run.points("disk_write_bytes", disk))).toBeGreaterThan(4 * 2 ** 20);
    for (const pressure of run.family("pressure_seconds").entries())
      if (pressure[0] === "io,some") expect(grown(pressure[1])).toBeGreaterThan(0.3 * seconds);
  }, 120_000);
});

const SWAP_BYTES = 32 * 2 ** 20;
const USED_BYTES = 16 * 2 ** 20;

describe("swap", () => {
  const folder = tempFolder();
  const swap = folder.file("swap");
  let on = false;

  beforeAll(async () => {
    const script = `head -c ${SWAP_BYTES} /dev/zero > ${swap}; chmod 600 ${swap}; mkswap ${swap} && swapon ${swap}`;
    on = (await runProgram(["sh", "-c", script])).code === 0;
    if (!on) console.error("no swap file can be used here: swapping is not tested");
  });
  afterAll(async () => {
    if (on) expect((await runProgram(["swapoff", swap])).code).toBe(0);
    folder[Symbol.dispose]();
  });

  test("use, swap-outs and swap-ins are counted", async () => {
    if (!on) return;
    const file = folder.file("run.prom");
    const words = ["--interval", "0.05", "-f", file, "--", ...congest("page-out", USED_BYTES)];
    expect(await statexec(words)).toMatchObject({ code: 0, stderr: "" });
    const run = new Recorded(file);
    expect(run.last("swap_total_bytes")).toBeGreaterThanOrEqual(SWAP_BYTES * 0.9);
    const out = grown(run.points("swap_out_bytes"));
    expect(out).toBeGreaterThan(USED_BYTES * 0.5);
    expect(out).toBeLessThan(USED_BYTES * 4);
    expect(grown(run.points("swap_in_bytes"))).toBeGreaterThan(USED_BYTES * 0.5);
    expect(highest(run.points("swap_used_bytes"))).toBeGreaterThan(USED_BYTES * 0.5);
    expect(grown(run.points("page_faults", "major"))).toBeGreaterThan(0);
  });
});
