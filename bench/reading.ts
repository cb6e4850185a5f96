import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { loadRecordings } from "../src/load/load-recordings.ts";

/*
 * Metrics files read into columns.
 *
 *   reading product FILE    by the product's own way: prints ns, points, peak RSS in bytes
 *   reading plain FILE      as one would write it first, with indexOf on strings: the same
 */

const CHUNK_BYTES = 1 << 20;

interface Series {
  readonly times: number[];
  readonly values: number[];
}

/** The series of a file by the text in front of their values; a line is cut where indexOf finds the blanks. */
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

/** The highest resident memory of this process so far, bytes; proc_pid_status(5), VmHWM. */
function peakRss(): number {
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "latin1")) ?? [];
  return Number(kib) * 1024;
}

async function run([mode, path = ""]: readonly string[]): Promise<readonly number[]> {
  const start = Bun.nanoseconds();
  const points = mode === "plain" ? plain(path) : await product(path);
  return [Bun.nanoseconds() - start, points, peakRss()];
}

// As the modes do that read files.
Bun.unsafe.setJITPolicy(1);
console.log((await run(process.argv.slice(2))).join(" "));
