import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { availableParallelism } from "node:os";
import { linePoints } from "../../explorer/data/lines.ts";
import type { SeriesInfo } from "../../explorer/data/model.ts";
import type { Run } from "../../explorer/data/run-columns.ts";
import { loadRuns } from "../../explorer/report/report-page.ts";
import { BUSY_MODES, DEVICES, KERNEL, MACHINE, type Metric } from "../../src/catalog/index.ts";
import { program } from "../helpers/programs.ts";
import { statexec, tempFolder } from "../helpers/statexec.ts";

// The loads use CPU time, and get less of it on a machine that others use.
setDefaultTimeout(180_000);

const LOAD = program("load");

/** The summary of a real run, and its recording as the page has it. */
async function runOf(command: readonly string[]) {
  using folder = tempFolder();
  const words = ["--interval", "0.1", "-f", "run.prom", "--summary-json", "s.json", ...command];
  await statexec(words, { cwd: folder.path });
  const { runs } = await loadRuns([folder.file("run.prom")]);
  return { summary: await Bun.file(folder.file("s.json")).json(), run: runs[0]! };
}

/** What limited a command, by a real run. */
async function limitedBy(command: readonly string[]): Promise<string> {
  return (await runOf(command)).summary.limited_by?.what ?? "nothing";
}

/** Keeps all CPUs busy, with several processes each, until the returned function is called. */
function compete(): () => Promise<void> {
  const rivals = Array.from({ length: 4 * availableParallelism() }, () => {
    return Bun.spawn(["sh", "-c", "while :; do :; done"], { stdio: ["ignore", "ignore", "ignore"] });
  });
  return async () => {
    for (const { pid } of rivals) process.kill(pid, "SIGKILL");
    await Promise.all(rivals.map(({ exited }) => exited));
  };
}

/** The highest rates of the sums of some series of a metric, one sum for each value of its first label. */
function highestRates({ info, columns }: Run, metric: Metric, isMeant: (one: SeriesInfo) => boolean): number[] {
  const meant = info.series
    .map((one, at) => ({ one, at }))
    .filter(({ one }) => one.name === metric.name && isMeant(one));
  const groups = [...Map.groupBy(meant, ({ one }) => Object.values(one.labels)[0]).values()];
  const lines = groups.map((group) => ({ series: group.map(({ at }) => at), as: "rate" as const }));
  const drawn = linePoints(columns, { lines, fromMs: info.startMs, toMs: info.endMs, pixels: 1e6 });
  return drawn.map(({ values }) => Math.max(0, ...values.filter((value) => !Number.isNaN(value))));
}

describe("a real run", () => {
  test("that sleeps waits on something else", async () => {
    expect(await limitedBy(["sleep", "1"])).toBe("waiting");
  });

  // On a machine that others use a busy command may get less than its cores: then it is starved.
  test.skipIf(availableParallelism() < 2)("of one busy thread is limited by that", async () => {
    expect(["cpu_one_thread", "cpu_starved"]).toContain(await limitedBy([LOAD, "cpu", "1", "1500"]));
  });

  test("of as many busy processes as there are CPUs is limited by all of them", async () => {
    const cpus = availableParallelism();
    const words = [LOAD, "cpu", String(cpus), "1500"];
    expect(["cpu", "cpu_part", "cpu_one_thread", "cpu_starved"]).toContain(await limitedBy(words));
  });

  test("on a machine that others use up is starved of CPU, and shows no resource as busier than it can be", async () => {
    const stop = compete();
    try {
      const { summary, run } = await runOf([LOAD, "cpu", "1", "500"]);
      expect(summary.limited_by.what).toBe("cpu_starved");
      expect(summary.limited_by.evidence).toMatch(/^it waited .* to run, others used .* of \d+ cores?$/);
      expect(summary.limits.map(({ what }: { what: string }) => what)).not.toContain("waiting");
      // It had a CPU or waited for one all the time.
      const wanted = summary.run_delay_seconds + summary.cpu_user_seconds + summary.cpu_system_seconds;
      expect(summary.run_delay_seconds / summary.wall_seconds).toBeGreaterThan(0.5);
      expect(wanted / summary.wall_seconds).toBeLessThan(1.1);
      const shares = [
        ...highestRates(run, MACHINE.cpuSeconds, ({ labels }) => BUSY_MODES.includes(labels.mode!)),
        ...highestRates(run, KERNEL.pressure, ({ labels }) => labels.mode === "some"),
        ...highestRates(run, DEVICES.diskBusySeconds, () => true),
      ];
      expect(shares.length).toBeGreaterThan(availableParallelism());
      expect(Math.max(...shares)).toBeGreaterThan(0.9);
      for (const share of shares) expect(share).toBeLessThanOrEqual(1 + 1e-9);
    } finally {
      await stop();
    }
  });
});
