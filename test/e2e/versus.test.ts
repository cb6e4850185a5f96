import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import Ajv2020 from "ajv/dist/2020.js";
import schema from "../../schemas/runs.schema.json";
import { loadFigures } from "../../src/load/load-recordings.ts";
import { BIN, runProgram, statexec, tempFolder } from "../helpers/statexec.ts";

describe("statexec --versus", () => {
  test("the commands take turns, each run has a recording that says which it is, and the table compares", async () => {
    using folder = tempFolder();
    const lines = [`sh -c 'printf "a " >> order'`, `sh -c 'printf "b " >> order; sleep 0.2'`];
    const words = ["--runs", "5", "--warmup", "1", "--prepare", "printf . >> order", "-f", "x.prom", "--versus"];
    const { code, stdout, stderr } = await statexec([...words, ...lines], { cwd: folder.path });
    expect([code, stdout]).toEqual([0, ""]);
    expect(readFileSync(folder.file("order"), "utf8")).toBe(".a .b ".repeat(6));
    const files = readdirSync(folder.path).filter((name) => name.endsWith(".prom"));
    const expected = ["a-sh", "b-sh"].flatMap((mark) => [1, 2, 3, 4, 5].map((run) => `x.${mark}.${run}.prom`));
    expect(files.sort()).toEqual(expected);
    const { runs } = await loadFigures(folder.file("x.b-sh.3.prom"));
    expect(runs[0]!.command).toBe(`sh -c 'printf "b " >> order; sleep 0.2'`);
    const wall = stderr.split("\n").slice(stderr.split("\n").indexOf("wall time") + 1);
    expect(wall[1]).toMatch(/^ {2}B .* worse$/);
  });

  test("--parameter gives one command each value in turn, in --prepare as well", async () => {
    using folder = tempFolder();
    const words = ["--runs=2", "-q", "--parameter", "n=1,2", "--parameter", "s=x y,z", "--prepare", "printf {n} >> n"];
    const { code, stdout } = await statexec([...words, "--", "printf", "%s|", "{n}", "{s}"], { cwd: folder.path });
    expect([code, stdout]).toEqual([0, "1|x y|1|z|2|x y|2|z|".repeat(2)]);
    expect(readFileSync(folder.file("n"), "utf8")).toBe("1122".repeat(2));
    expect(existsSync(folder.file("statexec_metrics.n-2.s-x_y.2.prom"))).toBe(true);
  });

  test("a shell runs the lines only where asked for", async () => {
    using folder = tempFolder();
    const refused = await statexec(["--versus", "touch ran; echo", "true"], { cwd: folder.path });
    expect(refused).toMatchObject({ code: 125, stdout: "" });
    expect(refused.stderr).toStartWith(
      'statexec: --versus: "touch ran; echo" has a ;, which needs a shell: add --shell',
    );
    expect(existsSync(folder.file("ran"))).toBe(false);
    const run = await statexec(["--versus", "-q", "--shell", "echo a | tr a b", "echo $0"], { cwd: folder.path });
    expect([run.code, run.stdout]).toEqual([0, "b\n/bin/sh\n"]);
  });

  test("the first failure names its command and ends the series", async () => {
    using folder = tempFolder();
    const words = ["--runs", "3", "--versus", "true", "sh -c 'echo x >> n; test $(wc -l < n) -lt 2'"];
    const { code, stderr } = await statexec(words, { cwd: folder.path });
    expect(code).toBe(1);
    expect(stderr).toStartWith(
      "statexec: B: run 2 of 3: Command done with status 1; the series ends\nRuns in turns of",
    );
    expect(stderr).toMatch(/A, 2 runs .*\n.*B, 1 run /);
    const all = await statexec(["--ignore-failure", ...words], { cwd: folder.path });
    expect(all.code).toBe(0);
    expect(all.stderr).toContain("B: 3 of 3 runs failed: 1, 2, 3.");
  });

  test("SIGTERM reaches the command whose turn it is, and ends the series", async () => {
    using folder = tempFolder();
    writeFileSync(folder.file("b"), "kill -TERM $(cat series); exec sleep 60\n");
    const script = `echo $$ > series; exec ${BIN} --runs 3 --ignore-failure --versus true 'sh b' true`;
    const { signal, stderr } = await runProgram(["sh", "-c", script], { cwd: folder.path });
    expect(signal).toBe("SIGTERM");
    expect(stderr).toContain("statexec: B: run 1 of 3: Command ended by SIGTERM; the series ends\n");
    expect(readdirSync(folder.path).filter((name) => name.includes(".c-true."))).toEqual([]);
  });

  test("--precision ends it when every command is known, --max-time when the time is up", async () => {
    using folder = tempFolder();
    const words = ["--runs", "7", "-q", "--versus"];
    const made = () => readdirSync(folder.path).length;
    // Five times of a busy machine, however much they differ, are within 280 % of their mean.
    await statexec(["--precision", "280", ...words, "sleep 0.05", "sleep 0.06"], { cwd: folder.path });
    expect(made()).toBe(10);
    using other = tempFolder();
    await statexec(["--max-time", "50ms", ...words, "sleep 0.05", "true"], { cwd: other.path });
    expect(readdirSync(other.path).length).toBe(2);
  });
});

describe("the files of a series", () => {
  test("have the runs of the table, also with --quiet", async () => {
    using folder = tempFolder();
    const outputs = ["--runs-json", "r.json", "--runs-csv", "r.csv", "--runs-markdown", "r.md"];
    writeFileSync(folder.file("r.md"), "before\n");
    const words = ["--runs", "2", "-q", ...outputs, "--parameter", "n=0.01,0.02", "sleep", "{n}"];
    expect(await statexec(words, { cwd: folder.path })).toMatchObject({ code: 0, stdout: "", stderr: "" });
    const json = JSON.parse(readFileSync(folder.file("r.json"), "utf8"));
    const validate = new Ajv2020({ strict: true, formats: { "date-time": true } }).compile(schema);
    expect(validate(json), JSON.stringify(validate.errors)).toBe(true);
    for (const { runs } of json.commands)
      for (const run of runs) {
        const { wallSeconds } = (await loadFigures(folder.file(run.metrics_file))).runs[0]!;
        expect(run.wall_seconds).toBe(wallSeconds);
      }
    expect(readFileSync(folder.file("r.csv"), "utf8").split("\n")).toHaveLength(6);
    expect(readFileSync(folder.file("r.md"), "utf8")).toStartWith("before\n\n### 2 runs of each of 2 commands\n");
  });

  test("are refused before anything runs", async () => {
    using folder = tempFolder();
    const words = (file: string) => ["--runs", "2", "--runs-json", file, "touch", "ran"];
    writeFileSync(folder.file("run.prom"), "# TYPE x gauge\n");
    for (const file of ["none/r.json", "run.prom"])
      expect(await statexec(words(file), { cwd: folder.path })).toMatchObject({ code: 125 });
    const twice = ["--runs", "2", "--runs-json", "r", "--runs-csv", "r", "touch", "ran"];
    expect((await statexec(twice, { cwd: folder.path })).stderr).toContain("is both --runs-json and --runs-csv");
    expect(readdirSync(folder.path)).toEqual(["run.prom"]);
  });

  test("leave nothing where no run ended", async () => {
    using folder = tempFolder();
    const { code } = await statexec(["--runs", "2", "--runs-json", "r.json", "false"], { cwd: folder.path });
    expect(code).toBe(1);
    expect(readdirSync(folder.path)).toEqual(["statexec_metrics.1.prom"]);
  });
});

describe("--output", () => {
  const run = async (place: string, folder: { readonly path: string }) =>
    statexec(["--runs", "2", "-q", "--warmup", "1", "--output", place, "sh", "-c", "echo out; echo err >&2"], {
      cwd: folder.path,
    });

  test.each([
    ["inherit", "out\n".repeat(3)],
    ["null", ""],
    ["pipe", ""],
  ])("%s: standard error stays", async (place, stdout) => {
    using folder = tempFolder();
    expect(await run(place, folder)).toMatchObject({ code: 0, stdout, stderr: "err\n".repeat(3) });
  });

  test("a file has the output of all runs, and of no earlier series", async () => {
    using folder = tempFolder();
    writeFileSync(folder.file("log"), "earlier\n");
    expect(await run("log", folder)).toMatchObject({ code: 0, stdout: "" });
    expect(readFileSync(folder.file("log"), "utf8")).toBe("out\n".repeat(3));
    expect(statSync(folder.file("log")).mode & 0o111).toBe(0);
  });

  test("is what the command's descriptor is", async () => {
    using folder = tempFolder();
    const kindOf = async (place: string, how = "") => {
      const script = `${BIN} --runs 2 -q --output ${place} sh -c 'kind=$(readlink /proc/$$/fd/1); echo $kind > kind' ${how}`;
      await runProgram(["sh", "-c", script], { cwd: folder.path });
      return readFileSync(folder.file("kind"), "utf8").trim();
    };
    expect(await kindOf("null")).toBe("/dev/null");
    expect(await kindOf("pipe")).toStartWith("pipe:");
    expect(await kindOf("log")).toBe(folder.file("log"));
    // Also where the caller closed its own.
    expect(await kindOf("null", ">&-")).toBe("/dev/null");
  });

  test("a pipe is read to its end, however much comes", async () => {
    using folder = tempFolder();
    const words = ["--runs", "2", "-q", "--output", "pipe", "sh", "-c", "head -c 5000000 /dev/zero; echo done >> done"];
    expect(await statexec(words, { cwd: folder.path })).toMatchObject({ code: 0, stdout: "" });
    expect(readFileSync(folder.file("done"), "utf8")).toBe("done\n".repeat(2));
  });

  test("a recording is not overwritten, and a folder is no file", async () => {
    using folder = tempFolder();
    writeFileSync(folder.file("run.prom"), "# TYPE x gauge\n");
    expect((await run("run.prom", folder)).stderr).toContain("is a recording, which would be lost");
    const refused = await run(".", folder);
    expect(refused).toMatchObject({ code: 125, stderr: expect.stringMatching(/^statexec: --output: \.: .*; choose/) });
  });
});
