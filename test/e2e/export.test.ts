import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readTrace } from "../export/trace-reader.ts";
import { BIN, cleanEnv, statexec } from "../helpers/statexec.ts";

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync("/tmp/statexec-test-");
  const words = ["--quiet", "--interval", "0.02", "--processes", "all", "-f", "run.prom"];
  await statexec([...words, "sh", "-c", "seq 20000 | sort -R | tail -1; sleep 0.1"], { cwd: folder });
  return () => rmSync(folder, { recursive: true });
});

const run = async (...words: string[]) => await statexec(["--export", ...words], { cwd: folder });
const bytesOf = (name: string) => readFileSync(join(folder, name));

describe("the ending of the file", () => {
  test("says the format, and whether it is compressed", async () => {
    expect(await run("all.csv", "run.prom")).toMatchObject({ code: 0, stderr: "" });
    const csv = bytesOf("all.csv").toString();
    expect(csv).toStartWith("time,seconds,run,metric,type,unit,bound,value,label_instance,");
    for (const [name, unpacked] of [
      ["all.csv.gz", (bytes: Buffer) => Bun.gunzipSync(bytes as never)],
      ["all.csv.zst", (bytes: Buffer) => Bun.zstdDecompressSync(bytes)],
    ] as const) {
      await run(name, "run.prom");
      expect(Buffer.from(unpacked(bytesOf(name))).toString()).toBe(csv);
    }
    expect((await run("all.parquet", "run.prom")).stdout).toBe(`all.parquet: ${rowCount(csv)}\n`);
    expect(bytesOf("all.parquet").subarray(0, 4).toString()).toBe("PAR1");
    expect((await run("trace.json.gz", "run.prom")).code).toBe(0);
  });

  test("is not needed where the format is named: - is standard output", async () => {
    const { code, stdout, stderr } = await run("-", "--export-format", "csv", "--export-shape", "wide", "run.prom");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toStartWith("time,seconds,run,bounds,");
    const [head = "", ...rows] = stdout.trimEnd().split("\n");
    expect(rows.length).toBeGreaterThan(5);
    expect(head).toContain(",statexec_command_cpu_seconds_total{mode=user},");
  });
});

function rowCount(csv: string): string {
  // A text may have a line break: rows are what begins with a time.
  return `${csv.match(/^\d{4}-\d\d-\d\dT/gm)!.length.toLocaleString("en-US")} rows`;
}

test("a trace has every process that the record has, and the whole run", async () => {
  const { stdout, stderr } = await run("trace.json", "run.prom");
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^trace\.json: [\d,]+ events, \d+ processes\n$/);
  const trace = await readTrace(bytesOf("trace.json").toString());
  const record = Buffer.from(Bun.gunzipSync(bytesOf("run.processes.jsonl.gz") as never)).toString();
  const named = record
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .filter(({ type }) => type === "process");
  for (const { pid, name } of named) expect(trace.tracks).toContainEqual(expect.objectContaining({ pid, name }));
  expect(named.length).toBeGreaterThanOrEqual(4);
  expect(Object.keys(trace.counters)).toContain("Command: command_memory_resident_bytes value");
});

test("a run without a record of processes gives a trace that says so", async () => {
  writeFileSync(join(folder, "alone.prom"), bytesOf("run.prom"));
  expect((await run("alone.json", "alone.prom")).stdout).toMatch(/ events, no record of processes\n$/);
});

test("several runs are one table, by their files", async () => {
  writeFileSync(join(folder, "again.prom"), bytesOf("run.prom"));
  const { stdout } = await run("-", "--export-format", "csv", "run.prom", "again.prom");
  const rows = stdout.split("\n").slice(1);
  expect(rows.filter((row) => row.includes(",run.prom,")).length).toBe(
    rows.filter((row) => row.includes(",again.prom,")).length,
  );
});

test.each([
  ["SIGINT", "--export", "long.csv"],
  ["SIGTERM", "--export", "long.csv"],
  ["SIGTERM", "--report", "long.html"],
] as const)("%s ends %s, and leaves no part of a file", async (signal, mode, target) => {
  const lines = Array.from({ length: 20_000 }, (_, at) => ` ${at % 97} ${1_700_000_000 + at}.000\n`);
  const series = (cpu: number) =>
    `statexec_cpu_seconds_total{instance="x",job="statexec",role="standalone",cpu="${cpu}"}`;
  const text = Array.from({ length: 20 }, (_, cpu) => lines.map((line) => series(cpu) + line).join("")).join("");
  writeFileSync(join(folder, "long.prom"), `# TYPE statexec_cpu_seconds counter\n${text}# EOF\n`);
  const child = Bun.spawn([BIN, mode, target, "long.prom"], {
    ...{ cwd: folder, env: cleanEnv(), stdout: "ignore", stderr: "pipe" },
  });
  const part = join(folder, `.${target}.part`);
  // A report is written at once when it is complete: its part is empty until then.
  while (!existsSync(part) || (mode === "--export" && Bun.file(part).size === 0)) await Bun.sleep(1);
  child.kill(signal);
  await child.exited;
  expect(child.signalCode).toBe(signal);
  expect(await child.stderr.text()).toBe("");
  expect(readdirSync(folder).filter((name) => name.includes(target))).toEqual([]);
});

describe("what cannot be done", () => {
  test.each([
    [["all.txt"], 125, /--export: the ending of "all\.txt" names no format; end it in \.json/],
    [["-"], 125, /names no format/],
    [["all.parquet.gz"], 125, /Parquet is compressed in itself/],
    [["t.json", "--export-shape", "wide"], 125, /--export-shape has no effect on a trace/],
    [["t.json", "run.prom", "b.prom"], 125, /a trace shows one file; leave out "?b\.prom/],
    [["a.csv", "nothing.prom"], 125, /nothing\.prom: /],
    [["run.prom", "--export-format", "csv", "run.prom"], 125, /run\.prom: is a recording, which would be lost/],
    [["no/where.csv", "run.prom"], 125, /its folder no does not exist; create it or choose another file for --export/],
  ])("%j is refused, and leaves everything as it was", async (words, code, message) => {
    const before = bytesOf("run.prom");
    const result = await run(...words);
    expect(result).toMatchObject({ code, stdout: "" });
    expect(result.stderr).toMatch(message);
    expect(bytesOf("run.prom")).toEqual(before);
    expect(existsSync(join(folder, words[0]!)) && words[0] !== "run.prom").toBe(false);
  });

  test("a damaged record of processes is named, with its line", async () => {
    writeFileSync(join(folder, "bad.prom"), bytesOf("run.prom"));
    writeFileSync(join(folder, "bad.processes.jsonl.gz"), Bun.gzipSync(Buffer.from('{"type":"process"}\n[]\n')));
    const { code, stderr } = await run("bad.json", "bad.prom");
    expect(code).toBe(125);
    expect(stderr).toContain("bad.processes.jsonl.gz:2: expected a JSON object");
    expect(existsSync(join(folder, "bad.json"))).toBe(false);
  });
});
