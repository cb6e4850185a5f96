import { beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { statexec } from "../helpers/statexec.ts";

/** A record of three programs, as docs/processes.md describes it. */
const START = 1_700_000_000;
const LINES = [
  process({ pid: 10, parent: 1, name: "make", end: 9, cpu: 0.5, resident: 3 * 2 ** 20 }),
  process({ pid: 11, parent: 10, name: "cc1", start: 1, end: 4, cpu: 2, resident: 80 * 2 ** 20 }),
  process({ pid: 12, parent: 10, name: "cc1", start: 2, end: 8, cpu: 5, resident: null }),
  process({ pid: 13, parent: 10, name: 'a,"b"', start: 3, end: null, cpu: null, resident: 90 * 2 ** 20 }),
  process({ pid: 14, parent: 10, name: "\u001b[31mred", start: 3, end: 3.5, cpu: 0.5, resident: null }),
];
const END = { type: "end", source: "perf", processes: 5, complete: true, lost_records: 0, cpu_seconds: 8 };

interface Made {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly start?: number;
  readonly end: number | null;
  readonly cpu: number | null;
  readonly resident: number | null;
}

function process({ pid, parent, name, start = 0, end, cpu, resident }: Made): object {
  return {
    ...{ type: "process", pid, parent, name, names: [name], start: START + start, end: end && START + end },
    ...{ cpu_seconds: cpu, execs: 1, threads: 1, resident_bytes: resident, source: "perf" },
  };
}

let folder: string;

/** Writes a metrics file, which is not read, and its record. */
function record(name: string, lines: readonly object[]): string {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  writeFileSync(join(folder, `${name}.prom`), "# EOF\n");
  writeFileSync(join(folder, `${name}.processes.jsonl.gz`), Bun.gzipSync(new TextEncoder().encode(text)));
  return `${name}.prom`;
}

beforeAll(() => {
  folder = mkdtempSync("/tmp/statexec-test-");
  record("run", [...LINES, { ...END, cpu_untold_seconds: 0.25 }]);
  return () => rmSync(folder, { recursive: true });
});

/** A record with what is not known of every process. */
const KNOWN = [
  ["cc1", 20, { io_read_bytes: 3 * 2 ** 20, io_write_bytes: 2 ** 20, run_delay_seconds: 0.25, exit_status: 0 }],
  ["ld", 21, { io_read_bytes: 9 * 2 ** 20, args: ["ld", "-o", "a b"], exit_status: 2 }],
  ["cc1", 22, { run_delay_seconds: 1.5, exit_signal: 9, args: ["cc1", `-${"x".repeat(90)}`] }],
].map(([name, pid, more]) => ({
  ...process({ pid: pid as number, parent: 1, name: name as string, end: 1, cpu: 1, resident: null }),
  ...(more as object),
}));

const ask = async (...words: string[]) => await statexec(["--processes-of", ...words], { cwd: folder });

describe("what is known of some processes only", () => {
  test("io has the sum of what was read and written, how a process ended, and its arguments", async () => {
    record("known", [...KNOWN, END]);
    const { stdout } = await ask("--sort", "io", "known.prom");
    expect(stdout.split("\n").slice(2)).toEqual([
      "program             processes    CPU time   share            io       lived",
      "ld                          1      1.00 s    33 %         9 MiB      1.00 s",
      "cc1                         2      2.00 s    67 %         4 MiB      2.00 s",
      "",
      "process               pid   CPU time  share          io      lived      began",
      "ld                     21     1.00 s   33 %       9 MiB     1.00 s      +0 ms",
      "    [status 2] ld -o 'a b'",
      "cc1                    20     1.00 s   33 %       4 MiB     1.00 s      +0 ms",
      "cc1                    22     1.00 s   33 %           –     1.00 s      +0 ms",
      `    [signal 9] cc1 -${"x".repeat(59)}…`,
      "",
    ]);
  });

  test("wait has the time for a CPU; JSON and CSV have all of it", async () => {
    record("known", [...KNOWN, END]);
    const { stdout } = await ask("--sort", "wait", "known.prom");
    expect(stdout).toContain("cc1                         2      2.00 s    67 %        1.75 s      2.00 s\n");
    expect(stdout).toContain(
      "process               pid   CPU time  share      waited      lived      began\ncc1                    22",
    );
    const json = JSON.parse((await ask("--sort", "io", "--processes-format", "json", "known.prom")).stdout);
    expect(json.programs[1]).toMatchObject({ name: "cc1", io_bytes: 4 * 2 ** 20, run_delay_seconds: 1.75 });
    expect(json.top[0]).toMatchObject({ args: ["ld", "-o", "a b"], exit_status: 2 });
    const csv = (await ask("--sort", "io", "--processes-format", "csv", "known.prom")).stdout.split("\n");
    expect(csv[0]).toEndWith(",source,exit_status,exit_signal,io_read_bytes,io_write_bytes,run_delay_seconds,args");
    expect(csv[1]).toEndWith(`,perf,2,,${9 * 2 ** 20},,,ld -o 'a b'`);
  });
});

describe("the table", () => {
  test("has programs and processes by their CPU time, with what is not known", async () => {
    const { code, stdout, stderr } = await ask("run.prom");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(`5 processes of 4 programs, 8.00 s of CPU time
250 ms of CPU time are in no line of the record.

program             processes    CPU time   share   largest RSS       lived
cc1                         2      7.00 s    88 %        80 MiB      9.00 s
make                        1      500 ms     6 %         3 MiB      9.00 s
\\u001b[31mred               1      500 ms     6 %             –      500 ms
a,"b"                       1           –       –        90 MiB           –

process               pid   CPU time  share         RSS      lived      began
cc1                    12     5.00 s   63 %           –     6.00 s    +2.00 s
cc1                    11     2.00 s   25 %      80 MiB     3.00 s    +1.00 s
make                   10     500 ms    6 %       3 MiB     9.00 s      +0 ms
\\u001b[31mred          14     500 ms    6 %           –     500 ms    +3.00 s
a,"b"                  13          –      –      90 MiB          –    +3.00 s
`);
    expect(Math.max(...stdout.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  test.each([
    ["memory", ['a,"b"', "cc1", "make"]],
    ["time", ["make", "cc1", "cc1"]],
    ["start", ["make", "cc1", "cc1"]],
  ])("is ordered by %s; what is not known comes last", async (sort, first) => {
    const { stdout } = await ask("--sort", sort, "--top", "3", "run.prom");
    const rows = stdout.split("process   ")[1]!.split("\n").slice(1, 4);
    expect(rows.map((row) => row.split(" ")[0]!)).toEqual(first);
    expect(stdout).toContain("and 1 more program (--top 4)");
  });

  test("says what a record lacks", async () => {
    record("cut", LINES);
    expect((await ask("cut.prom")).stdout).toContain("The record has no end: its last lines are missing.");
    record("lost", [...LINES, { ...END, complete: false, lost_records: 7 }]);
    expect((await ask("lost.prom")).stdout).toContain("Some are missing: 7 records of the kernel were lost.");
    record("seen", [...LINES, { ...END, source: "samples", complete: false, lost_records: null }]);
    const seen = (await ask("seen.prom")).stdout;
    expect(seen).toContain("They are what samples saw");
    expect(seen).toContain("\nHow many more there were is not known.\n");
    expect(seen).toMatch(/^cc1 +2\+ /m);
    expect((await ask("run.prom")).stdout).toMatch(/^cc1 +2 /m);
  });

  test("says how many processes are missing at most where only samples tell", async () => {
    const missed = async (name: string, end: object) => {
      record(name, [...LINES, { ...END, source: "samples", complete: false, lost_records: null, ...end }]);
      const { missed_most: most } = JSON.parse((await ask("--processes-format", "json", `${name}.prom`)).stdout);
      return [most, (await ask(`${name}.prom`)).stdout.split("\n")[2]];
    };
    const text = "At most 95 more, threads and other programs' processes included.";
    expect(await missed("some", { machine_started: 100 })).toEqual([95, text]);
    // Only those with the most CPU time have lines.
    expect(await missed("top", { machine_started: 105, processes: 10 })).toEqual([95, text]);
    expect(await missed("no-others", { machine_started: 5 })).toEqual([
      ...[0, "The machine started no more meanwhile: none is missing."],
    ]);
    expect(await missed("unknown", { machine_started: null })).toEqual([
      null,
      "How many more there were is not known.",
    ]);
  });
});

test("CSV has a line for each process, and quotes what needs it", async () => {
  const { stdout } = await ask("--processes-format", "csv", "--sort", "start", "run.prom");
  expect(stdout.split("\n").slice(0, 2)).toEqual([
    "pid,parent,name,start,end,cpu_seconds,resident_bytes,execs,threads,source,exit_status,exit_signal,io_read_bytes,io_write_bytes,run_delay_seconds,args",
    "10,1,make,1700000000,1700000009,0.5,3145728,1,1,perf,,,,,,",
  ]);
  expect(stdout).toContain('\n13,10,"a,""b""",1700000003,,,94371840,1,1,perf,,,,,,\n');
});

test("JSON has the totals, the programs and the lines of the record", async () => {
  const { stdout } = await ask("--processes-format", "json", "--top", "1", "run.processes.jsonl.gz");
  const { programs, top, ...rest } = JSON.parse(stdout);
  expect(rest).toMatchObject({ version: 1, processes: 5, complete: true, has_end: true, told_cpu_seconds: 8 });
  expect(programs).toEqual([
    {
      name: "cc1",
      processes: 2,
      cpu_seconds: 7,
      cpu_unknown: 0,
      largest_resident_bytes: 80 * 2 ** 20,
      lived_seconds: 9,
      io_bytes: null,
      run_delay_seconds: null,
    },
  ]);
  expect(top).toEqual([LINES[2]]);
});

describe("a run", () => {
  test.each([
    ["none.prom", "none.prom: no such file"],
    ["bare.prom", "bare.prom: its run did not record processes (bare.processes.jsonl.gz does not exist)"],
    ["wrong.processes.jsonl.gz", "expected a JSON object"],
    ["empty.processes.jsonl.gz", "no record of processes"],
  ])("%s: %s", async (file, message) => {
    writeFileSync(join(folder, "bare.prom"), "# EOF\n");
    writeFileSync(join(folder, "wrong.processes.jsonl.gz"), Bun.gzipSync(new TextEncoder().encode("[1]\n")));
    writeFileSync(join(folder, "empty.processes.jsonl.gz"), Bun.gzipSync(new Uint8Array(0)));
    const { code, stderr, stdout } = await ask(file);
    expect({ code, stdout }).toEqual({ code: 125, stdout: "" });
    expect(stderr).toContain(message);
  });

  test("has one record at a time", async () => {
    expect((await ask("a", "b")).stderr).toContain('--processes-of takes one file; leave out "b"');
  });
});
