import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { effort } from "../helpers/effort.ts";
import { type Form, forms } from "../helpers/programs.ts";
import { BIN, type RunResult, runProgram, tempFolder } from "../helpers/statexec.ts";

/** What a command sees of its limits and signals; it needs no more than a shell does. */
const LOOK = `ulimit -Sa; ulimit -Ha; while read -r line; do case $line in Sig[BIC]*) echo "$line" ;; esac; done </proc/$$/status; exit 3`;

/** Below these the runtime itself does not start, docs/transparency.md; of the package, its shell neither. */
const LEAST: Readonly<Record<Form["form"], Readonly<Record<string, number>>>> = {
  binary: { v: 2_500_000, d: 2_500_000, s: 256, n: 6 },
  package: { v: 0, d: 100_000, s: 0, n: 12 },
};

interface Limited {
  readonly bare: RunResult;
  readonly wrapped: RunResult;
  readonly isRecorded: boolean;
}

/** Runs a command under a limit without and with statexec. The shell that sets the limit stays, as a caller's would. */
async function under(limit: string, path: string, script = LOOK): Promise<Limited> {
  using folder = tempFolder();
  const file = folder.file("run.prom");
  const run = (words: readonly string[]) => {
    // Of those that the tests' own caller left open, none counts.
    const lines = `for fd in /proc/$$/fd/*; do fd=\${fd##*/}; [ "$fd" -gt 2 ] && [ "$fd" -ne 255 ] && eval "exec $fd>&-"; done
      ulimit -c 0; ulimit ${limit} || exit 99; "$@"; exit $?`;
    return runProgram(["bash", "-c", lines, "-", ...words, "sh", "-c", script], { cwd: folder.path });
  };
  const bare = await run([]);
  const wrapped = await run([path, "-q", "-f", file]);
  return { bare, wrapped, isRecorded: existsSync(file) };
}

const linesOf = (text: string) => text.split("\n").filter((line) => line !== "").length;

/** Holds what is promised: the same status and output, recorded or with a line that says it is not; or 125 with a line. */
function expectKept({ bare, wrapped, isRecorded }: Limited, limit: string): void {
  const said = `ulimit ${limit}: ${wrapped.stderr}`;
  if (wrapped.code === 125) {
    expect(linesOf(wrapped.stderr), said).toBe(1);
    return;
  }
  expect(wrapped.code, said).toBe(bare.code);
  expect(wrapped.stdout, said).toBe(bare.stdout);
  expect(linesOf(wrapped.stderr) - linesOf(bare.stderr), said).toBe(isRecorded ? 0 : 1);
}

const SEED = Number(process.env.STATEXEC_LIMITS_SEED ?? Math.floor(Math.random() * 2 ** 16));
console.log(`limits by the seed ${SEED}`);

/** Returns a number of 32 bits for each value: which come first depends on the seed alone. */
const orderOf = (value: number) => Bun.hash.xxHash32(String(value), SEED);

/** Takes some of many values, others for each seed; all of them in the long form. */
function someOf(values: readonly number[]): readonly number[] {
  const count = Math.max(3, Math.min(effort(values.length), effort(100)));
  return count >= values.length ? values : values.toSorted((a, b) => orderOf(a) - orderOf(b)).slice(0, count);
}

function range(from: number, to: number, step = 1): number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
}

const VALUES: Readonly<Record<string, readonly number[]>> = {
  n: range(3, 300),
  v: range(500_000, 4_000_000, 250_000),
  d: range(250_000, 4_000_000, 250_000),
  s: [64, 128, 256, 512, 1024, 8192],
  t: [1, 2, 1000],
  u: [1000, 5000],
};

describe.each(forms())("under the limits of a caller, the command through the $form is the same", ({ form, path }) => {
  const limits = Object.entries(VALUES).flatMap(([option, values]) =>
    someOf(values.filter((value) => value >= (LEAST[form][option] ?? 0))).flatMap((value) => [
      `-${option} ${value}`,
      `-S -${option} ${value}`,
    ]),
  );
  test.each(limits)("ulimit %s", async (limit) => expectKept(await under(limit, path), limit), 20_000);
});

describe("a limit of open files", () => {
  test("that leaves too few for a recording has the command run unrecorded, and says so", async () => {
    const { bare, wrapped, isRecorded } = await under("-n 20", BIN);
    expect(wrapped).toEqual({
      ...bare,
      stderr: expect.stringMatching(/^statexec: ulimit -n .*: the command runs unrecorded\n$/),
    });
    expect(isRecorded).toBe(false);
  });

  test("is no error of many processes", async () => {
    const { wrapped, isRecorded } = await under("-n 60", BIN, "for i in $(seq 90); do sleep 0.3 & done; wait; exit 0");
    expect(wrapped).toMatchObject({ code: 0, stderr: "" });
    expect(isRecorded).toBe(true);
  });

  test("may be below a descriptor that is inherited", async () => {
    using folder = tempFolder();
    const lines = `exec 200</dev/null; ulimit -n 128; ${BIN} -q -f run.prom sh -c '[ -e /proc/self/fd/200 ] && exit 3'; exit $?`;
    expect(await runProgram(["bash", "-c", lines], { cwd: folder.path })).toMatchObject({ code: 3, stderr: "" });
  });

  test("that the command lowers in us does not change its status", async () => {
    using folder = tempFolder();
    const script = "prlimit --nofile=3 --pid $PPID; exit 3";
    const { code } = await runProgram([BIN, "-q", "-f", "run.prom", "sh", "-c", script], { cwd: folder.path });
    expect(code).toBe(3);
  });
});

test.each([
  ["-t 7", "Max cpu time"],
  ["-f 64", "Max file size"],
  ["-v 30000000", "Max address space"],
  ["-d 30000000", "Max data size"],
])("a soft limit that is for the command, %s, is not ours", async (limit, name) => {
  const { wrapped } = await under(`-S ${limit}`, BIN, `grep -h "${name}" /proc/$$/limits /proc/$PPID/limits`);
  const softs = wrapped.stdout
    .trim()
    .split("\n")
    .map((line) => line.slice(name.length).trim().split(/\s+/)[0]);
  expect(softs[0]).not.toBe("unlimited");
  expect(softs[1]).toBe("unlimited");
});

test("a limit of file sizes costs the recording, not the command", async () => {
  const { bare, wrapped } = await under("-f 1", BIN);
  expect(wrapped.code).toBe(bare.code);
  expect(wrapped.stdout).toBe(bare.stdout);
  expect(wrapped.stderr).toContain("File too large");
});

test("without /proc, and in a folder that was deleted, the package says so", async () => {
  using folder = tempFolder();
  const { path } = forms().find(({ form }) => form === "package")!;
  const gone = folder.file("gone");
  mkdirSync(gone);
  const words = ["bash", "-c", `cd gone && rmdir ../gone && ${path} -f /dev/null true`];
  const deleted = await runProgram(words, { cwd: folder.path });
  if (existsSync(gone)) rmdirSync(gone);
  expect(deleted.code).toBe(125);
  expect(deleted.stderr).toContain("statexec: the working directory was deleted");
  const unmounted = ["unshare", "-m", "sh", "-c", `umount -l /proc; exec ${path} -f /dev/null true`];
  if (process.getuid?.() === 0)
    expect(await runProgram(unmounted)).toMatchObject({
      code: 125,
      stderr: expect.stringMatching(/^statexec: needs \/proc.*\n$/),
    });
});

test("SIGPIPE that a shell ignored before it became the package stays ignored", async () => {
  using folder = tempFolder();
  const { path } = forms().find(({ form }) => form === "package")!;
  const script = `trap '' PIPE; exec ${path} -q -f run.prom sh -c 'grep SigIgn /proc/$$/status'`;
  const { stdout } = await runProgram(["dash", "-c", script], { cwd: folder.path });
  expect(stdout).toMatch(/SigIgn:\s*0*1000\n/);
});
