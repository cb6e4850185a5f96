import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { KernelProcesses } from "../../../src/proc/processes.ts";
import { setUp } from "./collected.ts";

const RAN_SECONDS = 0.000_013;

/** What happens between two samples to one of the processes: it runs and reads, another text is refused or damaged. */
interface Step {
  readonly process: number;
  readonly readBytes: number;
  readonly isForbidden: boolean;
  readonly isMeasured: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  process: fc.nat(2),
  readBytes: fc.nat(9999),
  isForbidden: fc.boolean(),
  isMeasured: fc.boolean(),
});

describe("the bytes of a process", () => {
  test("are not read again as long as its CPU time stands still", () => {
    const { kernel, sample, start } = setUp();
    const root = start({ readBytes: 100 });
    const child = kernel.fork(root, { readBytes: 20 });
    for (const pid of [root, child]) kernel.clocks.set(pid, 0.123_456);
    sample();
    kernel.reads.length = 0;
    expect(sample().io_read_bytes_total).toBe(120);
    expect(kernel.reads.filter((read) => read.endsWith("/io"))).toEqual([]);
    kernel.at(child).readBytes = 50;
    kernel.clocks.set(child, 0.123_457);
    expect(sample().io_read_bytes_total).toBe(150);
    expect(kernel.reads.filter((read) => read.endsWith("/io"))).toEqual([`${child}/io`]);
  });

  test("are read again when it ran while they were read", () => {
    const { kernel, sample, start } = setUp();
    const root = start({ readBytes: 100 });
    kernel.clocks.set(root, 0.000_001);
    kernel.beforeRead = (pid, file) => {
      if (file === "io") kernel.clocks.set(pid, 0.000_002);
    };
    sample();
    kernel.at(root).readBytes = 300;
    expect(sample().io_read_bytes_total).toBe(300);
  });

  test("of a process that hid them once are read again, though it did not run", () => {
    const { kernel, sample, start } = setUp();
    const root = start({ readBytes: 100 });
    kernel.clocks.set(root, 0.5);
    kernel.at(root).forbidden.add("io");
    expect(sample().io_read_bytes_total).toBe(0);
    kernel.at(root).forbidden.delete("io");
    expect(sample().io_read_bytes_total).toBe(100);
  });

  test("are the same with and without a precise clock, whatever happens", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const [clocked, plain] = [setUp(), setUp()];
        const pids = [clocked, plain].map(({ kernel, start }) => {
          const root = start();
          return [root, kernel.fork(root), kernel.fork(root)];
        });
        let ran = 0;
        for (const { process, readBytes, isForbidden, isMeasured } of steps) {
          for (const [i, { kernel }] of [clocked, plain].entries()) {
            const pid = pids[i]![process]!;
            const { forbidden } = kernel.at(pid);
            if (isForbidden) forbidden.add("io");
            else forbidden.delete("io");
            kernel.at(pid).readBytes += readBytes;
          }
          const pid = pids[0]![process]!;
          ran += RAN_SECONDS;
          if (isMeasured) clocked.kernel.clocks.set(pid, ran);
          else if (readBytes > 0) clocked.kernel.clocks.delete(pid);
          expect(clocked.sample().io_read_bytes_total!).toBe(plain.sample().io_read_bytes_total!);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("the kernel's precise clock of a process", () => {
  test("stands still while it sleeps, and moves with the least that it does", async () => {
    const processes = new KernelProcesses();
    const child = Bun.spawn(["sh", "-c", "echo up; while read line; do echo $line; done"], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    const output = child.stdout.getReader();
    await output.read();
    const text = () => new TextDecoder().decode(processes.read(child.pid, "io"));
    let seconds = Number.NaN;
    // It has written, and may take a moment to sleep in its next read.
    while (processes.preciseCpuSeconds(child.pid) !== seconds) {
      seconds = processes.preciseCpuSeconds(child.pid);
      await Bun.sleep(20);
    }
    const before = text();
    expect(processes.preciseCpuSeconds(child.pid)).toBe(seconds);
    expect(text()).toBe(before);
    child.stdin.write("x\n");
    child.stdin.flush();
    await output.read();
    expect(processes.preciseCpuSeconds(child.pid)).toBeGreaterThan(seconds);
    expect(text()).not.toBe(before);
    child.stdin.end();
    await child.exited;
    expect(processes.preciseCpuSeconds(child.pid)).toBeNaN();
    processes.close();
  });
});
