import { describe, expect, test } from "bun:test";
import type { PerfRing } from "../../src/os/perf-events.ts";
import { CommandTaskClock } from "../../src/run/command-task-clock.ts";
import { WrittenRing } from "../collect/perf/ring.ts";
import { FakeClock } from "../helpers/fake-clock.ts";

const ROOT = 50;

/** The clock of a command with one ring, and the descriptors that it waits for now. */
class Bench {
  readonly clock = new FakeClock();
  readonly ring = Object.assign(new WrittenRing(65_536), { fd: 7 });
  readonly taskClock = new CommandTaskClock(
    { records: [this.ring as unknown as PerfRing], times: [] },
    this.clock,
    ROOT,
  );
  watched: readonly number[] = [];
  private onFull: () => void = () => undefined;
  private next = 100;

  constructor() {
    this.ring.exec(ROOT, "command", 1);
    this.taskClock.readWhenFull({
      watch: (descriptors, onFull) => {
        this.watched = descriptors;
        this.onFull = onFull;
      },
    });
  }

  /** So many processes live and end meanwhile, evenly; the kernel tells of a sixteenth of the ring where someone waits. */
  async run(processes: number, ms: number): Promise<void> {
    for (let i = 0; i < processes; i++) {
      const pid = this.next++;
      const atNs = this.clock.now() * 1e6;
      this.ring
        .fork(pid, ROOT, atNs)
        .exec(pid, "true", atNs)
        .cpu(pid, 1000)
        .exit(pid, atNs + 1e5);
      if (this.watched.length > 0 && this.ring.waiting > this.ring.data.length / 16) this.onFull();
      await this.clock.pass(ms / processes);
    }
  }
}

describe("the rings of the task clock", () => {
  test("wake the thread where few processes end", async () => {
    const bench = new Bench();
    await bench.run(100, 5000);
    expect(bench.watched).toEqual([7]);
    expect(bench.taskClock.taskClock.ended).toBeGreaterThan(60);
    bench.taskClock.close();
    expect(bench.taskClock.taskClock.ended).toBe(100);
  });

  test("are read at an interval where many end, which would each wake it, until few do", async () => {
    const bench = new Bench();
    await bench.run(400, 400);
    expect(bench.watched).toEqual([]);
    await bench.run(2000, 2000);
    expect(bench.watched).toEqual([]);
    // At most a tenth of a second waits.
    expect(bench.taskClock.taskClock.ended).toBeGreaterThan(2250);
    await bench.clock.pass(500);
    expect(bench.watched).toEqual([7]);
    expect(bench.taskClock.taskClock.ended).toBe(2400);
    await bench.run(1, 1000);
    expect(bench.watched).toEqual([7]);
  });

  test("are read so much more often that they do not fill up where more and more end", async () => {
    const bench = new Bench();
    let fullest = 0;
    for (const each of [5, 5, 10, 20, 40, 80])
      for (let i = 0; i < 40; i++) {
        await bench.run(each, 10);
        fullest = Math.max(fullest, bench.ring.waiting);
      }
    expect(bench.watched).toEqual([]);
    expect(fullest).toBeLessThan(bench.ring.data.length * 0.9);
  });

  test("are read no more at the end", async () => {
    const bench = new Bench();
    await bench.run(400, 400);
    bench.taskClock.close();
    bench.ring.exit(1, 1);
    await bench.clock.pass(10_000);
    expect(bench.taskClock.taskClock.ended).toBe(400);
  });
});
