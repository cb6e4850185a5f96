import { afterAll, describe, expect, test } from "bun:test";
import { linkSync, openSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { fileStatus, linkStatus, readWhole, statusIn } from "../../src/os/files.ts";
import { cString, lastErrno } from "../../src/os/libc.ts";
import { oldStatus } from "../../src/os/old-status.ts";
import { tempFolder } from "../helpers/statexec.ts";

test.each([0, 1, 16_383, 16_384, 16_385, 100_000])("a file of %d bytes is read whole", async (length) => {
  using folder = tempFolder();
  const path = folder.file("data");
  await Bun.write(path, crypto.getRandomValues(new Uint8Array(Math.min(length, 65_536))).subarray(0, length));
  expect(readWhole(path)).toEqual(new Uint8Array(readFileSync(path)));
});

test("a file of the kernel, which has no size and is read in pieces, is read whole", () => {
  // Its numbers change between reads; its lines are the kernel's symbols, some MiB of them.
  const lines = (bytes: Uint8Array) => bytes.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0);
  expect(lines(readWhole("/proc/kallsyms"))).toBe(lines(readFileSync("/proc/kallsyms")));
});

describe("the status of a file by the call that kernels without statx(2) have", () => {
  const folder = tempFolder();
  afterAll(() => folder[Symbol.dispose]());
  const path = folder.file("some");
  writeFileSync(path, "x".repeat(70_001), { mode: 0o640 });
  linkSync(path, folder.file("second name"));
  symlinkSync("some", folder.file("link"));
  Bun.spawnSync(["mkfifo", folder.file("fifo")]);
  utimesSync(path, 1_700_000_001.25, 1_700_000_002.125);
  const fd = openSync(path, "r");
  const NOFOLLOW = 0x100;
  const EMPTY_PATH = 0x1000;

  test.each([
    ["a file", -100, path, 0],
    ["a link", -100, folder.file("link"), NOFOLLOW],
    ["what a link names", -100, folder.file("link"), 0],
    ["a pipe", -100, folder.file("fifo"), 0],
    ["a folder", -100, folder.path, 0],
    ["a device", -100, "/dev/null", 0],
    ["a file of the kernel", -100, "/proc/version", 0],
    ["a descriptor", fd, "", EMPTY_PATH],
  ])("is the same for %s", (_, at, name, flags) => {
    const answer = new DataView(new ArrayBuffer(256));
    expect(oldStatus(at, cString(name), flags, answer)).toBe(0);
    const status = name === "" ? fileStatus(at) : flags === NOFOLLOW ? linkStatus(name) : fileStatus(name);
    expect(statusIn(answer)).toEqual(status!);
  });

  test("is none where there is no file", () => {
    const answer = new DataView(new ArrayBuffer(256));
    expect(oldStatus(-100, cString(folder.file("none")), 0, answer)).toBe(-1);
    expect(lastErrno()).toBe(2);
  });
});
