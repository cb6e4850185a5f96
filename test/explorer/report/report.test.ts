import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import type { RunInfo } from "../../../explorer/data/model.ts";
import { type Run, runOf } from "../../../explorer/data/run-columns.ts";
import { buildTemplate } from "../../../explorer/page/page-template.ts";
import { packReport } from "../../../explorer/report/pack-report.ts";
import { loadRuns, reportHtml } from "../../../explorer/report/report-page.ts";
import { readReport, unpackReport } from "../../../explorer/report/report-source.ts";
import { MACHINE, type SeriesKey, series } from "../../../src/catalog/index.ts";
import { START_MS } from "../../helpers/recording.ts";
import { RowStore } from "../../helpers/row-store.ts";
import { statexec } from "../../helpers/statexec.ts";
import { madeFile } from "../made-runs.ts";

const folder = mkdtempSync(join(tmpdir(), "statexec-report-"));
afterAll(() => rmSync(folder, { recursive: true }));

const NOTHING_KNOWN = { value: null, highest: null, seenHighest: null, source: null, contradiction: null };

const INFO: RunInfo = {
  id: "0",
  name: "run.prom",
  live: false,
  instance: "make",
  role: "standalone",
  labels: [],
  facts: [],
  events: [],
  startMs: START_MS,
  endMs: START_MS,
  command: null,
  series: [],
  known: {
    cpu: NOTHING_KNOWN,
    memory: NOTHING_KNOWN,
    usableCpus: null,
    limits: [],
    samples: null,
    sentence: null,
    wallTime: null,
    figures: { sources: [], others: {} },
  },
  pauses: [],
};

/** Makes a run with these columns. */
function runWith(columns: readonly { times: number[]; values: number[] }[]): Run {
  const all = columns.map(({ times, values }) => ({
    times: Float64Array.from(times),
    values: Float64Array.from(values),
  }));
  const infos = columns.map(
    ({ times }, at) =>
      ({ name: `s${at}`, type: "gauge", unit: "", labels: {}, points: times.length, moved: 0 }) as const,
  );
  return { info: { ...INFO, series: infos }, columns: { series: (index) => all[index]! } };
}

describe("the data of a report", () => {
  test("is restored exactly, without absent points", () => {
    const value = fc.oneof(
      fc.double({ noNaN: true }),
      fc.integer(),
      fc.maxSafeInteger(),
      fc.integer({ min: 0, max: 1000 }).map((n) => n / 100),
      fc.constantFrom(0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 53, 1e300, 5e-324, Number.NaN),
    );
    const column = fc
      .array(fc.tuple(fc.integer({ min: 0, max: 1e14 }), value), { maxLength: 40 })
      .map((points) => points.sort(([a], [b]) => a - b))
      .map((points) => ({ times: points.map(([time]) => time), values: points.map(([, one]) => one) }));
    fc.assert(
      fc.property(fc.array(column, { maxLength: 6 }), (columns) => {
        const [back] = unpackReport(packReport({ runs: [runWith(columns)], problems: [] })).runs;
        for (const [at, { times, values }] of columns.entries()) {
          const { times: gotTimes, values: gotValues } = back!.columns.series(at);
          const isPresent = (_: number, i: number) => !Number.isNaN(values[i]);
          expect([...gotTimes]).toEqual(times.filter(isPresent));
          expect([...gotValues]).toEqual(values.filter(isPresent));
        }
      }),
    );
  });

  test("is refused if it is cut", () => {
    const packed = packReport({ runs: [runWith([{ times: [1, 2, 3], values: [1, 2, 3] }])], problems: [] });
    for (let length = 0; length < packed.length; length++)
      expect(() => unpackReport(packed.subarray(0, length))).toThrow();
  });
});

test("a report of one run has the help of its own metrics, that of several has the catalogue's", async () => {
  const one = runOf(anHour(), { id: "0", name: "hour.prom", live: false });
  const html = await reportHtml({ runs: [one], problems: [] });
  const [, data = ""] = /id="data">([^<]+)</.exec(html) ?? [];
  const { helps = {} } = await readReport(data);
  expect(helps[MACHINE.networkSent.name]).toBe(MACHINE.networkSent.help);
  expect(Object.keys(helps).length).toBe(new Set(one.info.series.map(({ name }) => name)).size);
  expect(html).not.toContain(MACHINE.networkSent.help);
  expect(await reportHtml({ runs: [one, one], problems: [] })).toContain(MACHINE.networkSent.help);
});

describe("the size of a report", () => {
  test("of one run without data is under 160 KiB, and of several under 208 KiB", async () => {
    expect((await buildTemplate("plain")).length).toBeLessThan(160 * 1024);
    expect((await reportHtml({ runs: [], problems: [] })).length).toBeLessThan(160 * 1024);
    expect((await buildTemplate("full")).length).toBeLessThan(208 * 1024);
  });

  test("of an hour with 150 series is under 1.5 MiB", async () => {
    expect(
      (await reportHtml({ runs: [runOf(anHour(), { id: "0", name: "hour.prom", live: false })], problems: [] })).length,
    ).toBeLessThan(1.5 * 2 ** 20);
  });
});

/** An hour of counters and memory that change with every sample. */
function anHour(): RowStore {
  const store = new RowStore({ instance: "hour", role: "standalone", labels: new Map() }, START_MS);
  let random = 1;
  const next = (most: number) => {
    random = (random * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((random / 2 ** 31) * most);
  };
  const cpus = Array.from({ length: 100 }, (_, at) =>
    series(MACHINE.cpuSeconds, { cpu: `cpu${at >> 2}`, mode: `${at % 4}` }),
  );
  const networks = Array.from({ length: 30 }, (_, at) => series(MACHINE.networkSent, { interface: `eth${at}` }));
  const disks = Array.from({ length: 15 }, (_, at) => series(MACHINE.diskRead, { disk: `sd${at}` }));
  const memory = [
    MACHINE.memoryUsed,
    MACHINE.memoryFree,
    MACHINE.memoryCached,
    MACHINE.memoryBuffers,
    MACHINE.memoryAvailable,
  ];
  const keys: SeriesKey[] = [...cpus, ...networks, ...disks, ...memory.map((metric) => series(metric))];
  store.layout(keys);
  const row = Float64Array.from(keys, () => next(1e6));
  for (let second = 0; second < 3600; second++) {
    for (let at = 0; at < 100; at++) row[at] = Math.round(row[at]! * 100 + next(40)) / 100;
    for (let at = 100; at < 130; at++) row[at]! += next(100_000);
    for (let at = 130; at < 145; at++) row[at]! += 4096 * next(200);
    for (let at = 145; at < 150; at++) row[at] = 4096 * (500_000 + next(3000));
    store.row(START_MS + second * 1000 + (next(20) === 0 ? 1 : 0), row);
  }
  return store;
}

describe("reading for a report", () => {
  test("lists the files that could not be read, and has the others", async () => {
    const [good, bad, empty] = ["good.prom", "bad.prom", "empty.prom"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await Bun.write(good, madeFile({ seconds: 5 }));
    await Bun.write(bad, "# TYPE x counter\nx_total 1 2\n");
    await Bun.write(empty, "");
    const { runs, problems } = await loadRuns([bad, good, empty, join(folder, "none.prom"), folder]);
    expect(runs.map(({ info }) => info.name)).toEqual([good]);
    expect(problems.map(({ file }) => file)).toEqual([bad, empty, join(folder, "none.prom"), folder]);
    for (const { file, message } of problems) expect(message).toContain(file);
    expect(problems[0]!.message).toContain("bad.prom:");
    expect(problems[2]!.message).toContain("No such file or directory");
  });
});

describe("--report", () => {
  test("writes a complete page of some files, and says so", async () => {
    await Bun.write(join(folder, "a.prom"), madeFile({ seconds: 5 }));
    const run = await statexec(["--report", "out.html", "a.prom", "a.prom"], { cwd: folder });
    expect(run.stderr).toBe("");
    expect(run.stdout).toMatch(/^out\.html: 2 runs, \d+ KiB\n$/);
    expect(run.code).toBe(0);
    const html = await Bun.file(join(folder, "out.html")).text();
    expect(html.startsWith("<!doctype html>")).toBe(true);
    expect(html.trimEnd().endsWith("</html>")).toBe(true);
    expect(html).toContain("connect-src 'none'");
  });

  test("leaves an earlier file unchanged and no other file when it fails", async () => {
    await Bun.write(join(folder, "kept.html"), "kept");
    const before = readdirSync(folder).sort();
    const run = await statexec(["--report", "kept.html", "none.prom"], { cwd: folder });
    expect(run.code).toBe(125);
    expect(run.stderr).toContain("none.prom: No such file or directory");
    expect(await Bun.file(join(folder, "kept.html")).text()).toBe("kept");
    expect(readdirSync(folder).sort()).toEqual(before);
    const nowhere = await statexec(["--report", "no/where.html", "a.prom"], { cwd: folder });
    expect(nowhere.stderr).toContain(
      "no/where.html: its folder no does not exist; create it or choose another file for --report",
    );
    expect(nowhere.code).toBe(125);
  });
});

describe("--report-to", () => {
  test("writes a page next to the metrics file", async () => {
    const run = await statexec(["-f", "run.prom", "--report-to", "run.html", "--", "sh", "-c", "exit 3"], {
      cwd: folder,
    });
    expect([run.code, run.stdout, run.stderr]).toEqual([3, "", ""]);
    expect(await Bun.file(join(folder, "run.html")).text()).toContain("exit 3");
    expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
  });

  test("is refused before the command runs if it cannot be written", async () => {
    const words = ["-f", "other.prom", "--report-to", "no/where.html", "--", "touch", "ran"];
    const run = await statexec(words, { cwd: folder });
    expect(run.code).toBe(125);
    expect(run.stderr).toContain("choose another --report-to");
    expect(
      readdirSync(folder).filter((name) => name === "ran" || name.startsWith(".") || name === "other.prom"),
    ).toEqual([]);
  });

  test("reports a failure at the end, with status 125 only if the command succeeded", async () => {
    // The command removes the folder.
    for (const [end, status] of [
      ["true", 125],
      ["exit 3", 3],
    ] as const) {
      const script = `rm -r gone; ${end}`;
      await Bun.write(join(folder, "gone", "x"), "");
      const run = await statexec(["-f", "g.prom", "--report-to", "gone/r.html", "--", "sh", "-c", script], {
        cwd: folder,
      });
      expect(run.code).toBe(status);
      expect(run.stderr).toContain("gone/r.html: cannot be written");
      expect(await Bun.file(join(folder, "g.prom")).exists()).toBe(true);
    }
  });
});
