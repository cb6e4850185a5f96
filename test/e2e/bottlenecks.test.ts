import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { mayMakeV1Cgroups } from "../helpers/cgroups.ts";
import { effort } from "../helpers/effort.ts";
import { program } from "../helpers/programs.ts";
import { BIN, cleanEnv, runProgram, tempFolder } from "../helpers/statexec.ts";

// Each is induced for some seconds, and longer on a machine that others use.
setDefaultTimeout(180_000);

const LOAD = program("load");
const isLong = effort(1000) === 1000;
/** In the gate, at one of the intervals. */
const INTERVALS = isLong ? ["0.1", "1"] : ["0.1"];

/** Where others use the machine, too, a command that wants CPUs is starved, and that is then the right sentence. */
const OTHERS = "|Others took the CPU from it";

/** The verdict that the summary prints of a run. */
async function verdictOf(
  interval: string,
  command: readonly string[],
  wrapper: readonly string[] = [],
): Promise<string> {
  using folder = tempFolder();
  const words = [
    ...wrapper,
    BIN,
    "--summary",
    "--interval",
    interval,
    "-f",
    "run.prom",
    "--summary-json",
    "s.json",
    ...command,
  ];
  const { stderr } = await runProgram(words, {
    cwd: folder.path,
    env: cleanEnv({ COLUMNS: "300", FOLDER: folder.path }),
  });
  const [, printed = ""] = /^verdict +(.*)$/m.exec(stderr) ?? [];
  const { verdict, wall_time_shares } = JSON.parse(readFileSync(folder.file("s.json"), "utf8"));
  expect(printed, stderr).toStartWith(verdict ?? "It was too short");
  const { are_waits_seen: _, ...shares } = wall_time_shares;
  expect(Object.values<number>(shares).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
  return printed;
}

/** For most of the time at least: where others use the disk, too, a command that once read from it may have waited for it. */
const WAITED = /^It waited, but not for CPU, memory or disk( [5-9]\d % of the time)?: /;

const starts = (...sentences: string[]) => new RegExp(`^(${sentences.join("|")}${OTHERS})`);

describe.each(INTERVALS)("with a sample every %s s, the first sentence of", (interval) => {
  test("a sleep is that it waited", async () => {
    expect(await verdictOf(interval, ["sleep", "2.5"])).toMatch(WAITED);
  });

  test("a lock that another holds is that it waited", async () => {
    const script = 'flock "$FOLDER" sleep 2.5 & sleep 0.1; flock "$FOLDER" true';
    expect(await verdictOf(interval, ["sh", "-c", script])).toMatch(WAITED);
  });

  test.skipIf(!isLong || availableParallelism() < 2)("one busy thread", async () => {
    expect(await verdictOf(interval, [LOAD, "cpu", "1", "2500"])).toMatch(starts("It computed in one thread"));
  });

  test.skipIf(!isLong)("all cores that are busy", async () => {
    const words = [LOAD, "cpu", String(availableParallelism()), "2500"];
    expect(await verdictOf(interval, words)).toMatch(
      starts("It kept all its CPUs busy", "It kept some of its CPUs busy"),
    );
  });

  test.skipIf(!isLong)("one that others starve", async () => {
    const rivals = Array.from({ length: 4 * availableParallelism() }, () =>
      Bun.spawn(["sh", "-c", "while :; do :; done"], { stdio: ["ignore", "ignore", "ignore"] }),
    );
    try {
      expect(await verdictOf(interval, [LOAD, "cpu", "1", "500"])).toStartWith("Others took the CPU from it");
    } finally {
      for (const rival of rivals) rival.kill("SIGKILL");
      await Promise.all(rivals.map(({ exited }) => exited));
    }
  });

  test.skipIf(!isLong)("one that writes to the disk, and one that reads from it", async () => {
    const write = 'dd if=/dev/zero of="$FOLDER/big" bs=1M count=1500 oflag=direct';
    expect(await verdictOf(interval, ["sh", "-c", write])).toMatch(starts("It waited for the disk"));
    using folder = tempFolder();
    await runProgram(["dd", "if=/dev/zero", `of=${folder.file("big")}`, "bs=1M", "count=1500", "oflag=direct"]);
    const words = ["dd", `if=${folder.file("big")}`, "of=/dev/null", "bs=1M", "iflag=direct"];
    expect(await verdictOf(interval, words)).toMatch(starts("It waited for the disk"));
  });

  test.skipIf(!isLong)("one that waits for the network names the machine's traffic", async () => {
    const chunk = new Uint8Array(2 ** 17);
    const server = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        open(socket) {
          let left = 40;
          const timer = setInterval(() => {
            if (left-- > 0) return void socket.write(chunk);
            clearInterval(timer);
            socket.end();
          }, 60);
        },
        data: () => undefined,
      },
    });
    try {
      const words = ["bash", "-c", `cat </dev/tcp/127.0.0.1/${server.port} >/dev/null`];
      expect(await verdictOf(interval, words)).toMatch(
        /^It waited, but not for CPU, memory or disk: .*; the whole machine's network carried/,
      );
    } finally {
      server.stop(true);
    }
  });
});

/** A control group of version 1 for one controller, with some of its files written. */
function group(controller: string, files: Readonly<Record<string, string>>): Disposable & { readonly procs: string } {
  const folder = `/sys/fs/cgroup/${controller}/statexec-tests-bottleneck-${process.pid}`;
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(`${folder}/${name}`, text);
  return { procs: `${folder}/cgroup.procs`, [Symbol.dispose]: () => rmdirSync(folder) };
}

describe.skipIf(!mayMakeV1Cgroups()).each(INTERVALS)(
  "in a control group, with a sample every %s s, the first sentence of",
  (interval) => {
    test("one that has a quota names it", async () => {
      using cpu = group("cpu", { "cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "10000" });
      const enter = ["sh", "-c", `echo $$ >${cpu.procs} && exec "$@"`, "sh"];
      const verdict = await verdictOf(interval, [LOAD, "cpu", "1", "250"], enter);
      expect(verdict).toMatch(/^Its CPU quota of 0\.10 cores slowed it down: held back for /);
    });

    test("one whose files have no room in memory says so, and does not blame the disk", async () => {
      using folder = tempFolder();
      const big = folder.file("big");
      // Not by the page cache, where it would be another group's memory.
      await runProgram(["dd", "if=/dev/zero", `of=${big}`, "bs=1M", "count=160", "oflag=direct"]);
      using memory = group("memory", { "memory.limit_in_bytes": String(40 * 2 ** 20) });
      // What was never read before is not missed.
      const enter = ["sh", "-c", `echo $$ >${memory.procs} && cat ${big} >/dev/null && exec "$@"`, "sh"];
      const verdict = await verdictOf(interval, [LOAD, "touch", big, "2500"], enter);
      expect(verdict).toMatch(starts("It was short of memory.* had just been dropped from memory"));
    });

    test("one that the kernel killed for memory says so", async () => {
      using memory = group("memory", { "memory.limit_in_bytes": String(60 * 2 ** 20) });
      const script = `echo $$ >${memory.procs}; exec tail /dev/zero`;
      const verdict = await verdictOf(interval, ["sh", "-c", script]);
      // Where its log may be read, the kernel names it.
      expect(verdict).toMatch(
        /^Out of memory: the kernel killed (tail \(pid \d+\) for memory; the limit was the 60 MiB|\d+ process(es)? here for memory, and SIGKILL ended it)/,
      );
    });
  },
);
