import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { type Point, Recorded } from "../helpers/recorded.ts";
import { BIN, cleanEnv, statexec, tempFolder } from "../helpers/statexec.ts";

const works = /^perf .*\n.*\n +works/m.test(Bun.spawnSync([BIN, "--list-collectors"]).stdout.toString());
setDefaultTimeout(60_000);

type Folder = ReturnType<typeof tempFolder>;

interface Process {
  readonly pid: number;
  readonly id?: number;
  readonly name: string;
  readonly start: number;
  readonly end: number | null;
  readonly cpu_seconds: number | null;
  readonly resident_bytes: number | null;
}

/** A sample with the memory of all that it lists, be it told in this line or before. */
interface Sample {
  readonly at: number;
  readonly from: number;
  readonly cpu: ReadonlyMap<number, number>;
  readonly resident: ReadonlyMap<number, number>;
  readonly rest_processes: number;
  readonly rest_cpu_seconds: number;
  readonly rest_resident_bytes: number;
  readonly cpu_ahead_seconds: number;
}

function read(folder: Folder, name = "run") {
  const text = new TextDecoder().decode(gunzipSync(readFileSync(folder.file(`${name}.processes.jsonl.gz`))));
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const samples: Sample[] = [];
  let resident = new Map<number, number>();
  for (const line of lines) {
    if (line.type !== "sample") continue;
    const { used_id: ids, used_cpu_seconds: seconds, held_id: held, held_bytes: bytes } = line;
    resident = new Map(line.whole ? [] : resident);
    for (const id of line.left_id) resident.delete(id);
    for (const [i, id] of held.entries()) resident.set(id, bytes[i]);
    const cpu = new Map<number, number>(ids.map((id: number, i: number) => [id, seconds[i]]));
    const times = { from: line.since ?? samples.at(-1)?.at ?? 0, at: line.time };
    samples.push({ cpu_ahead_seconds: 0, ...line, ...times, cpu, resident });
  }
  const processes: Process[] = lines.filter(({ type }) => type === "process");
  return { processes, samples, end: lines.at(-1), run: new Recorded(folder.file(`${name}.prom`)) };
}

const sum = (values: Iterable<number>) => [...values].reduce((all, one) => all + one, 0);

/** Checks that parts and rest of each sample are what the metrics file has for it. Returns how many samples there are. */
function checkSums({ samples, run }: Pick<ReturnType<typeof read>, "samples" | "run">): number {
  const at = (points: readonly Point[]) => new Map(points.map(([atMs, value]) => [atMs, value]));
  const [user, system] = ["user", "system"].map((mode) => at(run.points("command_cpu_seconds", mode)));
  const [resident, living] = ["command_memory_resident_bytes", "command_processes"].map((name) => at(run.points(name)));
  let [cpuBefore, aheadBefore] = [0, 0];
  for (const sample of samples) {
    const atMs = Math.round(sample.at * 1000);
    expect(user!.has(atMs), `a sample at ${atMs}`).toBe(true);
    const cpu = user!.get(atMs)! + system!.get(atMs)!;
    const ahead = sample.cpu_ahead_seconds;
    const parts = sum(sample.cpu.values()) + sample.rest_cpu_seconds;
    expect(parts - ahead + aheadBefore).toBeCloseTo(cpu - cpuBefore, 5);
    [cpuBefore, aheadBefore] = [cpu, ahead];
    expect(sum(sample.resident.values()) + sample.rest_resident_bytes).toBe(resident!.get(atMs) ?? 0);
    expect(sample.resident.size + sample.rest_processes).toBe(living!.get(atMs)!);
    expect(sample.resident.size).toBeLessThanOrEqual(200);
    expect(sample.rest_cpu_seconds).toBeGreaterThanOrEqual(0);
    expect(sample.from).toBeLessThanOrEqual(sample.at);
  }
  return samples.length;
}

async function record(folder: Folder, words: readonly string[], ...command: string[]) {
  const all = ["-q", "--interval", "0.1", "--processes", "all", "-f", "run.prom", ...words, ...command];
  expect((await statexec(all, { cwd: folder.path })).code).toBe(0);
  return read(folder);
}

/** Takes 60 MiB, tells when it begins and ends to use CPU time, and sleeps around that. */
const BURST = `use Time::HiRes qw(time sleep);
  my ($wait, $burn, $file) = @ARGV;
  my $held = "a" x (60 << 20);
  sleep $wait;
  my $began = time;
  my $until = sum(times) + $burn;
  1 while sum(times) < $until;
  open my $out, ">", $file; print $out "$$ $began " . time; close $out;
  sleep 0.6;
  sub sum { $_[0] + $_[1] }`;

/** So many processes that do something, and then live until four seconds after the last was started. */
function waiting(count: number, what: string): string {
  const child = `if (!fork) { close $w; ${what} <$r>; exit }`;
  return `pipe my $r, my $w; for (1..${count}) { ${child} } close $r; sleep 4; close $w; 1 while wait > 0`;
}

/** The id in samples of a process. */
function idOf(processes: readonly Process[], pid: number): number {
  const found = processes.find((one) => one.pid === pid);
  expect(found?.id).toBeGreaterThan(0);
  return found!.id!;
}

describe.each(["auto", "off"])("with --perf %s", (perf) => {
  test("each sample has what each process used since the one before and holds, and the sum is the tree's", async () => {
    using folder = tempFolder();
    writeFileSync(folder.file("burst.pl"), BURST);
    const script =
      "perl burst.pl 0.3 0.4 first & perl burst.pl 1.2 0.3 second & sleep 0.2; wait; seq 100000 | sort -R | tail -1";
    const recorded = await record(folder, ["--perf", perf], "sh", "-c", script);
    expect(checkSums(recorded)).toBeGreaterThan(10);
    const { processes, samples, end } = recorded;
    expect(end.samples_taken).toBe(samples.length);
    for (const [file, burn] of [
      ["first", 0.4],
      ["second", 0.3],
    ] as const) {
      const [pid, began, ended] = readFileSync(folder.file(file), "utf8").split(" ").map(Number);
      const id = idOf(processes, pid!);
      // The samples in which it ran have its CPU time, and those around them none.
      const within = samples.filter(({ from, at }) => at > began! && from < ended!);
      expect(sum(within.map(({ cpu }) => cpu.get(id) ?? 0))).toBeWithin(burn - 0.031, burn + 0.051);
      const later = samples.filter(({ from }) => from > ended! + 0.05);
      expect(sum(later.map(({ cpu }) => cpu.get(id) ?? 0))).toBeLessThanOrEqual(0.02);
      for (const { resident } of within) expect(resident.get(id)).toBeWithin(60 * 2 ** 20, 140 * 2 ** 20);
      const line = processes.find((one) => one.id === id)!;
      const highest = Math.max(...samples.map(({ resident }) => resident.get(id) ?? 0));
      expect(highest).toBeLessThanOrEqual(line.resident_bytes!);
      // It is in no sample after its end.
      for (const { at, resident } of samples) if (at > line.end! + 0.001) expect(resident.has(id)).toBe(false);
    }
  });

  test("ten thousand processes in a few seconds are in the sums, and those that no sample saw have no number", async () => {
    using folder = tempFolder();
    // Where the kernel refuses one, fewer are enough.
    const forks = `my $n = 0; for (1..10000) { my $pid = fork; last if !defined $pid; exit 0 if !$pid; $n++;
      waitpid $pid, 0 if $_ % 50 == 0 } 1 while wait > 0; open my $out, ">", "forked"; print $out $n`;
    const recorded = await record(folder, ["--perf", perf], "perl", "-e", forks);
    checkSums(recorded);
    const { processes, samples } = recorded;
    const known = new Set(processes.flatMap(({ id }) => id ?? []));
    for (const { cpu, resident } of samples)
      for (const id of [...cpu.keys(), ...resident.keys()]) expect(known.has(id)).toBe(true);
    if (perf === "off" || !works) return;
    // On a busy machine the kernel has no room for some records, and says so.
    const forked = Number(readFileSync(folder.file("forked"), "utf8"));
    if (recorded.end.complete) expect(processes.length).toBe(forked + 1);
    else expect(recorded.end.lost_records ?? Number.POSITIVE_INFINITY).toBeGreaterThan(0);
    expect(processes.length).toBeLessThanOrEqual(forked + 1);
    const unseen = processes.filter(({ resident_bytes: bytes }) => bytes === null);
    if (recorded.end.complete) expect(unseen.length).toBeGreaterThan(1000);
    for (const process of unseen) expect(process).not.toHaveProperty("id");
  });

  test("of three hundred processes at a time there are the two hundred largest and a rest", async () => {
    using folder = tempFolder();
    // A hundred of them hold more than the others.
    const children = waiting(300, "my $x = 'a' x (3 << 20) if $_ <= 100;");
    const recorded = await record(folder, ["--perf", perf], "perl", "-e", children);
    checkSums(recorded);
    const full = recorded.samples.filter((one) => one.resident.size + one.rest_processes === 301);
    expect(full.length).toBeGreaterThan(1);
    for (const { resident, rest_processes: others } of full.slice(1)) {
      expect([resident.size, others]).toEqual([200, 101]);
      const large = [...resident.values()].filter((bytes) => bytes > 3 << 20);
      expect(large.length).toBeGreaterThanOrEqual(100);
    }
  });
});

test("a number that the kernel gives again is another process", async () => {
  using folder = tempFolder();
  // The number of the last process can be set by root: the next one has the number after it.
  const again = `use Time::HiRes qw(sleep);
    my @pids;
    for my $mib (40, 5) {
      if (@pids) { open my $f, ">", "/proc/sys/kernel/ns_last_pid" or exit 9; print $f $pids[0] - 1; close $f or exit 9 }
      my $pid = fork;
      if (!$pid) { my $x = "a" x ($mib << 20); sleep 0.5; exit 0 }
      push @pids, $pid; waitpid $pid, 0;
    }
    exit($pids[0] == $pids[1] ? 0 : 9)`;
  for (const perf of ["auto", "off"]) {
    let code: number | null = 9;
    // Another process may have taken the number meanwhile.
    for (let tries = 0; tries < 5 && code === 9; tries++) {
      const words = [
        "-q",
        "--perf",
        perf,
        "--interval",
        "0.1",
        "--processes",
        "all",
        "-f",
        "run.prom",
        "perl",
        "-e",
        again,
      ];
      ({ code } = await statexec(words, { cwd: folder.path }));
    }
    if (code === 9) return;
    const recorded = read(folder);
    checkSums(recorded);
    const twins = recorded.processes.filter(({ pid }, _, all) => all.filter((other) => other.pid === pid).length === 2);
    expect(twins.length).toBe(2);
    const [large, small] = twins.toSorted((a, b) => a.start - b.start);
    expect(large!.id).not.toBe(small!.id!);
    const highest = (id: number) => Math.max(...recorded.samples.map(({ resident }) => resident.get(id) ?? 0));
    expect(highest(large!.id!)).toBeGreaterThan(40 * 2 ** 20);
    expect(highest(small!.id!)).toBeLessThan(30 * 2 ** 20);
  }
});

test("after a kill of the recorder the samples are there but for the last second", async () => {
  using folder = tempFolder();
  const script = "perl -e '$| = 1; print 1; 1 while 1' & child=$!; read line; kill $child";
  const words = ["-q", "--interval", "0.05", "--processes", "all", "-f", "run.prom", "sh", "-c", script];
  const child = Bun.spawn([BIN, ...words], { cwd: folder.path, env: cleanEnv(), stdin: "pipe", stdout: "pipe" });
  await child.stdout.getReader().read();
  await Bun.sleep(3000);
  const killedAt = Date.now() / 1000;
  child.kill("SIGKILL");
  await child.exited;
  child.stdin.end();
  const [journal = ""] = readdirSync(folder.path).filter((name) => name.endsWith(".journal"));
  expect((await statexec(["--recover", journal], { cwd: folder.path })).code).toBe(0);
  const recovered = read(folder);
  checkSums(recovered);
  const { samples, processes, end } = recovered;
  expect(samples.at(-1)!.at).toBeGreaterThan(killedAt - 1.2);
  expect(end.samples_taken).toBe(samples.length);
  const busy = idOf(processes, processes.find(({ name }) => name === "perl")!.pid);
  expect(sum(samples.map(({ cpu }) => cpu.get(busy) ?? 0))).toBeGreaterThan(0.2);
});

test("with --processes top the samples have those that the record has, and the others in the rest", async () => {
  using folder = tempFolder();
  const children = waiting(260, "my $i = 0; $i++ while $i < 3e5 * ($_ > 200);");
  const words = ["-q", "--interval", "0.1", "--processes", "top", "-f", "run.prom", "perl", "-e", children];
  await statexec(words, { cwd: folder.path });
  const recorded = read(folder);
  checkSums(recorded);
  const known = new Set(recorded.processes.flatMap(({ id }) => id ?? []));
  expect(recorded.processes.length).toBe(200);
  for (const { cpu, resident } of recorded.samples)
    for (const id of [...cpu.keys(), ...resident.keys()]) expect(known.has(id)).toBe(true);
  expect(Math.max(...recorded.samples.map(({ rest_processes: others }) => others))).toBeGreaterThan(60);
});
