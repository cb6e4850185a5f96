import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { freePort, Side } from "../helpers/sides.ts";
import { BIN, runProgram, statexec, tempFolder } from "../helpers/statexec.ts";

/** Long enough for a delay to be written to a journal. */
const DELAY = ["--delay-before-command", "1.3"];

describe("the command's own status is ours", () => {
  test.each([
    [["true"], 0],
    [["sh", "-c", "exit 3"], 3],
    [["sh", "-c", "exit 255"], 255],
  ])("%p: %p", async (command, code) => {
    using folder = tempFolder();
    const result = await statexec(["-f", folder.file("run.prom"), "--", ...command]);
    expect(result).toEqual({ code, signal: null, stdout: "", stderr: "" });
  });

  test.each(["SIGTERM", "SIGKILL", "SIGINT", "SIGHUP", "SIGUSR1", "SIGPIPE", "SIGALRM"])(
    "an end by %s too",
    async (signal) => {
      using folder = tempFolder();
      const result = await statexec(["-f", folder.file("run.prom"), "sh", "-c", `kill -${signal.slice(3)} $$`]);
      expect(result).toEqual({ code: null, signal, stdout: "", stderr: "" });
      expect(readFileSync(folder.file("run.prom"), "utf8")).toContain(`text="Command ended by ${signal}"`);
    },
  );

  test.each(["SIGQUIT", "SIGABRT", "SIGSEGV"])("an end by %s too, which would write a core file", async (signal) => {
    using folder = tempFolder();
    const end = `ulimit -c 0; kill -${signal.slice(3)} $$`;
    const result = await statexec(["-f", folder.file("run.prom"), "sh", "-c", end]);
    expect(result).toEqual({ code: null, signal, stdout: "", stderr: "" });
  });
});

describe("a command that cannot be started", () => {
  test("is not found: 127, a line, and no file", async () => {
    using folder = tempFolder();
    const result = await statexec(["no-such-command"], { cwd: folder.path });
    expect(result).toEqual({
      code: 127,
      signal: null,
      stdout: "",
      stderr: "statexec: no-such-command: not found in PATH; check the name, or give its path\n",
    });
    expect(existsSync(folder.file("statexec_metrics.prom"))).toBe(false);
  });

  test.each([
    ["without permission", "file", 126, "statexec: ./file: no permission to execute it; try chmod +x ./file\n"],
    ["that is a folder", "folder", 126, "statexec: ./folder: is a directory, not a command\n"],
    [
      "with a missing interpreter",
      "orphan",
      127,
      "statexec: ./orphan: its interpreter is missing; look at the file's first line\n",
    ],
  ])("%s", async (_, name, code, stderr) => {
    using folder = tempFolder();
    writeFileSync(folder.file("file"), "");
    mkdirSync(folder.file("folder"));
    writeFileSync(folder.file("orphan"), "#!/no/such/interpreter\n");
    chmodSync(folder.file("orphan"), 0o755);
    const result = await statexec([`./${name}`], { cwd: folder.path });
    expect(result).toEqual({ code, signal: null, stdout: "", stderr });
    expect(Array.from(new Bun.Glob("*.prom").scanSync({ cwd: folder.path, dot: true }))).toEqual([]);
  });

  test.each([
    ["in its folder", []],
    ["in the folder of --journal-dir", ["--journal-dir", "journals"]],
  ])("after a delay leaves nothing %s: no metrics file, no part file, no journal", async (_, options) => {
    using folder = tempFolder();
    mkdirSync(folder.file("journals"));
    writeFileSync(folder.file("orphan"), "#!/no/such/interpreter\n");
    chmodSync(folder.file("orphan"), 0o755);
    const result = await statexec([...DELAY, ...options, "./orphan"], { cwd: folder.path });
    expect(result).toMatchObject({ code: 127, signal: null, stdout: "" });
    expect(result.stderr).toMatch(/^statexec: [^\n]+\n$/);
    expect(readdirSync(folder.path).sort()).toEqual(["journals", "orphan"]);
    expect(readdirSync(folder.file("journals"))).toEqual([]);
  });

  test("since it was removed during a delay leaves nothing either", async () => {
    using folder = tempFolder();
    writeFileSync(folder.file("gone"), "#!/bin/sh\n");
    chmodSync(folder.file("gone"), 0o755);
    const removing = `(sleep 0.5; rm gone) & exec ${BIN} ${DELAY.join(" ")} ./gone`;
    const result = await runProgram(["sh", "-c", removing], { cwd: folder.path });
    expect(result).toMatchObject({ code: 127, signal: null, stdout: "" });
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test("without a #! line is run by /bin/sh, its arguments as they are", async () => {
    using folder = tempFolder();
    writeFileSync(folder.file("script"), 'printf "%s|" "$0" "$@"; exit 4\n');
    chmodSync(folder.file("script"), 0o755);
    const result = await statexec(["./script", "a b", "", "-c"], { cwd: folder.path });
    expect(result).toEqual({ code: 4, signal: null, stdout: "./script|a b||-c|", stderr: "" });
  });
});

test("a signal while a server waits for its clients ends it by that signal, and leaves nothing", async () => {
  using folder = tempFolder();
  const server = await new Side("server", ["-s", "-sp", `${freePort()}`, "touch", "started"], {
    cwd: folder.path,
  }).listening();
  server.child.kill("SIGTERM");
  expect(await server.status()).toBe(128 + 15);
  expect(readdirSync(folder.path)).toEqual([]);
});

describe("our own failures are 125", () => {
  test.each([
    ["no command", []],
    ["an unknown option", ["--bogus", "true"]],
    ["a missing value", ["-f", "--", "true"]],
    ["a journal's folder that is not there", ["--journal-dir", "/no/such/folder", "touch", "started"]],
    ["a journal's folder that is a file", ["--journal-dir", "/etc/hostname", "touch", "started"]],
    ["a peer that is not there", ["-c", "127.0.0.1:9", "--sync-timeout", "0.1", "touch", "started"]],
    ["an output path that cannot be written", ["-f", "/no/such/folder/run.prom", "touch", "started"]],
  ])("%s, before the command starts: one line, no stack trace, no usage", async (_, words) => {
    using folder = tempFolder();
    const result = await statexec(words, { cwd: folder.path });
    expect(result).toMatchObject({ code: 125, signal: null, stdout: "" });
    expect(result.stderr).toMatch(/^statexec: [^\n]+\n$/);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test("a file that cannot be written at the end, if the command did well", async () => {
    using folder = tempFolder();
    const done = await statexec(["-f", "/dev/full", "true"], { env: { TMPDIR: folder.path } });
    expect(done.code).toBe(125);
    expect(done.stderr).toStartWith(
      "statexec: /dev/full: cannot be written (No space left on device); what was recorded is kept; ",
    );
  });

  test("but not where the command failed itself", async () => {
    using folder = tempFolder();
    const failed = await statexec(["-f", "/dev/full", "sh", "-c", "exit 3"], { env: { TMPDIR: folder.path } });
    expect(failed.code).toBe(3);
    expect(failed.stderr).toStartWith(
      "statexec: /dev/full: cannot be written (No space left on device); what was recorded is kept; ",
    );
  });
});

describe("what prints and exits", () => {
  test("--version", async () => {
    expect(await statexec(["--version"])).toMatchObject({ code: 0, stdout: "statexec 0.1.0\n", stderr: "" });
  });

  test.each(["--help", "-help", "-h"])("%s, in 80 columns", async (word) => {
    const result = await statexec([word]);
    expect(result).toMatchObject({ code: 0, stderr: "" });
    expect(result.stdout).toContain("statexec --help all");
    expect(await statexec([word, "all"])).toMatchObject({
      ...{ code: 0, stderr: "", stdout: expect.stringContaining("--metrics-start-time") },
    });
    for (const line of result.stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  test("into a pipe that nobody reads: no stack trace", async () => {
    const result = await statexec([
      "-f",
      "/dev/null",
      "sh",
      "-c",
      `${process.env.BIN ?? "dist/statexec"} --help | true`,
    ]);
    expect(result.stderr).not.toContain("at ");
  });
});
