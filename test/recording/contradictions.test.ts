import { expect, test } from "bun:test";
import { ACCOUNTING, COMMAND, RUN, series } from "../../src/catalog/index.ts";
import { withContradictions } from "../../src/recording/contradictions.ts";
import { recordingOf, START_MS } from "../helpers/recording.ts";

/** A command of a second, of which its group counted so much CPU time, and samples saw a second. */
function groupCounted(seconds: number, source: string) {
  const columns = [
    series(RUN.commandStatus),
    series(COMMAND.cpuSeconds, { mode: "user" }),
    series(COMMAND.cpuSeconds, { mode: "system" }),
    series(COMMAND.commCpuSeconds, { comm: "burn" }),
    series(ACCOUNTING.info, { resource: "cpu", source }),
  ];
  const rows = [
    [START_MS, 1, 0, 0, undefined, undefined],
    [START_MS + 1000, 2, seconds, 0, 1, 1],
  ] as const;
  const events = [
    { atMs: START_MS, event: "command_started", text: "Command started" },
    { atMs: START_MS + 1000, event: "command_done", text: "Command done with status 0" },
    { atMs: START_MS + 1500, event: "later", text: "Later" },
  ];
  return recordingOf({ parts: [{ columns, rows }], events });
}

test("a contradiction is an event at the command's end, and names both figures", () => {
  expect(withContradictions(groupCounted(0.001, "cgroup2")).events.slice(2)).toEqual([
    {
      atMs: START_MS + 1000,
      event: "contradiction",
      text: "CPU time: its control group counted 1.00 ms, but its processes used 1.00 s",
    },
    { atMs: START_MS + 1500, event: "later", text: "Later" },
  ]);
});

test("sources that agree, and a command without a group, leave the recording as it is", () => {
  for (const agreed of [groupCounted(1, "cgroup2"), groupCounted(1, "wait4")])
    expect(withContradictions(agreed)).toBe(agreed);
});
