import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { processRecord } from "../explorer/made-processes.ts";
import { statexec, tempFolder } from "../helpers/statexec.ts";

const MIB = 2 ** 20;
const folder = tempFolder();

beforeAll(() => {
  const all = [
    { pid: 10, parent: 1, name: "make", start: 0, end: 40, cpu: 1, more: { id: 1 } },
    { pid: 11, parent: 10, name: "cc1", start: 5, end: 25, cpu: 15, more: { id: 2 } },
    { pid: 12, parent: 10, name: "cc1", start: 5, end: 35, cpu: 8, more: { id: 3 } },
  ];
  const samples = [
    { from: 0, at: 10, cpu: { 1: 0.5, 2: 4, 3: 1 }, resident: { 1: 4 * MIB, 2: 30 * MIB, 3: 60 * MIB } },
    { at: 20, cpu: { 2: 9 }, resident: { 2: 50 * MIB }, rest: [7, 1, 6 * MIB] as const },
    { at: 30, cpu: { 3: 7 }, resident: { 3: 20 * MIB }, left: [2], rest: [0, 2, 0] as const },
    { at: 40, cpu: { 1: 0.5 }, resident: {}, left: [3] },
  ];
  writeFileSync(folder.file("run.prom"), "# EOF\n");
  writeFileSync(folder.file("run.processes.jsonl.gz"), processRecord(all, {}, samples));
  writeFileSync(folder.file("old.prom"), "# EOF\n");
  writeFileSync(folder.file("old.processes.jsonl.gz"), processRecord(all));
});
afterAll(() => folder[Symbol.dispose]());

const ask = (...words: string[]) => statexec(["--processes-of", ...words], { cwd: folder.path });
const csv = async (...words: string[]) => (await ask("--processes-format", "csv", ...words, "run.prom")).stdout;

describe("--processes-of at a time", () => {
  test("prints who used most in the sample that has it, and the rest", async () => {
    const { stdout, code } = await ask("--at", "12", "run.prom");
    expect(code).toBe(0);
    expect(stdout).toBe(`From 10.00 to 20.00 s, 1 sample of the tree:
10.0 s of CPU time, 1.00 cores, at most 120 MiB of RSS

program             processes    CPU time   share           RSS
cc1                         2      9.00 s    90 %       110 MiB
make                        1         0 s     0 %         4 MiB
(rest)                      7      1.00 s    10 %         6 MiB

process                   pid    CPU time   share           RSS
cc1                        11      9.00 s    90 %        50 MiB
cc1                        12         0 s     0 %        60 MiB
make                       10         0 s     0 %         4 MiB
`);
  });

  test.each([
    // A sample has the time up to it, and the first one that of the start.
    ["0", "0,10,11,10,cc1,4,31457280"],
    ["10", "0,10,11,10,cc1,4,31457280"],
    ["10.001", "10,20,11,10,cc1,9,52428800"],
    ["25", "20,30,12,10,cc1,7,20971520"],
  ])("of %s s prints %s", async (at, first) => expect((await csv("--at", at)).split("\n")[1]).toBe(first));

  test("of a window adds up CPU time, and has the most memory, of programs at one time", async () => {
    expect(
      await csv("--from", "10", "--to", "30"),
    ).toBe(`from_seconds,to_seconds,pid,parent,name,cpu_seconds,resident_bytes
10,30,11,10,cc1,9,52428800
10,30,12,10,cc1,7,62914560
10,30,10,1,make,0,4194304
10,30,,,(rest),3,6291456
`);
    const json = ["--from", "15", "--sort", "memory", "--top", "1", "--processes-format", "json", "run.prom"];
    const answer = JSON.parse((await ask(...json)).stdout);
    expect(answer).toMatchObject({ version: 1, from_seconds: 10, to_seconds: 40, samples: 3, cpu_seconds: 19.5 });
    // Not the sum of what each held at most, which was at different times.
    expect(answer.programs).toEqual([{ name: "cc1", processes: 2, cpu_seconds: 16, resident_bytes: 110 * MIB }]);
    expect(answer.top[0]).toMatchObject({
      cpu_seconds: 7,
      resident_bytes: 60 * MIB,
      process: { pid: 12, name: "cc1" },
    });
    expect(answer.rest).toEqual({ processes: 7, cpu_seconds: 3, resident_bytes: 6 * MIB });
  });

  test.each([
    [["--at", "41", "run.prom"], "no sample is at that time; the last one is 40.00 s after the command's start"],
    [["--at", "4", "old.prom"], "it has no samples of its processes; leave out --at, --from and --to"],
    [["--at", "4", "--to", "5", "run.prom"], "--at is one time, --from and --to are two; leave out one of them"],
    [["--from", "5", "--to", "5", "run.prom"], "--to 5: expected more than --from, which is 5"],
    [["--at", "5", "--sort", "io", "run.prom"], "--sort io: samples have cpu and memory"],
    [["--at", "soon", "run.prom"], "expected a number of seconds"],
  ])("%p says %p", async (words, message) => {
    const { code, stdout, stderr } = await ask(...words);
    expect([code === 0, stdout]).toEqual([false, ""]);
    expect(stderr).toContain(message);
  });
});
