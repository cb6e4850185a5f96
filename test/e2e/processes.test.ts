import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, closeSync, copyFileSync, existsSync, openSync, readdirSync, readFileSync, statSync } from "node:fs";
import { processesIn } from "../../src/journal/journal-reader.ts";
import { fileSource } from "../../src/journal/journal-source.ts";
import { program } from "../helpers/programs.ts";
import { Recorded } from "../helpers/recorded.ts";
import { BIN, cleanEnv, runProgram, statexec, tempFolder } from "../helpers/statexec.ts";
import { as, folderOf, openBinary } from "../helpers/users.ts";

const listed = Bun.spawnSync([BIN, "--list-collectors"]).stdout.toString();
const works = /^perf .*\n.*\n +works/m.test(listed);
/** Thousands of processes take longer where others keep the machine busy. */
setDefaultTimeout(120_000);

const canTrace = Bun.spawnSync(["strace", "-qq", "-o", "/dev/null", "true"]).exitCode === 0;

interface Line {
  readonly type: "process" | "sample" | "end";
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly names: readonly string[];
  readonly start: number;
  readonly end: number | null;
  readonly cpu_seconds: number | null;
  readonly execs: number | null;
  readonly resident_bytes: number | null;
  readonly io_read_bytes?: number;
  readonly source: string;
}

/** The lines of a record: of its processes in order of their start, and the last one. */
function read(path: string) {
  const text = new TextDecoder().decode(Bun.gunzipSync(readFileSync(path)));
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line): Line => JSON.parse(line));
  const end = lines.pop() as unknown as Record<string, unknown>;
  const processes = lines.filter(({ type }) => type === "process");
  return { processes: processes.sort((a, b) => a.start - b.start), end };
}

describe.skipIf(!works)("--processes all", () => {
  test("has arguments, io, waits for a CPU, and how the command and its orphans ended", async () => {
    using folder = tempFolder();
    // An orphan that reads 4 MiB, and a child whose parent waits for it.
    const orphan = "(head -c 4194304 /dev/zero; sleep 0.7) | sh -c 'cat >/dev/null; exit 4'";
    const script = `(setsid sh -c "${orphan}; exit 4" &); sleep 1.2 --token=abcd1234; exit 3`;
    const said = script.replace(" --token=abcd1234", "");
    const words = ["-q", "--interval", "0.1", "--processes", "all", "-f", "run.prom"];
    expect((await statexec([...words, "sh", "-c", said, "sh", "--token=abcd1234"], { cwd: folder.path })).code).toBe(3);
    const { processes } = read(folder.file("run.processes.jsonl.gz"));
    const lines = processes as unknown as (Line & Readonly<Record<string, unknown>>)[];
    const [root] = lines;
    expect(root).toMatchObject({ exit_status: 3, args: ["sh", "-c", said, "sh", "--token=…"] });
    const sleep = lines.find(({ args }) => String(args) === "sleep,1.2");
    // Its parent waits for it: there is hardly a moment in which a sample can see how it ended.
    expect([undefined, 0]).toContain(sleep?.exit_status as number | undefined);
    const waited = lines.filter(({ exit_status: status }) => status === 4);
    expect(waited.map(({ parent }) => parent)).not.toContain(root!.pid);
    expect(waited.length).toBeGreaterThan(0);
    const read4 = lines.filter(({ io_read_bytes: bytes }) => Number(bytes) >= 4 * 2 ** 20);
    expect(read4.map(({ name }) => name)).toEqual(["cat"]);
    expect(lines.some(({ run_delay_seconds: seconds }) => Number(seconds) >= 0)).toBe(true);
  });

  test("has the same figures by program as the metrics file", async () => {
    using folder = tempFolder();
    const script =
      "i=0; while [ $i -lt 300 ]; do seq 2000 >/dev/null; i=$((i+1)); done; seq 300000 | sort -R | tail -1";
    const words = ["-q", "--summary-json", "summary.json", "--processes", "all", "-f", "run.prom"];
    await statexec([...words, "sh", "-c", script], { cwd: folder.path });
    const { processes } = read(folder.file("run.processes.jsonl.gz"));
    const summary = JSON.parse(readFileSync(folder.file("summary.json"), "utf8"));
    expect(summary.programs_source).toBe("perf");
    const shares = summary.largest.map(({ cpu_share: share }: { cpu_share: number }) => share);
    expect(shares.reduce((sum: number, one: number) => sum + one, 0)).toBeCloseTo(1, 6);
    const run = new Recorded(folder.file("run.prom"));
    for (const name of ["seq", "sort", "sh"]) {
      const its = processes.filter((one) => one.name === name);
      const cpuSeconds = its.reduce((sum, { cpu_seconds }) => sum + (cpu_seconds ?? 0), 0);
      expect(run.last("command_comm_processes", name)).toBe(its.length);
      expect(run.last("command_comm_cpu_seconds", name)).toBeCloseTo(cpuSeconds, 6);
    }
    expect(run.last("command_comm_processes", "seq")).toBe(301);
  });

  test("has what each read itself, not what the children read that it waited for", async () => {
    using folder = tempFolder();
    const script = "(head -c 9000000 /dev/zero; sleep 0.5) | cat >/dev/null; sleep 0.5";
    const words = ["-q", "--interval", "0.1", "--processes", "all", "-f", "run.prom"];
    await statexec([...words, "sh", "-c", script], { cwd: folder.path });
    const { processes } = read(folder.file("run.processes.jsonl.gz"));
    const readBy = (wanted: string) => processes.find(({ name }) => name === wanted)?.io_read_bytes;
    expect(readBy("cat")).toBeGreaterThan(9_000_000);
    expect(readBy("sh")).toBeLessThan(1_000_000);
  });

  test("is said to miss no fewer than it does, by samples alone", async () => {
    using folder = tempFolder();
    const words = ["-q", "--perf", "off", "--summary-json", "summary.json", "--processes", "all", "-f", "run.prom"];
    // Each lives for a moment, and is killed.
    const script = "for i in $(seq 150); do sh -c 'kill -KILL $$' 2>/dev/null; done; true";
    await statexec([...words, "sh", "-c", script], { cwd: folder.path });
    const { processes, end } = read(folder.file("run.processes.jsonl.gz"));
    const summary = JSON.parse(readFileSync(folder.file("summary.json"), "utf8"));
    // The command, seq and those: samples cannot have seen half of them.
    expect(processes.length).toBeLessThan(76);
    expect(Number(end.machine_started)).toBeGreaterThanOrEqual(152);
    const counts = summary.largest.map(({ processes_count: count = 0 }: { processes_count?: number }) => count);
    const seen = counts.reduce((sum: number, count: number) => sum + count, 0);
    expect(summary.programs_missed_most_count + seen).toBeGreaterThanOrEqual(152);
    expect(summary.programs_source).toEndWith("_lower_bound");
  });

  test.each(["root", "nobody"] as const)("has how a child ended whose parent waits late, run by %s", async (user) => {
    using folder = folderOf(user);
    // What it executes has the rights of root: how that ends is nobody's business.
    copyFileSync("/bin/false", folder.file("other"));
    chmodSync(folder.file("other"), 0o4755);
    const late = `import os, sys, time
ends = [lambda: os._exit(0), lambda: os._exit(6), lambda: os.kill(os.getpid(), 9), lambda: os.execv("./other", ["other"])]
for end in ends:
    pid = os.fork()
    if pid == 0:
        time.sleep(0.15)
        end()
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    os.write(1, f"{pid}\\n".encode())
time.sleep(0.7)
for _ in ends: os.wait()
`;
    for (const perf of ["auto", "off"]) {
      const words = ["-q", "--interval", "0.05", "--perf", perf, "--processes", "all", "-f", `${perf}.prom`];
      const command = [...as(user), openBinary(), ...words, "python3", "-c", late];
      const { stdout } = await runProgram(command, { cwd: folder.path });
      const { processes } = read(folder.file(`${perf}.processes.jsonl.gz`));
      const lines = processes as unknown as (Line & Readonly<Record<string, unknown>>)[];
      const pids = stdout.trim().split("\n").map(Number);
      const ends = pids.map((pid) => {
        const line = lines.find((one) => one.pid === pid);
        return [line?.exit_status, line?.exit_signal];
      });
      const seen = [[0], [6], [undefined, 9], user === "root" ? [1] : []];
      const isSeen = perf === "off" ? pids.map((pid) => lines.some((one) => one.pid === pid)) : [];
      // Without the kernel's records there are only those that a sample saw alive.
      expect(ends.filter((_, i) => isSeen[i] ?? true)).toEqual(
        seen.filter((_, i) => isSeen[i] ?? true).map(([status, signal]) => [status, signal]),
      );
    }
  });

  test("has in its last line who held the memory at the peak, after a kill of the recorder, too", async () => {
    using folder = tempFolder();
    const script = "{ head -c 64M /dev/zero; sleep 0.5; } | tail >/dev/null; echo done; read line";
    const words = [BIN, "-q", "--interval", "0.05", "--processes", "all", "-f", "run.prom", "sh", "-c", script];
    const start = () =>
      Bun.spawn(words, { cwd: folder.path, env: cleanEnv(), stdin: "pipe", stdout: "pipe", stderr: "inherit" });
    const whole = start();
    await whole.stdout.getReader().read();
    whole.stdin.end();
    await whole.exited;
    const { end, processes } = read(folder.file("run.processes.jsonl.gz"));
    const { at, holders } = end.memory_peak as { at: number; holders: Record<string, unknown>[] };
    const [first] = holders.toSorted((a, b) => Number(b.bytes) - Number(a.bytes));
    const tail = processes.find(({ name }) => name === "tail")!;
    expect(first).toMatchObject({ pid: tail.pid, parent: tail.parent, name: "tail" });
    expect(at).toBeWithin(tail.start, tail.end! + 0.1);
    const killed = start();
    await killed.stdout.getReader().read();
    await Bun.sleep(1300);
    killed.kill("SIGKILL");
    await killed.exited;
    killed.stdin.end();
    const [journal = ""] = readdirSync(folder.path).filter((name) => name.endsWith(".journal"));
    expect((await statexec(["--recover", "-f", "new.prom", journal], { cwd: folder.path })).code).toBe(0);
    const recovered = read(folder.file("new.processes.jsonl.gz")).end.memory_peak as { holders: { name: string }[] };
    expect(recovered.holders.map(({ name }) => name)).toContain("tail");
  });

  test("has no arguments where they are not to be recorded", async () => {
    using folder = tempFolder();
    const words = ["-q", "--no-record-args", "--interval", "0.1", "--processes", "all", "-f", "run.prom"];
    await statexec([...words, "sh", "-c", "sleep 0.3; true"], { cwd: folder.path });
    for (const line of read(folder.file("run.processes.jsonl.gz")).processes) expect(line).not.toHaveProperty("args");
  });

  test("has all of 3,000 processes of nobody's, each with parent, start, end and CPU time", async () => {
    using folder = folderOf("nobody");
    const words = [openBinary(), "-q", "--processes", "all", "-f", folder.file("run.prom")];
    const script = "i=0; while [ $i -lt 3000 ]; do /bin/true; i=$((i+1)); done";
    await runProgram([...as("nobody"), ...words, "sh", "-c", script], { cwd: folder.path });
    const { processes, end } = read(folder.file("run.processes.jsonl.gz"));
    expect(end).toMatchObject({ type: "end", source: "perf", processes: 3001, complete: true, lost_records: 0 });
    const [shell] = processes;
    const children = processes.filter(({ name }) => name === "true");
    expect(children.length).toBe(3000);
    for (const { parent, start, end: ended, cpu_seconds, execs } of children) {
      expect({ parent, execs }).toEqual({ parent: shell!.pid, execs: 1 });
      expect(ended!).toBeGreaterThan(start);
      if (cpu_seconds !== null) expect(cpu_seconds).toBeWithin(0.0001, 0.1);
    }
    // Of one of them at a time the kernel may not tell it; all together have it.
    expect(children.filter(({ cpu_seconds }) => cpu_seconds === null).length).toBeLessThan(4);
    const run = new Recorded(folder.file("run.prom"));
    const sum = processes.reduce((all, { cpu_seconds }) => all + (cpu_seconds ?? 0), 0);
    expect(sum / run.last("command_cpu_task_clock_seconds")).toBeWithin(0.995, 1.001);
  });

  test.skipIf(!canTrace)("has the programs that strace sees executed", async () => {
    using folder = tempFolder();
    const script = "sh -c 'true; (/bin/true; exec sleep 0.01); seq 3 | cat >/dev/null'; exec env ls / >/dev/null";
    const traced = ["strace", "-ff", "-qq", "-e", "trace=execve", "-o", "trace", "sh", "-c", script];
    await runProgram(traced, { cwd: folder.path });
    // A file a process: in one, a line is in two parts where another process comes between.
    const files = [...new Bun.Glob("trace.*").scanSync({ cwd: folder.path })];
    const trace = files.map((name) => readFileSync(folder.file(name), "utf8")).join("");
    const executed = [...trace.matchAll(/execve\("[^"]*?([^"/]+)", .* = 0$/gm)].map(([, name]) => name!);
    await statexec(["-q", "--processes", "all", "-f", folder.file("run.prom"), "sh", "-c", script]);
    const { processes } = read(folder.file("run.processes.jsonl.gz"));
    const named = processes.flatMap(({ names, execs }) => (execs === 0 ? [] : names));
    expect(named.sort()).toEqual(executed.sort());
    expect(executed.length).toBeGreaterThan(6);
  });

  test("has names with escapes, and such as are no UTF-8, as legal JSON", async () => {
    using folder = tempFolder();
    const script = `f=$(printf 'a\\033[31m\\377\\042'); cp /bin/sleep "$f" && exec "./$f" 0`;
    await statexec(["-q", "--processes", "all", "-f", "run.prom", "sh", "-c", script], { cwd: folder.path });
    const { processes } = read(folder.file("run.processes.jsonl.gz"));
    expect(processes.flatMap(({ names }) => names)).toContain('a\u001b[31m\ufffd"');
  });

  test("has children of one that ignores SIGCHLD, with what each used and held", async () => {
    using folder = tempFolder();
    const words = ["--interval", "0.05", "--processes", "all", "-f", folder.file("run.prom")];
    await statexec(["-q", ...words, program("load"), "reaped", "2", "300"]);
    const { processes, end } = read(folder.file("run.processes.jsonl.gz"));
    const children = processes.filter(({ parent }) => parent === processes[0]!.pid);
    expect(children.length).toBe(2);
    // The kernel does not tell what one process used on one CPU, but how much that is.
    const untold = end.cpu_untold_seconds as number;
    for (const { cpu_seconds, resident_bytes } of children) {
      expect(cpu_seconds ?? 0).toBeWithin(0.299 - untold, 0.36);
      expect(resident_bytes).toBeGreaterThan(4096);
    }
    const told = processes.reduce((sum, { cpu_seconds }) => sum + (cpu_seconds ?? 0), 0);
    expect((told + untold) / (end.cpu_seconds as number)).toBeWithin(0.999, 1.001);
  });
});

describe("the record of processes", () => {
  test("is of samples without perf events, and says that it is not complete", async () => {
    using folder = tempFolder();
    const words = ["-q", "--perf", "off", "--interval", "0.05", "--processes", "all", "-f", folder.file("run.prom")];
    await statexec([...words, "sh", "-c", "/bin/true; sleep 0.4; exit 0"]);
    const { processes, end } = read(folder.file("run.processes.jsonl.gz"));
    expect(end).toMatchObject({ source: "samples", complete: false, lost_records: null });
    expect(end.machine_started as number).toBeGreaterThanOrEqual(3);
    expect(processes.map(({ name }) => name)).toContain("sleep");
    for (const { source, execs, end: ended } of processes)
      expect({ source, execs, ended }).toEqual({ source: "samples", execs: null, ended: expect.any(Number) });
  });

  test("of top has the 200 that used most, and counts all", async () => {
    using folder = tempFolder();
    const script = "i=0; while [ $i -lt 450 ]; do (:); i=$((i+1)); done";
    await statexec(["-q", "--processes", "top", "-f", folder.file("run.prom"), "sh", "-c", script]);
    const { processes, end } = read(folder.file("run.processes.jsonl.gz"));
    if (!works) return;
    expect(processes.length).toBe(200);
    expect(end.processes).toBe(451);
    const used = processes.map(({ cpu_seconds }) => cpu_seconds ?? 0);
    expect(Math.max(...used)).toBe(processes[0]!.cpu_seconds!);
  });

  test("is not made without the option, and leaves its place where the command cannot be started", async () => {
    using folder = tempFolder();
    await statexec(["-q", "-f", folder.file("run.prom"), "true"]);
    expect(existsSync(folder.file("run.processes.jsonl.gz"))).toBe(false);
    const { code } = await statexec(["-q", "--processes", "all", "-f", folder.file("no.prom"), "/no/such/command"]);
    expect(code).toBe(127);
    expect([...new Bun.Glob("*no*").scanSync({ cwd: folder.path, dot: true })]).toEqual([]);
  });

  test("needs a metrics file that is a file", async () => {
    const { code, stderr } = await statexec(["-q", "--processes", "all", "-f", "-", "true"]);
    expect(code).toBe(125);
    expect(stderr).toContain("--processes (SE_PROCESSES): its file goes beside the metrics file");
  });

  test("has a file of its own", async () => {
    using folder = tempFolder();
    const words = ["-f", "run.prom", "--summary-json", "run.processes.jsonl.gz", "--processes", "all"];
    const { code, stderr } = await statexec([...words, "true"], { cwd: folder.path });
    expect(code).toBe(125);
    expect(stderr).toContain("run.processes.jsonl.gz: is both --summary-json and --processes");
  });

  test("is of a word that there is", async () => {
    const { stderr } = await statexec(["--processes", "many", "true"]);
    expect(stderr).toContain('--processes: got "many", expected one of off, top, all');
  });
});

/** Counts the lines of processes in a journal that have an end. */
function savedEnds(path: string): number {
  // The recorder has just made it.
  if (statSync(path).size === 0) return 0;
  const fd = openSync(path, "r");
  try {
    let ends = 0;
    for (const { packed } of processesIn(fileSource(fd), path)) {
      const text = new TextDecoder().decode(Bun.gunzipSync(packed.slice()));
      ends += text.match(/"end":\d/g)?.length ?? 0;
    }
    return ends;
  } finally {
    closeSync(fd);
  }
}

/** Kills the recorder of a run in a folder once its journal has `wanted` processes that have ended. Returns the journal's name. */
async function killed(
  folder: string,
  choice: string,
  wanted: number,
  { child, more }: { readonly child: string; readonly more: readonly string[] } = { child: "(:)", more: [] },
): Promise<string> {
  const script = `i=0; while [ $i -lt ${wanted} ]; do ${child}; i=$((i+1)); done; exec cat`;
  const words = ["-q", "--interval", "0.1", "--processes", choice, "-f", "run.prom", ...more, "sh", "-c", script];
  const run = Bun.spawn([BIN, ...words], { cwd: folder, env: cleanEnv(), stdin: "pipe" });
  for (;;) {
    const journal = readdirSync(folder).find((name) => name.endsWith(".journal"));
    if (journal !== undefined && savedEnds(`${folder}/${journal}`) >= wanted) {
      run.kill("SIGKILL");
      await run.exited;
      run.stdin.end();
      return journal;
    }
    await Bun.sleep(20);
  }
}

describe.skipIf(!works)("a recorder that is killed", () => {
  test("leaves all processes in its journal: those that ended, and the one that lives", async () => {
    using folder = tempFolder();
    const journal = await killed(folder.path, "all", 321);
    const { code, stderr, stdout } = await statexec(["--recover", journal], { cwd: folder.path });
    expect(code).toBe(0);
    expect(stdout + stderr).toContain("; 322 processes in run.processes.jsonl.gz");
    const { processes, end } = read(folder.file("run.processes.jsonl.gz"));
    expect(end).toMatchObject({ type: "end", source: "perf", processes: 322, complete: false });
    const [shell, ...children] = processes;
    expect({ names: shell!.names, end: shell!.end }).toEqual({ names: ["sh", "cat"], end: null });
    expect(children.every(({ parent, end: ended }) => parent === shell!.pid && ended !== null)).toBe(true);
    expect(new Set(processes.map(({ pid, start }) => `${pid} ${start}`)).size).toBe(322);
    expect(readdirSync(folder.path).sort()).toEqual(["run.processes.jsonl.gz", "run.prom"]);
    expect(statSync(folder.file("run.processes.jsonl.gz")).mode).toBe(statSync(folder.file("run.prom")).mode);
  });

  test("leaves the 200 that used most where only these are wanted", async () => {
    using folder = tempFolder();
    const journal = await killed(folder.path, "top", 444);
    await statexec(["--recover", journal], { cwd: folder.path });
    const { processes, end } = read(folder.file("run.processes.jsonl.gz"));
    expect([processes.length, end.processes]).toEqual([200, 445]);
  });

  test("keeps its journal where the record has no place", async () => {
    using folder = tempFolder();
    const journal = await killed(folder.path, "all", 3);
    const { stdout, stderr } = await statexec(["--recover", journal, "-f", "/dev/stdout"], { cwd: folder.path });
    expect(stdout).toContain("# EOF");
    expect(stderr).toContain("its processes: their file goes beside the metrics file, and /dev/stdout is no file");
    expect(stderr).toContain(`${journal} was kept`);
    expect(existsSync(folder.file(journal))).toBe(true);
  });
});

test("a recorder without perf events that is killed leaves what samples saw", async () => {
  using folder = tempFolder();
  const journal = await killed(folder.path, "all", 2, { child: "sleep 0.4", more: ["--perf", "off"] });
  await statexec(["--recover", journal], { cwd: folder.path });
  const { processes, end } = read(folder.file("run.processes.jsonl.gz"));
  expect(end).toMatchObject({ source: "samples", complete: false, processes: 3 });
  // The first sample may have seen the shell and its child at once.
  const [shell, ...others] = processes.filter(({ end: ended }) => ended === null);
  expect(others).toEqual([]);
  expect(shell).toMatchObject({ source: "samples", execs: null });
  for (const child of processes.filter((each) => each !== shell))
    expect(child).toMatchObject({ parent: shell!.pid, source: "samples", end: expect.any(Number) });
});
