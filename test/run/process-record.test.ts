import { expect, test } from "bun:test";
import { TaskClock } from "../../src/collect/perf/task-clock.ts";
import { ProcessRecord } from "../../src/run/process-record.ts";
import { WrittenRing } from "../collect/perf/ring.ts";

const ROOT = 50;

/** The lines of a command's record on a machine of two CPUs, as the rings have it. */
function linesOf(tasks: WrittenRing, times: readonly WrittenRing[]) {
  const clock = new TaskClock([tasks], times, ROOT);
  const record = new ProcessRecord("all", ROOT, clock, false);
  clock.finish();
  const text = [...record.lines(undefined, undefined)].map((bytes) => new TextDecoder().decode(bytes)).join("");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

test("the CPU time of a process is null where a record of it was lost, and then in the last line", () => {
  const tasks = new WrittenRing()
    .exec(ROOT, "sh", 1000)
    .fork(60, ROOT, 2000)
    .fork(61, ROOT, 2000)
    .fork(61, ROOT, 2500, 62)
    .exit(60, 3000)
    .exit(61, 3000, 62)
    .exit(61, 3000)
    .exit(ROOT, 40_000);
  const [first, second] = [new WrittenRing(), new WrittenRing()];
  // Each thread has one record for each CPU: one of the second process' threads lacks one.
  for (const ring of [first, second]) ring.cpu(60, 1e6, 3000).cpu(61, 2e6, 3000).cpu(ROOT, 4e6, 40_000);
  first.cpu(61, 2e6, 3000);
  first.counterNs = 9e6;
  second.counterNs = 8e6;
  const lines = linesOf(tasks, [first, second]);
  const seconds = Object.fromEntries(lines.slice(0, -1).map(({ pid, cpu_seconds: cpu }) => [pid, cpu]));
  expect(seconds).toEqual({ [ROOT]: 0.008, 60: 0.002, 61: null });
  const end = lines.at(-1);
  expect(end).toMatchObject({ complete: true, lost_records: 0, processes: 3, cpu_seconds: 0.017 });
  // All that is in no line: what was told of it in part, and what was not.
  expect(end.cpu_untold_seconds).toBeCloseTo(0.007, 9);
});
