import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { RUN } from "../../src/catalog/index.ts";
import { Recorded } from "../helpers/recorded.ts";
import { BIN, cleanEnv, runProgram, statexec, tempFolder } from "../helpers/statexec.ts";

const MARKS = existsSync(`/run/user/${process.geteuid!()}`)
  ? `/run/user/${process.geteuid!()}/statexec`
  : `/tmp/statexec-${process.geteuid!()}`;

const left = () => (existsSync(MARKS) ? readdirSync(MARKS) : []);

/** Records a script in which `$S` is statexec. */
async function recorded(script: string, words: readonly string[] = [], env: Record<string, string> = {}) {
  using folder = tempFolder();
  const all = ["--interval", "0.05", "-f", "run.prom", "--summary-json", "s.json", ...words, "sh", "-c", script];
  const result = await statexec(all, { cwd: folder.path, env: { S: BIN, ...env } });
  const { recording } = new Recorded(folder.file("run.prom"));
  const phases = recording.events.filter(({ event }) => event === "phase");
  return { ...result, recording, phases, summary: JSON.parse(readFileSync(folder.file("s.json"), "utf8")) };
}

describe("--mark", () => {
  test("begins phases of the nearest recorder, at the time of the mark", async () => {
    const before = left();
    const timed = (mark: string) => `date +%s%3N; "$S" --mark ${mark}; date +%s%3N`;
    const script = `${timed("compile")}; sleep 0.3; ${timed('"link  \\"it\\""')}; sleep 0.2`;
    const { code, stdout, stderr, phases, recording, summary } = await recorded(script);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(phases.map(({ text }) => text)).toEqual(["compile", 'link  "it"']);
    const times = stdout.trim().split("\n").map(Number);
    // The time of the mark, not that of the sample that found it.
    for (const [i, { atMs }] of phases.entries()) expect(atMs).toBeWithin(times[2 * i]! - 5, times[2 * i + 1]! + 6);
    const apart = phases[1]!.atMs - phases[0]!.atMs;
    const names = [...recording.series()]
      .filter(({ metric }) => metric.name === RUN.phase.name)
      .map(({ labels }) => labels[0]);
    expect(names).toEqual(["compile", 'link  "it"']);
    expect(summary.phases).toMatchObject([{ phase: "compile", times_count: 1 }, { phase: 'link  "it"' }]);
    expect(summary.phases[0].figures[0].value_seconds).toBeCloseTo(apart / 1000, 2);
    expect(left()).toEqual(before);
  });

  test("does nothing where nobody records, or where another statexec is no ancestor", async () => {
    const before = left();
    expect(await statexec(["--mark", "link"])).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(left()).toEqual(before);
  });

  test("finds its recorder with an empty environment, from a daemon, and through another recorder's command", async () => {
    const inner = '"$S" -q -f inner.prom sh -c "$S --mark inside"';
    const script = `env -i "$S" --mark bare; (setsid sh -c '"$S" --mark daemon' & wait); ${inner}; "$S" --mark outside`;
    const { phases } = await recorded(script);
    expect(phases.map(({ text }) => text)).toEqual(["bare", "daemon", "outside"]);
  });

  test("has budgets of its own", async () => {
    const limits = "link:wall<10ms,link:cpu<1h,compile:wall<1h,lnik:wall<1s";
    const { code, stderr } = await recorded('"$S" --mark compile; "$S" --mark link; sleep 0.1', ["--budget", limits]);
    expect(code).toBe(124);
    expect(stderr).toMatch(/^statexec: budget link:wall<10ms exceeded: ([1-9]\d\d ms|\d+\.\d+ s)$/m);
    expect(stderr).toContain("budget lnik:wall<1s inconclusive: not measured: no phase lnik was marked");
    expect(stderr.trim().split("\n")).toHaveLength(2);
  });

  test("works from a makefile, as its documentation has it", async () => {
    using folder = tempFolder();
    const rules =
      "app: object\n\t-@$(S) --mark link\n\t@sleep 0.1\nobject:\n\t-@$(S) --mark compile\n\t-@missing-statexec --mark x\n\t@sleep 0.1\n";
    writeFileSync(folder.file("Makefile"), rules);
    const words = ["--interval", "0.05", "-f", "run.prom", "make", "-s", "-j2"];
    expect(await statexec(words, { cwd: folder.path, env: { S: BIN } })).toMatchObject({ code: 0 });
    const { events } = new Recorded(folder.file("run.prom")).recording;
    expect(events.filter(({ event }) => event === "phase").map(({ text }) => text)).toEqual(["compile", "link"]);
  });

  test("makes its folder for this user alone, and refuses one that others may write", async () => {
    await recorded('"$S" --mark a');
    expect(statSync(MARKS).mode & 0o777).toBe(0o700);
    const script = `chmod 777 ${MARKS}; "$S" --mark b; echo "status $?"; chmod 700 ${MARKS}`;
    const { stdout, stderr, phases } = await recorded(script);
    expect(stdout).toBe("status 0\n");
    expect(stderr).toMatch(/^statexec: --mark: the phase is not recorded: .*others may write there$/m);
    expect(phases).toEqual([]);
  });

  test("keeps what was marked of a run that is killed", async () => {
    using folder = tempFolder();
    const script = '"$S" --mark kept; "$S" --mark "kept, too"; sleep 2; echo done';
    writeFileSync(folder.file("run.sh"), script);
    const words = [BIN, "--interval", "0.05", "-f", "run.prom", "sh", "run.sh"];
    const run = Bun.spawn(words, { cwd: folder.path, env: cleanEnv({ S: BIN }), stdout: "pipe", stderr: "inherit" });
    await run.stdout.getReader().read();
    run.kill("SIGKILL");
    await run.exited;
    const [journal] = readdirSync(folder.path).filter((name) => name.endsWith(".journal"));
    await runProgram([BIN, "--recover", journal!], { cwd: folder.path });
    const { recording } = new Recorded(folder.file("run.prom"));
    expect(recording.events.filter(({ event }) => event === "phase").map(({ text }) => text)).toEqual([
      "kept",
      "kept, too",
    ]);
  }, 120_000);

  test.each([
    [["--mark"], "the value is missing"],
    [["--mark", " "], "expected a name of at most 100 characters"],
    [["--mark", "a\u001b[31m"], "without control characters"],
    [["--mark", "link", "make"], '--mark runs no command; write it on a line before "make"'],
  ])("%j is refused", async (words, message) => {
    const { code, stderr } = await statexec(words);
    expect(code).toBe(125);
    expect(stderr).toContain(message);
  });
});
