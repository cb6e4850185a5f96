import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { MACHINE, RUN, sampleName, series } from "../../src/catalog/index.ts";
import { familiesOf } from "../../src/openmetrics/families.ts";
import type { Recording } from "../../src/recording/recording.ts";
import { recording } from "../helpers/arbitrary.ts";
import { pointsOf, recordingOf, renderBytes, renderText, START_MS } from "../helpers/recording.ts";
import {
  areValidatorsMissing,
  countByPromtool,
  countByStrictParser,
  expectValid,
  isMissing,
} from "../helpers/validators.ts";
import { type StoredSeries, startVictoria } from "../helpers/victoria.ts";
import { GOLDEN } from "./golden.ts";

const DOCUMENTATION = join(import.meta.dir, "../../docs/metrics.md");

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "statexec-readers-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function written(content: string | Uint8Array): Promise<string> {
  const path = join(folder, `${Bun.randomUUIDv7()}.prom`);
  await Bun.write(path, content);
  return path;
}

const sample = (end: string) => `statexec_x_total{job="statexec"} ${end}`;
const counter = (...ends: string[]) => `# TYPE statexec_x counter\n${ends.map(sample).join("\n")}\n# EOF\n`;

describe.skipIf(areValidatorsMissing())("the validators refuse broken files", () => {
  test("and accept a valid file", async () => {
    const path = await written(counter("1 1.764", "2 2.262"));
    expect(await expectValid(path)).toEqual({ series: 1, points: 2 });
  });

  test.each([
    ["no # EOF", counter("1 1.000").replace("# EOF\n", "")],
    ["a blank line", counter("1 1.000").replace("# EOF", "\n# EOF")],
    ["a comment", `# made by hand\n${counter("1 1.000")}`],
    ["a label that is not escaped", counter("1 1.000").replace('"statexec"', '"a"b"')],
  ])("promtool: %s", async (_, text) => {
    await expect(countByPromtool(await written(text))).rejects.toThrow("promtool ended with 1");
  });

  test.each([
    ["no # EOF", counter("1 1.000").replace("# EOF\n", ""), "Missing # EOF"],
    ["a counter without _total", counter("1 1.000").replace("x_total", "x"), "Clashing name"],
    ["time that goes back", counter("1 2.500", "1 1.900"), "went backwards"],
    ["a time twice", counter("1 1.000", "1 1.000"), "1 points at a time"],
    ["no time stamp", counter("1"), "no time stamp"],
    ["a counter that falls", counter("2 1.000", "1 2.000"), "counter falls"],
    [
      "bytes that are not UTF-8",
      Buffer.from(counter("1 1.000").replace('statexec"', '\xff"'), "latin1"),
      "UnicodeDecodeError",
    ],
  ])("strict parser: %s", async (_, content, reason) => {
    await expect(countByStrictParser(await written(content))).rejects.toThrow(reason);
  });

  test("promtool loses a point that goes back, and its count shows it", async () => {
    expect(await countByPromtool(await written(counter("1 2.000", "1 1.000")))).toBe(1);
  });
});

/** Numbers of series and points, and sums of values and times, by name, as recorded. */
function recordedTotals(recording: Recording) {
  const all = familiesOf(recording).flat();
  return totals(
    all.map((one) => [sampleName(one.metric), pointsOf(one)] as const).filter(([, points]) => points.length > 0),
  );
}

function storedTotals(all: readonly StoredSeries[]) {
  return totals(all.map(({ name, times, values }) => [name, values.map((value, i) => [times[i]!, value] as const)]));
}

type Named = readonly [name: string, points: readonly (readonly [atMs: number, value: number])[]];

function totals(all: readonly Named[]) {
  const names = [...new Set(all.map(([name]) => name))].sort();
  return names.map((name) => {
    const own = all.filter(([other]) => other === name).map(([, points]) => points);
    const points = own.flat();
    return {
      name,
      series: own.length,
      points: points.length,
      sum: points.reduce((sum, [, value]) => sum + value, 0),
      times: points.reduce((sum, [atMs]) => sum + (atMs - 1.7e12), 0),
    };
  });
}

describe.skipIf(isMissing("victoriaMetrics", "curl"))("VictoriaMetrics", () => {
  test("stores every series and point of a file by the documented import, once, however often it is imported", async () => {
    const victoria = await startVictoria();
    try {
      const path = await written(renderBytes(GOLDEN));
      for (const _ of ["first", "again"]) {
        await victoria.import(path);
        const stored = await victoria.export();
        const expected = recordedTotals(GOLDEN).map(({ sum, ...rest }) => ({ ...rest, sum: expect.closeTo(sum, 5) }));
        expect(storedTotals(stored)).toEqual(expected);
        expect(stored.find(({ name }) => name === "statexec_command_status")?.labels).toEqual({
          ...{ instance: './make "all"', job: "statexec", role: "client" },
          ...{ branch: 'a # {b="c"}, d', os: "déb\\ian\n12" },
        });
      }
    } finally {
      await victoria.stop();
    }
  }, 120_000);
});

/** A run of 20 minutes with a sample a minute. */
const LONG_RUN = recordingOf({
  facts: [
    ["host", "builder"],
    ["cpus", "8"],
    ["version", "0.1.0"],
  ],
  parts: [
    {
      columns: [series(RUN.commandStatus), series(MACHINE.memoryUsed)],
      rows: Array.from({ length: 21 }, (_, minute) => [START_MS + minute * 60_000, 1, 1000 + minute]),
    },
  ],
});

describe.skipIf(isMissing("victoriaMetrics", "curl"))("the join in the documentation", async () => {
  const [, query = ""] = /```promql\n(.*?)```/s.exec(await Bun.file(DOCUMENTATION).text()) ?? [];

  test("gives facts to a series at any time of the run", async () => {
    const victoria = await startVictoria();
    try {
      await victoria.import(await written(renderBytes(LONG_RUN)));
      for (const minute of [0, 1, 2, 7, 13, 20]) {
        const time = START_MS / 1000 + minute * 60;
        const answer = await fetch(
          `${victoria.url}/api/v1/query?${new URLSearchParams({ query, time: String(time) })}`,
        );
        const { data } = (await answer.json()) as { data: { result: { metric: object; value: [number, string] }[] } };
        expect(data.result).toEqual([
          {
            metric: {
              ...{ instance: "make", job: "statexec", role: "standalone" },
              ...{ host_name: "builder", host_cpus: "8", statexec_version: "0.1.0" },
            },
            value: [time, String(1000 + minute)],
          },
        ]);
      }
    } finally {
      await victoria.stop();
    }
  }, 120_000);
});

test("a missing tool is a failure where CI is true", () => {
  const script = `const { isMissing } = await import("${join(import.meta.dir, "../helpers/validators.ts")}"); console.log(isMissing("promtool"));`;
  const skipped = (CI: string) =>
    Bun.spawnSync([process.execPath, "-e", script], { env: { PATH: folder, CI }, stderr: "ignore" })
      .stdout.toString()
      .trim();
  expect(skipped("")).toBe("true");
  expect(skipped("true")).toBe("false");
});

test("random recordings differ", () => {
  expect(new Set(fc.sample(recording, 20).map(renderText)).size).toBeGreaterThan(10);
});
