import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { closeSync, openSync, readdirSync, readFileSync, statSync } from "node:fs";
import Ajv2020 from "ajv/dist/2020.js";
import schema from "../../schemas/processes.schema.json";
import { processesIn } from "../../src/journal/journal-reader.ts";
import { fileSource } from "../../src/journal/journal-source.ts";
import { BIN, cleanEnv, statexec, tempFolder } from "../helpers/statexec.ts";

const validate = new Ajv2020({ strictTypes: false }).compile(schema);

/** Returns what is wrong with a line; undefined: nothing. */
function wrong(line: unknown): unknown {
  return validate(line) ? undefined : validate.errors;
}

const folder = tempFolder();

function linesOf(name: string): { type: string }[] {
  const text = new TextDecoder().decode(Bun.gunzipSync(readFileSync(folder.file(`${name}.processes.jsonl.gz`))));
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** Names with signs that JSON escapes, and bytes that are no UTF-8; a process that outlives the command. */
const SCRIPT = `
  cp /bin/true './a"b'; './a"b'
  printf 'import ctypes\\nctypes.CDLL(None).prctl(15, bytes([0xff, 0x1b, 0x61]))\\n' | python3 -
  for i in 1 2 3; do true | cat; done
  setsid sleep 60 >/dev/null 2>&1 & echo $! >>left`;

async function record(name: string, ...words: string[]): Promise<void> {
  await statexec(["-q", "-f", `${name}.prom`, ...words, "sh", "-c", SCRIPT], { cwd: folder.path });
}

/** A run whose recorder is killed, and the record that --recover makes of its journal. */
async function recordKilled(): Promise<void> {
  const script = `${SCRIPT}; echo $$ >>left; exec sleep 60`;
  const words = [BIN, "-q", "--processes", "all", "-f", "killed.prom", "sh", "-c", script];
  const child = Bun.spawn(words, { cwd: folder.path, env: cleanEnv(), stdio: ["ignore", "ignore", "ignore"] });
  const journal = () => readdirSync(folder.path).find((name) => /killed\.prom.*\.journal$/.test(name));
  while (savedLines(journal()) < 5) await Bun.sleep(20);
  child.kill("SIGKILL");
  await child.exited;
  await statexec(["--recover", journal()!], { cwd: folder.path });
}

/** How many lines of processes a journal has. */
function savedLines(name: string | undefined): number {
  if (name === undefined || statSync(folder.file(name)).size === 0) return 0;
  const fd = openSync(folder.file(name), "r");
  try {
    const saved = Array.from(processesIn(fileSource(fd), name), ({ packed }) => Bun.gunzipSync(packed.slice()));
    return Buffer.concat(saved).toString().split("\n").length - 1;
  } finally {
    closeSync(fd);
  }
}

beforeAll(async () => {
  await Promise.all([
    record("perf", "--processes", "all"),
    record("samples", "--processes", "all", "--perf", "off", "--interval", "0.02"),
    record("top", "--processes", "top"),
    recordKilled(),
  ]);
}, 120_000);

afterAll(() => {
  const left = readFileSync(folder.file("left"), "utf8").trim().split("\n");
  Bun.spawnSync(["kill", ...left]);
  folder[Symbol.dispose]();
});

describe.each(["perf", "samples", "top", "killed"])("the record of the run %s", (name) => {
  test("is as the schema says, line by line", () => {
    const lines = linesOf(name);
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) expect(wrong(line), JSON.stringify(line)).toBeUndefined();
    expect(lines.at(-1)!.type).toBe("end");
    expect(lines.some(({ type }) => type === "sample")).toBe(true);
  });
});

describe("the schema", () => {
  const [line] = [{ pid: 5, parent: 4, name: "a", names: ["a"], start: 1.5, end: null, cpu_seconds: 0.1 }];
  const process = { type: "process", ...line, source: "perf" };

  const list = { used_id: [1], used_cpu_seconds: [0.5], held_id: [1], held_bytes: [4096], left_id: [] };
  const rest = { rest_processes: 0, rest_cpu_seconds: 0, rest_resident_bytes: 0 };
  const sample = { type: "sample", time: 1.5, since: 0.5, whole: true, ...list, ...rest };

  test.each([
    ["a sample", sample],
    ["a new key", { ...process, exit_status: 0 }],
    ["a new type", { type: "holder", pid: "?" }],
  ])("allows %s", (_, value) => expect(wrong(value)).toBeUndefined());

  test.each([
    ["no type", line],
    ["no process number", { ...process, pid: undefined }],
    ["a process number of 0", { ...process, pid: 0 }],
    ["a time as text", { ...process, start: "2026-01-01" }],
    ["a negative amount", { ...process, resident_bytes: -1 }],
    ["half a program", { ...process, execs: 0.5 }],
    ["an unknown source", { ...process, source: "guess" }],
    ["a whole sample without its start", { ...sample, since: undefined }],
    ["a whole sample that one has left", { ...sample, left_id: [3] }],
    ["a sample without its rest", { ...sample, rest_processes: undefined }],
    ["a number of a process that none has", { ...sample, used_id: [0] }],
    ["a negative CPU time", { ...sample, used_cpu_seconds: [-0.01] }],
    ["an end without its number", { type: "end", source: "perf", complete: true }],
  ])("refuses %s", (_, value) => expect(wrong(JSON.parse(JSON.stringify(value)))).toBeDefined());
});
