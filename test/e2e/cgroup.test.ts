import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cgroupsLeft, mayMakeV1Cgroups, pathsOf, startTicks, TestCgroups, testsCgroups } from "../helpers/cgroups.ts";
import { until } from "../helpers/processes.ts";
import { program } from "../helpers/programs.ts";
import { Recorded } from "../helpers/recorded.ts";
import { BIN, runProgram, statexec, tempFolder } from "../helpers/statexec.ts";

const NAME = /^statexec-\d+-\d+$/;
const own = testsCgroups();
const unified = own.find(({ version }) => version === 2);
let groups = 0;

/** Makes cgroups for statexec to run in. */
const testGroups = (...controllers: string[]) => new TestCgroups(controllers, `test-${process.pid}-${groups++}`);

const AUTO = [BIN, "--cgroup", "auto", "-f", "run.prom"];

/** Returns the last part of a cgroup's path. */
const nameOf = (path: string | undefined) => path?.slice(path.lastIndexOf("/") + 1) ?? "";

const runs = (where: TestCgroups, words: readonly string[], cwd: string) => runProgram(where.words(...words), { cwd });

describe.skipIf(!mayMakeV1Cgroups())("the command's cgroup in version 1 (needs root and its hierarchies)", () => {
  test.each([
    ["by the runtime", AUTO],
    ["byte for byte", ["nohup", ...AUTO]],
  ])("has it and its children from the first instruction, and is removed afterwards: %s", async (_, words) => {
    using folder = tempFolder();
    await using where = testGroups("memory", "pids");
    const script = "cat /proc/self/cgroup; echo; (sh -c 'cat /proc/self/cgroup')";
    const first = await runs(where, [...words, "cat", "/proc/self/cgroup"], folder.path);
    const result = await runs(where, [...words, "sh", "-c", script], folder.path);
    expect([first.code, result.code, first.stderr.replace(/^nohup.*\n/, "")]).toEqual([0, 0, ""]);
    const [direct, inherited] = result.stdout.split("\n\n").map(pathsOf);
    expect(direct).toEqual(inherited!);
    for (const paths of [pathsOf(first.stdout), direct!]) {
      expect(nameOf(paths.get("memory"))).toMatch(NAME);
      const name = nameOf(paths.get("memory"));
      const parents = new Map(own.map(({ controllers, path }) => [controllers.join(), path]));
      const bare = (path: string | undefined) => (path === "/" ? "" : path);
      for (const controller of ["memory", "pids"])
        expect(paths.get(controller)).toBe(
          `${bare(parents.get(controller))}/${nameOf(where.folder(controller))}/${name}`,
        );
      if (unified) expect(nameOf(paths.get(""))).toBe(name);
      // Hierarchies that are not needed have no cgroup of the command's.
      expect(paths.get("devices")).toBe(parents.get("devices")!);
      for (const each of where.folders) expect(cgroupsLeft(each)).toEqual([]);
      if (unified) expect(existsSync(`${unified.folder}/${name}`)).toBe(false);
    }
  });

  test("has the limits that hold above it, for programs that read them there", async () => {
    using folder = tempFolder();
    await using where = testGroups("memory", "pids", "cpu");
    where.limit("memory", "memory.limit_in_bytes", "512M").limit("pids", "pids.max", 99);
    where.limit("cpu", "cpu.cfs_period_us", 50000).limit("cpu", "cpu.cfs_quota_us", 150000);
    const files = ["memory/memory.limit_in_bytes", "pids/pids.max", "cpu/cpu.cfs_period_us", "cpu/cpu.cfs_quota_us"];
    const reads = files.map((file) => {
      const [controller, name] = file.split("/");
      return `cat ${where.folder(controller!)}/statexec-*/${name}`;
    });
    const { stdout } = await runs(where, [...AUTO, "sh", "-c", reads.join("; ")], folder.path);
    expect(stdout.split("\n")).toEqual([String(512 * 2 ** 20), "99", "50000", "150000", ""]);
  });

  test("has statistics that start at 0 with the command", async () => {
    using folder = tempFolder();
    const { code } = await statexec(
      ["--cgroup", "auto", "-d", "0.05", "--interval", "0.02", "-f", "run.prom", "true"],
      {
        cwd: folder.path,
      },
    );
    expect(code).toBe(0);
    const recorded = new Recorded(folder.file("run.prom"));
    const status = recorded.points("command_status");
    const started = status.find(([, value]) => value === 1)![0];
    expect(status[0]![1]).toBe(0);
    for (const name of ["command_memory_kernel_bytes", "command_memory_peak_with_cache_bytes", "command_oom_kills"])
      expect(recorded.points(name)[0], name).toEqual([started, 0]);
    expect(recorded.last("command_memory_peak_with_cache_bytes")).toBeGreaterThan(0);
  });

  test("stays while a process lives on in it; the next run removes only those that are empty and of ended runs", async () => {
    using folder = tempFolder();
    await using where = testGroups("memory", "pids");
    const memory = where.folder("memory");
    const daemon = ["sh", "-c", "setsid sleep 1000 >/dev/null 2>&1 & echo $!"];
    const left = await runs(where, [...AUTO, ...daemon], folder.path);
    expect(left).toMatchObject({ code: 0, stderr: "" });
    const [kept] = cgroupsLeft(memory);
    expect(kept).toMatch(NAME);
    const others = [`statexec-${process.pid}-${startTicks(process.pid)}`, "statexec-1-x", "another-1-2"];
    for (const name of [...others, "statexec-4194305-7", "statexec-4194305-7/nested"]) mkdirSync(`${memory}/${name}`);
    await runs(where, [...AUTO, "true"], folder.path);
    expect(cgroupsLeft(memory).sort()).toEqual([kept!, ...others.slice(0, 2)].sort());
    process.kill(Number(left.stdout));
    await until(() => readFileSync(`${memory}/${kept}/cgroup.procs`, "utf8") === "");
    await runs(where, [...AUTO, "true"], folder.path);
    expect(cgroupsLeft(memory).sort()).toEqual(others.slice(0, 2).sort());
    expect(existsSync(`${memory}/${others[2]}`)).toBe(true);
  });

  test.skipIf(!unified)(
    "is not believed where the command left it: its processes used more CPU time",
    async () => {
      using folder = tempFolder();
      await using where = testGroups("memory", "pids");
      const leave = `echo $$ > ${unified!.folder}/cgroup.procs`;
      const burn = `${leave}; i=0; while [ $i -lt 600000 ]; do i=$((i+1)); done`;
      const options = ["--interval", "30", "--budget", "cpu<50ms", "--budget", "memory-with-cache<1GiB"];
      const { code, stderr } = await runs(where, [...AUTO, ...options, "sh", "-c", burn], folder.path);
      expect(code).toBe(124);
      expect(stderr).toMatch(/^statexec: budget cpu<50ms exceeded: .* \((a lower bound|exact)\)$/m);
      expect(stderr).toMatch(/^statexec: budget memory-with-cache<1GiB inconclusive: .*: some of its processes left/m);
      // It is followed: the file has the CPU time of its processes, of which nothing contradicts the group.
      const recorded = new Recorded(folder.file("run.prom"));
      expect(recorded.recording.events.map(({ event }) => event)).not.toContain("contradiction");
      expect(readFileSync(folder.file("run.prom"), "utf8")).toMatch(/resource="group",source="proc_lower_bound"/);
    },
    120_000,
  );

  test("is not believed where a child left it: its processes held more memory", async () => {
    using folder = tempFolder();
    await using where = testGroups("memory", "pids");
    const leave = `echo 0 > ${where.folder("memory")}/cgroup.procs`;
    const child = `${leave}; exec ${program("hidden")} locked 60 700`;
    const options = ["--interval", "0.1", "--budget", "memory<30MiB", "--budget", "memory-with-cache<1GiB"];
    const command = ["sh", "-c", `sh -c '${child}'; true`];
    const { code, stderr } = await runs(where, [...AUTO, ...options, ...command], folder.path);
    expect(stderr).toMatch(/^statexec: budget memory<30MiB exceeded: [3-6]\d.* \(a lower bound\)$/m);
    expect(stderr).toMatch(/^statexec: budget memory-with-cache<1GiB inconclusive: /m);
    expect(code).toBe(124);
    expect(new Recorded(folder.file("run.prom")).last("command_memory_peak_bytes") / 2 ** 20).toBeWithin(60, 64);
  });

  test("counts a process that was killed for memory", async () => {
    using folder = tempFolder();
    await using where = testGroups("memory", "pids");
    where.limit("memory", "memory.limit_in_bytes", "256M");
    const hog = ["sh", "-c", "head -c 600M /dev/zero | tail >/dev/null; exit 0"];
    expect((await runs(where, [...AUTO, ...hog], folder.path)).code).toBe(0);
    const recorded = new Recorded(folder.file("run.prom"));
    expect(recorded.points("command_oom_kills")[0]![1]).toBe(0);
    expect(recorded.last("command_oom_kills")).toBe(1);
    expect(recorded.last("command_memory_peak_with_cache_bytes")).toBeGreaterThan(200 * 2 ** 20);
    expect(recorded.last("container_memory_limit_bytes")).toBe(256 * 2 ** 20);
  });

  test("counts throttling by a quota of its own", async () => {
    using folder = tempFolder();
    await using where = testGroups("memory", "pids", "cpu");
    where.limit("cpu", "cpu.cfs_quota_us", 20000);
    // A quota like that above might never throttle: the cgroup above has the same processes and statexec.
    const lower = `echo 10000 >$(echo ${where.folder("cpu")}/statexec-*)/cpu.cfs_quota_us`;
    const busy = ["sh", "-c", `${lower}; i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done`];
    expect((await runs(where, [...AUTO, ...busy], folder.path)).code).toBe(0);
    const recorded = new Recorded(folder.file("run.prom"));
    expect(recorded.points("command_throttled_seconds")[0]![1]).toBe(0);
    expect(recorded.last("command_throttled_seconds")).toBeGreaterThan(0);
    expect(recorded.last("command_throttled_periods")).toBeGreaterThan(0);
    expect(recorded.last("container_cpu_limit_cores")).toBe(0.2);
  });
});

describe.skipIf(!mayMakeV1Cgroups())("the cgroup that statexec runs in, of version 1", () => {
  test("counts a kill for its memory limit, without a cgroup of the command's", async () => {
    using folder = tempFolder();
    await using where = testGroups("memory");
    where.limit("memory", "memory.limit_in_bytes", "256M");
    const hog = ["sh", "-c", "head -c 600M /dev/zero | tail >/dev/null; exit 0"];
    expect((await runs(where, [BIN, "-f", "run.prom", ...hog], folder.path)).code).toBe(0);
    const recorded = new Recorded(folder.file("run.prom"));
    expect(recorded.last("container_oom_kills") - recorded.points("container_oom_kills")[0]![1]).toBe(1);
    expect(recorded.last("container_memory_peak_bytes")).toBeGreaterThan(250 * 2 ** 20);
    expect(recorded.family("command_oom_kills").size).toBe(0);
  });

  test("counts throttling by its quota", async () => {
    using folder = tempFolder();
    await using where = testGroups("cpu");
    where.limit("cpu", "cpu.cfs_quota_us", 20000);
    const busy = ["sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"];
    expect((await runs(where, [BIN, "-f", "run.prom", ...busy], folder.path)).code).toBe(0);
    const recorded = new Recorded(folder.file("run.prom"));
    const growth = (name: string) => recorded.last(name) - recorded.points(name)[0]![1];
    expect(recorded.last("container_cpu_limit_cores")).toBe(0.2);
    expect(growth("container_cpu_throttled_periods")).toBeGreaterThan(0);
    expect(growth("container_cpu_periods")).toBeGreaterThanOrEqual(growth("container_cpu_throttled_periods"));
    expect(growth("container_cpu_throttled_seconds")).toBeGreaterThan(0);
  });
});

describe.skipIf(process.getuid?.() !== 0)("a user without rights (needs root to become one)", () => {
  test("gets no cgroup, and one line that says so", async () => {
    using folder = tempFolder();
    chmodSync(folder.path, 0o777);
    // Executed through a descriptor that root opened: the user `nobody` may have no access to the binary's folder.
    const sh = `exec 9<"$0"; exec setpriv --reuid=65534 --regid=65534 --clear-groups /proc/self/fd/9 "$@"`;
    const words = ["sh", "-c", sh, BIN, "--cgroup", "auto", "-f", "run.prom", "sh", "-c", "exit 7"];
    const { code, stderr } = await runProgram(words, { cwd: folder.path });
    expect(code).toBe(7);
    expect(stderr).toMatch(/^statexec: --cgroup auto: no control group for the command: [^\n]+\n$/);
    expect(new Recorded(folder.file("run.prom")).family("command_oom_kills").size).toBe(0);
  });
});

describe("a folder that is named", () => {
  const refusal = async (group: string) => {
    using folder = tempFolder();
    const result = await statexec(["--cgroup", group, "-f", "run.prom", "echo", "started"], { cwd: folder.path });
    expect(result).toMatchObject({ code: 125, stdout: "" });
    expect(existsSync(folder.file("run.prom"))).toBe(false);
    return result.stderr;
  };
  const NEXT = "name an empty control group of yours, or take auto";

  test("and is no cgroup is refused before the start", async () => {
    using folder = tempFolder();
    writeFileSync(folder.file("file"), "");
    expect(await refusal("/no/such")).toBe(
      `statexec: --cgroup (SE_CGROUP): "/no/such": No such file or directory; ${NEXT}\n`,
    );
    for (const path of [folder.path, folder.file("file")])
      expect(await refusal(path)).toBe(`statexec: --cgroup (SE_CGROUP): "${path}": no control group; ${NEXT}\n`);
  });

  test.skipIf(own.length === 0)("and has processes is refused", async () => {
    const { folder } = own[0]!;
    expect(await refusal(folder)).toBe(
      `statexec: --cgroup (SE_CGROUP): "${folder}": there are processes in it; ${NEXT}\n`,
    );
  });

  test.skipIf(!mayMakeV1Cgroups())(
    "is where the command's cgroup is made, with the statistics of its hierarchy",
    async () => {
      using folder = tempFolder();
      await using where = testGroups("memory");
      const path = where.folder("memory");
      const words = ["--cgroup", path, "-f", "run.prom", "cat", "/proc/self/cgroup"];
      const { code, stdout, stderr } = await statexec(words, { cwd: folder.path });
      expect([code, stderr]).toEqual([0, ""]);
      expect(pathsOf(stdout).get("memory")).toMatch(new RegExp(`/${nameOf(path)}/statexec-\\d+-\\d+$`));
      expect(pathsOf(stdout).get("pids")).not.toContain("statexec");
      expect(cgroupsLeft(path)).toEqual([]);
      expect(new Recorded(folder.file("run.prom")).last("command_memory_peak_with_cache_bytes")).toBeGreaterThan(0);
    },
  );

  test.skipIf(!mayMakeV1Cgroups())("in a hierarchy without statistics is refused", async () => {
    await using where = testGroups("devices");
    const path = where.folder("devices");
    expect(await refusal(path)).toBe(
      `statexec: --cgroup (SE_CGROUP): "${path}": its hierarchy has no figures; ${NEXT}\n`,
    );
  });
});
