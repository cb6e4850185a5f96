import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { COMMAND, RUN, series } from "../../src/catalog/index.ts";
import { program } from "../helpers/programs.ts";
import { recordingOf, renderBytes, START_MS } from "../helpers/recording.ts";
import { statexec, tempFolder } from "../helpers/statexec.ts";

/** Returns a metrics file of a run that took this long. */
function fileOf(seconds: number, command = "make", facts: readonly (readonly [string, string])[] = []): Uint8Array {
  return renderBytes(
    recordingOf({
      facts: [["command", command], ...facts],
      parts: [
        {
          columns: [series(RUN.commandStatus), series(COMMAND.duration)],
          rows: [
            [START_MS, 1, undefined],
            [START_MS + seconds * 1000, 2, seconds],
          ],
        },
      ],
    }),
  );
}

function folderOf(files: Readonly<Record<string, Uint8Array | string>>) {
  const folder = tempFolder();
  for (const [name, bytes] of Object.entries(files)) writeFileSync(folder.file(name), bytes);
  return folder;
}

const row = (stdout: string) => /^wall time.*$/m.exec(stdout)?.[0].trim().split(/ {2,}/);

describe("statexec --compare", () => {
  test("says what became worse, and exits with 1 for it", async () => {
    using folder = folderOf({ "base.prom": fileOf(10), "new.prom": fileOf(12) });
    const { code, stdout, stderr } = await statexec(["--compare", "base.prom", "new.prom"], { cwd: folder.path });
    expect(row(stdout)).toEqual(["wall time", "10.00 s", "12.00 s", "+20.0 %", "worse"]);
    expect(stdout).not.toContain("\u001b");
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    const back = await statexec(["--compare", "new.prom", "base.prom"], { cwd: folder.path });
    expect([back.code, row(back.stdout)?.at(-1)]).toEqual([0, "better"]);
  });

  test("takes --noise, and several files a side", async () => {
    using folder = folderOf({ "a.prom": fileOf(10), "b.prom": fileOf(13), "c.prom": fileOf(12), "d.prom": fileOf(15) });
    const noisy = await statexec(["--compare", "--noise", "25", "a.prom", "c.prom"], { cwd: folder.path });
    expect([noisy.code, row(noisy.stdout)?.at(-1)]).toEqual([0, "same"]);
    const words = ["--compare", "--base", "a.prom", "--base=b.prom", "c.prom", "d.prom"];
    const several = await statexec(words, { cwd: folder.path });
    expect([several.code, row(several.stdout)]).toEqual([
      0,
      ["wall time", "11.50 s", "13.50 s", "+17.4 %", "not comparable"],
    ]);
  });

  test("of several runs, says how far a change is known, by the bootstrap", async () => {
    const sides = { base: [10, 10.1, 10.2, 9.9, 10], new: [12, 12.1, 12.2, 11.9, 12] };
    const files = Object.entries(sides).flatMap(([side, all]) => all.map((s, i) => [`${side}${i}.prom`, fileOf(s)]));
    using folder = folderOf(Object.fromEntries(files));
    const base = sides.base.flatMap((_, i) => ["--base", `base${i}.prom`]);
    const next = sides.new.map((_, i) => `new${i}.prom`);
    const { code, stdout } = await statexec(["--compare", ...base, ...next], { cwd: folder.path });
    expect([code, row(stdout)]).toEqual([1, ["wall time", "10.00 s", "12.00 s", "+20.0 %", "worse"]]);
    expect(stdout).toContain("\nwall time: the change is between +17.6 % and +22.0 %, with 95 % confidence\n");
  });

  test("does not compare the times of other machines, and says where hosts and kernels differ", async () => {
    const on = (cpus: string, host: string) =>
      fileOf(10, "make", [
        ["cpus", cpus],
        ["host", host],
        ["kernel", "6.1.0"],
      ]);
    using folder = folderOf({ "a.prom": on("2", "old\u202e"), "b.prom": on("2", "new"), "c.prom": on("8", "new") });
    const same = await statexec(["--compare", "a.prom", "b.prom"], { cwd: folder.path });
    expect([same.code, row(same.stdout)?.at(-1)]).toEqual([0, "same"]);
    expect(same.stdout).toContain("the host was old\\u202e for the base, new now\n");
    expect(same.stdout).not.toContain("kernel");
    const other = await statexec(["--compare", "b.prom", "c.prom"], { cwd: folder.path });
    expect([other.code, row(other.stdout)?.at(-1)]).toEqual([0, "not comparable"]);
    expect(other.stdout).toContain("wall time: on machines of 2 CPUs of the base, 8 CPUs now\n");
  });

  test("refuses runs of different commands without --any-command", async () => {
    using folder = folderOf({ "base.prom": fileOf(10), "new.prom": fileOf(10, "ls") });
    const refused = await statexec(["--compare", "base.prom", "new.prom"], { cwd: folder.path });
    expect(refused).toMatchObject({ code: 125, stdout: "" });
    expect(refused.stderr).toBe(
      'statexec: these are runs of different commands: "make", "ls"; --any-command compares them all the same\n',
    );
    expect((await statexec(["--compare", "--any-command", "base.prom", "new.prom"], { cwd: folder.path })).code).toBe(
      0,
    );
  });

  test("names a file that is not a metrics file, and warns of a truncated one", async () => {
    const whole = fileOf(10);
    using folder = folderOf({ "base.prom": whole, "cut.prom": whole.subarray(0, whole.length - 6), "x.prom": "x\n" });
    const refused = await statexec(["--compare", "base.prom", "x.prom"], { cwd: folder.path });
    expect(refused).toMatchObject({
      code: 125,
      stderr: expect.stringContaining("x.prom:1: expected a metric of statexec"),
    });
    const cut = await statexec(["--compare", "base.prom", "cut.prom"], { cwd: folder.path });
    expect(cut).toMatchObject({ code: 0, stderr: expect.stringMatching(/cut\.prom:\d+: expected # EOF/) });
  });

  test("compares runs that took turns by these, and says so", async () => {
    using folder = tempFolder();
    const series = ["-q", "--runs", "5", "--versus", "-f", "run.prom", "true", "sleep 0"];
    const { code, stderr } = await statexec(series, { cwd: folder.path });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const files = [...new Bun.Glob("run.*.prom").scanSync(folder.path)].sort();
    expect(files.length).toBe(10);
    const base = files.slice(0, 5).flatMap((file) => ["--base", file]);
    const words = ["--compare", "--any-command", "--noise", "1000", ...base];
    const { stdout } = await statexec([...words, ...files.slice(5)], { cwd: folder.path });
    expect(stdout).toContain("\nthe runs took turns: each is compared with its neighbour in time\n");
    const one = await statexec([...words, ...files.slice(5, 9)], { cwd: folder.path });
    expect(one.stdout).not.toContain("took turns");
  });

  test("does not compare peaks that were sampled at different intervals", async () => {
    using folder = tempFolder();
    const command = ["sh", "-c", `sleep 0.3; ${program("load")} private 1 40 100`];
    const record = (file: string, interval: string) =>
      statexec(["-q", "--interval", interval, "-f", file, ...command], { cwd: folder.path });
    await record("base.prom", "0.25");
    await record("new.prom", "0.05");
    const { code, stdout } = await statexec(["--compare", "--noise", "1000", "base.prom", "new.prom"], {
      cwd: folder.path,
    });
    expect(stdout).toMatch(/^peak memory .* not comparable$/m);
    expect(stdout).toMatch(
      /^peak memory: (sampled every 0.25 s of the base, every 0.05 s now|one process held |a lower bound: )/m,
    );
    expect(code).toBe(0);
  });

  test.each<[string[], RegExp]>([
    [["--compare"], /--compare: no files; name two/],
    [["--compare", "a.prom"], /--compare: one file only/],
    [["--compare", "a.prom", "b.prom", "c.prom"], /more than two files; put --base/],
    [["--noise", "5", "ls"], /--noise has no effect without --compare/],
    [["--compare", "--no-open", "a", "b"], /--no-open has no effect without --explore/],
    [["--compare", "--noise", "x", "a", "b"], /--noise: got "x", expected a number of percent/],
  ])("%j is refused with what is missing", async (words, message) => {
    const { code, stderr } = await statexec(words);
    expect(code).toBe(125);
    expect(stderr).toMatch(message);
  });
});
