import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { loadFigures } from "../../src/load/load-recordings.ts";
import { durationText } from "../../src/recording/quantities.ts";
import { program } from "../helpers/programs.ts";
import { BIN, runProgram, statexec, tempFolder } from "../helpers/statexec.ts";
import { CTRL_C, Terminal } from "../helpers/terminal.ts";

describe("statexec --runs", () => {
  test("each run has a recording of its own, and the command's streams are the caller's", async () => {
    using folder = tempFolder();
    const words = [
      "--runs",
      "3",
      "--warmup=2",
      "--prepare",
      "echo prepared",
      "--",
      "sh",
      "-c",
      "echo out; echo err >&2",
    ];
    const { code, stdout, stderr } = await statexec(words, { cwd: folder.path });
    expect(code).toBe(0);
    expect(stdout).toBe("prepared\nout\n".repeat(5));
    expect(stderr).toStartWith("err\n".repeat(5));
    expect(stderr).toContain("3 runs of sh -c echo out; echo err >&2");
    const files = ["statexec_metrics.1.prom", "statexec_metrics.2.prom", "statexec_metrics.3.prom"];
    expect(readdirSync(folder.path).sort()).toEqual(files);
    const ids = files.map((file) => /started_at="([^"]+)"/.exec(readFileSync(folder.file(file), "utf8"))?.[1]);
    expect(new Set(ids).size).toBe(3);
  });

  test("the table's figures are those of the files", async () => {
    using folder = tempFolder();
    const { stderr } = await statexec(["--runs=3", "sh", "-c", "sleep 0.3"], { cwd: folder.path });
    const walls: number[] = [];
    for (let run = 1; run <= 3; run++)
      walls.push((await loadFigures(folder.file(`statexec_metrics.${run}.prom`))).runs[0]!.wallSeconds!);
    const [, , median, , min, max] = /^wall time.*$/m.exec(stderr)![0].split(/ {2,}/);
    const sorted = walls.toSorted((a, b) => a - b).map(durationText);
    expect([min, median, max]).toEqual(sorted);
  });

  test("--precision ends it when the wall time is known well enough, and not before five runs", async () => {
    using folder = tempFolder();
    const made = () => readdirSync(folder.path).length;
    const words = ["--runs", "7", "-q", "--precision"];
    // Five times of a busy machine, however much they differ, are within 280 % of their mean.
    expect((await statexec([...words, "280%", "sleep", "0.1"], { cwd: folder.path })).code).toBe(0);
    expect(made()).toBe(5);
    expect((await statexec([...words, "0", "sleep", "0.01"], { cwd: folder.path })).code).toBe(0);
    expect(made()).toBe(7);
  });

  test("the first failure ends the series, with its status", async () => {
    using folder = tempFolder();
    const script = "echo x >> runs; [ $(wc -l < runs) -lt 3 ] || exit 7";
    const { code, stderr } = await statexec(["--runs", "5", "sh", "-c", script], { cwd: folder.path });
    expect(code).toBe(7);
    expect(readFileSync(folder.file("runs"), "utf8")).toBe("x\n".repeat(3));
    expect(stderr).toStartWith("statexec: run 3 of 5: Command done with status 7; the series ends\n2 runs of ");
  });

  test("--ignore-failure goes on, and says which failed", async () => {
    using folder = tempFolder();
    const script = "echo x >> runs; [ $(wc -l < runs) -ne 2 ] || kill -SEGV $$";
    const { code, stderr } = await statexec(["--runs", "4", "--ignore-failure", "sh", "-c", script], {
      cwd: folder.path,
    });
    expect(code).toBe(0);
    expect(stderr).toContain("1 of 4 runs failed: 2.");
  });

  test("what --prepare cannot prepare is not run", async () => {
    using folder = tempFolder();
    const { code, stderr } = await statexec(["--runs", "3", "--prepare", "exit 4", "touch", "ran"], {
      cwd: folder.path,
    });
    expect([code, existsSync(folder.file("ran"))]).toEqual([4, false]);
    expect(stderr).toBe("statexec: --prepare before run 1 of 3: Command done with status 4; the series ends\n");
  });

  test("a command that is not there: 127, and no table of older files", async () => {
    using folder = tempFolder();
    await statexec(["--runs", "2", "-q", "true"], { cwd: folder.path });
    const { code, stderr } = await statexec(["--runs", "2", "no-such-command"], { cwd: folder.path });
    expect(code).toBe(127);
    expect(stderr).not.toContain("wall time");
  });

  test("SIGTERM reaches the command, ends the series, and the runs before it are shown", async () => {
    using folder = tempFolder();
    const script = "echo x >> runs; [ $(wc -l < runs) -lt 3 ] || { kill -TERM $(cat series); exec sleep 60; }";
    const run = `echo $$ > series; exec ${BIN} --runs 5 --ignore-failure -- sh -c '${script}'`;
    const { code, signal, stderr } = await runProgram(["sh", "-c", run], { cwd: folder.path });
    expect([code, signal]).toEqual([null, "SIGTERM"]);
    expect(stderr).toContain("statexec: run 3 of 5: Command ended by SIGTERM; the series ends\n2 runs of ");
    expect(readFileSync(folder.file("statexec_metrics.3.prom"), "utf8")).toEndWith("# EOF\n");
  });

  test("Ctrl-C ends it with the table, and a person sees how far it is", async () => {
    using folder = tempFolder();
    // `exec`: dash drops a SIGINT that comes between its vfork and the child's exec.
    const script = "echo x >> runs; [ $(wc -l < runs) -lt 2 ] || { echo waiting; exec sleep 60; }";
    const terminal = new Terminal([BIN, "--runs", "3", "--", "sh", "-c", script], { cwd: folder.path, env: {} });
    await terminal.shows(/statexec: run 1 of 3\r?\n/);
    await terminal.shows(/statexec: run 2 of 3; about .* to go/);
    await terminal.shows(/waiting/);
    terminal.type(CTRL_C);
    await terminal.shows(/run 2 of 3: Command ended by SIGINT; the series ends/);
    await terminal.shows(/1 run of sh/);
    await terminal.child.exited;
    expect(terminal.child.signalCode).toBe("SIGINT");
  });
});

/** What a caller sets up, of each kind that a process between it and the command could change. */
const CALLERS = {
  plain: "RUN a '' -- 'b  c'",
  "signals ignored, those of the runtime too": "trap '' TERM USR1 PIPE XFSZ; RUN; :",
  "limits, descriptors and a closed stdin": "ulimit -S -n 300; exec 9<. 7<>seven; RUN <&-; :",
  "bytes that are no UTF-8": String.raw`export ODD="$(printf '\377')"; RUN "$(printf '\377\376')" plain`,
  "blocked signals, odd names": `${program("launch")} -b 1 -b 15 -E nothing -E A=1 -E A=3 RUN`,
};

test.each(Object.entries(CALLERS))("the command's world in a series is that of a single run: %s", async (_, script) => {
  using folder = tempFolder();
  const work = folder.file("work");
  mkdirSync(work);
  const dump = folder.file("dump");
  const once = (words: string, kept: string) =>
    `(${script.replace("RUN", `${words} ${program("dump")} ${dump}`)}\n)\nmv ${dump} ${folder.file(kept)}`;
  const lines = [once("", "bare"), once(`${BIN} -q --runs=2 --warmup=1 -f ${folder.file("run.prom")} --`, "series")];
  const { stderr } = await runProgram(["dash", "-c", lines.join("\n")], { cwd: work });
  expect(stderr).toBe("");
  const dumped = (kept: string) => readFileSync(folder.file(kept), "latin1").split("\n");
  expect(dumped("series")).toEqual(dumped("bare"));
  expect(dumped("bare").length).toBeGreaterThan(50);
});
