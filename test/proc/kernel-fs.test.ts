import { afterEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ParseError } from "../../src/errors.ts";
import { kernelFs } from "../../src/proc/kernel-fs.ts";

const O_CLOEXEC = 0o2000000;

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

function tree(files: Record<string, string | Uint8Array>) {
  const root = mkdtempSync(join(tmpdir(), "statexec-proc-"));
  const proc = kernelFs(root);
  cleanups.push(
    () => proc.close(),
    () => rmSync(root, { recursive: true }),
  );
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return { root, proc };
}

function live() {
  const proc = kernelFs();
  cleanups.push(() => proc.close());
  return proc;
}

/** Our own descriptors of a path. */
function descriptorsOf(path: string): number[] {
  return readdirSync("/proc/self/fd")
    .filter((fd) => existsSync(`/proc/self/fd/${fd}`) && readlinkSync(`/proc/self/fd/${fd}`) === path)
    .map(Number);
}

const text = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

describe("a tree below a root", () => {
  test("is read by the kernel's own paths", () => {
    const { proc } = tree({ "proc/stat": "cpu  1 2 3 4\n", "sys/block/sda/size": "8\n" });
    expect(text(proc.read("/proc/stat"))).toBe("cpu  1 2 3 4\n");
    expect(proc.list("/sys/block")).toEqual(["sda"]);
  });

  test("what is not there is undefined, an empty file is empty", () => {
    const { proc } = tree({ "proc/empty": "" });
    expect(proc.read("/proc/stat")).toBeUndefined();
    expect(proc.read("/proc/empty/stat")).toBeUndefined();
    expect(proc.list("/sys/block")).toBeUndefined();
    expect(proc.list("/proc/empty")).toBeUndefined();
    expect(proc.read("/proc/empty")).toEqual(new Uint8Array(0));
  });

  test("a file that comes later is found", () => {
    const { proc, root } = tree({ "proc/stat": "x" });
    expect(proc.read("/proc/late")).toBeUndefined();
    writeFileSync(join(root, "proc/late"), "now");
    expect(text(proc.read("/proc/late"))).toBe("now");
  });

  test("the view is the same object while the length is, and follows the content", () => {
    const { proc, root } = tree({ "proc/stat": "one", "proc/other": "other" });
    const first = proc.read("/proc/stat");
    expect(proc.read("/proc/other")).not.toBe(first!);
    writeFileSync(join(root, "proc/stat"), "two");
    expect(proc.read("/proc/stat")).toBe(first!);
    expect(text(first)).toBe("two");
    writeFileSync(join(root, "proc/stat"), "three");
    expect(text(proc.read("/proc/stat"))).toBe("three");
  });

  test("a file that outgrows the buffer comes whole, and the smaller ones after it", () => {
    const large = new Uint8Array(300_001).map((_, i) => i);
    const { proc } = tree({ "proc/small": "small", "proc/large": large });
    expect(text(proc.read("/proc/small"))).toBe("small");
    expect(proc.read("/proc/large")).toEqual(large);
    expect(text(proc.read("/proc/small"))).toBe("small");
  });

  test("a folder read as a file is an error of its own", () => {
    const { proc } = tree({ "proc/stat": "x" });
    expect(() => proc.read("/proc")).toThrow("Is a directory");
    expect(() => proc.read("/proc")).toThrow(ParseError);
  });
});

describe("the kernel's own", () => {
  test("a file stays open between reads, past descriptor 2 and close-on-exec", () => {
    const proc = live();
    proc.read("/proc/diskstats") ?? proc.read("/proc/uptime");
    proc.read("/proc/uptime");
    proc.read("/proc/uptime");
    const [fd, ...more] = descriptorsOf("/proc/uptime");
    expect(more).toEqual([]);
    expect(fd).toBeGreaterThan(2);
    const flags = /flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))![1]!;
    expect(Number.parseInt(flags, 8) & O_CLOEXEC).toBe(O_CLOEXEC);
    proc.close();
    expect(descriptorsOf("/proc/uptime")).toEqual([]);
  });

  test.skipIf(!existsSync("/proc/kallsyms"))("a file of many pages comes whole", () => {
    const expected = readFileSync("/proc/kallsyms");
    const read = live().read("/proc/kallsyms")!;
    expect(read.length).toBe(expected.length);
    expect(Buffer.compare(read, expected)).toBe(0);
  });

  test("the files of a process that has ended are gone, and their descriptors closed", async () => {
    const proc = live();
    const child = Bun.spawn(["cat"], { stdin: "pipe" });
    const path = `/proc/${child.pid}/stat`;
    expect(text(proc.read(path))).toStartWith(`${child.pid} (`);
    child.stdin.end();
    await child.exited;
    expect(proc.read(path)).toBeUndefined();
    expect(descriptorsOf(path)).toEqual([]);
    expect(proc.list(`/proc/${child.pid}`)).toBeUndefined();
  });

  test("what the kernel refuses is forbidden, to another user as much as to root", async () => {
    const script = `
      import { ParseError } from "../../src/errors.ts";
import { kernelFs } from ${JSON.stringify(new URL("../../src/proc/kernel-fs.ts", import.meta.url).pathname)};
      if (process.getuid() === 0) process.setuid(65534);
      const proc = kernelFs();
      for (const look of [() => proc.read("/proc/1/environ"), () => proc.list("/proc/1/fd")])
        try { look(); console.log("no error"); } catch (error) { console.log(error.name, error.path); }`;
    const child = Bun.spawn([process.execPath, "-e", script], { stderr: "inherit", cwd: "/" });
    expect(await child.stdout.text()).toBe("ForbiddenError /proc/1/environ\nForbiddenError /proc/1/fd\n");
  });
});

describe("what was captured", () => {
  const reads = (proc: ReturnType<typeof kernelFs>, path: string) => {
    const bytes = proc.read(path);
    return bytes && new TextDecoder().decode(bytes);
  };

  test("is what the next read gives, be it a text, nothing or a fault; the one behind it reads anew", () => {
    const { root, proc } = tree({ "/loadavg": "0.50", "/folder/file": "" });
    proc.capture(["/loadavg", "/gone", "/folder"]);
    for (const path of ["/loadavg", "/gone"]) writeFileSync(join(root, path), "0.75");
    expect([reads(proc, "/loadavg"), reads(proc, "/loadavg")]).toEqual(["0.50", "0.75"]);
    expect([reads(proc, "/gone"), reads(proc, "/gone")]).toEqual([undefined, "0.75"]);
    rmSync(join(root, "/folder"), { recursive: true });
    expect(() => proc.read("/folder")).toThrow(ParseError);
    expect(proc.read("/folder")).toBeUndefined();
  });

  test("is forgotten where nobody read it", () => {
    const { root, proc } = tree({ "/loadavg": "0.50" });
    const forget = proc.capture(["/loadavg"]);
    writeFileSync(join(root, "/loadavg"), "0.75");
    forget();
    expect(reads(proc, "/loadavg")).toBe("0.75");
  });
});
