import { describe, expect, test } from "bun:test";
import { copyFileSync } from "node:fs";
import { effort } from "../helpers/effort.ts";
import { Recorded } from "../helpers/recorded.ts";
import { BIN, cleanEnv, runProgram, tempFolder } from "../helpers/statexec.ts";

/*
 * The machine loses power: what a block device has at a moment is all that is left. The device is an image with ext4, which
 * is mounted, and copied while the run goes on; each copy is mounted as after a crash. Pages that only memory has are not
 * in a copy. The kernel writes data on its own only after 30 s, longer than these runs take.
 */

const NAMESPACE = ["unshare", "--mount", "--propagation", "private", "sh", "-ec"];
const PROBE =
  'd=$(mktemp -d); truncate -s 16M $d/i; mkfs.ext4 -q -F $d/i; mount -o loop $d/i $d; umount $d; rm -r "$d"';
const canMount = Bun.spawnSync([...NAMESPACE, PROBE], { stderr: "ignore" }).exitCode === 0;
if (!canMount) console.error("not root, no loop device or no mkfs.ext4: tests of a power loss are skipped");

const SECONDS = effort(20) === 20 ? 22 : 9;
const COPY_EVERY_MS = 400;
/** What docs/recording.md promises, and the time that a busy machine takes to write and to copy. */
const MOST_LOST_MS = 6000 + 700;

/** What a copy of the device has: seconds of samples in the metrics file, or in the file that is made of the journal. */
async function secondsIn(
  image: string,
): Promise<{ readonly lastMs: number; readonly from: "file" | "journal" } | undefined> {
  using made = tempFolder();
  const file = made.file("run.prom");
  const script = `mkdir m; mount -o loop "$1" m; cd m
    if [ -s run.prom ]; then cp run.prom ../run.prom; echo file; exit; fi
    for j in .run.prom.*.journal; do [ -s "$j" ] && "$2" --recover "$j" -f ../run.prom > /dev/null 2>&1; done; echo journal`;
  const { stdout } = await runProgram([...NAMESPACE, script, "sh", image, BIN], { cwd: made.path });
  if (!(await Bun.file(file).exists())) return undefined;
  const from = stdout.trim() === "file" ? "file" : "journal";
  return { lastMs: new Recorded(file).points("command_status").at(-1)![0], from };
}

/** Runs statexec on a device that is copied again and again, and once when statexec has ended. */
async function copiesOf(folder: string, words: readonly string[]) {
  const image = `${folder}/image`;
  const script = `truncate -s 32M "$1"; mkfs.ext4 -q -F "$1"; mkdir "$2"; mount -o loop "$1" "$2"; sync -f "$2"; cd "$2"
    shift 2; echo ready; "$@"; echo ended; read -r _; cd /`;
  const run = Bun.spawn([...NAMESPACE, script, "sh", image, `${folder}/mounted`, BIN, ...words], {
    ...{ env: cleanEnv(), stdin: "pipe", stdout: "pipe", stderr: "inherit" },
  });
  const copies: { readonly path: string; readonly beganMs: number }[] = [];
  const copy = () => {
    const path = `${folder}/copy${copies.length}`;
    copies.push({ path, beganMs: Date.now() });
    copyFileSync(image, path);
    return path;
  };
  let isReady = false;
  const timer = setInterval(() => {
    if (isReady) copy();
  }, COPY_EVERY_MS);
  let said = "";
  for await (const chunk of run.stdout) {
    said += Buffer.from(chunk).toString();
    isReady ||= said.includes("ready");
    if (said.includes("ended")) break;
  }
  clearInterval(timer);
  const last = copy();
  run.stdin.write("\n");
  run.stdin.end();
  expect(await run.exited).toBe(0);
  return { copies: copies.slice(0, -1), last };
}

describe.skipIf(!canMount)("a machine that loses power", () => {
  test("at any moment of a run loses six seconds of it at most, and none after the run's end", async () => {
    using folder = tempFolder();
    const words = ["-q", "--interval", "0.1", "-f", "run.prom", "sleep", String(SECONDS)];
    const { copies, last } = await copiesOf(folder.path, words);
    const atEnd = await secondsIn(last);
    expect(atEnd?.from).toBe("file");
    let fromJournal = 0;
    const startMs = atEnd!.lastMs - SECONDS * 1000;
    for (const { path, beganMs } of copies) {
      const saved = await secondsIn(path);
      if (saved?.from === "journal") fromJournal++;
      const lostMs = Math.min(beganMs, atEnd!.lastMs) - (saved?.lastMs ?? startMs);
      expect(lostMs, `copy ${path} of ${copies.length}`).toBeLessThan(MOST_LOST_MS);
    }
    expect(fromJournal).toBeGreaterThan(copies.length / 2);
  }, 180_000);

  test("has nothing of a run with --no-sync: so the copies show what only memory has", async () => {
    using folder = tempFolder();
    const words = ["-q", "--no-sync", "--interval", "0.1", "-f", "run.prom", "sleep", "3"];
    const { copies, last } = await copiesOf(folder.path, words);
    let empty = 0;
    for (const { path } of [...copies, { path: last }]) if ((await secondsIn(path)) === undefined) empty++;
    // Somebody else on this machine may have called sync(2).
    expect(empty).toBeGreaterThan(copies.length / 2);
  }, 120_000);
});
