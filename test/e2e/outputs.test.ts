import { describe, expect, test } from "bun:test";
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pushTarget } from "../helpers/push-target.ts";
import { BIN, cleanEnv, type RunResult, runProgram, tempFolder } from "../helpers/statexec.ts";

/** Debian's user `nobody`, who owns no files. */
const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;
const mayUnshare = isRoot && Bun.spawnSync(["unshare", "-m", "true"]).success;

/** Runs a script as Debian's nobody. */
function asNobody(script: string, folder: string): Promise<RunResult> {
  const words = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "sh", "-c", script];
  return runProgram(words, { cwd: folder, env: cleanEnv({ BIN }) });
}

/** Runs a script in a mount namespace of its own: its mounts are invisible elsewhere. */
function inNamespace(script: string, folder: string): Promise<RunResult> {
  return runProgram(["unshare", "-m", "sh", "-c", script], { cwd: folder, env: cleanEnv({ BIN }) });
}

describe.skipIf(!isRoot)("a user without rights", () => {
  test("who cannot create a file has an existing one written in place: the inode stays", async () => {
    using folder = tempFolder();
    chmodSync(folder.path, 0o755);
    writeFileSync(folder.file("run.prom"), "x".repeat(100_000));
    chownSync(folder.file("run.prom"), NOBODY, NOBODY);
    const { ino } = statSync(folder.file("run.prom"));
    const result = await asNobody('"$BIN" -f run.prom true', folder.path);
    expect(result).toEqual({ code: 0, signal: null, stdout: "", stderr: "" });
    expect(statSync(folder.file("run.prom")).ino).toBe(ino);
    expect(readFileSync(folder.file("run.prom"), "utf8")).toEndWith("# EOF\n");
    expect(readdirSync(folder.path)).toEqual(["run.prom"]);
  });

  test.each([
    [
      "who cannot create a file has a new one refused",
      "new.prom",
      "nothing can be made in its folder . (Permission denied)",
    ],
    ["has a read-only file refused", "open/mine.prom", "is read-only; remove it or choose another --file"],
    ["has another user's file refused", "theirs.prom", "is read-only; remove it or choose another --file"],
  ])("%s, before the command starts", async (_, name, message) => {
    using folder = tempFolder();
    chmodSync(folder.path, 0o755);
    writeFileSync(folder.file("theirs.prom"), "old");
    mkdirSync(folder.file("open"));
    chmodSync(folder.file("open"), 0o777);
    writeFileSync(folder.file("open/mine.prom"), "old");
    chownSync(folder.file("open/mine.prom"), NOBODY, NOBODY);
    chmodSync(folder.file("open/mine.prom"), 0o444);
    const result = await asNobody(`"$BIN" -f ${name} echo started`, folder.path);
    expect(result).toEqual({ code: 125, signal: null, stdout: "", stderr: `statexec: ${name}: ${message}\n` });
  });
});

describe.skipIf(!mayUnshare)("as root, in a /dev of its own", () => {
  const PRIVATE_DEV = [
    "mkdir dev && mount -t tmpfs none dev",
    "mknod dev/null c 1 3 && mknod dev/full c 1 7 && mkfifo dev/fifo",
    "mount --bind dev /dev",
  ].join(" && ");

  test("devices and fifos are written and not replaced", async () => {
    using folder = tempFolder();
    const script = [
      PRIVATE_DEV,
      '"$BIN" -f /dev/null true; echo $?; stat -c %F /dev/null',
      'cat /dev/fifo > got & "$BIN" -f /dev/fifo true; echo $?; wait; stat -c %F /dev/fifo; tail -n 1 got',
      '"$BIN" -f /dev/full true 2> /dev/null; echo $?; stat -c %F /dev/full; ls -A /dev',
    ].join("\n");
    const result = await inNamespace(script, folder.path);
    const lines = [
      "0",
      "character special file",
      "0",
      "fifo",
      "# EOF",
      "125",
      "character special file",
      "fifo",
      "full",
      "null",
      "",
    ];
    expect(result).toMatchObject({ code: 0, stdout: lines.join("\n") });
  });
});

describe("standard output", () => {
  test.each(["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])(
    "as %s gets the metrics after what the command wrote there",
    async (name) => {
      using folder = tempFolder();
      const script = `exec > out; echo before; ${BIN} -f ${name} echo command; echo after`;
      await runProgram(["sh", "-c", script], { cwd: folder.path });
      const lines = readFileSync(folder.file("out"), "utf8").split("\n");
      expect([...lines.slice(0, 3), ...lines.slice(-3)]).toEqual([
        "before",
        "command",
        "# TYPE statexec_target info",
        "# EOF",
        "after",
        "",
      ]);
    },
  );

  test("is refused if it is closed", async () => {
    const result = await runProgram(["sh", "-c", `${BIN} -f - true >&-`]);
    expect(result).toMatchObject({ code: 125, stderr: "statexec: /dev/stdout: is not open for writing\n" });
  });
});

describe("a mode", () => {
  const SAMPLE = join(import.meta.dir, "../../explorer/import/build.prom");

  /** Runs statexec with its standard output in a pipe whose reader is gone. */
  async function withoutReader(words: readonly string[]): Promise<RunResult> {
    using folder = tempFolder();
    const script = 'mkfifo pipe && exec 4<>pipe 3>pipe 4<&- && exec "$BIN" "$@" >&3';
    return await runProgram(["sh", "-c", script, "sh", ...words], { cwd: folder.path, env: cleanEnv({ BIN }) });
  }

  test.each([
    [["--help"]],
    [["--version"]],
    [["--list-collectors"]],
    [["--compare", SAMPLE, SAMPLE]],
    [["--recover"]],
    [["--report", "-", SAMPLE]],
    [["--explore", "--no-open", SAMPLE]],
  ])("of %j ends by SIGPIPE and says nothing, where the reader of its result is gone", async (words) => {
    expect(await withoutReader(words)).toEqual({ code: null, signal: "SIGPIPE", stdout: "", stderr: "" });
  });

  test("that sends files sends all of them, also where the reader of its notes is gone", async () => {
    using target = await pushTarget();
    expect(await withoutReader(["--push", target.url, SAMPLE, SAMPLE])).toMatchObject({
      signal: "SIGPIPE",
      stderr: "",
    });
    expect(target.posts()).toHaveLength(2);
  });

  test("whose own status is a failure keeps it where the reader is gone", async () => {
    using target = await pushTarget();
    const { code, stderr } = await withoutReader(["--push", target.url, SAMPLE, "none.prom"]);
    expect({ code, stderr }).toEqual({ code: 125, stderr: "statexec: none.prom: there is no such file\n" });
  });

  test.each([["--help"], ["--version"], ["--list-collectors"]])("of %s fails where the disk is full", async (word) => {
    const { code, stderr } = await runProgram(["sh", "-c", `exec "${BIN}" ${word} > /dev/full`]);
    expect({ code, stderr }).toEqual({ code: 125, stderr: "statexec: /dev/stdout: No space left on device\n" });
  });
});
