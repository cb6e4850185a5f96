import { describe, expect, test } from "bun:test";
import { forms } from "../helpers/programs.ts";
import { cleanEnv, runProgram, tempFolder } from "../helpers/statexec.ts";

/*
 * Variables that the runtime reads, as a caller sets them for the command. world.test.ts compares everything that the
 * command sees under some of them.
 */

const [binary, launcher] = forms();

/** What the runtime answers before the first line of statexec, by variable; undefined: statexec records as ever. */
const VARIABLES: readonly (readonly [entry: string, withoutLauncher?: RegExp])[] = [
  ["BUN_JSC_useJIT=0"],
  ["BUN_JSC_useJIT=false"],
  ["BUN_JSC_useConcurrentGC=0"],
  ["BUN_JSC_forceRAMSize=1000000"],
  ["BUN_JSC_none=1", /invalid JSC environment variable/],
  ["BUN_OPTIONS=--smol"],
  ["BUN_OPTIONS=--version", /^\d/],
  ["BUN_OPTIONS=--preload=/none.ts", /preload not found/],
  ["BUN_OPTIONS=--inspect=127.0.0.1:0"],
  ["BUN_BE_BUN=1", /Invalid Argument/],
  ["BUN_FEATURE_FLAG_NO_ORPHANS=1"],
  ["BUN_GARBAGE_COLLECTOR_LEVEL=2"],
  ["BUN_CONFIG_VERBOSE_FETCH=curl"],
  ["NODE_OPTIONS=--none"],
];

describe.each(VARIABLES)("under %s", (entry, withoutLauncher) => {
  const [name, value] = entry.split(/=(.*)/) as [string, string];
  const words = ["-f", "run.prom", "sh", "-c", `printf %s "$${name}"; exit 7`];

  test("the package's launcher records the command, which has the variable", async () => {
    using folder = tempFolder();
    const result = await runProgram([launcher!.path, ...words], { cwd: folder.path, env: { [name]: value } });
    expect(result).toEqual({ code: 7, signal: null, stdout: value, stderr: "" });
    expect(await Bun.file(folder.file("run.prom")).text()).toContain("# EOF");
  });

  test("the binary does, unless its runtime ends before", async () => {
    using folder = tempFolder();
    const result = await runProgram([binary!.path, ...words], { cwd: folder.path, env: { [name]: value } });
    if (withoutLauncher) expect(result.stdout + result.stderr).toMatch(withoutLauncher);
    else expect(result).toEqual({ code: 7, signal: null, stdout: value, stderr: "" });
    expect(await Bun.file(folder.file("run.prom")).exists()).toBe(withoutLauncher === undefined);
  });
});

test("the launcher finds a variable at any place of the environment", async () => {
  using folder = tempFolder();
  for (let length = 0; length < 16; length++) {
    const env = { ...cleanEnv(), A: "x".repeat(length), BUN_JSC_none: "1" };
    const words = ["env", "-i", ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
    const result = await runProgram([...words, launcher!.path, "-f", folder.file("run.prom"), "sh", "-c", "exit 7"]);
    expect(result).toEqual({ code: 7, signal: null, stdout: "", stderr: "" });
  }
}, 120_000);

test("what the command leaves running continues, also where a variable would end it", async () => {
  using folder = tempFolder();
  const env = { BUN_FEATURE_FLAG_NO_ORPHANS: "1" };
  const leave = "setsid sh -c 'read _ <end; echo alive >answer' >left 2>&1 & exit 0";
  Bun.spawnSync(["mkfifo", folder.file("end"), folder.file("answer")]);
  const result = await runProgram([binary!.path, "-f", "run.prom", "sh", "-c", leave], { cwd: folder.path, env });
  expect(result).toMatchObject({ code: 0, stderr: "" });
  const answer = Bun.spawn(["timeout", "10", "cat", folder.file("answer")]);
  const opened = Bun.spawn(["timeout", "10", "sh", "-c", `echo >${folder.file("end")}`]);
  expect(await opened.exited).toBe(0);
  expect(await answer.stdout.text()).toBe("alive\n");
});

test("without its compiler and a folder for a moment, one line says what to do", async () => {
  using folder = tempFolder();
  const hidden = `mount -t tmpfs -o ro none /dev/shm && mount -t tmpfs -o ro none ${folder.path}`;
  if (Bun.spawnSync(["unshare", "--mount", "true"]).exitCode !== 0) return;
  const script = `${hidden} && cd / && exec "$@"`;
  const words = [
    "unshare",
    "--mount",
    "sh",
    "-c",
    script,
    "sh",
    "env",
    "BUN_JSC_useJIT=0",
    `TMPDIR=${folder.path}`,
    binary!.path,
    "true",
  ];
  const result = await runProgram(words);
  expect(result).toMatchObject({ code: 125, stdout: "" });
  expect(result.stderr).toMatch(/^statexec: BUN_JSC_useJIT [^\n]*env\(1\)\n$/);
});
