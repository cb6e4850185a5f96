import { describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync, unlinkSync } from "node:fs";
import { effort } from "../helpers/effort.ts";
import { inSmallMemory } from "../helpers/small-memory.ts";
import { BIN, cleanEnv, runProgram, statexec, tempFolder } from "../helpers/statexec.ts";

/** Ways to name a file that is none, by what they do with it. */
const READERS: readonly (readonly [words: string, status: number])[] = [
  ["--compare ok.prom X", 125],
  ["--compare X ok.prom", 125],
  ["--base X --compare ok.prom", 125],
  ["--size X", 125],
  ["--watch X", 125],
  ["--processes-of X", 125],
  ["--report r.html X", 125],
  ["--baseline X --budget cpu<+1% -f x.prom -- echo RAN", 125],
  ["--sync-token-file X -s -f x.prom -- echo RAN", 125],
  ["--sync-tls-cert X --sync-tls-key X -s -f x.prom -- echo RAN", 125],
  ["--push http://127.0.0.1:9 X", 125],
  ["--recover X", 125],
];

/** Makes a folder with a metrics file, and one of every kind that is no file. */
async function folderOfAll() {
  const folder = tempFolder();
  expect((await statexec(["-f", "ok.prom", "true"], { cwd: folder.path })).code).toBe(0);
  expect((await runProgram(["mkfifo", folder.file("fifo.prom"), folder.file(".x.prom.9.journal")])).code).toBe(0);
  mkdirSync(folder.file("folder.prom"));
  for (const device of ["zero", "null", "full"]) symlinkSync(`/dev/${device}`, folder.file(`${device}.prom`));
  return folder;
}

test.each(READERS)(
  "%s with a pipe that nobody writes to, a device or a folder: one message, no command",
  async (words, status) => {
    using folder = await folderOfAll();
    for (const name of ["fifo.prom", "folder.prom", "zero.prom", "null.prom"]) {
      const given = words.split(" ").map((word) => (word === "X" ? name : word));
      const child = Bun.spawn([BIN, ...given], {
        cwd: folder.path,
        env: cleanEnv(),
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
        timeout: 15_000,
      });
      const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
      expect([name, code, stdout]).toEqual([name, status, ""]);
      expect(stderr).toContain(name);
    }
  },
  120_000,
);

test("a record of processes that is none of a file's: one message", async () => {
  using folder = await folderOfAll();
  const record = folder.file("ok.processes.jsonl.gz");
  for (const name of ["fifo.prom", "folder.prom", "zero.prom", "null.prom"]) {
    symlinkSync(name, record);
    const { code, stdout, stderr } = await statexec(["--processes-of", "ok.prom"], { cwd: folder.path });
    expect([name, code, stdout]).toEqual([name, 125, ""]);
    expect(stderr).toMatch(/^statexec: ok\.processes\.jsonl\.gz: a .*\n$/);
    unlinkSync(record);
  }
}, 120_000);

test("a folder with all of these is explored: its file is shown, the others are named", async () => {
  using folder = await folderOfAll();
  const child = Bun.spawn([BIN, "--explore", "--no-open", folder.path], {
    env: cleanEnv(),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [first] = await Array.fromAsync(
    (async function* () {
      for await (const bytes of child.stdout) {
        yield new TextDecoder().decode(bytes);
        break;
      }
    })(),
  );
  const { runs, problems } = (await (await fetch(`${first!.trim()}api/runs`)).json()) as {
    runs: unknown[];
    problems: { message: string }[];
  };
  child.kill("SIGTERM");
  expect([await child.exited, runs.length]).toEqual([0, 1]);
  const named = problems.map(({ message }) => message).join("\n");
  for (const said of [
    "fifo.prom: a pipe that nothing writes to",
    "zero.prom: a character device, expected",
    "folder.prom: a directory, expected",
    ".x.prom.9.journal",
  ])
    expect(named).toContain(said);
}, 120_000);

describe("a pipe that is written to", () => {
  test("is read to its end, however slowly it comes", async () => {
    using folder = await folderOfAll();
    const script = `"$S" --compare <(head -c 1000 ok.prom; sleep 0.3; tail -c +1001 ok.prom) ok.prom`;
    const { code, stderr, stdout } = await runProgram(["bash", "-c", script], { cwd: folder.path, env: { S: BIN } });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("same");
  });

  test("gives a token", async () => {
    using folder = await folderOfAll();
    const script = `"$S" -s -sp 1 --sync-token-file <(sleep 0.1; echo two words) true`;
    const { code, stderr } = await runProgram(["bash", "-c", script], { cwd: folder.path, env: { S: BIN } });
    expect([code, stderr.includes("its first line is no token")]).toEqual([125, true]);
  });
});

/** Writes a file piece by piece. */
async function written(path: string, pack: "none" | "gzip" | "zstd", pieces: Iterable<string>): Promise<void> {
  const encoder = new TextEncoder();
  const rest = pieces[Symbol.iterator]();
  const text = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const { done, value } = rest.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
  });
  const stream = pack === "none" ? text : text.pipeThrough(new CompressionStream(pack as "gzip"));
  await Bun.write(path, new Response(stream));
}

function* repeated(text: string, times: number): Generator<string> {
  for (let i = 0; i < times; i++) yield text;
}

function* manySeries(count: number): Generator<string> {
  yield "# TYPE statexec_x gauge\n";
  const head = 'statexec_x{instance="a",role="",job="statexec",i="';
  for (let i = 0; i < count; i += 1000)
    yield Array.from({ length: 1000 }, (_, j) => `${head}${i + j}"} 1 1700000000\n`).join("");
}

function* manyPoints(count: number): Generator<string> {
  yield "# TYPE statexec_x gauge\n";
  for (let i = 0; i < count; i += 1000)
    yield Array.from({ length: 1000 }, (_, j) => `statexec_x{job="statexec"} 1 ${1_700_000_000 + i + j}\n`).join("");
}

const BOMBS: Readonly<Record<string, readonly [pack: "none" | "gzip" | "zstd", () => Iterable<string>]>> = {
  zeros: ["gzip", () => repeated("\0".repeat(1 << 20), effort(2000))],
  "zeros in zstd": ["zstd", () => repeated("\0".repeat(1 << 20), effort(2000))],
  "one endless line": ["none", () => repeated("a".repeat(1 << 20), 64)],
  series: ["none", () => manySeries(effort(2_000_000))],
  points: ["gzip", () => manyPoints(effort(30_000_000))],
  "blank lines": ["gzip", () => repeated("\n".repeat(1 << 20), effort(2000))],
  comments: ["gzip", () => repeated("# x\n".repeat(1 << 18), effort(2000))],
};

describe("a file with more in it than may be read", () => {
  test.each(Object.keys(BOMBS))(
    "%s: refused by all that reads it, within 256 MiB",
    async (name) => {
      using folder = await folderOfAll();
      const [pack, pieces] = BOMBS[name]!;
      await written(folder.file("big.prom"), pack, pieces());
      for (const words of [
        ["--compare", "ok.prom", "big.prom"],
        ["--report", "r.html", "big.prom"],
        ["--baseline", "big.prom", "--budget", "cpu<+1%", "-f", "x.prom", "echo", "RAN"],
      ]) {
        const options = { cwd: folder.path, env: { SE_READ_MEMORY: "16MiB" }, seconds: 100 };
        const { status, stdout, stderr, isSmall } = await inSmallMemory(words, options);
        expect([words[0], status, stdout, isSmall]).toEqual([words[0], 125, "", true]);
        expect(stderr).toContain("big.prom");
        if (/series|points|blank|comments/.test(name))
          expect(stderr).toContain("expected at most what takes 16MiB of memory (SE_READ_MEMORY=64MiB allows more)");
      }
    },
    300_000,
  );

  test("series: a push stops at the limit, within 256 MiB", async () => {
    using folder = tempFolder();
    await written(folder.file("big.prom"), "none", manySeries(effort(1_000_000)));
    const server = Bun.serve({ hostname: "127.0.0.1", port: 0, development: false, fetch: () => new Response() });
    const words = ["--push", `http://127.0.0.1:${server.port}`, "big.prom"];
    const options = { cwd: folder.path, env: { SE_READ_MEMORY: "16MiB" }, seconds: 100 };
    const { status, stderr, isSmall } = await inSmallMemory(words, options);
    server.stop(true);
    expect([status, isSmall]).toEqual([125, true]);
    expect(stderr).toContain("expected at most what takes 16MiB of memory (SE_READ_MEMORY=64MiB allows more)");
  }, 120_000);

  test("series in several files: all that are shown at one time count", async () => {
    using folder = tempFolder();
    for (const name of ["a", "b", "c"]) await written(folder.file(`${name}.prom`), "none", manySeries(3000));
    const env = cleanEnv({ SE_READ_MEMORY: "16MiB" });
    const limited = { cwd: folder.path, env, stdin: "ignore", stdout: "pipe", stderr: "ignore" } as const;
    const explorer = Bun.spawn([BIN, "--explore", "--no-open", "."], limited);
    const reader = explorer.stdout.getReader();
    const url = new TextDecoder().decode((await reader.read()).value).trim();
    const runs = (await (await fetch(new URL("/api/runs", url))).json()) as {
      runs: unknown[];
      problems: { message: string }[];
    };
    explorer.kill();
    await explorer.exited;
    expect(runs.runs).toHaveLength(2);
    expect(runs.problems.at(-1)!.message).toContain("beside other files");
  });

  test("a limit that is none is refused, with what is accepted", async () => {
    using folder = await folderOfAll();
    const env = { SE_READ_MEMORY: "lots" };
    const { code, stderr } = await statexec(["--compare", "ok.prom", "ok.prom"], { cwd: folder.path, env });
    expect([code, stderr]).toEqual([
      125,
      'statexec: SE_READ_MEMORY: got "lots", expected a size (e.g. 512MiB, 4GiB)\n',
    ]);
    expect(
      (await statexec(["--compare", "ok.prom", "ok.prom"], { cwd: folder.path, env: { SE_READ_MEMORY: "1GiB" } })).code,
    ).toBe(0);
  });
});
