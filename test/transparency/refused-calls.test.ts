import { describe, expect, test } from "bun:test";
import { forms, program } from "../helpers/programs.ts";
import { BIN, runProgram, tempFolder } from "../helpers/statexec.ts";

/*
 * Containers filter system calls, and a filter that is older than a call refuses it. What the command can do without, we
 * can, too.
 */

/** System calls by name, with their numbers on the two machines. */
const CALLS: Readonly<Record<string, { readonly x64: number; readonly arm64: number }>> = {
  statx: { x64: 332, arm64: 291 },
  pidfd_open: { x64: 434, arm64: 434 },
  close_range: { x64: 436, arm64: 436 },
  faccessat2: { x64: 439, arm64: 439 },
  perf_event_open: { x64: 298, arm64: 241 },
  memfd_create: { x64: 319, arm64: 279 },
  membarrier: { x64: 324, arm64: 283 },
  fdatasync: { x64: 75, arm64: 83 },
  sync_file_range: { x64: 277, arm64: 84 },
  copy_file_range: { x64: 326, arm64: 285 },
  getrandom: { x64: 318, arm64: 278 },
  sched_setaffinity: { x64: 203, arm64: 122 },
  ioprio_set: { x64: 251, arm64: 30 },
};

const REFUSALS = { EPERM: 1, ENOSYS: 38 } as const;

/** Runs words where the kernel refuses a call. */
function refusing(call: string, errno: keyof typeof REFUSALS, words: readonly string[], cwd: string) {
  const number = CALLS[call]![process.arch as "x64" | "arm64"];
  return runProgram([program("launch"), "-R", `${number}=${REFUSALS[errno]}`, "/usr/bin/env", ...words], { cwd });
}

const COMMAND = ["sh", "-c", "echo out; echo err >&2; exit 3"];

describe.each(["EPERM", "ENOSYS"] as const)("where a filter of system calls answers %s", (errno) => {
  test.each(Object.keys(CALLS))("to %s, the command runs as without statexec, and is recorded", async (call) => {
    using folder = tempFolder();
    const bare = await refusing(call, errno, COMMAND, folder.path);
    expect(bare).toMatchObject({ code: 3, stdout: "out\n", stderr: "err\n" });
    expect(await refusing(call, errno, [BIN, "-q", "-f", "run.prom", ...COMMAND], folder.path)).toEqual(bare);
    expect(await Bun.file(folder.file("run.prom")).text()).toEndWith("# EOF\n");
  });

  test("to statx, a command that cannot be started has the same status as ever", async () => {
    using folder = tempFolder();
    const status = async (word: string) =>
      (await refusing("statx", errno, [BIN, "-q", "-f", "run.prom", word], folder.path)).code;
    expect([await status("./none"), await status("no-such-name"), await status("./")]).toEqual([127, 127, 126]);
  });
});

const canProtect = Bun.spawnSync([program("launch"), "-W", "/usr/bin/true"]).exitCode === 0;

test.skipIf(!canProtect).each(forms())(
  "where the kernel lets no process make code, the $form says so in one line",
  async ({ path }) => {
    using folder = tempFolder();
    const words = [program("launch"), "-W", path, "-f", "run.prom", "sh", "-c", "echo RAN"];
    expect(await runProgram(words, { cwd: folder.path })).toEqual({
      code: 125,
      signal: null,
      stdout: "",
      stderr: expect.stringMatching(
        /^statexec: the kernel lets this process make no code.*MemoryDenyWriteExecute=no\)\n$/,
      ),
    });
  },
);
