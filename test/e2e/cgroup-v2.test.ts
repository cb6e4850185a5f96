import { beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { Recorded } from "../helpers/recorded.ts";
import { BIN, tempFolder } from "../helpers/statexec.ts";
import { inUserModeLinux, noUserModeLinux } from "../helpers/user-mode-linux.ts";

/** A kernel that runs in a process is slow. */
const TIMEOUT_MS = 120_000;
const MIB = 2 ** 20;

/** Programs for the scripts: statexec with a metrics file of a name, and a command in a cgroup. */
const TOOLS = {
  run: `file=$OUT/$1.prom; shift
    exec \${AS_NOBODY:+setpriv --reuid=65534 --regid=65534 --clear-groups} /mnt/statexec -q -f "$file" "$@" 2>&1`,
  within: `echo 0 >"$1/cgroup.procs"; shift; exec "$@"`,
};

/** The scripts, run in this order on one machine. */
const SCENARIOS = {
  root: `run root --cgroup auto -- sh -c 'cat /proc/self/cgroup; sh -c "cat /proc/self/cgroup"; head -c 8M /dev/zero | tail | wc -c'
    ls $C | grep statexec; cat $C/cgroup.subtree_control`,
  exact: `nohup run exact --cgroup auto -- cat /proc/self/cgroup >out 2>&1; tail -n 1 out; cat /proc/1/cgroup; ls $C | grep statexec`,
  scope: `echo "+cpu +memory +pids +io" >$C/cgroup.subtree_control; mkdir $C/scope; echo 300M >$C/scope/memory.max
    echo "150000 100000" >$C/scope/cpu.max; echo 77 >$C/scope/pids.max
    within $C/scope run scope --cgroup auto -- sh -c 'cat /proc/self/cgroup; cd $C/scope/statexec-*[0-9]; cat memory.max cpu.max pids.max'
    ls $C/scope | grep statexec; cat $C/scope/cgroup.subtree_control`,
  throttled: `echo "20000 100000" >$C/scope/cpu.max
    within $C/scope run throttled --cgroup auto -- sh -c 'echo 10000 >$(echo $C/scope/statexec-*[0-9])/cpu.max; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done'
    echo max >$C/scope/cpu.max; echo 80M >$C/scope/memory.max`,
  killed: `within $C/scope run killed --cgroup auto -- sh -c 'head -c 90M /dev/zero | tail >/dev/null; exit 3'; echo $?`,
  crowded: `within $C/scope sh -c 'run crowded --cgroup auto -- cat /proc/self/cgroup; :'`,
  delegated: `mkdir $C/given; chown -R 65534:65534 $C/given
    AS_NOBODY=1 within $C/given run delegated --cgroup auto -- sh -c 'cat /proc/self/cgroup; ls $C/given/statexec-*[0-9] | grep memory.peak'
    ls $C/given | grep statexec`,
  undelegated: `mkdir $C/closed; AS_NOBODY=1 within $C/closed run undelegated --cgroup auto -- cat /proc/self/cgroup`,
  named: `mkdir $C/named; run named --cgroup $C/named -- sh -c 'cat /proc/self/cgroup $C/named/cgroup.subtree_control'
    ls $C/named | grep statexec; cat $C/named/cgroup.subtree_control`,
  leftover: `mkdir $C/statexec-99999-1 $C/statexec-99999-2.self; run leftover --cgroup auto -- true; ls $C | grep statexec`,
  disk: `run disk --cgroup auto -- sh -c 'dd if=/dev/ubda of=/dev/null bs=1M count=5 iflag=direct; dd if=/dev/zero of=/dev/ubda bs=1M count=3 oflag=direct; cat $C/statexec-*/io.stat' | grep rbytes`,
} as const;

type Scenario = keyof typeof SCENARIOS;

const SECTION = "-- section ";

/** The lines that each scenario printed. */
const printed = new Map<Scenario, string[]>();
const folder = tempFolder();

const recorded = (scenario: Scenario) => new Recorded(folder.file(`${scenario}.prom`));

describe.skipIf(noUserModeLinux())("control groups of version 2, on a kernel of their own", () => {
  beforeAll(async () => {
    chmodSync(folder.path, 0o777);
    mkdirSync(folder.file("bin"));
    for (const [name, script] of Object.entries(TOOLS))
      writeFileSync(folder.file(`bin/${name}`), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    writeFileSync(folder.file("disk"), Buffer.alloc(16 * MIB));
    const sections = Object.entries(SCENARIOS).map(([name, script]) => `echo '${SECTION}${name}'\n${script}`);
    const script = [
      // The binary's own folder may be closed to other users.
      'touch /mnt/statexec; mount --bind "$BIN" /mnt/statexec; export PATH="$OUT/bin:$PATH"',
      ...sections,
    ].join("\n");
    const text = await inUserModeLinux(script, { BIN, OUT: folder.path }, folder.file("disk"));
    for (const part of text.split(SECTION).slice(1)) {
      const [name, ...lines] = part.trimEnd().split("\n");
      printed.set(name as Scenario, lines);
    }
  }, TIMEOUT_MS);

  /** The lines that it printed, with GROUP for the names of runs' cgroups. */
  const linesOf = (scenario: Scenario) =>
    printed.get(scenario)?.map((line) => line.replaceAll(/statexec-\d+-\d+/g, "GROUP"));
  const growth = (scenario: Scenario, name: string, ...labels: string[]) => {
    const points = recorded(scenario).points(name, ...labels);
    return points.at(-1)![1] - points[0]![1];
  };

  test("the root enables every controller for the run, and none afterwards", () => {
    expect(linesOf("root")).toEqual(["0::/GROUP", "0::/GROUP", String(8 * MIB)]);
    const names = printed.get("root")!.slice(0, 2);
    expect(names[0]).toBe(names[1]!);
    const run = recorded("root");
    for (const name of ["command_memory_kernel_bytes", "command_memory_peak_with_cache_bytes", "command_oom_kills"])
      expect(run.points(name)[0]![1], name).toBe(0);
    expect(run.last("command_memory_peak_with_cache_bytes")).toBeGreaterThan(8 * MIB);
    expect(run.last("command_memory_peak_with_cache_bytes")).toBeLessThan(40 * MIB);
    // Without a quota the cpu controller is not enabled; the root is no container.
    expect(run.family("command_throttled_seconds").size).toBe(0);
    expect(run.family("container_memory_used_bytes").size).toBe(0);
  });

  test("a command that is started byte for byte is in its cgroup", () => {
    expect(linesOf("exact")).toEqual(["0::/GROUP", "0::/"]);
  });

  test("in a limited scope with statexec alone, the command's cgroup has its limits, and nothing is left", () => {
    expect(linesOf("scope")).toEqual(["0::/scope/GROUP", String(300 * MIB), "150000 100000", "77"]);
    const run = recorded("scope");
    expect(run.last("container_cpu_limit_cores")).toBe(1.5);
    expect(run.last("container_memory_limit_bytes")).toBe(300 * MIB);
    expect(run.last("container_tasks_limit")).toBe(77);
    expect(run.last("command_throttled_seconds")).toBeGreaterThanOrEqual(0);
  });

  test("throttling by a quota of the command's cgroup is counted", () => {
    for (const name of ["throttled_seconds", "throttled_periods"]) {
      expect(recorded("throttled").points(`command_${name}`)[0]![1]).toBe(0);
      expect(recorded("throttled").last(`command_${name}`)).toBeGreaterThan(0);
    }
    expect(recorded("throttled").last("container_cpu_limit_cores")).toBe(0.2);
    expect(growth("throttled", "container_cpu_seconds", "user")).toBeGreaterThan(0);
  });

  test("a process that is killed for memory is counted in its cgroup and in ours", () => {
    expect(linesOf("killed")?.at(-1)).toBe("3");
    expect(recorded("killed").last("command_oom_kills")).toBe(1);
    expect(growth("killed", "container_oom_kills")).toBe(1);
    expect(recorded("killed").last("container_memory_limit_bytes")).toBe(80 * MIB);
    // By the kernel's log, which has groups' paths from the root.
    const victims = [...recorded("killed").family("command_oom_victim_bytes").keys()];
    expect(victims).toEqual([expect.stringMatching(/^\d+,\w+$/)]);
    const [[limited = "", limit = []] = []] = recorded("killed").family("command_oom_limit_bytes");
    expect([limited.split(",")[1], limit[0]?.[1]]).toEqual(["kernel_log", 80 * MIB]);
  });

  test("in a scope with other processes there are statistics that need no controller, and one line", () => {
    const [notice, path] = linesOf("crowded") ?? [];
    expect(notice).toStartWith(
      "statexec: --cgroup auto: the command's control group lacks figures: /sys/fs/cgroup/scope holds other processes",
    );
    expect(path).toBe("0::/scope/GROUP");
    expect(recorded("crowded").family("command_oom_kills").size).toBe(0);
  });

  test("a cgroup that is delegated to a user without rights is enough", () => {
    expect(linesOf("delegated")).toEqual(["0::/given/GROUP", "memory.peak"]);
    expect(recorded("delegated").last("command_memory_peak_with_cache_bytes")).toBeGreaterThan(0);
  });

  test("a user without rights gets no cgroup", () => {
    const [notice, path] = linesOf("undelegated") ?? [];
    expect(notice).toBe(
      "statexec: --cgroup auto: no control group for the command: /sys/fs/cgroup/closed/GROUP: Permission denied" +
        "; under systemd this gives it one: systemd-run --user --scope -p Delegate=yes -- statexec …",
    );
    expect(path).toBe("0::/closed");
  });

  test("a named cgroup has the command's below it, and is unchanged afterwards", () => {
    expect(linesOf("named")).toEqual(["0::/named/GROUP", "io memory pids"]);
  });

  test("leftovers of killed runs are removed", () => {
    expect(linesOf("leftover")).toEqual([]);
  });

  test("a disk's bytes are counted where they pass the cache", () => {
    expect(linesOf("disk")?.[0]).toStartWith(`98:0 rbytes=${5 * MIB} wbytes=${3 * MIB} `);
  });
});
