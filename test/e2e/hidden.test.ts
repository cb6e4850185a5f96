import { describe, expect, test } from "bun:test";
import { folderOf, openBinary } from "../helpers/load-run.ts";
import { as, cpuSeconds, isWholeCpu, type User } from "../helpers/loads.ts";
import { program } from "../helpers/programs.ts";
import { Recorded } from "../helpers/recorded.ts";
import { runProgram, statexec, tempFolder } from "../helpers/statexec.ts";

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

const HUGE_PAGES = "/proc/sys/vm/nr_hugepages";

/** Reserves so many huge pages more until the scope ends; false: this machine has none to give. */
async function reserveHugePages(count: number) {
  const before = Number(await Bun.file(HUGE_PAGES).text());
  const set = (pages: number) => Bun.spawnSync(["sh", "-c", `echo ${pages} >${HUGE_PAGES}`], { stderr: "ignore" });
  set(before + count);
  const reserved = Number(await Bun.file(HUGE_PAGES).text());
  return { isEnough: reserved === before + count, [Symbol.dispose]: () => void set(before) };
}

test("reserved huge pages are part of the peak", async () => {
  using huge = await reserveHugePages(20);
  if (!huge.isEnough) return;
  const { run } = await hidden("hugetlb 40 600", { options: ["--interval", "0.1"] });
  expect(run.last("command_memory_peak_bytes") / 2 ** 20).toBeWithin(40, 42);
});

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
    expect(sources).toEqual(["cpu,wait4_lower_bound"]);
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
  test("daemons that the command leaves are charged to the microsecond", async () => {
    const { run } = await hidden("leftover 40 7", { user });
    expect(cpuSeconds(run)).toBeWithin(0.277, 0.4);
    expect(isWholeCpu(run)).toBe(true);
  });

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

  test("orphans that a process below the command adopts, and children without a signal at their end, are counted", async () => {
    for (const words of ["adopted 20 15", "untold 20 15"]) {
      const { run } = await hidden(words, { user });
      expect(cpuSeconds(run)).toBeWithin(0.297, 0.45);
      expect(isWholeCpu(run)).toBe(true);
    }
  });

  test("memory that is held after the first thread has ended is seen", async () => {
    const { run, sources } = await hidden("leader 30 600", { user, options: ["--interval", "0.1"] });
    expect(run.last("command_memory_peak_bytes") / 2 ** 20).toBeWithin(30, 31);
    expect(Math.max(...run.points("command_memory_resident_bytes").map(([, bytes]) => bytes))).toBeGreaterThan(
      30 << 20,
    );
    expect(sources).toContain("memory_peak,proc_sampled");
  });

  test.each(["memfd 30 600", "file /dev/shm/statexec-hidden-USER 30 600"])(
    "memory in a file that no process maps is counted: %s",
    async (words) => {
      const { run } = await hidden(words.replace("USER", user), { user, options: ["--interval", "0.1"] });
      expect(run.last("command_memory_peak_bytes") / 2 ** 20).toBeWithin(30, 34);
    },
  );

  test("memory in a file that no process has open makes the peak a lower bound", async () => {
    using folder = tempFolder();
    const file = `/dev/shm/statexec-left-${user}`;
    const script = `head -c 30000000 /dev/zero >${file}; sleep 0.5; rm ${file}`;
    await statexec(["--interval", "0.1", "-f", folder.file("run.prom"), "sh", "-c", script]);
    const sources = [...new Recorded(folder.file("run.prom")).family("accounting").keys()];
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

  test("a run that is shorter than the interval has the peak of its tree", async () => {
    const { run } = await hidden("locked 7 400", { user });
    expect(run.last("command_memory_peak_bytes") / 2 ** 20).toBeWithin(7, 8);
  });
});
