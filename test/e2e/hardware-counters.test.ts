import { describe, expect, test } from "bun:test";
import { trySystemCall } from "../../src/os/libc.ts";
import { hardwareCounterState, openHardwareCounters } from "../../src/os/perf-counters.ts";
import { program } from "../helpers/programs.ts";
import { Recorded } from "../helpers/recorded.ts";
import { statexec, tempFolder } from "../helpers/statexec.ts";

const STATE = hardwareCounterState();
const COUNTS = STATE.includes("instructions");
if (!COUNTS) console.error(`no instructions are counted here (${STATE}): the tests that count them are skipped`);

async function recorded(words: readonly string[]) {
  using folder = tempFolder();
  const result = await statexec(["-f", folder.file("run.prom"), ...words]);
  return { result, run: new Recorded(folder.file("run.prom")) };
}

const LOOP = 200_000_000;

describe.skipIf(!COUNTS)("where the machine has hardware counters", () => {
  test.each([1, 3])("a loop of known instructions, %d times at once, is counted within one per cent", async (times) => {
    const loops = Array(times)
      .fill(`${program("instructions")} &`)
      .join(" ");
    const { run } = await recorded(["-q", "--perf", "counters", "sh", "-c", `${loops} wait`]);
    expect(run.last("command_instructions")).toBeWithin(times * LOOP, times * LOOP * 1.01);
    expect(run.last("command_cycles")).toBeGreaterThan(0);
  });

  test("a budget of instructions is judged without --perf counters", async () => {
    for (const [limit, code] of [
      ["1e8", 124],
      ["3e8", 0],
    ] as const) {
      const { result } = await recorded([
        "-q",
        "--budget-strict",
        "--budget",
        `instructions<${limit}`,
        program("instructions"),
      ]);
      expect(result.code).toBe(code);
    }
  });
});

describe.skipIf(COUNTS)("where it has none", () => {
  test("the series are absent, and the file says why", async () => {
    const { result, run } = await recorded(["-q", "--perf", "counters", "true"]);
    expect(result).toMatchObject({ code: 0, stderr: "" });
    expect(run.family("command_instructions").size).toBe(0);
    expect(run.fact("hardware_counters")).toEqual([expect.stringMatching(/^absent: /)]);
  });

  test("a budget of instructions is inconclusive, and fails with --budget-strict", async () => {
    const budget = ["--budget", "instructions<1"];
    expect((await recorded(["-q", ...budget, "true"])).result.code).toBe(0);
    const { result } = await recorded(["-q", "--budget-strict", ...budget, "true"]);
    expect(result.code).toBe(124);
    expect(result.stderr).toContain("budget instructions<1 inconclusive: not measured");
  });
});

test("nothing is counted, and nothing said, where nobody asks for it", async () => {
  for (const words of [[], ["--perf", "off", "--budget", "instructions<1"]]) {
    const { run } = await recorded(["-q", ...words, "true"]);
    expect(run.family("command_instructions").size).toBe(0);
    expect(run.fact("hardware_counters")).toEqual([]);
  }
});

test("an event that every kernel has is read as they are: of what is started, until now and ended", () => {
  const [SOFTWARE, PAGE_FAULTS, CLOSE_ON_EXEC, NO_SUCH_EVENT] = [1, 2, 8, -2];
  // In place of instructions, since that is of the hardware.
  const opened = openHardwareCounters((address, attribute) => {
    if (attribute[2] !== 1) return NO_SUCH_EVENT;
    attribute[0] = SOFTWARE;
    attribute[2] = PAGE_FAULTS;
    return trySystemCall("perf_event_open", address, 0, -1, -1, CLOSE_ON_EXEC);
  });
  if (typeof opened === "string") throw new Error(opened);
  const counter = opened.get("instructions")!;
  counter.read();
  expect([counter.counted, counter.enabledNs]).toEqual([0, 0]);
  // 40 MiB in pages of 4 KiB, touched one by one.
  const script = "import mmap; m = mmap.mmap(-1, 40 << 20); m.madvise(15)\nfor i in range(0, 40 << 20, 4096): m[i] = 1";
  Bun.spawnSync(["python3", "-c", script]);
  counter.read();
  counter.close();
  expect(counter.counted).toBeWithin(10_240, 20_000);
  expect(counter.runningNs).toBe(counter.enabledNs);
  expect(counter.enabledNs).toBeGreaterThan(1e6);
});
