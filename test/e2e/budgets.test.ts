import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { program } from "../helpers/programs.ts";
import { Recorded } from "../helpers/recorded.ts";
import { runProgram, statexec, tempFolder } from "../helpers/statexec.ts";

const LOAD = program("load");

/** Runs statexec with these words, in a folder of its own. */
async function run(words: readonly string[], env: Record<string, string> = {}) {
  using folder = tempFolder();
  const result = await statexec(words, { cwd: folder.path, env });
  const file = folder.file("statexec_metrics.prom");
  const recorded = existsSync(file) ? new Recorded(file) : undefined;
  const events = recorded?.recording.events.map(({ event }) => event) ?? [];
  return { ...result, recorded, events };
}

describe("a budget", () => {
  test("that is exceeded makes the status 124, and every exceeded limit is printed", async () => {
    const { code, stderr } = await run(["--budget", "wall<10ms,cpu<1h", "--budget", "wall<=20ms", "sleep", "0.1"]);
    expect(code).toBe(124);
    const lines = stderr.trim().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^statexec: budget wall<10ms exceeded: ([1-9]\d\d ms|\d+\.\d+ s)$/);
    expect(lines[1]).toStartWith("statexec: budget wall<=20ms exceeded: ");
  });

  test("that is kept prints nothing", async () => {
    expect(await run(["ls"], { SE_BUDGET: "cpu<1h,wall<1h" })).toMatchObject({ code: 0, stderr: "" });
  });

  test("leaves the status to a command that failed", async () => {
    expect(await run(["--budget", "wall<1ms", "sh", "-c", "exit 3"])).toMatchObject({ code: 3 });
    expect((await run(["--budget", "wall<1ms", "sh", "-c", "ulimit -c 0; kill -TERM $$"])).signal).toBe("SIGTERM");
  });

  test("whose figure was not measured is inconclusive, and passes", async () => {
    const { code, stderr } = await run(["--budget", "memory<1GiB", "true"]);
    const message = "statexec: budget memory<1GiB inconclusive: not measured; more is known with --cgroup auto\n";
    expect({ code, stderr }).toEqual({ code: 0, stderr: message });
  });

  test("that may have been exceeded between samples is inconclusive, and fails with --budget-strict only", async () => {
    // Between two samples, four processes hold 40 MiB each.
    const words = ["--budget", "memory<100MiB", "--budget", "processes<3", "--interval", "30"];
    const command = ["sh", "-c", `sleep 0.3; ${LOAD} private 4 40 100`];
    let { code, stderr } = await run([...words, ...command]);
    // Where the recorder is so late that it looks just then, they are exceeded.
    while (code === 124) ({ code, stderr } = await run([...words, ...command]));
    expect(code).toBe(0);
    expect(stderr).toMatch(/^statexec: budget memory<100MiB inconclusive: /);
    expect(stderr).toMatch(/^statexec: budget processes<3 inconclusive: /m);
    expect(await run([...words, ...command], { SE_BUDGET_STRICT: "true" })).toMatchObject({ code: 124 });
    expect(await run(["--budget-strict", "--budget", "cpu<1h", "true"])).toMatchObject({ code: 0, stderr: "" });
  });

  test("for memory is not kept, and not exceeded either, where another process fills a tmpfs meanwhile", async () => {
    const words = ["--budget", "memory<20MiB", "--interval", "0.05", "--summary-json", "/dev/stdout"];
    const untilThere = (file: string) => `until test -e ${file}; do sleep 0.05; done`;
    const judged = async () => {
      using folder = tempFolder("/dev/shm");
      // It has begun, and ends once the neighbour has written.
      const [begun, filled] = [folder.file("begun"), folder.file("filled")];
      const over = run([...words, "sh", "-c", `>${begun}; ${untilThere(filled)}`]);
      const fill = `${untilThere(begun)}; head -c 40M /dev/zero >${filled}.new && mv ${filled}.new ${filled}`;
      expect(await runProgram(["sh", "-c", fill])).toMatchObject({ code: 0 });
      const { code, stdout } = await over;
      expect(code).toBe(0);
      return JSON.parse(stdout).budgets[0];
    };
    let { verdict, measured_bytes: measured, reason } = await judged();
    // A machine may be so busy that no sample has seen it.
    while (measured === undefined) ({ verdict, measured_bytes: measured, reason } = await judged());
    expect(verdict).toBe("inconclusive");
    expect(measured).toBeLessThan(2 * 2 ** 20);
    expect(reason).toMatch(/^the machine's shared memory grew by \d+(\.\d)? MiB, for it or for others$/);
  });

  test("for memory is compared with the highest sample", async () => {
    const words = ["--interval", "0.05", "--budget", "memory<60MiB", LOAD, "private", "2", "40", "400"];
    const { code, stderr, recorded } = await run(words);
    expect(code).toBe(124);
    expect(stderr).toMatch(
      /^statexec: budget memory<60MiB exceeded: 8\d(\.\d)? MiB \((as samples saw it|a lower bound)\)\n$/,
    );
    expect(recorded!.last("command_memory_peak_bytes")).toBeGreaterThan(80 * 2 ** 20);
  });

  test("that cannot be measured here is an error before the start", async () => {
    const { code, stderr, recorded } = await run(["--budget", "memory-with-cache<1GiB", "true"]);
    expect({ code, recorded }).toEqual({ code: 125, recorded: undefined });
    expect(stderr).toBe(
      "statexec: --budget: memory-with-cache<1GiB takes a control group to be measured; add --cgroup auto\n",
    );
  });
});

describe("a budget with --budget-kill", () => {
  test("ends a whole tree at the first sample beyond it", async () => {
    const words = [
      "--interval",
      "0.05",
      "--budget",
      "memory<60MiB",
      "--budget-kill",
      LOAD,
      "private",
      "3",
      "40",
      "60000",
    ];
    const { code, events, recorded } = await run(words);
    expect(code).toBe(124);
    expect(events).toContain("budget_exceeded");
    expect(recorded!.last("command_exit_signal")).toBe(15);
  });

  test("for wall time ends it at that time", async () => {
    const { code, recorded } = await run(["--budget", "wall<200ms", "--budget-kill", "sh", "-c", "sleep 60; true"]);
    expect(code).toBe(124);
    expect(recorded!.last("command_duration_seconds")).toBeWithin(0.2, 10);
  });

  test.skipIf(process.env.STATEXEC_TEST_LONG === undefined)(
    "sends SIGKILL to a descendant that ignores SIGTERM, though the command itself ended at SIGTERM",
    async () => {
      const child = `trap "" TERM; echo $$; exec sleep 600 >&- 2>&-`;
      const words = ["--budget", "wall<300ms", "--budget-kill", "sh", "-c", `sh -c '${child}' & wait`];
      const { code, stdout, recorded } = await run(words);
      const pid = Number(stdout);
      expect(code).toBe(124);
      expect(recorded!.last("command_exit_signal")).toBe(15);
      expect(pid).toBeGreaterThan(1);
      const isLeft = existsSync(`/proc/${pid}`);
      if (isLeft) process.kill(pid, "SIGKILL");
      expect(isLeft).toBe(false);
    },
    120_000,
  );

  test("does not end a command that keeps it", async () => {
    const { code, events } = await run(["--budget", "wall<1h,processes<9", "--budget-kill", "sleep", "0.1"]);
    expect(code).toBe(0);
    expect(events).not.toContain("budget_exceeded");
  });
});

describe("a budget over a baseline", () => {
  test("allows what the earlier run used, and that percentage more", async () => {
    using folder = tempFolder();
    const record = (words: readonly string[]) => statexec(words, { cwd: folder.path });
    await record(["-f", "base.prom", "sleep", "0.1"]);
    // A busy machine makes each of them longer, the first one, too.
    const allowedSeconds = 11 * new Recorded(folder.file("base.prom")).last("command_duration_seconds");
    const baseline = ["--baseline", "base.prom", "--budget", "wall<+1000%"];
    expect((await record([...baseline, "sleep", "0.1"])).code).toBe(0);
    const { code, stderr } = await record([...baseline, "sleep", `${allowedSeconds + 0.05}`]);
    expect(code).toBe(124);
    const [, seconds] = /^statexec: budget wall<\+1000% exceeded: (\S+) s\n$/.exec(stderr)!;
    expect(Number(seconds)).toBeGreaterThanOrEqual(allowedSeconds - 0.01);
  });

  test("may be any file that --compare reads: a file of the original program, or a truncated one with a warning", async () => {
    using folder = tempFolder();
    const original = await Bun.file(join(import.meta.dir, "../fixtures/original/sleep.prom")).text();
    await Bun.write(folder.file("base.prom"), original);
    await Bun.write(folder.file("cut.prom"), original.slice(0, original.lastIndexOf(" ")));
    const words = (file: string) => ["--baseline", file, "--budget", "wall<+1000%", "true"];
    expect(await statexec(words("base.prom"), { cwd: folder.path })).toMatchObject({ code: 0, stderr: "" });
    const { code, stderr } = await statexec(words("cut.prom"), { cwd: folder.path });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^statexec: --baseline: cut\.prom:\d+: expected a whole line, .*\n$/);
  });

  test("that does not exist, or is not a metrics file, is an error before the start", async () => {
    using folder = tempFolder();
    const words = (file: string) => ["--baseline", file, "--budget", "wall<+1%", "touch", folder.file("ran")];
    const absent = await statexec(words("none.prom"), { cwd: folder.path });
    expect(absent).toMatchObject({ code: 125, stderr: "statexec: --baseline: none.prom: No such file or directory\n" });
    await Bun.write(folder.file("bad.prom"), "nonsense\n");
    const bad = await statexec(words("bad.prom"), { cwd: folder.path });
    expect(bad.code).toBe(125);
    expect(bad.stderr).toStartWith("statexec: --baseline: bad.prom:1: expected ");
    expect(readdirSync(folder.path)).toEqual(["bad.prom"]);
  });
});

describe("the summary's files", () => {
  test("are written besides the metrics file; the Markdown is appended", async () => {
    using folder = tempFolder();
    await Bun.write(folder.file("s.md"), "before\n");
    const words = ["--summary-json", "s.json", "--summary-markdown", "s.md", "sh", "-c", "exit 4"];
    expect(await statexec(words, { cwd: folder.path })).toMatchObject({ code: 4, stderr: "" });
    const made = JSON.parse(readFileSync(folder.file("s.json"), "utf8"));
    expect(made).toMatchObject({ version: 1, exit_status: 4, metrics_file: "statexec_metrics.prom" });
    const recorded = new Recorded(folder.file("statexec_metrics.prom"));
    expect(made.wall_seconds).toBe(recorded.last("command_duration_seconds"));
    expect(readFileSync(folder.file("s.md"), "utf8")).toMatch(/^before\n\n### statexec: sh \\-c/);
  });

  test("that cannot be written stop the run before its start, and leave no file", async () => {
    using folder = tempFolder();
    const words = ["--summary-json", "none/s.json", "touch", "ran"];
    const { code, stderr } = await statexec(words, { cwd: folder.path });
    expect(code).toBe(125);
    expect(stderr).toContain("none/s.json: its folder none does not exist; create it or choose another --summary-json");
    expect((await statexec(["--summary-markdown", "none/s.md", "touch", "ran"], { cwd: folder.path })).code).toBe(125);
    expect(readdirSync(folder.path)).toEqual([]);
  });
});
