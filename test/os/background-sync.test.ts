import { expect, test } from "bun:test";
import { hasRoomForThreads } from "../../src/os/background-sync.ts";
import { closeFile, O_CREAT, O_RDONLY, O_RDWR, openFile, writeAll } from "../../src/os/files.ts";
import { KernelSync } from "../../src/os/kernel-sync.ts";
import { ThreadSync } from "../../src/os/thread-sync.ts";
import { folderToDisk, toDisk } from "../../src/os/to-disk.ts";
import { tempFolder } from "../helpers/statexec.ts";

test.each([ThreadSync, KernelSync])(
  "%p: a file and its folder are synced while they may be closed already, and a third waits",
  async (Sync) => {
    using folder = tempFolder();
    const sync = new Sync();
    expect(sync.isBusy).toBe(false);
    // The first two may be done before the third is asked for, where others have the CPU in between.
    let waited = 0;
    for (let i = 0; i < 3 || (waited === 0 && i < 50); i++) {
      const fd = openFile(folder.file(String(i)), O_RDWR | O_CREAT);
      writeAll(fd, new Uint8Array(10_000));
      const names = openFile(folder.path, O_RDONLY);
      expect([sync.begin(fd, true), sync.begin(names, false)]).toEqual([true, true]);
      if (!sync.begin(fd, true)) waited++;
      closeFile(fd);
      closeFile(names);
      while (sync.isBusy) await Bun.sleep(1);
      expect(sync.error).toBeUndefined();
    }
    expect(waited).toBeGreaterThan(0);
  },
);

test("what cannot be synced counts as synced, and a descriptor that is not open is an error at once", async () => {
  const sync = new ThreadSync();
  const fd = openFile("/dev/null", O_RDWR);
  expect(sync.begin(fd, true)).toBe(true);
  while (sync.isBusy) await Bun.sleep(1);
  expect(sync.error).toBeUndefined();
  expect(() => toDisk(fd)).not.toThrow();
  closeFile(fd);
  expect(() => sync.begin(987_654, true)).toThrow("Bad file descriptor");
  expect(sync.isBusy).toBe(false);
  expect(() => folderToDisk("/none")).toThrow("No such file or directory");
  expect(() => toDisk(987_654)).toThrow("Bad file descriptor");
});

test("a file that the kernel does not sync is an error, told once", async () => {
  const O_PATH = 0o10000000;
  const sync = new ThreadSync();
  const fd = openFile("/", O_PATH);
  expect(sync.begin(fd, true)).toBe(true);
  while (sync.isBusy) await Bun.sleep(1);
  expect(sync.error?.message).toBe("Bad file descriptor");
  closeFile(fd);
});

test("a process that syncs has no turn of the runtime's event loop for it", async () => {
  const script = `import { ThreadSync } from "${import.meta.dir}/../../src/os/thread-sync.ts";
    import { openFile } from "${import.meta.dir}/../../src/os/files.ts";
    const sync = new ThreadSync();
    sync.begin(openFile("/", 0), false);
    while (sync.isBusy) Bun.sleepSync(1);
    console.log(sync.error ?? "synced");`;
  const program = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
  expect(await program.stdout.text()).toBe("synced\n");
});

test("without room for threads, by a limit of processes, the kernel syncs", async () => {
  expect(hasRoomForThreads()).toBe(true);
  const script = `import { hasRoomForThreads } from "${import.meta.dir}/../../src/os/background-sync.ts"; console.log(hasRoomForThreads());`;
  const limited = Bun.spawn(["prlimit", "--nproc=100", process.execPath, "-e", script], { stdout: "pipe" });
  expect(await limited.stdout.text()).toBe("false\n");
});
