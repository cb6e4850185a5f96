import { expect, test } from "bun:test";
import { cpus, totalmem } from "node:os";
import { projectOf } from "../../src/history/git-state.ts";
import { importRuns } from "../../src/history/history-file.ts";
import type { RememberedRun } from "../../src/history/remembered-run.ts";
import { expectedEndParts, usualTimeOf } from "../../src/live/expected-end.ts";
import type { RunFigures } from "../../src/recording/run-figures.ts";
import { tempFolder } from "../helpers/statexec.ts";

const USUAL = { runs: 10, medianSeconds: 45, leastSeconds: 44, mostSeconds: 50 };

test.each([
  [12, USUAL, ["expected in 33.0 s", "10 runs before took 45.0 s", "44.0 s to 50.0 s"]],
  [48, USUAL, ["expected within 2.00 s", "10 runs before took 45.0 s", "44.0 s to 50.0 s"]],
  [51, USUAL, ["later than 10 runs before", "10 runs before took 45.0 s", "44.0 s to 50.0 s"]],
  [
    3,
    { runs: 1, medianSeconds: 5, leastSeconds: 5, mostSeconds: 5 },
    ["expected in 2.00 s", "the run before took 5.00 s"],
  ],
])("after %p s", (elapsed, usual, parts) => {
  expect(expectedEndParts(elapsed, usual)).toEqual(parts);
});

test("what is usual is of the same command on this machine, of runs that ended well, the last twenty", () => {
  using folder = tempFolder();
  const file = folder.file("h");
  const here: RememberedRun = {
    ...{ id: "", startedMs: 0, project: projectOf("."), command: "make", exitStatus: 0, exitSignal: null, file: "" },
    ...{ commit: null, branch: null, isDirty: null, host: "h", machine: process.arch, cpus: 2, figures: {} },
    ...{ cpuModel: cpus()[0]?.model ?? null, memoryBytes: totalmem() },
  };
  const took = (seconds: number, other: Partial<RememberedRun> = {}): RememberedRun => {
    const wall = { value: seconds, highest: seconds, source: null };
    return { ...here, id: `${seconds}`, figures: { wall }, ...other };
  };
  const figures = { command: "make", cpus: 2 } as RunFigures;
  const place = { file, env: {} };
  expect(usualTimeOf(figures, place)).toBeUndefined();
  const other = [took(90, { command: "make -j" }), took(91, { exitStatus: 1 }), took(92, { cpus: 4 })];
  importRuns(file, [...Array.from({ length: 21 }, (_, n) => took(n + 1)), ...other]);
  expect(usualTimeOf(figures, place)).toEqual({ runs: 20, medianSeconds: 11.5, leastSeconds: 2, mostSeconds: 21 });
  expect(usualTimeOf({ ...figures, command: "ls" }, place)).toBeUndefined();
});
