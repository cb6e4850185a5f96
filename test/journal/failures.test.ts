import { describe, expect, test } from "bun:test";
import { mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JournalWriter } from "../../src/journal/journal-writer.ts";
import { SystemError } from "../../src/os/files.ts";
import { FakeClock } from "../helpers/fake-clock.ts";
import { renderText } from "../helpers/recording.ts";
import { HEADER, KEYS, pointLines, random, Trial } from "./journals.ts";

const SCRIPT = join(import.meta.dir, "limited.ts");

/** Runs limited.ts in a shell that sets the limit first. `$1` is the runtime, `$2` the script, `$3` a private folder. */
async function limited(shell: readonly string[], script: string) {
  const folder = mkdtempSync(join(tmpdir(), "statexec-limit-"));
  try {
    const words = [...shell, "sh", "-ec", script, "sh", process.execPath, SCRIPT, folder];
    const child = Bun.spawn(words, { stdout: "pipe", stderr: "pipe", stdin: "ignore" });
    const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    if (child.exitCode !== 0) throw new Error(`${script}: status ${child.exitCode}: ${err}`);
    return JSON.parse(out);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const NAMESPACE = ["unshare", "--mount", "--propagation", "private"];
const MOUNT = 'mount -t tmpfs -o size=1m none "$3"';
const canMount = Bun.spawnSync([...NAMESPACE, "sh", "-c", "mount -t tmpfs none /mnt"]).exitCode === 0;
if (!canMount) console.error("not root, or no mount namespaces: tests on a full file system are skipped");

describe("a journal that cannot be written", () => {
  test("/dev/full: the run is whole in memory, and the error is known", () => {
    using trial = new Trial("/dev/full");
    trial.layout(KEYS.slice(0, 2));
    for (let i = 0; i < 2000; i++) trial.row([i, i / 3]);
    trial.writer.end();
    expect(trial.writer.failure).toMatchObject({ hasUnwritten: true, error: { code: "ENOSPC" } });
    expect(trial.writer.failure?.lost).toBeUndefined();
    expect(renderText(trial.writer.recording())).toBe(renderText(trial.store));
  });

  test("above the limit of unwritten bytes the oldest rows are dropped and reported; names, facts and events stay", () => {
    using trial = new Trial("/dev/full");
    const next = random(1);
    trial.layout(KEYS);
    trial.fact("version", "1");
    trial.event("command_started", "Command started");
    for (let i = 0; i < 60_000; i++) trial.row(KEYS.map(() => next() * 1e12));
    trial.writer.end();
    const recording = trial.writer.recording();
    const lost = trial.writer.failure!.lost!;
    expect(lost.rows).toBeGreaterThan(10_000);
    expect(recording.rows + lost.rows).toBe(60_000);
    expect(lost.fromMs).toBe(HEADER.startMs + 1000);
    expect(lost.toMs).toBe(HEADER.startMs + lost.rows * 1000);
    expect(recording.damage.gaps).toEqual([{ afterMs: undefined, beforeMs: lost.toMs + 1000, rows: lost.rows }]);
    expect([recording.facts, recording.events.length]).toEqual([[["version", "1"]], 1]);
    const kept = pointLines(trial.store).filter((line) => Number(line.split(" ").at(-1)) > lost.toMs);
    expect(pointLines(recording)).toEqual(kept);
  }, 120_000);

  test("a file that cannot be created is created later, with everything", () => {
    using trial = new Trial();
    const clock = new FakeClock();
    let tries = 0;
    const open = () => {
      if (++tries < 5) throw new SystemError("EROFS", "open", "x", "Read-only file system");
      return openSync(trial.path, "w+");
    };
    const places = [() => ({ path: trial.path, fd: open() })];
    const writer = new JournalWriter({ header: HEADER, clock, places, isSynced: false });
    writer.layout(KEYS.slice(0, 1));
    for (let i = 1; i <= 9; i++) {
      clock.stall(1000);
      writer.row(i, Float64Array.of(i));
    }
    writer.end();
    expect(tries).toBe(5);
    expect(writer.failure).toMatchObject({ hasUnwritten: false, lost: undefined, error: { code: "EROFS" } });
    expect(writer.recording().rows).toBe(9);
  });

  test("`ulimit -f`: the file has whole records up to the limit, memory the rest", async () => {
    const result = await limited([], 'ulimit -f 256; exec "$1" "$2" "$3/run.journal"');
    expect(result).toMatchObject({ code: "EFBIG", hasUnwritten: true, lost: null, same: true, holes: 0 });
    expect(result.file).toMatchObject({ ended: false, bytes: 0, gaps: [] });
    expect(result.file.rows).toBeGreaterThan(500);
    expect(result.file.rows).toBeLessThan(result.rows);
  }, 120_000);

  test.skipIf(!canMount)("a full file system: the same", async () => {
    const result = await limited(NAMESPACE, `${MOUNT}; exec "$1" "$2" "$3/run.journal"`);
    expect(result).toMatchObject({ code: "ENOSPC", hasUnwritten: true, lost: null, same: true, holes: 0 });
    expect(result.file).toMatchObject({ ended: false, bytes: 0, gaps: [] });
    expect(result.file.rows).toBeGreaterThan(1000);
  });

  test.skipIf(!canMount)("where there is room later, the file has everything", async () => {
    const script = `${MOUNT.replace("1m", "3m")}; head -c 2500000 /dev/zero > "$3/filler"; exec "$1" "$2" "$3/run.journal" "$3/filler"`;
    const result = await limited(NAMESPACE, script);
    expect(result).toMatchObject({ code: "ENOSPC", hasUnwritten: false, lost: null, same: true, holes: 0 });
    expect(result.file).toEqual({ rows: result.rows, ended: true, bytes: 0, gaps: [], unnamed: 0 });
  });
});
