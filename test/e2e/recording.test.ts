import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { type Point, Recorded } from "../helpers/recorded.ts";
import { statexec, tempFolder } from "../helpers/statexec.ts";
import { areValidatorsMissing, expectValid } from "../helpers/validators.ts";

/** Runs a command and reads its file, which every validator must accept. */
async function record(words: readonly string[], env: Record<string, string> = {}): Promise<Recorded> {
  using folder = tempFolder();
  const path = folder.file("run.prom");
  const result = await statexec(["-f", path, ...words], { env });
  expect(result).toMatchObject({ code: 0, stderr: "" });
  if (!areValidatorsMissing()) await expectValid(path);
  return new Recorded(path);
}

describe("samples", () => {
  test("of a run without delays are the command's start and end", async () => {
    const run = await record(["true"]);
    expect(run.points("command_status").map(([, value]) => value)).toEqual([1, 2]);
    const [[start], [end]] = run.points("command_status") as [Point, Point];
    expect(run.recording.startMs).toBe(start);
    expect(run.recording.events).toEqual([
      { atMs: start, event: "command_started", text: "Command started" },
      { atMs: end, event: "command_done", text: "Command done with status 0" },
    ]);
  });

  test("come at each interval from the start, delays included", async () => {
    const run = await record(["--interval", "0.05", "-dbc", "0.2", "-dac", "0.15", "sleep", "0.3"]);
    const status = run.points("command_status");
    const missed = run.points("ticks_missed").at(-1)![1];
    for (const phase of [0, 1, 2])
      expect(status.filter(([, value]) => value === phase).length + missed).toBeGreaterThanOrEqual(3);
    // A late one is of the tick before it, and those that passed meanwhile are missed.
    const ticks = new Set(status.map(([at]) => Math.floor((at - run.recording.startMs) / 50)));
    expect(ticks.size + missed).toBeGreaterThanOrEqual(Math.floor(650 / 50));
    expect(run.points("time_since_start_seconds").at(-1)![1]).toBeGreaterThanOrEqual(0.65);
  });

  test("start at --metrics-start-time, as events do; the true start is a fact", async () => {
    const before = Date.now();
    const run = await record(["-mst", "1704067200000", "true"]);
    expect(run.points("command_status")[0]).toEqual([1704067200000, 1]);
    expect(run.recording.events[0]?.atMs).toBe(1704067200000);
    const [started] = run.fact("started_at").map((text) => Date.parse(text));
    expect(started).toBeGreaterThanOrEqual(before);
    expect(started).toBeLessThanOrEqual(Date.now());
  });
});

describe("every counter lies between a read just before and one just after", () => {
  test("CPU, network and disk", async () => {
    const before = counters();
    const run = await record(["sh", "-c", "dd if=/dev/zero of=/dev/null bs=1M count=2000 2>/dev/null"]);
    const after = counters();
    expect([...run.family("cpu_seconds").keys()].length).toBe(
      10 * [...before.keys()].filter((key) => /^cpu\d+,user$/.test(key)).length,
    );
    const names = ["network_received_bytes", "network_sent_bytes", "disk_read_bytes", "disk_write_bytes"];
    const seen = [...run.family("cpu_seconds")];
    for (const name of names) for (const [labels, points] of run.family(name)) seen.push([`${name},${labels}`, points]);
    expect(seen.length).toBeGreaterThan(20);
    for (const [key, points] of seen) expectWithin(key, points, before.get(key), after.get(key));
  });

  test("memory adds up", async () => {
    const run = await record(["true"]);
    const [total, free, buffers, cached, used, percent] = [
      "total_bytes",
      "free_bytes",
      "buffers_bytes",
      "cached_bytes",
      "used_bytes",
      "used_percent",
    ].map((name) => run.points(`memory_${name}`)[0]![1]) as [number, number, number, number, number, number];
    expect(used).toBe(total - free - buffers - cached);
    expect(percent).toBeCloseTo((used / total) * 100, 9);
    expect(total).toBe(Number(/^MemTotal:\s*(\d+)/m.exec(readFileSync("/proc/meminfo", "utf8"))![1]) * 1024);
  });
});

/** The kernel's idle and iowait times may go back by a tick or two. */
function expectWithin(key: string, points: readonly Point[], before = Number.NaN, after = Number.NaN): void {
  const slack = /idle|iowait/.test(key) ? 0.02 : 0;
  for (const [, value] of points) {
    expect(value, key).toBeGreaterThanOrEqual(before - slack);
    expect(value, key).toBeLessThanOrEqual(after + slack);
  }
}

/** Returns counters by an independent reading of /proc: `cpu0,user`, `network_sent_bytes,lo`. */
function counters(): Map<string, number> {
  const found = new Map<string, number>();
  const rows = (path: string) =>
    readFileSync(path, "utf8")
      .trim()
      .split("\n")
      .map((row) => row.replace(":", " ").trim().split(/\s+/));
  const modes = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guestNice"];
  for (const [name, ...ticks] of rows("/proc/stat"))
    if (/^cpu\d/.test(name!))
      for (const [i, mode] of modes.entries()) found.set(`${name},${mode}`, Number(ticks[i]) / 100);
  for (const [name, ...columns] of rows("/proc/net/dev").slice(2)) {
    found.set(`network_received_bytes,${name}`, Number(columns[0]));
    found.set(`network_sent_bytes,${name}`, Number(columns[8]));
  }
  for (const [, , name, ...columns] of rows("/proc/diskstats")) {
    found.set(`disk_read_bytes,${name}`, Number(columns[2]) * 512);
    found.set(`disk_write_bytes,${name}`, Number(columns[6]) * 512);
  }
  return found;
}

describe("facts", () => {
  test("name the command and the machine, and no value of the environment", async () => {
    const run = await record(["--", "true", "", "it's", "a\nb"], { SECRET: "hunter2" });
    expect(run.fact("command")).toEqual(["true"]);
    expect(run.fact("arguments")).toEqual([`'' 'it'\\''s' 'a\nb'`]);
    expect(run.fact("host")).toEqual([hostname()]);
    expect(JSON.stringify(run.recording.facts)).not.toContain("hunter2");
  });

  test("have no arguments where they are not wanted", async () => {
    const run = await record(["--no-record-args", "true", "password"]);
    expect(JSON.stringify(run.recording.facts)).not.toContain("password");
  });
});

test("labels and instance come back, whatever their characters", async () => {
  const odd = 'say "hi" \\ back\nnew line # € 👋 }';
  const run = await record(["-i", odd, "-l", `text_=${odd}`, "-l", "Env.Name=a=b", "true"], { SE_LABEL_url: "x=y" });
  expect(run.recording.identity).toEqual({
    instance: odd,
    role: "standalone",
    labels: new Map([
      ["env_name", "a=b"],
      ["text_", odd],
      ["url", "x=y"],
    ]),
  });
});

function wallMs(run: Recorded): number {
  const [[from], [to]] = run.points("command_status") as [[number, number], [number, number]];
  return to - from;
}

describe("the summary", () => {
  test("has no mean of a run that is too short", async () => {
    let run = await record(["true"]);
    // A busy machine lets a start wait until the run is long enough.
    for (let i = 0; i < 20 && wallMs(run) >= 200; i++) run = await record(["true"]);
    expect(run.family("summary_cpu_mean_seconds").size).toBe(0);
    expect(run.points("summary_cpu_cores")).toHaveLength(1);
  });

  test("of a busy second has a CPU's worth of CPU", async () => {
    const run = await record(["sh", "-c", "timeout 1 sh -c 'while :; do :; done'; true"]);
    const busy = ["user", "system", "nice", "irq", "softirq", "steal"].map(
      (mode) => run.points("summary_cpu_mean_seconds", mode)[0]![1],
    );
    expect(busy.reduce((sum, value) => sum + value, 0)).toBeGreaterThan(0.5);
  });
});
