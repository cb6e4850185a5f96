import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { claimAppended } from "../../src/output/append-output.ts";
import { type ClaimedOutput, claimOutput } from "../../src/output/claim-output.ts";
import { whyPlaceIsLost, writeAgain } from "../../src/output/fallback-output.ts";
import { claimOther, refuseSameFile } from "../../src/output/other-outputs.ts";
import { statexec, tempFolder } from "../helpers/statexec.ts";
import { arbitraryOrders } from "./planted-orders.ts";

const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;
const text = (content: string) => (write: (bytes: Uint8Array) => void) => write(new TextEncoder().encode(content));

type Folder = ReturnType<typeof tempFolder>;

/** What another user may put at a name, by kind. `victim` must stay as it is. */
const PLANTS: Readonly<Record<string, (path: string, victim: string) => void>> = {
  "a symlink to a file": (path, victim) => symlinkSync(victim, path),
  "a dangling symlink": (path, victim) => symlinkSync(`${victim}.new`, path),
  "a hard link": (path, victim) => linkSync(victim, path),
  "a fifo": (path) => expect(Bun.spawnSync(["mkfifo", path]).success).toBe(true),
  "a folder": (path) => mkdirSync(path),
  "a socket": (path) => Bun.listen({ unix: path, socket: { data: () => undefined } }).stop(true),
};

function withVictim(folder: Folder): { readonly victim: string; unharmed(): void } {
  const victim = folder.file("victim");
  writeFileSync(victim, "precious", { mode: 0o600 });
  const before = statSync(victim);
  return {
    victim,
    unharmed() {
      expect(readFileSync(victim, "utf8")).toBe("precious");
      const { ino, mode, uid } = statSync(victim);
      expect({ ino, mode, uid }).toEqual({ ino: before.ino, mode: before.mode, uid: before.uid });
      expect(existsSync(`${victim}.new`)).toBe(false);
    },
  };
}

describe("in the way of a part file", () => {
  test.each(Object.keys(PLANTS))("%s stays, and another name is used and said", async (kind) => {
    using folder = tempFolder();
    const { victim, unharmed } = withVictim(folder);
    mkdirSync(folder.file("shared"));
    const part = folder.file("shared/.run.prom.part");
    PLANTS[kind]!(part, victim);
    if (!existsSync(part) && !lstatSync(part, { throwIfNoEntry: false })) return; // a closed socket took its name along
    const planted = lstatSync(part).ino;
    const file = claimOutput(folder.file("shared/run.prom"));
    expect(file.notice).toContain(`using ${folder.file("shared/.run.prom.2.part")} until`);
    const second = claimOutput(folder.file("shared/run.prom"));
    expect(second.path).toBe(folder.file(`shared/run.${process.pid}.prom`));
    second.abandon();
    await file.write(text("recorded"));
    expect(readFileSync(folder.file("shared/run.prom"), "utf8")).toBe("recorded");
    expect(lstatSync(part).ino).toBe(planted);
    expect(readdirSync(folder.file("shared")).sort()).toEqual([".run.prom.part", "run.prom"]);
    unharmed();
  });
});

describe.skipIf(!isRoot)("as root, in a folder of another user", () => {
  /** Plants at a name in a folder of nobody's. */
  function plant(folder: Folder, kind: string, name: string, victim: string): void {
    mkdirSync(folder.file("theirs"), { recursive: true });
    chownSync(folder.file("theirs"), NOBODY, NOBODY);
    const path = folder.file(`theirs/${name}`);
    PLANTS[kind]!(path, victim);
    if (kind.includes("symlink")) Bun.spawnSync(["chown", "-h", `${NOBODY}:${NOBODY}`, path]);
    else if (kind !== "a hard link") chownSync(path, NOBODY, NOBODY);
  }

  const kinds = Object.keys(PLANTS).filter((kind) => kind !== "a socket");
  const names = [
    ".statexec_metrics.prom.part",
    ".statexec_metrics.prom.2.part",
    "statexec_metrics.prom",
    "s.json",
    ".s.json.part",
    "s.md",
    "page.html",
    ".page.html.part",
  ];
  test.each(kinds.flatMap((kind) => names.map((name) => [kind, name] as const)))(
    "%s at %s harms nobody",
    async (kind, name) => {
      using folder = tempFolder();
      chmodSync(folder.path, 0o755);
      const { victim, unharmed } = withVictim(folder);
      plant(folder, kind, name, victim);
      const words = ["--quiet", "--summary-json", "s.json", "--report-to", "page.html"];
      // A fifo of another user has no reader: a summary that is added to it would wait.
      const added = name === "s.md" && kind === "a fifo" ? [] : ["--summary-markdown", "s.md"];
      const result = await statexec([...words, ...added, "true"], { cwd: folder.file("theirs") });
      unharmed();
      expect(result.signal).toBeNull();
      if (result.code !== 0) expect(result.stderr).toContain(name.replace(/^\./, "").replace(/(\.2)?\.part$/, ""));
    },
  );

  test("a planted symlink at the file's own name is not followed", async () => {
    using folder = tempFolder();
    const { victim, unharmed } = withVictim(folder);
    plant(folder, "a symlink to a file", "run.prom", victim);
    const file = claimOutput(folder.file("theirs/run.prom"));
    const own = folder.file(`theirs/run.${process.pid}.prom`);
    expect(file.notice).toBe(`${folder.file("theirs/run.prom")} is a symlink of another user: writing ${own}`);
    await file.write(text("recorded"));
    expect(readFileSync(own, "utf8")).toBe("recorded");
    unharmed();
  });
});

describe("a symlink of our own, which a checkout may carry", () => {
  test.each([
    ["a text that is not ours", "notes.prom", "export PATH\n", "a file that statexec has not made"],
    ["a page of another program", "p.prom", "<!doctype html><title>x</title>", "a file that statexec has not made"],
    ["a new hidden file", ".x.prom", undefined, "which is hidden or has another ending"],
    ["a new file with another ending", "x.service", undefined, "which is hidden or has another ending"],
  ])("to %s is refused, with what to do", (_, target, content, why) => {
    using folder = tempFolder();
    if (content !== undefined) writeFileSync(folder.file(target), content);
    symlinkSync(target, folder.file("run.prom"));
    expect(() => claimOutput(folder.file("run.prom"))).toThrow(
      `is a symlink to ${folder.file(target)}, ${why}; remove the link, or name the file itself with --file`,
    );
    expect(readdirSync(folder.path).sort()).toEqual(
      ["run.prom", ...(content === undefined ? [] : [target])].toSorted(),
    );
  });

  test("to a hidden file takes no summary", () => {
    using folder = tempFolder();
    writeFileSync(folder.file(".bashrc"), "export PATH\n");
    symlinkSync(".bashrc", folder.file("s.md"));
    expect(() => claimAppended(folder.file("s.md"), "--summary-markdown")).toThrow(
      "which is hidden or has another ending",
    );
    symlinkSync("notes.md", folder.file("new.md"));
    expect(() => claimAppended(folder.file("new.md"), "--summary-markdown")).not.toThrow();
  });

  test("to a user's file fails before the command starts, and leaves it", async () => {
    using folder = tempFolder();
    writeFileSync(folder.file(".bashrc"), "export PATH\n");
    symlinkSync(".bashrc", folder.file("run.prom"));
    const result = await statexec(["-f", "run.prom", "touch", "ran"], { cwd: folder.path });
    expect(result.code).toBe(125);
    expect(result.stderr).toContain("run.prom: is a symlink to .bashrc, a file that statexec has not made");
    expect(readFileSync(folder.file(".bashrc"), "utf8")).toBe("export PATH\n");
    expect(existsSync(folder.file("ran"))).toBe(false);
  });

  test.each([
    "",
    "# HELP x y\n",
    '{\n  "version": 1,\n  "metrics_file": "x"}',
    "<!DOCTYPE html><title>statexec</title>",
  ])("to a file that begins with %j is followed", async (content) => {
    using folder = tempFolder();
    writeFileSync(folder.file("real"), content);
    symlinkSync("real", folder.file("middle.prom"));
    symlinkSync("middle.prom", folder.file("run.prom"));
    await claimOutput(folder.file("run.prom")).write(text("new"));
    expect(readFileSync(folder.file("real"), "utf8")).toBe("new");
  });

  test("to a page, a summary and a compressed file of an earlier run is followed", async () => {
    using folder = tempFolder();
    const names = ["m.prom.gz", "s.json", "p.html"] as const;
    for (const name of names) symlinkSync(`real-${name}`, folder.file(name));
    const words = ["--quiet", "-f", names[0], "--summary-json", names[1], "--report-to", names[2], "true"];
    for (let run = 0; run < 2; run++)
      expect(await statexec(words, { cwd: folder.path })).toMatchObject({ code: 0, stderr: "" });
    for (const name of names) expect(lstatSync(folder.file(name)).isSymbolicLink()).toBe(true);
  });
});

describe("modes", () => {
  test("a part is ours alone until it is complete, whatever the umask", async () => {
    using folder = tempFolder();
    const umask = process.umask(0);
    try {
      const file = claimOutput(folder.file("run.prom"));
      await file.write(() => {
        expect(statSync(folder.file(".run.prom.part")).mode & 0o7777).toBe(0o600);
      });
    } finally {
      process.umask(umask);
    }
    expect(statSync(folder.file("run.prom")).mode & 0o7777).toBe(0o666);
  });

  test("the old file's, less setuid, setgid and sticky", async () => {
    using folder = tempFolder();
    writeFileSync(folder.file("run.prom"), "old");
    chmodSync(folder.file("run.prom"), 0o7751);
    await claimOutput(folder.file("run.prom")).write(text("new"));
    expect(statSync(folder.file("run.prom")).mode & 0o7777).toBe(0o751);
  });

  test("what a killed run left is not used again: who opened it reads nothing", async () => {
    using folder = tempFolder();
    const part = folder.file(".run.prom.part");
    writeFileSync(part, "left", { mode: 0o644 });
    const { ino } = statSync(part);
    linkSync(part, folder.file("kept"));
    rmSync(folder.file("kept"));
    const file = claimOutput(folder.file("run.prom"));
    expect(file.notice).toBeUndefined();
    expect(statSync(part).mode & 0o777).toBe(0o600);
    await file.write(text("new"));
    expect(readFileSync(folder.file("run.prom"), "utf8")).toBe("new");
    expect(ino).toBeGreaterThan(0);
  });
});

describe("a part file that was removed or replaced", () => {
  test("is said, and the file that has its name by now stays", async () => {
    using folder = tempFolder();
    const first = claimOutput(folder.file("run.prom"));
    rmSync(folder.file(".run.prom.part"));
    const second = claimOutput(folder.file("run.prom"));
    await expect(async () => first.write(text("first"))).toThrow("its part file was removed or replaced");
    await second.write(text("second"));
    expect(readFileSync(folder.file("run.prom"), "utf8")).toBe("second");
    expect(readdirSync(folder.path)).toEqual(["run.prom"]);
  });

  test("two runs with one place, in any order of their steps: each whole or said", async () => {
    for (const order of arbitraryOrders(["claim A", "write A", "claim B", "write B", "remove", "rename"], 200)) {
      using folder = tempFolder();
      const last = await carriedOut(order, folder);
      // The last that reported success is whole in its place.
      if (last) expect(readFileSync(last.path, "utf8"), order.join(", ")).toBe(last.run);
    }
  });
});

describe("two runs with one path, when the first one's part file is deleted", () => {
  /** Writes a result as a run does: again, where its place is gone. Returns its path. */
  async function finished(file: ClaimedOutput, content: string): Promise<string> {
    const write = async (place: ClaimedOutput) => place.write(text(content)).then(() => true);
    try {
      await write(file);
      return file.path;
    } catch (error) {
      if (whyPlaceIsLost(file, error) === undefined) throw error;
      const again = await writeAgain(file, error, write);
      expect(again).toMatchObject({ isWritten: true, isElsewhere: false });
      return again.file.path;
    }
  }

  /** `1` and `2`: the run claims; `x`: the part file is deleted; `a` and `b`: run 1 and run 2 end. */
  const orders = ["1x2ab", "1x2ba", "12xab", "12xba", "1xa2b", "1x2xab", "1x2xba"];
  const cases = orders.flatMap((order) => [undefined, "older"].map((older) => [order, older] as const));
  test.each(cases)("%s, older file %p: both results are whole", async (order, older) => {
    using folder = tempFolder();
    const path = folder.file("run.prom");
    if (older !== undefined) writeFileSync(path, older);
    const runs: Record<string, ClaimedOutput> = {};
    const written: Record<string, string> = {};
    for (const step of order) {
      if (step === "x") rmSync(folder.file(".run.prom.part"));
      else if (step === "1" || step === "2") runs[step] = claimOutput(path);
      else written[step] = await finished(runs[step === "a" ? "1" : "2"]!, step);
    }
    expect(readFileSync(written.b!, "utf8")).toBe("b");
    // Where the second run begins after the first one has ended, it replaces that one's file, as always.
    if (order !== "1xa2b") expect(readFileSync(written.a!, "utf8")).toBe("a");
    expect(readdirSync(folder.path).filter((name) => name.startsWith("."))).toEqual([]);
  });
});

/** Carries out the steps of two runs with one metrics file. Returns the last run that reported success. */
async function carriedOut(order: readonly string[], folder: Folder) {
  const part = folder.file(".run.prom.part");
  const claimed = new Map<string, ReturnType<typeof claimOutput>>();
  let last: { run: string; path: string } | undefined;
  for (const step of order) {
    const [what, run = ""] = step.split(" ");
    if (what === "claim") claimed.set(run, claimOutput(folder.file("run.prom")));
    else if (what === "remove") rmSync(part, { force: true });
    else if (what === "rename" && existsSync(part)) renameSync(part, folder.file("moved"));
    const file = what === "write" ? claimed.get(run) : undefined;
    await file?.write(text(run)).then(
      () => {
        last = { run, path: file.path };
      },
      (error) => expect(String(error), order.join(", ")).toMatch(/removed or replaced|No such file/),
    );
  }
  return last;
}

describe("outputs that are no metrics file", () => {
  test.each(["# TYPE statexec_x gauge\n", "# HELP statexec_x\n", "# EOF\n", "statexecjournal\nxx"])(
    "a target that begins with %j is refused",
    (start) => {
      using folder = tempFolder();
      const path = folder.file("old.prom");
      writeFileSync(path, start);
      expect(() => claimOther(path, "--report-to")).toThrow("is a recording, which would be lost");
      expect(() => claimAppended(path, "--summary-markdown")).toThrow("is a recording, which would be lost");
      expect(readFileSync(path, "utf8")).toBe(start);
    },
  );

  test("two outputs of one run are not one file, by whatever name", () => {
    using folder = tempFolder();
    symlinkSync("a.prom", folder.file("b.html"));
    const outputs = [
      { flag: "--file", path: folder.file("a.prom") },
      { flag: "--report-to", path: folder.file("b.html") },
    ];
    expect(() => refuseSameFile(outputs)).toThrow("is both --file and --report-to");
    expect(() =>
      refuseSameFile([
        { flag: "--file", path: "/dev/null" },
        { flag: "--report-to", path: "/dev/null" },
      ]),
    ).not.toThrow();
  });

  test("each fails alone and is named", async () => {
    using folder = tempFolder();
    const words = ["--quiet", "--summary-json", "/dev/full", "--summary-markdown", "s.md", "--report-to", "p.html"];
    const result = await statexec([...words, "true"], { cwd: folder.path });
    expect(result.code).toBe(125);
    expect(result.stderr).toContain("/dev/full: cannot be written (No space left on device)");
    expect(readFileSync(folder.file("s.md"), "utf8")).toContain("### statexec");
    expect(readFileSync(folder.file("p.html"), "utf8")).toContain("<html");
  });

  test("--summary-markdown - goes on where standard output is, also in a file", async () => {
    using folder = tempFolder();
    const out = Bun.file(folder.file("out"));
    const bin = process.env.BIN ?? `${import.meta.dir}/../../dist/statexec`;
    const script = '"$0" --quiet --summary-markdown - echo from the command';
    const child = Bun.spawn(["sh", "-c", script, bin], { cwd: folder.path, stdout: out, stderr: "inherit" });
    expect(await child.exited).toBe(0);
    expect(await out.text()).toMatch(/^from the command\n\n### statexec/);
  });
});
