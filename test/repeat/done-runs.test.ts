import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { COMMAND, RUN, series } from "../../src/catalog/index.ts";
import { measuredRuns } from "../../src/repeat/done-runs.ts";
import { recordingOf, renderBytes, START_MS } from "../helpers/recording.ts";
import { tempFolder } from "../helpers/statexec.ts";

/** A metrics file of a run that began at START_MS and took this long. */
function fileOf(seconds: number): Uint8Array {
  const columns = [series(RUN.commandStatus), series(COMMAND.duration)];
  const rows = [
    [START_MS, 1, undefined],
    [START_MS + seconds * 1000, 2, seconds],
  ] as const;
  return renderBytes(recordingOf({ facts: [["command", "make"]], parts: [{ columns, rows }] }));
}

test("a run without a recording of its own is left out, and said", async () => {
  using folder = tempFolder();
  const file = folder.file("run.prom");
  writeFileSync(file, fileOf(3));
  const { runs, warnings } = await measuredRuns([
    { run: 1, file, startedMs: START_MS },
    // The file is from before this run: an earlier series left it.
    { run: 2, file, startedMs: START_MS + 1000 },
    { run: 3, file: folder.file("none.prom"), startedMs: START_MS },
    // The wall clock has fractions of a millisecond, the file has none.
    { run: 4, file, startedMs: START_MS + 0.9 },
  ]);
  expect(runs.map(({ run, figures }) => [run, figures.wallSeconds])).toEqual([
    [1, 3],
    [4, 3],
  ]);
  expect(warnings).toEqual([
    `run 2 is not in the table: ${file} is of an earlier run`,
    `run 3 is not in the table: ${folder.file("none.prom")}: No such file or directory`,
  ]);
});
