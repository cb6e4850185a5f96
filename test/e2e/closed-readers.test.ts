import { afterAll, describe, expect, test } from "bun:test";
import { BIN, cleanEnv, tempFolder } from "../helpers/statexec.ts";

/*
 * Each mode and output, with a reader of stdout, of stderr or of both that is gone: as coreutils, a mode ends by SIGPIPE or
 * quietly; around a command, its status stands unless the recording itself was to go there.
 */

const SIGPIPE = 141;
const RUN = ["-f", "run.prom"];
const FAILS = ["sh", "-c", "exit 3"];

/** Takes every push. */
const taker = Bun.serve({
  ...{ hostname: "127.0.0.1", port: 0, development: false },
  fetch: () => new Response(null, { status: 204 }),
});
afterAll(() => taker.stop(true));

/** Words, and the status with readers, without one of stdout, without one of stderr, and without any. */
const TABLE: readonly (readonly [words: readonly string[], ...statuses: readonly number[]])[] = [
  [["--help"], 0, SIGPIPE, 0, SIGPIPE],
  [["--version"], 0, SIGPIPE, 0, SIGPIPE],
  [["--list-collectors"], 0, SIGPIPE, 0, SIGPIPE],
  [["--completions", "bash"], 0, SIGPIPE, 0, SIGPIPE],
  [["--compare", "a.prom", "a.prom"], 0, SIGPIPE, 0, SIGPIPE],
  [["--report", "page.html", "a.prom"], 0, SIGPIPE, 0, SIGPIPE],
  [["--size", "a.prom"], 0, SIGPIPE, 0, SIGPIPE],
  [["--recover"], 0, SIGPIPE, 0, SIGPIPE],
  [["--recover", "none"], 125, 125, 125, 125],
  [["--push", `http://127.0.0.1:${taker.port}`, "a.prom"], 0, SIGPIPE, 0, SIGPIPE],
  [["--push", `http://127.0.0.1:${taker.port}`, "none.prom"], 125, 125, 125, 125],
  [["--explore", "--no-open", "none"], 125, 125, 125, 125],
  [["--compare", "a.prom", "none.prom"], 125, 125, 125, 125],
  [["--no-such-option"], 125, 125, 125, 125],
  [[...RUN, "true"], 0, 0, 0, 0],
  [[...RUN, ...FAILS], 3, 3, 3, 3],
  [[...RUN, "./none"], 127, 127, 127, 127],
  [["--summary", ...RUN, "true"], 0, 0, 0, 0],
  [["--summary", ...RUN, ...FAILS], 3, 3, 3, 3],
  [["--summary-json", "-", ...RUN, "true"], 0, 125, 0, 125],
  [["--summary-json", "/dev/stdout", ...RUN, "true"], 0, 125, 0, 125],
  [["-f", "-", "true"], 0, 125, 0, 125],
  [["-f", "/dev/stdout", "true"], 0, 125, 0, 125],
  [["-f", "-", ...FAILS], 3, 3, 3, 3],
  [["--budget", "output<1B", ...RUN, "true"], 125, 125, 125, 125],
  [
    ["--budget", "cpu<0.000001s", ...RUN, "sh", "-c", "i=0; while [ $i -lt 9999 ]; do i=$((i+1)); done"],
    124,
    124,
    124,
    124,
  ],
];

/** The descriptors without a reader. */
const GONE = [[], [1], [2], [1, 2]] as const;

/** No more lines than a summary has, or a message that says where something is kept, and how to get it. */
const MOST_LINES = 12;

describe.each(TABLE)("%j", (words, ...statuses) => {
  test.each(GONE.map((gone, i) => [gone, statuses[i]!] as const))("without readers of %j: %d", async (gone, status) => {
    using folder = tempFolder();
    Bun.spawnSync([BIN, "-q", "-f", "a.prom", "true"], { cwd: folder.path, env: cleanEnv() });
    // A shell's `|` gives a pipe; its reader has closed its end before the program begins.
    const redirects = gone.map((fd) => `${fd}>&9`).join(" ");
    const script = `mkfifo p; exec 8<>p 9>p 8<&-; "$@" ${redirects} 9>&-; echo "$?" >status`;
    const env = cleanEnv({ TMPDIR: folder.path });
    const shell = Bun.spawn(["bash", "-c", script, "-", BIN, ...words], {
      ...{ cwd: folder.path, env, stdin: "ignore", stdout: "pipe", stderr: "pipe", timeout: 20_000, killSignal: 9 },
    });
    const [stderr] = await Promise.all([shell.stderr.text(), shell.stdout.text(), shell.exited]);
    expect(Number(await Bun.file(folder.file("status")).text())).toBe(status);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(
      stderr
        .trimEnd()
        .split("\n")
        .filter((line) => line !== "").length,
    ).toBeLessThanOrEqual(MOST_LINES);
    if (words.includes("run.prom") && status !== 125 && status !== 127)
      expect(await Bun.file(folder.file("run.prom")).text()).toEndWith("# EOF\n");
  });
});
