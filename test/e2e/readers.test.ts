import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { MACHINE, sampleName } from "../../src/catalog/index.ts";
import { effort } from "../helpers/effort.ts";
import { Recorded } from "../helpers/recorded.ts";
import { statexec, tempFolder } from "../helpers/statexec.ts";
import { areValidatorsMissing, expectValid, isMissing } from "../helpers/validators.ts";
import { startVictoria } from "../helpers/victoria.ts";

const ROOT = join(import.meta.dir, "../..");

describe("a real build's file", () => {
  test.skipIf(areValidatorsMissing() || isMissing("victoriaMetrics", "curl"))(
    "is taken whole by all three readers",
    async () => {
      using folder = tempFolder();
      const path = folder.file("build.prom");
      const build = [process.execPath, "build", "--target=bun", "index.ts", "--outdir", folder.file("out")];
      const result = await statexec(
        ["-f", path, "--interval", "0.02", "-d", "0.1", "-l", "kind=real build", ...build],
        { cwd: ROOT },
      );
      expect(result).toMatchObject({ code: 0, stderr: "" });
      const { points } = await expectValid(path);
      const victoria = await startVictoria();
      try {
        await victoria.import(path);
        const stored = await victoria.export();
        const storedPoints = stored.reduce((sum, { times }) => sum + times.length, 0);
        expect(storedPoints).toBe(points);
        const cpu = new Recorded(path).family("cpu_seconds");
        for (const { name, labels, values } of stored) {
          expect(labels).toMatchObject({ job: "statexec", kind: "real build" });
          if (name !== sampleName(MACHINE.cpuSeconds)) continue;
          const own = cpu.get(`${labels.cpu},${labels.mode}`)!.map(([, value]) => value);
          expect([...values].sort((a, b) => a - b)).toEqual(own);
        }
      } finally {
        await victoria.stop();
      }
    },
    120_000,
  );
});

describe("against sar", () => {
  const seconds = effort(60);
  test.skipIf(isMissing("sar"))(
    `rates over ${seconds} s agree within 2 %`,
    async () => {
      using folder = tempFolder();
      using _ = load(folder.file("written"));
      const path = folder.file("run.prom");
      const sar = ["sar", "-u", "-n", "DEV", "-d", "1", String(seconds)];
      const { code, stdout } = await statexec(["-f", path, ...sar], { env: { LC_ALL: "C", S_COLORS: "never" } });
      expect(code).toBe(0);
      const run = new Recorded(path);
      const cores = run.last("summary_cpu_cores");
      // What is ours and not sar's: the time before its first reading and after its last, longer on a busy machine.
      const status = run.points("command_status");
      const edges = Math.max(0, (status.at(-1)![0] - status[0]![0]) / 1000 / seconds - 1);
      // In it there may be as much as ever, in KiB a second of sar's time.
      const beyond = (name: string, label: string) => (edges * highestRate(run, name, label)) / 1024;
      const [user, system] = [averages(stdout, "all")[1]!, averages(stdout, "all")[3]!];
      expectClose((run.last("summary_cpu_mean_seconds", "user") / cores) * 100, user, 0.5 + 100 * edges);
      const kernel = ["system", "irq", "softirq"].reduce(
        (sum, mode) => sum + run.last("summary_cpu_mean_seconds", mode),
        0,
      );
      expectClose((kernel / cores) * 100, system, 0.5 + 100 * edges);
      const [, , , received] = averages(stdout, "lo");
      expect(received).toBeGreaterThan(100);
      expectClose(
        rate(run, "network_received_bytes", "lo") / 1024,
        received!,
        1 + beyond("network_received_bytes", "lo"),
      );
      for (const disk of run.fact("summed_disk")) {
        const [, , , written] = averages(stdout, disk);
        expectClose(rate(run, "disk_write_bytes", disk) / 1024, written!, 64 + beyond("disk_write_bytes", disk));
      }
    },
    120_000,
  );
});

/** The numbers of one of sar's Average rows, by its first column; counted from 1. */
function averages(text: string, name: string): number[] {
  const row = text.split("\n").find((line) => new RegExp(`^Average:\\s+${name}\\s`).test(line));
  if (!row) throw new Error(`sar has no average of ${name}:\n${text}`);
  return [Number.NaN, ...row.trim().split(/\s+/).slice(2).map(Number)];
}

function rate(run: Recorded, name: string, label: string): number {
  const points = run.points(name, label);
  const [[from, first], [to, last]] = [points[0]!, points.at(-1)!];
  return ((last - first) / (to - from)) * 1000;
}

/** The highest rate between two samples. */
function highestRate(run: Recorded, name: string, label: string): number {
  const points = run.points(name, label);
  const rates = points.slice(1).map(([ms, value], i) => ((value - points[i]![1]) / (ms - points[i]![0])) * 1000);
  return Math.max(...rates);
}

/** Within 2 %, or within `slack`: what the distance in time of the two readings may make of the figure. */
function expectClose(ours: number, theirs: number, slack: number): void {
  expect(Math.abs(ours - theirs)).toBeLessThanOrEqual(Math.max(0.02 * theirs, slack));
}

/** Keeps a CPU partly busy, the loopback interface and a disk in use, until disposed of. */
function load(path: string): Disposable {
  const body = new Uint8Array(1 << 20);
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", development: false, fetch: () => new Response(body) });
  let isOver = false;
  const take = async () => (await fetch(server.url)).bytes();
  // One that is under way at the end has no answer.
  const fetching = setInterval(() => take().catch((error) => isOver || Promise.reject(error)), 20);
  const script = `while :; do dd if=/dev/zero of='${path}' bs=1M count=4 conv=fsync 2>/dev/null; sleep 0.05; done`;
  writeFileSync(path, "");
  const writer = Bun.spawn(["sh", "-c", script], { stdio: ["ignore", "ignore", "ignore"] });
  return {
    [Symbol.dispose]() {
      isOver = true;
      clearInterval(fetching);
      writer.kill("SIGKILL");
      server.stop(true);
    },
  };
}
