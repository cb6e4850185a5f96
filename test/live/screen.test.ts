import { describe, expect, test } from "bun:test";
import { COMMAND, MACHINE, RUN, series } from "../../src/catalog/index.ts";
import { asciiRow, brailleRows } from "../../src/live/braille.ts";
import { screenRows } from "../../src/live/screen.ts";
import type { Limit } from "../../src/recording/budget-results.ts";
import { recordingOf, START_MS } from "../helpers/recording.ts";

const MIB = 2 ** 20;

describe("a braille chart", () => {
  test("has two values a character, and four steps a row, from the bottom up", () => {
    expect(brailleRows([0, 1, 2, 3, 4, 8], 2, 8)).toEqual(["⠀⠀⢸", "⢀⣴⣿"]);
    expect(brailleRows([8, 4], 1, 8)).toEqual(["⣧"]);
  });

  test("leaves out what is not known, and shows the least that is", () => {
    expect(brailleRows([Number.NaN, 0, 0.001, Number.NaN], 1, 8)).toEqual(["⠀⡀"]);
    expect(brailleRows([1, 2], 1, 0)).toEqual(["⠀"]);
    expect(brailleRows([9], 1, 8)).toEqual(["⡇"]);
  });

  test("is ASCII where the terminal has no more", () => {
    expect(asciiRow([0, 0, 0.01, 0, Number.NaN, 7, 3, Number.NaN], 7)).toBe(" .#-");
  });
});

/** Twenty seconds of a command that goes on: it uses a core and a half, holds more and more, and sends. */
function running(endMs?: number) {
  const columns = [
    series(RUN.commandStatus),
    series(COMMAND.cpuSeconds, { mode: "user" }),
    series(COMMAND.cpuSeconds, { mode: "system" }),
    series(COMMAND.memoryAnonymous),
    series(COMMAND.memoryPeak),
    series(MACHINE.networkSent, { interface: "eth0" }),
    series(COMMAND.diskRead),
  ];
  const rows = Array.from({ length: 21 }, (_, second) => {
    const status = second * 1000 === endMs ? 2 : 1;
    return [
      START_MS + second * 1000,
      status,
      second,
      second * 0.5,
      second * 10 * MIB,
      second * 10 * MIB,
      second * 125_000,
      0,
    ] as const;
  });
  return recordingOf({ parts: [{ columns, rows }] });
}

const LIMITS: Limit[] = [
  { text: "memory<1GiB", name: "memory", value: 1024 * MIB, inclusive: false },
  { text: "cpu<10s", name: "cpu", value: 10, inclusive: false },
  { text: "threads<4", name: "threads", value: 4, inclusive: false },
];

describe("the picture of a run", () => {
  const rows = screenRows(running(), LIMITS, { width: 80, colour: false, unicode: true });
  const at = (start: string) => rows.find((row) => row.startsWith(start));

  test("says what runs, for how long, and draws what it uses; what is flat zero has no lane", () => {
    expect(rows[0]).toBe("make: running for 20.0 s");
    expect(at("cpu")).toEndWith(" 1.50 cores");
    expect(at("memory")).toEndWith(" 200 MiB");
    expect(at("machine")).toEndWith(" 1.00 Mbit/s");
    expect(at("network")).toEndWith(" now 1.00 Mbit/s");
    expect(at("disk")).toBeUndefined();
    expect(rows.find((row) => /^ +0 s +20\.0 s$/.test(row))).toBeDefined();
    expect(at("ended")).toBeUndefined();
  });

  test("has budgets with what is left of them", () => {
    expect(rows.slice(-3)).toEqual([
      "budget   memory<1GiB: 200 MiB so far, 824 MiB left",
      "budget   cpu<10s: 30.0 s so far: exceeded",
      "budget   threads<4: not measured yet",
    ]);
  });

  test("of one that has ended says how", () => {
    const ended = screenRows(running(20_000), LIMITS, { width: 80, colour: false, unicode: true });
    expect(ended[0]).toBe("make");
    expect(ended.find((row) => row.startsWith("ended"))).toBe("ended    with an unknown status after 20.0 s");
    expect(ended.at(-3)).toBe("budget   memory<1GiB: 200 MiB, 824 MiB left");
  });

  test.each([10, 20, 40, 80, 200])("fits %d columns, in colour and without", (width) => {
    for (const unicode of [true, false]) {
      const plain = screenRows(running(), [], { width, colour: false, unicode });
      const coloured = screenRows(running(), [], { width, colour: true, unicode });
      expect(coloured.map(Bun.stripANSI)).toEqual(plain);
      for (const row of plain) expect(Bun.stringWidth(row), row).toBeLessThan(Math.max(26, width));
      if (!unicode) expect(plain.join("")).toMatch(/^[ -~]*$/);
    }
  });
});
