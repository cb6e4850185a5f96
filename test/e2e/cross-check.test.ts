import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { type Point, Recorded } from "../helpers/recorded.ts";
import { runProgram, statexec, tempFolder } from "../helpers/statexec.ts";
import { isMissing, output } from "../helpers/validators.ts";

// Other people's programs look at the same machine at the same time, and must see the same.

const grown = (points: readonly Point[]) => points.at(-1)![1] - points[0]![1];

/** Much to do for the disk, the scheduler and the pager, until it is killed. */
const LOAD = "while :; do dd if=/dev/zero of=$D/data bs=64k count=16 oflag=dsync conv=notrunc status=none; done";

/**
 * Two windows of two seconds that begin and end some milliseconds apart, on a machine on which others work: a rate may
 * differ by a quarter, and by so much more where it is small.
 */
const BOUND = 0.25;

function expectNear(what: string, ours: number, theirs: number, small: number): void {
  expect(Math.abs(ours - theirs), `${what}: ${ours} and ${theirs}`).toBeLessThanOrEqual(BOUND * theirs + small);
}

describe.skipIf(isMissing("sar", "iostat"))("over the same two seconds", () => {
  test("sar and iostat see the same switches, forks, faults, load and disk", async () => {
    using folder = tempFolder();
    const file = folder.file("run.prom");
    const tools = "sar -A -o $D/sa 2 1 > /dev/null & iostat -dxy -o JSON 2 1 > $D/iostat; wait $!; kill $L";
    const words = ["-f", file, "--", "sh", "-c", `(${LOAD}) & L=$!; ${tools}`];
    const env = { D: folder.path, LC_ALL: "C" };
    expect(await statexec(words, { env })).toMatchObject({ code: 0, stderr: "" });
    const run = new Recorded(file);
    const seconds = grown(run.points("time_since_start_seconds"));
    const rate = (name: string, ...labels: string[]) => grown(run.points(name, ...labels)) / seconds;

    const json = await runProgram(["sadf", "-j", folder.file("sa"), "--", "-w", "-B", "-q"], { env });
    const [sar] = JSON.parse(json.stdout).sysstat.hosts[0].statistics;
    expectNear("switches", rate("context_switches"), sar["process-and-context-switch"].cswch, 100);
    expectNear("forks", rate("forks"), sar["process-and-context-switch"].proc, 20);
    expectNear("faults", rate("page_faults", "major") + rate("page_faults", "minor"), sar.paging.fault, 500);
    expectNear("load", run.last("load1"), sar.queue["ldavg-1"], 0.5);

    const [iostat] = JSON.parse(readFileSync(folder.file("iostat"), "utf8")).sysstat.hosts[0].statistics;
    const ours = new Set(run.family("disk_busy_seconds").keys());
    const disks = iostat.disk.filter((disk: { disk_device: string }) => ours.has(disk.disk_device));
    expect(disks.length).toBeGreaterThan(0);
    for (const disk of disks) {
      const name: string = disk.disk_device;
      expectNear(`${name} writes`, rate("disk_operations", name, "write"), disk["w/s"], 20);
      expectNear(`${name} reads`, rate("disk_operations", name, "read"), disk["r/s"], 20);
      expectNear(`${name} written`, rate("disk_write_bytes", name) / 1024, disk["wkB/s"], 2000);
      expectNear(`${name} busy`, 100 * rate("disk_busy_seconds", name), disk.util, 10);
      const requests = rate("disk_operations", name, "write");
      if (requests < 20) continue;
      // Milliseconds a request.
      const wait = (1000 * rate("disk_wait_seconds", name, "write")) / requests;
      expectNear(`${name} wait`, wait, disk.w_await, 0.5);
    }
  }, 120_000);
});

describe.skipIf(isMissing("vmstat"))("between two reads of vmstat -s", () => {
  test("lies what both counted", async () => {
    using folder = tempFolder();
    const vmstat = async () => {
      const text = await output("vmstat", ["-s"]);
      return (what: string) => Number(new RegExp(`^ *(\\d+) ${what}$`, "m").exec(text)![1]);
    };
    const before = await vmstat();
    const file = folder.file("run.prom");
    expect(await statexec(["-f", file, "sh", "-c", "sleep 0.1; true & wait"])).toMatchObject({ code: 0, stderr: "" });
    const after = await vmstat();
    const run = new Recorded(file);
    const names = { "CPU context switches": "context_switches", interrupts: "interrupts", forks: "forks" };
    for (const [theirs, ours] of Object.entries(names)) {
      const points = run.points(ours);
      expect(points[0]![1], ours).toBeGreaterThanOrEqual(before(theirs));
      expect(points.at(-1)![1], ours).toBeLessThanOrEqual(after(theirs));
      expect(grown(points), ours).toBeGreaterThan(0);
    }
    expect(run.last("memory_total_bytes")).toBe(before("K total memory") * 1024);
    expect(run.last("swap_total_bytes")).toBe(before("K total swap") * 1024);
  });
});
