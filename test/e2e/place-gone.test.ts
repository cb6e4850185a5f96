import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from "node:fs";
import { Recorded } from "../helpers/recorded.ts";
import { BIN, type RunResult, runProgram, statexec, tempFolder } from "../helpers/statexec.ts";

/** Runs a shell script under statexec in a folder, with private folders for what finds no other place. */
async function run(folder: string, script: string, file = "run.prom", interval = "0.05"): Promise<RunResult> {
  for (const name of ["tmp", "state"]) if (!existsSync(`${folder}/${name}`)) mkdirSync(`${folder}/${name}`);
  return statexec(["-q", "--interval", interval, "-f", file, "sh", "-c", script], {
    cwd: folder,
    env: { TMPDIR: `${folder}/tmp`, XDG_STATE_HOME: `${folder}/state` },
  });
}

/** The seconds from the first sample of a file to its last, and the longest gap between two of them. */
function spanOf(file: string): { readonly seconds: number; readonly gap: number } {
  const times = new Recorded(file).points("command_status").map(([at]) => at);
  const gaps = times.slice(1).map((at, i) => at - times[i]!);
  return { seconds: (times.at(-1)! - times[0]!) / 1000, gap: Math.max(...gaps) / 1000 };
}

async function recover(journal: string, file: string): Promise<void> {
  const { code, stderr } = await statexec(["--recover", journal, "-f", file]);
  expect(code, stderr).toBe(0);
}

/** The names in a folder, hidden ones too. */
const namesIn = (folder: string) => (existsSync(folder) ? readdirSync(folder).sort() : []);

describe("a command that cleans its folder", () => {
  test("loses nothing and is told nothing: the file is written there", async () => {
    using folder = tempFolder();
    const result = await run(folder.path, "sleep 1.3; rm -f .run.prom* run.prom; sleep 1.3; exit 3");
    expect(result).toMatchObject({ code: 3, stderr: "" });
    expect(namesIn(folder.path)).toEqual(["run.prom", "state", "tmp"]);
    expect(spanOf(folder.file("run.prom")).seconds).toBeGreaterThan(2.6);
    expect([...namesIn(folder.file("tmp")), ...namesIn(folder.file("state"))]).toEqual([]);
  });

  test("has the place of its file again within a second, so that no other run takes it", async () => {
    using folder = tempFolder();
    const other = `${BIN} -q -f run.prom true`;
    const again = `until test -e .run.prom.part; do sleep 0.05; done; ${other}`;
    const result = await run(folder.path, `sleep 1.3; rm -f .run.prom.part run.prom; ${again}`);
    expect(result.stderr).toMatch(
      /^statexec: run\.prom belongs to a run that is still going: writing run\.\d+\.prom\n$/,
    );
    expect(result.code).toBe(0);
    const names = namesIn(folder.path);
    expect(names).toHaveLength(4);
    expect(names[1]).toMatch(/^run\.\d+\.prom$|^run\.prom$/);
    expect(spanOf(folder.file("run.prom")).seconds).toBeGreaterThan(1.3);
  });

  test("and whose recorder is killed after that leaves a journal with everything", async () => {
    using folder = tempFolder();
    const result = await run(folder.path, "sleep 1.3; rm -f .run.prom*; sleep 1.7; kill -9 $PPID");
    expect(result.signal).toBe("SIGKILL");
    const [journal] = namesIn(folder.path).filter((name) => name.endsWith(".journal"));
    await recover(folder.file(journal!), folder.file("made.prom"));
    expect(spanOf(folder.file("made.prom")).seconds).toBeGreaterThan(2);
  });
});

describe("a command that removes the folder", () => {
  test("loses nothing: the file is in $TMPDIR, for us alone, and its path is printed", async () => {
    using folder = tempFolder();
    mkdirSync(folder.file("out"));
    const { code, stderr } = await run(folder.path, "sleep 1.3; rm -r out; sleep 1.3; exit 4", "out/run.prom");
    const [name = ""] = namesIn(folder.file("tmp"));
    expect(code).toBe(4);
    expect(stderr).toBe(
      `statexec: out/run.prom: its folder is gone; the metrics file is ${folder.file(`tmp/${name}`)}\n`,
    );
    expect(name).toMatch(/^run\.\d+\.prom$/);
    expect(namesIn(folder.file("tmp"))).toHaveLength(1);
    expect(statSync(folder.file(`tmp/${name}`)).mode & 0o777).toBe(0o600);
    expect(spanOf(folder.file(`tmp/${name}`)).seconds).toBeGreaterThan(2.6);
  });

  test("and makes it again: the file is in it", async () => {
    using folder = tempFolder();
    mkdirSync(folder.file("out"));
    const result = await run(folder.path, "sleep 1.3; rm -r out; sleep 1.2; mkdir out; sleep 0.2", "out/run.prom");
    expect(result).toMatchObject({ code: 0, stderr: "" });
    expect(namesIn(folder.file("out"))).toEqual(["run.prom"]);
    expect(namesIn(folder.file("tmp"))).toEqual([]);
  });

  test("and $TMPDIR with it: the file is in the state folder", async () => {
    using folder = tempFolder();
    mkdirSync(folder.file("out"));
    const result = await run(folder.path, "sleep 1.3; rm -r out tmp; sleep 1.2", "out/run.prom");
    const [name = ""] = namesIn(folder.file("state/statexec"));
    expect(result.stderr).toContain(`the metrics file is ${folder.file(`state/statexec/${name}`)}\n`);
    expect(statSync(folder.file("state/statexec")).mode & 0o777).toBe(0o700);
    expect(spanOf(folder.file(`state/statexec/${name}`)).seconds).toBeGreaterThan(2.5);
  });

  test("and whose recorder is killed leaves a journal in $TMPDIR", async () => {
    using folder = tempFolder();
    mkdirSync(folder.file("out"));
    await run(folder.path, "sleep 1.3; rm -r out; sleep 1.7; kill -9 $PPID", "out/run.prom");
    const [journal = ""] = namesIn(folder.file("tmp"));
    expect(journal).toMatch(/^\.run\.prom\.\d+\.journal$/);
    const path = folder.file(`tmp/${journal}`);
    mkdirSync(folder.file("out"));
    const env = { TMPDIR: folder.file("tmp"), XDG_STATE_HOME: folder.file("state") };
    // Neither is a journal of another metrics file, or one of another folder.
    const listed = await statexec(["--recover"], { cwd: folder.file("out"), env });
    expect(listed.stdout).toBe(`${path}  can be recovered, for ${folder.file("out/run.prom")}\n`);
    expect((await statexec(["--recover"], { cwd: folder.path, env })).stdout).toStartWith("no journals in ");
    const target = folder.file("out/run.prom");
    const left = `statexec: ${path} is left from an earlier run: statexec --recover ${path} -f ${target}\n`;
    expect((await run(folder.path, "sleep 1.2", "out/run.prom")).stderr).toBe(left);
    // The folder is searched after a second and a half, where there is time for it between two samples.
    const early = (script: string) => run(folder.path, script, "out/run.prom", "1");
    expect((await early("sleep 1.9")).stderr).toBe(left);
    const hidden = folder.file("hidden");
    expect((await early(`sleep 1.9; mv ${path} ${hidden}`)).stderr).toBe("");
    renameSync(hidden, path);
    await recover(path, folder.file("made.prom"));
    expect(spanOf(folder.file("made.prom")).seconds).toBeGreaterThan(2);
  }, 120_000);
});

test("a folder that the command renames has the journal as long as the command runs", async () => {
  using folder = tempFolder();
  mkdirSync(folder.file("out"));
  const { stderr } = await run(folder.path, "sleep 1.3; mv out other; sleep 1.3", "out/run.prom");
  const [name = ""] = namesIn(folder.file("tmp"));
  expect(stderr).toContain(`the metrics file is ${folder.file(`tmp/${name}`)}\n`);
  expect(namesIn(folder.file("other")).filter((one) => one.endsWith(".journal"))).toEqual([]);
});

const NAMESPACE = ["unshare", "--mount", "--propagation", "private", "sh", "-ec"];
const canMount = Bun.spawnSync([...NAMESPACE, "mount -t tmpfs none /mnt"], { stderr: "ignore" }).exitCode === 0;
if (!canMount) console.error("not root, or no mount namespaces: tests on a full disk are skipped");

describe.skipIf(!canMount)("a disk that is full after a second and a half, for good", () => {
  /** `inner`: what the command does then. Prints its status, the names on the disk, and the seconds in the file. */
  const full = (
    inner: string,
    before = "",
  ) => `mkdir -p disk tmp state; mount -t tmpfs -o size=256k none disk; ${before}
    export TMPDIR=$PWD/tmp XDG_STATE_HOME=$PWD/state
    code=0; "$1" -q --interval 0.05 -f disk/run.prom sh -c '
      sleep 1.5; dd if=/dev/zero of=disk/fill bs=1k 2> /dev/null; ${inner}' || code=$?
    echo "$code $(ls -A disk | tr '\\n' ' ')"`;

  test("costs nothing: journal and metrics file go to $TMPDIR, and the message says where", async () => {
    using folder = tempFolder();
    const script = full("sleep 4; exit 5");
    const { stdout, stderr } = await runProgram([...NAMESPACE, script, "sh", BIN], { cwd: folder.path });
    expect(stdout).toBe("5 fill \n");
    const [name = "", ...others] = namesIn(folder.file("tmp"));
    const path = folder.file(`tmp/${name}`);
    expect(others).toEqual([]);
    expect(stderr).toBe(`statexec: disk/run.prom: its disk is full; the metrics file is ${path}\n`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const { seconds, gap } = spanOf(path);
    expect(seconds).toBeGreaterThan(5.4);
    expect(gap).toBeLessThan(1);
  }, 120_000);

  test("and a recorder that is killed then: a second at most is lost", async () => {
    using folder = tempFolder();
    const script = full("sleep 4; kill -9 $PPID");
    await runProgram([...NAMESPACE, script, "sh", BIN], { cwd: folder.path });
    const [journal = ""] = namesIn(folder.file("tmp"));
    await recover(folder.file(`tmp/${journal}`), folder.file("made.prom"));
    expect(spanOf(folder.file("made.prom")).seconds).toBeGreaterThan(4.4);
  }, 120_000);

  test("and so is $TMPDIR: both go to the state folder, and leave nothing else", async () => {
    using folder = tempFolder();
    const fillTmp = "mount -t tmpfs -o size=16k none tmp; dd if=/dev/zero of=tmp/fill bs=1k 2> /dev/null || true;";
    const script = full("sleep 2.5; ls -A tmp >&2", fillTmp);
    const { stdout, stderr } = await runProgram([...NAMESPACE, script, "sh", BIN], { cwd: folder.path });
    expect(stdout).toBe("125 fill \n");
    expect(stderr).toStartWith("fill\n");
    const [name = "", ...others] = namesIn(folder.file("state/statexec"));
    expect(others).toEqual([]);
    expect(stderr).toContain(`its disk is full; the metrics file is ${folder.file(`state/statexec/${name}`)}\n`);
    expect(spanOf(folder.file(`state/statexec/${name}`)).seconds).toBeGreaterThan(3.9);
  }, 120_000);

  test("and nothing else takes the journal: the message says how many seconds are lost", async () => {
    using folder = tempFolder();
    const script = full("sleep 3", "mount -t tmpfs -o size=4k,nr_inodes=1 none tmp; mount -o bind tmp state;");
    const { stdout, stderr } = await runProgram([...NAMESPACE, script, "sh", BIN], { cwd: folder.path });
    const [, lost, path] = /; ([\d.]+) s of the recording are lost, and .* --recover (\S+)/.exec(stderr) ?? [];
    if (path === undefined) {
      // The part file, which is gone, may have been all that had room.
      expect(stderr).toMatch(/what was recorded is kept \(0 s are lost\)|nothing of the recording could be kept: [34]/);
      return;
    }
    expect(stdout).toContain(".journal");
    expect(Number(lost)).toBeGreaterThan(2);
    expect(Number(lost)).toBeLessThan(4.6);
  }, 120_000);
});
