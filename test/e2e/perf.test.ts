import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { findingOf } from "../../src/recording/evidence.ts";
import { figuresOf } from "../../src/recording/run-figures.ts";
import { program } from "../helpers/programs.ts";
import { Recorded } from "../helpers/recorded.ts";
import { BIN, runProgram, statexec, tempFolder } from "../helpers/statexec.ts";
import { as, folderOf, openBinary } from "../helpers/users.ts";

const load = program("load");

/** Loads of known CPU time take longer where others keep the machine busy. */
setDefaultTimeout(120_000);

const CLOCK = "command_cpu_task_clock_seconds";

/** Where the kernel refuses perf events, there is nothing to see but that. */
const listed = Bun.spawnSync([BIN, "--list-collectors"]).stdout.toString();
const works = /^perf .*\n.*\n +works/m.test(listed);

const canInject =
  Bun.spawnSync(["strace", "-qq", "-o", "/dev/null", "-e", "trace=perf_event_open", "true"]).exitCode === 0;

/** Runs statexec where the kernel refuses perf_event_open(2) with an errno. */
function refusing(errno: string, words: readonly string[]) {
  const inject = `inject=perf_event_open:error=${errno}`;
  return runProgram(["strace", "-qq", "-o", "/dev/null", "-e", "trace=perf_event_open", "-e", inject, BIN, ...words]);
}

const findingIn = (path: string) => findingOf("cpu", figuresOf(new Recorded(path).recording));

describe.skipIf(!works)("perf events", () => {
  test.each(["root", "nobody"] as const)("bound the children of one that ignores SIGCHLD, as %s", async (user) => {
    using folder = folderOf(user);
    const file = folder.file("run.prom");
    const words = [openBinary(), "-q", "-f", file, program("load"), "reaped", "3", "400"];
    expect((await runProgram([...as(user), ...words], { cwd: folder.path })).code).toBe(0);
    const { lowest, highest, source } = findingIn(file);
    expect(source).toBe("wait4_lower_bound");
    expect(lowest).toBeLessThan(1.25);
    // The clock may have what the host took.
    expect(highest).toBeWithin(1.19, 1.6);
  });

  test("count a daemon that lives on, and time in the kernel", async () => {
    using folder = tempFolder();
    const file = folder.file("run.prom");
    const kernel = "dd if=/dev/zero of=/dev/null bs=1M count=8000 2>/dev/null";
    await statexec(["-q", "-f", file, "sh", "-c", `setsid ${load} cpu 1 200 & ${kernel}; wait`]);
    const run = new Recorded(file);
    const known = run.last("command_cpu_seconds", "user") + run.last("command_cpu_seconds", "system");
    expect(run.last("command_cpu_seconds", "system")).toBeGreaterThan(0.1);
    expect(run.last(CLOCK) / known).toBeWithin(0.95, 1.3);
    expect(run.family("accounting").has("cpu_task_clock,perf")).toBe(true);
  });

  test("bound many processes, each of which the kernel also counts a little outside of them", async () => {
    using folder = tempFolder();
    const file = folder.file("run.prom");
    await statexec(["-q", "-f", file, "sh", "-c", "for i in $(seq 400); do /bin/true; done"]);
    const { lowest, highest, source } = findingIn(file);
    expect(source).toStartWith("wait4");
    expect(highest / lowest).toBeLessThan(1.8);
  });

  test("do not wake statexec at the end of each process", async () => {
    const script = `for i in $(seq 2000); do /bin/true; done; grep ^voluntary /proc/$PPID/status`;
    const { stdout } = await statexec(["-q", "-f", "/dev/null", "sh", "-c", script]);
    expect(Number(/\d+/.exec(stdout)?.[0])).toBeLessThan(500);
  });

  test("leave no descriptor to the command", async () => {
    const script = "ls -l /proc/self/fd | grep -c perf_event; ls /proc/self/fd | wc -l";
    const plain = await runProgram(["sh", "-c", script]);
    expect((await statexec(["-q", "-f", "/dev/null", "sh", "-c", script])).stdout).toBe(plain.stdout);
  });

  test("are left out by --perf off and by its variable", async () => {
    using folder = tempFolder();
    const file = folder.file("run.prom");
    for (const [words, env] of [
      [["--perf", "off"], {}],
      [[], { SE_PERF: "off" }],
    ] as const) {
      await statexec([...words, "-q", "-f", file, "true"], { env });
      expect(new Recorded(file).family(CLOCK).size).toBe(0);
    }
    await statexec(["-q", "-f", file, "true"]);
    expect(new Recorded(file).family(CLOCK).size).toBe(1);
  });
});

test("another word for --perf is refused with those that there are", async () => {
  const { code, stderr } = await statexec(["--perf", "on", "true"]);
  expect(code).toBe(125);
  expect(stderr).toContain('--perf: got "on", expected one of auto, counters, off');
});

describe.skipIf(!canInject)("where the kernel refuses perf events", () => {
  test.each([
    ["EPERM", "a seccomp filter"],
    ["EACCES", "perf_event_paranoid is above 2"],
    ["ENOENT", "no perf events"],
    ["ENOSYS", "no perf events"],
    ["EMFILE", "no descriptors"],
    ["EBUSY", "errno 16"],
  ])("%s: a run is as before, and --list-collectors says why", async (errno, reason) => {
    using folder = tempFolder();
    const file = folder.file("run.prom");
    const run = await refusing(errno, ["-q", "-f", file, "sh", "-c", "exit 3"]);
    expect(run).toMatchObject({ code: 3, stdout: "", stderr: "" });
    expect(new Recorded(file).family(CLOCK).size).toBe(0);
    const { stdout } = await refusing(errno, ["--list-collectors"]);
    const entry = stdout.slice(stdout.indexOf("\nperf "));
    expect(entry.replaceAll(/\s+/g, " ")).toContain(reason);
  });
});
