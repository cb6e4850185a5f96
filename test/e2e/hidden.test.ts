import { describe, expect, test } from "bun:test";
import { program } from "../helpers/programs.ts";
import { cpuSeconds, Recorded } from "../helpers/recorded.ts";
import { runProgram, statexec, tempFolder } from "../helpers/statexec.ts";
import { as, folderOf, openBinary, type User } from "../helpers/users.ts";

// What loads of known truth claim in general is in the matrix; here is what is special about some.

const USERS: readonly User[] = process.getuid?.() === 0 ? ["root", "nobody"] : ["root"];

/** Runs test/programs/hidden.c under statexec; FILE in its words is a file that it may write. */
async function hidden(
  words: string,
  { user = "root" as User, options = [] as readonly string[], before = [] as readonly string[] } = {},
) {
  using folder = folderOf(user);
  const command = words.split(" ").map((word) => (word === "FILE" ? folder.file("data") : word));
  const file = folder.file("run.prom");
  const all = [...before, ...as(user), openBinary(), ...options, "-f", file, "--", program("hidden"), ...command];
  const { code, stderr } = await runProgram(all);
  const isSilent = !options.includes("--budget") && !before.includes("--pid");
  expect([code, isSilent ? stderr : ""]).toEqual([0, ""]);
  const run = new Recorded(file);
  return { run, stderr, sources: [...run.family("accounting").keys()] };
}

/** Whether samples have seen a file in memory when no process had it open any more. */
function isLeftSeen(run: Recorded): boolean {
  const points = run.points("memory_shared_bytes").slice(0, -1);
  let least = Number.POSITIVE_INFINITY;
  const grown = points.map(([, bytes]) => {
    least = Math.min(least, bytes);
    return bytes - least > 10 << 20;
  });
  const wasOpen = run.last("command_memory_peak_bytes") > 10 << 20;
  return !wasOpen && grown.some((is, i) => is && grown[i + 1]);
}

describe.skipIf(process.getuid?.() !== 0)("as root, what /proc does not show is not claimed", () => {
  test("where it is of another pid namespace: there is no figure of another process", async () => {
    const { run, sources, stderr } = await hidden("locked 20 300", {
      options: ["--interval", "0.1", "--summary", "--budget", "memory<1GiB,cpu<1s"],
      before: ["unshare", "--pid", "--fork"],
    });
    expect(stderr).toStartWith("statexec: /proc shows another pid namespace: only CPU time, ");
    expect(stderr.match(/mount -t proc proc \/proc/g)?.length).toBe(1);
    expect(stderr).toMatch(/^memory +not known: \/proc shows another pid namespace *$/m);
    expect(stderr.replaceAll(/\s+/g, " ")).toContain("memory<1GiB inconclusive: not measured");
    expect(sources.filter((source) => !source.startsWith("cpu_task_clock,"))).toEqual(["cpu,wait4_lower_bound"]);
    expect(cpuSeconds(run)).toBeWithin(0.001, 0.2);
    const claimed = ["command_processes", "command_memory_peak_bytes", "command_memory_largest_process_bytes"];
    for (const name of claimed) expect([...run.family(name).values()].flat().slice(1)).toEqual([]);
    expect(run.last("command_exit_status")).toBe(0);
  });

  test("where it hides other users' processes (hidepid=2)", async () => {
    const mount = 'mount -t proc -o hidepid=2 proc /proc && exec "$@"';
    const { run, sources } = await hidden("locked 7 300", {
      user: "nobody",
      options: ["--interval", "0.1"],
      before: ["unshare", "--mount", "sh", "-c", mount, "sh"],
    });
    expect(sources).toContain("memory_peak,proc_sampled_lower_bound");
    // It hides what others use, too: the machine may be busy with that, or with processes of the command.
    expect(sources.some((source) => source.startsWith("cpu,wait4"))).toBe(true);
    expect(cpuSeconds(run)).toBeWithin(0.001, 0.2);
  });
});

describe.each(USERS)("as %s", (user) => {
  test.each([
    ["nowait 40 15", 0.05],
    ["nowait 20 6", 5],
  ])(
    "children that no one waits for (SA_NOCLDWAIT) make CPU time and io lower bounds: %p, sampled every %p s",
    async (words, interval) => {
      const { run, sources } = await hidden(words, { user, options: ["--interval", String(interval)] });
      expect(sources).toContain("cpu,wait4_lower_bound");
      expect(sources).toContain("io,proc_lower_bound");
      const [, children = 0, ms = 0] = words.split(" ").map(Number);
      // It may be what others' processes used, too.
      expect(run.last("command_cpu_bound_seconds")).toBeGreaterThan((children * ms) / 1000 - 0.02);
    },
  );

  test("memory in a file that no process has open makes the peak a lower bound", async () => {
    using folder = tempFolder();
    const file = `/dev/shm/statexec-left-${user}`;
    const script = `head -c 30000000 /dev/zero >${file}; sleep 0.5; rm ${file}`;
    const record = async () => {
      await statexec(["--interval", "0.1", "-f", folder.file("run.prom"), "sh", "-c", script]);
      return new Recorded(folder.file("run.prom"));
    };
    let run = await record();
    // No sample has where others give as much back meanwhile, or each comes too late or too early.
    while (!isLeftSeen(run)) run = await record();
    const sources = [...run.family("accounting").keys()];
    expect(sources).toContain("memory_peak,proc_sampled_lower_bound");
  });

  test("what is written and taken back before the disk has it exceeds no budget", async () => {
    const { run, stderr } = await hidden("cancelled FILE 20", {
      user,
      options: ["--summary", "--budget", "written<5MiB"],
    });
    // Where the folder is in memory there is nothing to take back.
    if (run.last("command_disk_write_bytes") > 0)
      expect(run.last("command_disk_write_cancelled_bytes")).toBeWithin(15 << 20, 21 << 20);
    // What was taken back might be of others: that is no proof.
    expect(stderr).toMatch(/budget +written<5MiB (inconclusive: |kept: 0 B)/);
  });
});
