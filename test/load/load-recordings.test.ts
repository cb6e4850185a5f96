import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { loadRecordings } from "../../src/load/load-recordings.ts";
import { contentOf } from "../helpers/recording.ts";
import { runProgram, statexec, tempFolder } from "../helpers/statexec.ts";
import { parseStrictly } from "../helpers/strict-reader.ts";

const packers = { gzip: Bun.gzipSync, zstd: Bun.zstdCompressSync } as const;

/** A metrics file that is longer than several reads. */
function longFile(): Uint8Array<ArrayBuffer> {
  const head = 'statexec_memory_free_bytes{instance="make",job="statexec",role="standalone"} ';
  const lines = Array.from({ length: 50_000 }, (_, i) => `${head}${i * 7919} ${1_700_000_000 + i}.000\n`);
  return new TextEncoder().encode(`# TYPE statexec_memory_free_bytes gauge\n${lines.join("")}# EOF\n`);
}

async function pointsIn(path: string): Promise<number> {
  const { recordings } = await loadRecordings(path);
  const blocks = recordings.flatMap((one) => [...one.series()].flatMap((series) => [...series.blocks()]));
  return blocks.reduce((sum, { length }) => sum + length, 0);
}

test.each(["gzip", "zstd"] as const)("a %s file of several members is read whole, under any name", async (format) => {
  using folder = tempFolder();
  const path = folder.file("run");
  const bytes = longFile();
  const [first, second] = [bytes.slice(0, 1_000_000), bytes.slice(1_000_000)];
  writeFileSync(path, Buffer.concat([packers[format](first), packers[format](second)]));
  const { recordings, problems } = await loadRecordings(path);
  expect(problems).toEqual([]);
  expect(recordings.map(contentOf)).toEqual([contentOf(parseStrictly(bytes, "whole"))]);
});

test.each(["gzip", "zstd"] as const)(
  "a truncated %s file has the points before the end, and a problem",
  async (format) => {
    using folder = tempFolder();
    const path = folder.file("run.prom");
    const packed = packers[format](longFile());
    writeFileSync(path, packed.subarray(0, packed.length / 2));
    const { problems } = await loadRecordings(path);
    expect(problems.at(-1)).toEndWith(`run.prom: expected a whole ${format} file, got "unexpected end of file"`);
    const points = await pointsIn(path);
    expect(points).toBeGreaterThan(1000);
    expect(points).toBeLessThan(50_000);
  },
);

test("anything but a file of ours is a problem with its name", async () => {
  using folder = tempFolder();
  writeFileSync(folder.file("empty.prom"), "");
  writeFileSync(folder.file("damaged.journal"), "statexecjournal\n");
  mkdirSync(folder.file("folder"));
  const messages = await Promise.all(
    ["empty.prom", "damaged.journal", "folder", "missing"].map(async (name) => {
      const { recordings, problems } = await loadRecordings(folder.file(name));
      expect(recordings).toEqual([]);
      expect(problems[0]).toContain(folder.file(name));
      return problems[0]!.replaceAll(`${folder.path}/`, "");
    }),
  );
  expect(messages).toEqual([
    'empty.prom: expected a metrics file with samples, got "an empty file"',
    expect.stringMatching(/^damaged\.journal: expected a/),
    expect.stringMatching(/folder.*directory/),
    expect.stringMatching(/missing.*No such file/i),
  ]);
});

test("a pipe is read like a file", async () => {
  using folder = tempFolder();
  const path = folder.file("run.prom");
  const pipe = folder.file("pipe");
  await statexec(["-f", path, "true"]);
  await runProgram(["mkfifo", pipe]);
  const cat = Bun.spawn(["sh", "-c", `cat ${path} > ${pipe}`]);
  const { recordings, problems } = await loadRecordings(pipe);
  expect(await cat.exited).toBe(0);
  expect(problems).toEqual([]);
  expect(recordings.map(contentOf)).toEqual([contentOf(parseStrictly(await Bun.file(path).bytes(), path))]);
});
