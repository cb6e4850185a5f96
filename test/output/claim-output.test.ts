import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { OutputError } from "../../src/errors.ts";
import { SystemError } from "../../src/os/files.ts";
import { claimOutput } from "../../src/output/claim-output.ts";
import { claimPart } from "../../src/output/part-file.ts";
import { runProgram, tempFolder } from "../helpers/statexec.ts";

const text = (content: string) => (write: (bytes: Uint8Array) => void) => write(new TextEncoder().encode(content));

function refusal(path: string): string {
  try {
    claimOutput(path).abandon();
  } catch (error) {
    if (error instanceof OutputError) return error.message;
    throw error;
  }
  throw new Error(`${path} was not refused`);
}

describe("a file", () => {
  test("appears by rename: the old file stays until then, and no other file is left", async () => {
    using folder = tempFolder();
    const path = folder.file("run.prom");
    writeFileSync(path, "old");
    const file = claimOutput(path);
    await file.write((write) => {
      write(new TextEncoder().encode("new"));
      expect(readFileSync(path, "utf8")).toBe("old");
    });
    expect(readFileSync(path, "utf8")).toBe("new");
    expect(readdirSync(folder.path)).toEqual(["run.prom"]);
  });

  test("that is abandoned leaves everything as it was", async () => {
    using folder = tempFolder();
    claimOutput(folder.file("run.prom")).abandon();
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test("that cannot be made leaves the old one, and the error says why", async () => {
    using folder = tempFolder();
    const path = folder.file("run.prom");
    writeFileSync(path, "old");
    const failing = () =>
      claimOutput(path).write(() => {
        throw new RangeError("half way");
      });
    await expect(failing()).rejects.toThrow("half way");
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(folder.path)).toEqual(["run.prom"]);
  });

  test("has 0666 less the umask, or the old one's mode", async () => {
    using folder = tempFolder();
    const umask = process.umask(0o027);
    try {
      await claimOutput(folder.file("new.prom")).write(text("x"));
    } finally {
      process.umask(umask);
    }
    expect(statSync(folder.file("new.prom")).mode & 0o777).toBe(0o640);
    chmodSync(folder.file("new.prom"), 0o604);
    await claimOutput(folder.file("new.prom")).write(text("y"));
    expect(statSync(folder.file("new.prom")).mode & 0o777).toBe(0o604);
  });

  test("that a symlink points to is replaced or created in its own folder", async () => {
    using folder = tempFolder();
    mkdirSync(folder.file("real"));
    writeFileSync(folder.file("real/run.prom"), "# TYPE statexec_x gauge\n");
    for (const [link, target] of [
      ["link.prom", "real/run.prom"],
      ["dangling.prom", "real/new.prom"],
    ] as const) {
      symlinkSync(target, folder.file(link));
      await claimOutput(folder.file(link)).write(text("new"));
      expect(lstatSync(folder.file(link)).isSymbolicLink()).toBe(true);
      expect(readFileSync(folder.file(target), "utf8")).toBe("new");
    }
  });

  test("that a living run has claimed stays its own: the second run writes another and says so", async () => {
    using folder = tempFolder();
    const first = claimOutput(folder.file("run.prom"));
    const second = claimOutput(folder.file("run.prom"));
    expect(second.notice).toBe(
      `${folder.file("run.prom")} belongs to a run that is still going: writing ${folder.file(`run.${process.pid}.prom`)}`,
    );
    await second.write(text("second"));
    await first.write(text("first"));
    expect(readdirSync(folder.path).sort()).toEqual([`run.${process.pid}.prom`, "run.prom"].sort());
    expect(readFileSync(folder.file("run.prom"), "utf8")).toBe("first");
    expect(claimOutput(folder.file("run.prom")).notice).toBeUndefined();
  });

  test("that a killed run left is taken over", async () => {
    using folder = tempFolder();
    writeFileSync(folder.file(".run.prom.part"), "half a file of a run that was killed");
    await claimOutput(folder.file("run.prom")).write(text("x"));
    expect(readFileSync(folder.file("run.prom"), "utf8")).toBe("x");
    expect(readdirSync(folder.path)).toEqual(["run.prom"]);
  });

  test.each([
    ["run.prom.gz", gunzipSync],
    ["run.prom.zst", zstdDecompressSync],
  ] as const)("%s is compressed, in pieces that make one stream", async (name, unpack) => {
    using folder = tempFolder();
    const path = folder.file(name);
    const line = new TextEncoder().encode("0123456789abcdef".repeat(4096));
    await claimOutput(path).write((write) => {
      for (let i = 0; i < 40; i++) write(line);
    });
    expect(unpack(readFileSync(path))).toEqual(Buffer.concat(Array<Uint8Array>(40).fill(line)));
    await claimOutput(path).write(() => undefined);
    expect(unpack(readFileSync(path)).length).toBe(0);
  });
});

describe("refused before the start", () => {
  test.each([
    ["a folder", ".", "is a folder; name a file in it"],
    ["a folder that is not there", "no/run.prom", "does not exist; create it or choose another --file"],
    ["a path through a file", "file/run.prom", "(Not a directory)"],
    ["a name that is too long", `${"x".repeat(300)}.prom`, "(File name too long)"],
    ["a descriptor that is not open", "/dev/fd/999", "is not open for writing"],
  ])("%s", (_, name, reason) => {
    using folder = tempFolder();
    writeFileSync(folder.file("file"), "");
    expect(refusal(name.startsWith("/") ? name : folder.file(name))).toContain(reason);
  });
});

describe("written without a rename", () => {
  test("a device", async () => {
    const before = statSync("/dev/null");
    await claimOutput("/dev/null").write(text("x"));
    expect(statSync("/dev/null").ino).toBe(before.ino);
  });

  test("a full device, with an error in words", async () => {
    await expect(claimOutput("/dev/full").write(text("x"))).rejects.toThrow(
      new OutputError("/dev/full: cannot be written (No space left on device)"),
    );
  });

  test("a fifo", async () => {
    using folder = tempFolder();
    const fifo = folder.file("fifo");
    expect(Bun.spawnSync(["mkfifo", fifo]).success).toBe(true);
    const reader = runProgram(["cat", fifo]);
    await claimOutput(fifo).write(text("through a pipe"));
    expect((await reader).stdout).toBe("through a pipe");
    expect(lstatSync(fifo).isFIFO()).toBe(true);
  });
});

test("where files cannot be locked, each run has a part file of its own name, and leaves no other", () => {
  using folder = tempFolder();
  const noLocks = () => {
    throw new SystemError("ENOLCK", "flock", "", "No locks available");
  };
  const part = claimPart(folder.file(".run.prom.part"), noLocks);
  expect(part).toMatchObject({ path: folder.file(`.run.prom.${process.pid}.part`) });
  expect(readdirSync(folder.path)).toEqual([`.run.prom.${process.pid}.part`]);
});
