import { describe, expect, test } from "bun:test";
import { COMMAND, CONTAINER, MACHINE, type SeriesKey, series } from "../../src/catalog/index.ts";
import { oomClauses, oomKillOf, victimsText } from "../../src/recording/oom.ts";
import { seriesByName } from "../../src/recording/span.ts";
import { run } from "./runs.ts";

const MIB = 2 ** 20;

type Column = readonly [key: SeriesKey, ...values: number[]];

/** What is known of kills in a run with a row each second, the last one a second after the others. */
function known(hasKills: boolean, ...columns: readonly Column[]) {
  const count = Math.max(...columns.map(([, ...values]) => values.length));
  const valuesAt = (row: number) => columns.map(([, ...values]) => values[row + values.length - count] ?? Number.NaN);
  const rows = Array.from({ length: count }, (_, row) => [row * 1000, 1, ...valuesAt(row)] as const);
  const recording = run(
    columns.map(([key]) => key),
    rows,
  );
  return oomKillOf(seriesByName(recording.series()), hasKills);
}

const victim = (pid: number, comm: string) => series(COMMAND.oomVictim, { process_id: String(pid), comm });
const holder = (pid: number, comm: string) => series(COMMAND.oomHolder, { process_id: String(pid), comm });
const limit = (group: string, how: string) => series(COMMAND.oomLimit, { limit_group: group, source: how });
const atPeak = (process_id: string, comm: string) =>
  series(COMMAND.memoryHolder, { process_id, parent_id: "1", comm, source: "resident" });

describe("an OOM kill", () => {
  test("has whom the kernel logged, the largest then, the limit, and how the group rose to it", () => {
    const found = known(
      true,
      [victim(7, "cc1"), 50 * MIB],
      [holder(9, "ld"), 200 * MIB],
      [atPeak("8", "make"), 300 * MIB],
      [limit("/a", "kernel_log"), 256 * MIB],
      [series(CONTAINER.memoryLimit), 256 * MIB],
      [series(CONTAINER.memoryUsed), 240 * MIB, 40 * MIB, 100 * MIB, 255 * MIB, 90 * MIB],
    )!;
    expect(victimsText(found)).toBe("cc1 (pid 7)");
    expect(oomClauses(found)).toEqual([
      "the limit was the 256 MiB of /a",
      "ld (pid 9) held most, 200 MiB",
      "memory rose from 40 MiB to 255 MiB in 2.00 s",
    ]);
  });

  test("of the largest says so once; more than three victims are counted", () => {
    const one = known(true, [victim(7, "cc1"), 50 * MIB], [holder(7, "cc1"), 50 * MIB])!;
    expect(oomClauses(one)).toEqual(["it held most, 50 MiB"]);
    const five = known(true, ...[1, 2, 3, 4, 5].map((pid): Column => [victim(pid, "cc1"), MIB]))!;
    expect(victimsText(five)).toBe("cc1 (pid 1), cc1 (pid 2), cc1 (pid 3) and 2 more");
  });

  test("that nobody logged has the largest at the peak, and of the limits the lowest, as likely", () => {
    const found = known(
      true,
      [atPeak("8", "make"), 30 * MIB],
      [atPeak("9", "ld"), 90 * MIB],
      [atPeak("", "other"), 500 * MIB],
      [limit("/sys/fs/cgroup/a", "likely"), 128 * MIB],
      [series(COMMAND.memoryAnonymous), 10 * MIB, 10.1 * MIB],
    )!;
    expect(victimsText(found)).toBeUndefined();
    expect(oomClauses(found)).toEqual([
      "the limit is likely the 128 MiB of /sys/fs/cgroup/a, the lowest",
      "ld (pid 9) held most at the highest sample, 90 MiB",
    ]);
  });

  test("of the machine has its memory as the limit", () => {
    const found = known(
      true,
      [victim(7, "cc1"), 50 * MIB],
      [limit("machine", "kernel_log"), 4096 * MIB],
      [series(MACHINE.memoryUsed), 1024 * MIB, 4000 * MIB],
    )!;
    expect(oomClauses(found)).toEqual([
      "the limit was the machine's 4 GiB",
      "memory rose from 1 GiB to 3.91 GiB in 1.00 s",
    ]);
  });

  test("is nothing where the kernel killed none, whoever held the memory", () => {
    expect(known(false, [atPeak("9", "ld"), 90 * MIB])).toBeUndefined();
    expect(known(true, [series(MACHINE.memoryUsed), 1])).toBeUndefined();
  });
});
