import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { COMMAND, type Fact, RUN, series } from "../../src/catalog/index.ts";
import { recordingOf, renderBytes, START_MS } from "../helpers/recording.ts";
import { statexec, tempFolder } from "../helpers/statexec.ts";

const MIB = 2 ** 20;

interface Made {
  readonly peakMib: number;
  readonly status?: number;
  readonly command?: string;
  readonly cpus?: number;
  /** The bound that makes the peak certain. */
  readonly atMostMib?: number;
}

const COLUMNS = [
  series(RUN.commandStatus),
  series(COMMAND.cpuSeconds, { mode: "user" }),
  series(COMMAND.cpuSeconds, { mode: "system" }),
  series(COMMAND.memoryPeak),
  series(COMMAND.memoryPeakBound),
  series(COMMAND.exitStatus),
  series(COMMAND.duration),
];

/** A metrics file of a run of 40 seconds with 1.5 cores, that began on this day. */
function fileOf(
  day: number,
  { peakMib, status = 0, command = "make", cpus = 4, atMostMib = peakMib }: Made,
): Uint8Array {
  const facts: Fact[] = [
    ["command", command],
    ["cpus", String(cpus)],
    ["machine", "x64"],
    ["started_at", new Date(Date.UTC(2026, 0, day)).toISOString()],
  ];
  const rows = Array.from({ length: 41 }, (_, second) => {
    const isEnd = second === 40;
    const end = isEnd ? [status, 40] : [undefined, undefined];
    const memory = [(peakMib * MIB * (second + 1)) / 41, atMostMib * MIB];
    return [START_MS + second * 1000, isEnd ? 2 : 1, second, second / 2, ...memory, ...end] as const;
  });
  const info = { columns: [...COLUMNS], rows };
  return renderBytes(recordingOf({ facts, parts: [info] }));
}

function folderOf(runs: readonly Made[]) {
  const folder = tempFolder();
  const files = runs.map((made, i) => {
    writeFileSync(folder.file(`run${i + 1}.prom`), fileOf(i + 1, made));
    return `run${i + 1}.prom`;
  });
  return { folder, files, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

const TWENTY = Array.from({ length: 20 }, (_, i) => ({ peakMib: 900 + ((i * 7) % 20) * 5 }));

const size = (words: readonly string[], cwd: string) => statexec(["--size", ...words], { cwd });

describe("statexec --size", () => {
  test("a table of 80 columns that says what it rests on", async () => {
    using made = folderOf(TWENTY);
    const { code, stdout, stderr } = await size(made.files, made.folder.path);
    expect([code, stderr]).toEqual([0, ""]);
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    expect(stdout).toStartWith("make: sizes from 20 complete runs\n");
    const row = (name: string) => new RegExp(`^${name} .*$`, "m").exec(stdout)?.[0].trim().split(/ {2,}/);
    expect(row("memory")).toEqual(["memory", "20", "945 MiB", "995 MiB", "992 MiB", "1.22 GiB"]);
    expect(row("CPU cores")).toEqual(["CPU cores", "20", "1.50", "1.50", "1.50", "1.80"]);
    expect(row("wall time")).toEqual(["wall time", "20", "40.0 s", "40.0 s", "–", "60.0 s"]);
    expect(stdout).toContain("20 of 20 peaks are lower bounds");
  });

  test("one run is not enough, and is said not to be", async () => {
    using made = folderOf([{ peakMib: 100 }]);
    const { code, stdout } = await size(made.files, made.folder.path);
    expect(code).toBe(0);
    expect(stdout.replace(/\s+/g, " ")).toContain("Not enough runs: 1. It takes 5 before their spread says anything");
  });

  test("Kubernetes: YAML with requests and limits", async () => {
    using made = folderOf(TWENTY);
    const { stdout } = await size(["--size-format", "kubernetes", ...made.files], made.folder.path);
    const { resources } = Bun.YAML.parse(stdout) as { resources: object };
    expect(resources).toEqual({
      requests: { cpu: "1500m", memory: "992Mi" },
      limits: { cpu: "1800m", memory: "1248Mi" },
    });
    const { Container } = await import("kubernetes-models/v1/Container");
    new Container({ name: "build", resources }).validate();
  });

  test.each([
    ["slurm", "#SBATCH --cpus-per-task=2\n#SBATCH --mem=1248M\n#SBATCH --time=00:01:00\n"],
    ["nextflow", "process {\n    cpus = 2\n    memory = '1248 MB'\n    time = '1 min'\n}\n"],
    ["snakemake", "    threads: 2\n    resources:\n        mem_mib=1248,\n        runtime=1,\n"],
    ["github", "runs-on: ubuntu-latest\n"],
    ["gitlab", "tags: [saas-linux-small-amd64]\n"],
  ])("%s: its lines below comments", async (format, lines) => {
    using made = folderOf(TWENTY);
    const { code, stdout } = await size(["--size-format", format, ...made.files], made.folder.path);
    expect(code).toBe(0);
    expect(stdout).toEndWith(`\n${lines}`);
    const mark = format === "nextflow" ? "//" : "#";
    for (const line of stdout.slice(0, -lines.length).trimEnd().split("\n")) {
      expect(line).toStartWith(`${mark} `);
      expect(line.length).toBeLessThanOrEqual(80);
    }
    if (format === "github" || format === "gitlab") expect(Bun.YAML.parse(stdout)).toBeDefined();
  });

  test("a larger need takes a larger runner, and one that is too large none", async () => {
    using large = folderOf(Array(5).fill({ peakMib: 20_000 }));
    const words = ["--size-format", "gitlab"];
    expect((await size([...words, ...large.files], large.folder.path)).stdout).toContain("saas-linux-large-amd64");
    using huge = folderOf(Array(5).fill({ peakMib: 900_000 }));
    expect((await size([...words, ...huge.files], huge.folder.path)).stdout).toContain("tags: [self-hosted]");
  });

  test("JSON has all figures, and leaves out what is not known", async () => {
    using made = folderOf([...TWENTY, { peakMib: 2000, status: 2 }]);
    const { stdout } = await size(["--size-format=json", ...made.files], made.folder.path);
    const json = JSON.parse(stdout);
    expect(json).toMatchObject({
      ...{ version: 1, command: "make", runs: { complete: 20, failed: 1, killed_for_memory: 0, unfinished: 0 } },
      memory: {
        runs: 20,
        highest_bytes: 995 * MIB,
        limit_bytes: 2000 * MIB,
        lower_bounds: 20,
        limit_by: "lower_bounds",
      },
      cpu: { request_cores: 1.5, limit_cores: 1.8, usable_cpus: 4 },
    });
    expect(json.notes.join(" ")).toContain("Other runs: 1 failed.");
  });

  test("warns of copies, other commands and other machines", async () => {
    using made = folderOf([...TWENTY, { peakMib: 1, command: "ls" }, { peakMib: 950, cpus: 64 }]);
    const { code, stdout, stderr } = await size([...made.files, "run1.prom", "run2.prom"], made.folder.path);
    expect(code).toBe(0);
    expect(stdout).toStartWith("2 commands: sizes from 22 complete runs\n");
    expect(stderr).toContain("2 of the files are copies of others; they count once");
    expect(stderr).toContain('different commands, and the size is that of no one of them: "make", "ls"');
    expect(stderr).toContain("different machines (4 CPUs, x64; 64 CPUs, x64)");
  });

  test.each([
    [[], "--size: no files; name those of several runs"],
    [["none.prom"], "none.prom: "],
    [["text.txt"], "text.txt:1: expected a metric of statexec"],
    [["--size-format", "yaml", "a"], '--size-format: got "yaml", expected one of table, json, kubernetes'],
    [["--noise", "5", "a"], "--noise has no effect without --compare"],
  ])("%p: is refused with what to do", async (words, message) => {
    using folder = tempFolder();
    writeFileSync(folder.file("text.txt"), "hello\n");
    const { code, stdout, stderr } = await size(words, folder.path);
    expect([code, stdout]).toEqual([125, ""]);
    expect(stderr).toStartWith("statexec: ");
    expect(stderr).toContain(message);
  });
});
