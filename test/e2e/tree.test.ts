import { describe, expect, test } from "bun:test";
import { folderOf, openBinary } from "../helpers/load-run.ts";
import { as, cpuSeconds, isWholeCpu, rusage } from "../helpers/loads.ts";
import { program } from "../helpers/programs.ts";
import { Recorded } from "../helpers/recorded.ts";
import { BIN, runProgram, statexec, tempFolder } from "../helpers/statexec.ts";

const load = program("load");
const possible = Bun.spawnSync(["unshare", "--mount", "--pid", "--fork", "true"]).exitCode === 0;
const PROCESSES = "command_processes";

describe("the command's end", () => {
  test.each([
    ["exit 3", "command_exit_status", 3],
    ["kill -TERM $$", "command_exit_signal", 15],
  ])("%p is told as %s %d, with its duration", async (script, name, value) => {
    using folder = tempFolder();
    await statexec(["-f", folder.file("run.prom"), "sh", "-c", `sleep 0.2; ${script}`]);
    const run = new Recorded(folder.file("run.prom"));
    expect(run.last(name)).toBe(value);
    expect(run.last("command_duration_seconds")).toBeGreaterThanOrEqual(0.2);
  });

  test("has the totals that wait4(2) has: CPU time, page faults, context switches", async () => {
    using folder = tempFolder();
    const words = ["rusage", folder.file("rusage"), load, "children", "40", "5"];
    await statexec(["-f", folder.file("run.prom"), load, ...words]);
    const run = new Recorded(folder.file("run.prom"));
    const [seconds, faults, switches] = rusage(folder.path);
    // What stands around it is one fork and one exec.
    expect(cpuSeconds(run) - seconds!).toBeWithin(-1e-6, 0.02);
    expect(run.last("command_page_faults", "minor") - faults!).toBeWithin(0, 1000);
    expect(run.last("command_context_switches", "voluntary") - switches!).toBeWithin(0, 20);
  });
});

describe("what the command leaves", () => {
  test("is counted while the recording goes on, has statexec as its parent, and is left alone afterwards", async () => {
    using folder = tempFolder();
    const daemon = `echo $$ >pid; ${load} cpu 1 100; sleep 0.2; read _ _ _ parent _ </proc/$$/stat; cat /proc/$parent/comm >during; exec sleep 60`;
    const script = `sh -c '${daemon}' >/dev/null 2>&1 & sleep 0.1`;
    await statexec(["--interval", "0.1", "-dac", "1", "-f", "run.prom", "sh", "-c", script], { cwd: folder.path });
    const pid = Number(await Bun.file(folder.file("pid")).text());
    try {
      const run = new Recorded(folder.file("run.prom"));
      expect(run.last(PROCESSES)).toBe(1);
      // It lives: four sums of two processes are rounded down to a hundredth each.
      expect(cpuSeconds(run)).toBeWithin(0.06, 0.15);
      expect((await Bun.file(folder.file("during")).text()).trim()).toBe("statexec");
      const [, , , parent] = (await Bun.file(`/proc/${pid}/stat`).text()).split(" ");
      expect(await Bun.file(`/proc/${parent}/comm`).text()).not.toContain("statexec");
    } finally {
      process.kill(pid, "SIGKILL");
    }
  });
});

test("a statexec in a statexec: both say the same, and neither calls it a lower bound", async () => {
  using folder = tempFolder();
  const [outer, inner] = [folder.file("outer.prom"), folder.file("inner.prom")];
  await statexec(["--interval", "0.1", "-f", outer, BIN, "--interval", "0.1", "-f", inner, load, "daemon", "400"]);
  expect(cpuSeconds(new Recorded(inner))).toBeWithin(0.39, 0.45);
  expect(cpuSeconds(new Recorded(outer))).toBeGreaterThan(0.39);
  for (const path of [outer, inner]) expect(isWholeCpu(new Recorded(path))).toBe(true);
});

test("what processes of ours or of others use that end beside the command is not its own: faults, bytes", async () => {
  using folder = tempFolder();
  const other = "sleep 0.3; dd if=/dev/zero of=/dev/null bs=64M count=2 2>/dev/null";
  const own = `exec ${BIN} -f ${folder.file("run.prom")} --interval 0.1 -dac 0.6 sleep 0.1`;
  expect(await runProgram(["sh", "-c", `sh -c '${other}' & ${own}`])).toMatchObject({ code: 0, stderr: "" });
  const run = new Recorded(folder.file("run.prom"));
  const faults = run.points("command_page_faults", "minor").map(([, value]) => value);
  const atEnd = run.points("command_status").findIndex(([, value]) => value === 2);
  expect(faults.slice(atEnd)).toEqual(faults.slice(atEnd).map(() => faults[atEnd]!));
  expect(run.last("command_io_read_bytes")).toBeLessThan(100_000);
  expect(run.last("command_io_write_bytes")).toBeLessThan(100_000);
});

test("a child that was there before, as `daemon & exec statexec` leaves one, is not the command's", async () => {
  using folder = tempFolder();
  const script = `${load} cpu 1 300 & exec ${BIN} -f ${folder.file("run.prom")} --interval 0.1 sleep 0.8`;
  expect(await runProgram(["sh", "-c", script])).toMatchObject({ code: 0, stderr: "" });
  expect(cpuSeconds(new Recorded(folder.file("run.prom")))).toBeLessThan(0.05);
});

test.skipIf(!possible)("with /proc mounted hidepid=2, as nobody, the tree is as well known", async () => {
  using folder = folderOf("nobody");
  const file = folder.file("run.prom");
  const words = [...as("nobody"), openBinary(), "--interval", "0.1", "-f", file, load, "cpu", "2", "200"];
  const script = 'mount -t proc -o hidepid=2 proc /proc && exec "$@"';
  const container = ["unshare", "--mount", "--pid", "--fork", "sh", "-c", script, "sh"];
  expect(await runProgram([...container, ...words])).toMatchObject({ code: 0, stderr: "" });
  const run = new Recorded(file);
  expect(cpuSeconds(run)).toBeWithin(0.39, 0.45);
  expect(Math.max(...run.points(PROCESSES).map(([, value]) => value))).toBe(3);
});

test.skipIf(!process.env.STATEXEC_TEST_LONG)(
  "a tree of 5,000 processes is counted whole",
  async () => {
    using folder = tempFolder();
    const script = `(sleep 6) | ${load} tree 5000`;
    const words = ["--interval", "1", "-f", folder.file("run.prom"), "sh", "-c", script];
    expect(await statexec(words)).toMatchObject({ code: 0, stderr: "" });
    const run = new Recorded(folder.file("run.prom"));
    expect(Math.max(...run.points(PROCESSES).map(([, value]) => value))).toBeWithin(5000, 5010);
  },
  120_000,
);
