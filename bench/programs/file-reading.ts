import { closeSync, openSync, readSync } from "node:fs";
import { loadRecordings } from "../../src/load/load-recordings.ts";
import { peakRss } from "../lib/resource-usage.ts";

/*
 * Reads a metrics file into columns.
 *
 *   file-reading product FILE    as the product does: prints ns, points, peak RSS in bytes
 *   file-reading plain FILE      the obvious way, with indexOf on strings: prints the same
 */

const CHUNK_BYTES = 1 << 20;

interface Series {
  readonly times: number[];
  readonly values: number[];
}

/** Reads a file into series by the text before their values; returns the number of points. */
function plain(path: string): number {
  const all = new Map<string, Series>();
  const decoder = new TextDecoder();
  const fd = openSync(path, "r");
  const chunk = new Uint8Array(CHUNK_BYTES);
  let rest = "";
  let points = 0;
  for (let count = readSync(fd, chunk); count > 0; count = readSync(fd, chunk)) {
    const text = rest + decoder.decode(chunk.subarray(0, count), { stream: true });
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      if (text[start] !== "#") points += plainLine(all, text.slice(start, end));
      start = end + 1;
    }
    rest = text.slice(start);
  }
  closeSync(fd);
  return points;
}

function plainLine(all: Map<string, Series>, line: string): number {
  const brace = line.indexOf("} ");
  const space = line.indexOf(" ", brace + 2);
  const key = line.slice(0, brace + 1);
  let series = all.get(key);
  if (!series) {
    series = { times: [], values: [] };
    all.set(key, series);
  }
  series.values.push(Number(line.slice(brace + 2, space)));
  series.times.push(Number(line.slice(space + 1)) * 1000);
  return 1;
}

async function product(path: string): Promise<number> {
  const { recordings, problems } = await loadRecordings(path);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  let points = 0;
  for (const recording of recordings)
    for (const one of recording.series()) for (const { length } of one.blocks()) points += length;
  return points;
}

async function run([mode, path = ""]: readonly string[]): Promise<readonly number[]> {
  const start = Bun.nanoseconds();
  const points = mode === "plain" ? plain(path) : await product(path);
  return [Bun.nanoseconds() - start, points, peakRss()];
}

// As the product's modes do that read files.
Bun.unsafe.setJITPolicy(1);
console.log((await run(process.argv.slice(2))).join(" "));
