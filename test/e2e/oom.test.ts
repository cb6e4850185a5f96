import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { mayMakeV1Cgroups, TestCgroups } from "../helpers/cgroups.ts";
import { effort } from "../helpers/effort.ts";
import { Recorded } from "../helpers/recorded.ts";
import { runProgram, tempFolder } from "../helpers/statexec.ts";
import { as, folderOf, openBinary, type User } from "../helpers/users.ts";

const LIMIT_MIB = 256;

/**
 * Takes a number of MiB in so many steps, by a name of its own, and says its pid, once so many others have theirs. Holds
 * them until there is a file `over`. Arguments: name, MiB, steps, score, others.
 */
const HOLDER = `import glob, os, sys, time
name, size, steps, score = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
open("/proc/self/comm", "w").write(name)
open("/proc/self/oom_score_adj", "w").write(score)
os.write(1, f"{name} {os.getpid()}\\n".encode())
while len(glob.glob("ready.*")) < int(sys.argv[5]):
    time.sleep(0.01)
held = []
for step in range(steps):
    held.append(bytearray((size << 20) // steps))
    time.sleep(0.01)
open("ready." + name, "w").close()
while not os.path.exists("over"):
    time.sleep(0.01)
`;

/** A command whose processes are killed for memory. */
interface Scene {
  /** Sizes in MiB of processes that hold little. */
  readonly small: readonly number[];
  /** The place of the largest among them, and in how many steps it grows. */
  readonly place: number;
  readonly steps: number;
  /** A small one is killed before the largest. */
  readonly isVictimSmall: boolean;
  /** Whether the command goes on after the kill. */
  readonly goesOn: boolean;
  readonly interval: string;
}

const scenes = fc.record({
  small: fc.array(fc.integer({ min: 2, max: 12 }), { minLength: 1, maxLength: 4 }),
  place: fc.nat(4),
  steps: fc.integer({ min: 20, max: 60 }),
  isVictimSmall: fc.boolean(),
  goesOn: fc.boolean(),
  interval: fc.constantFrom("0.05", "0.2"),
});

const seed = Number(process.env.SEED ?? Date.now() % 1e9);
let groups = 0;

/** Runs a scene in a group with a limit. Returns the summary, the file, and the pids by name. */
async function played({ small, place, steps, isVictimSmall, goesOn, interval }: Scene, user: User) {
  using folder = folderOf(user);
  await using where = new TestCgroups(["memory"], `oom-${process.pid}-${groups++}`);
  where.limit("memory", "memory.limit_in_bytes", `${LIMIT_MIB}M`);
  writeFileSync(folder.file("holder.py"), HOLDER);
  const score = user === "root" && isVictimSmall ? 1000 : 0;
  const others = small.map((size, i) => `python3 holder.py small${i} ${size} 1 ${i === 0 ? score : 0} 0 & `);
  others.splice(place % (small.length + 1), 0, `python3 holder.py hog 400 ${steps} 0 ${small.length} & hog=$!; `);
  const end = `wait $hog; status=$?; : >over; exit ${goesOn ? 0 : "$status"}`;
  const options = ["--interval", interval, "--summary-json", "summary.json", "-f", "run.prom"];
  const script = `${others.join("")}${end}`;
  // The processes set their own: the kernel is not to choose the recorder, which is in the group, too.
  const spared = ["sh", "-c", 'echo -900 >/proc/self/oom_score_adj; exec "$@"', "-"];
  const words = where.words(...spared, ...as(user), openBinary(), ...options, "sh", "-c", script);
  const result = await runProgram(words, { cwd: folder.path });
  // If it wrote none, stderr says why.
  expect(existsSync(folder.file("summary.json")), `${result.code} ${result.stderr}`).toBe(true);
  const pids = new Map(result.stdout.split("\n").map((line) => line.split(" ") as [string, string]));
  const summary = JSON.parse(readFileSync(folder.file("summary.json"), "utf8"));
  const run = new Recorded(folder.file("run.prom"));
  return { result, pids, summary, run, group: where.folder("memory") };
}

describe.skipIf(!mayMakeV1Cgroups())(
  "a process that was killed for memory (needs root and groups of version 1)",
  () => {
    test.each(fc.sample(scenes, { numRuns: effort(50), seed }))(
      `with the kernel's log, holder, victims and limit are named; seed ${seed}: %j`,
      async (scene) => {
        const { result, pids, summary, run, group } = await played(scene, "root");
        expect(result.code).toBe(scene.goesOn ? 0 : 137);
        const { victims, largest_holder: holder, limit, rise } = summary.oom_kill;
        const killed = scene.isVictimSmall ? ["small0", "hog"] : ["hog"];
        const named = victims.map(({ comm, pid }: Record<string, unknown>) => [comm, pid]);
        expect(named).toEqual(killed.map((name) => [name, Number(pids.get(name))]));
        expect(holder).toMatchObject({ comm: "hog", pid: Number(pids.get("hog")) });
        // The kernel lists processes for so many kills in a time only: without its list the holder is that of the peak.
        expect(["kill", "peak"]).toContain(holder.when);
        expect(limit).toMatchObject({ limit_bytes: LIMIT_MIB * 2 ** 20, is_likely: false });
        expect(group).toEndWith(limit.group);
        expect(rise.to_bytes).toBeGreaterThan(rise.from_bytes);
        expect(summary.verdict).toContain(`hog (pid ${pids.get("hog")})`);
        expect(summary.verdict).toStartWith("Out of memory: the kernel killed ");
        expect(run.recording.events.filter(({ event }) => event === "oom_kill").at(-1)!.text).toContain("hog");
      },
      120_000,
    );

    test.each(fc.sample(scenes, { numRuns: effort(20), seed }))(
      `without the log, the holder is that of the peak, and the limit is only likely; seed ${seed}: %j`,
      async (scene) => {
        const { pids, summary, group } = await played({ ...scene, interval: "0.05" }, "nobody");
        const { victims, largest_holder: holder, limit } = summary.oom_kill;
        expect(victims).toEqual([]);
        expect(holder.when).toBe("peak");
        // On a machine that is too busy for samples, none may have seen it.
        if (summary.samples_missed_count === 0)
          expect(holder).toMatchObject({ comm: "hog", pid: Number(pids.get("hog")) });
        expect(limit).toEqual({ group, limit_bytes: LIMIT_MIB * 2 ** 20, is_likely: true });
        if (!scene.goesOn) expect(summary.verdict).toContain("the limit is likely the 256 MiB of ");
      },
      120_000,
    );

    test("another's kill meanwhile is not the command's", async () => {
      using folder = tempFolder();
      await using where = new TestCgroups(["memory"], `oom-${process.pid}-${groups++}`);
      where.limit("memory", "memory.limit_in_bytes", "32M");
      const hog = where.words("sh", "-c", "head -c 100M /dev/zero | tail >/dev/null");
      const words = ["--interval", "0.05", "--summary-json", "summary.json", "-f", "run.prom", "sh", "-c"];
      const run = Bun.spawn([openBinary(), ...words, "echo begun; read line; exit 1"], {
        cwd: folder.path,
        stdin: "pipe",
        stdout: "pipe",
        stderr: "inherit",
      });
      await run.stdout.getReader().read();
      await runProgram(hog, { cwd: folder.path });
      await Bun.sleep(200);
      run.stdin.end();
      await run.exited;
      const summary = JSON.parse(readFileSync(folder.file("summary.json"), "utf8"));
      expect(summary.oom_kill?.victims ?? []).toEqual([]);
      expect(summary.oom_kill?.limit).toBeUndefined();
    });
  },
);
