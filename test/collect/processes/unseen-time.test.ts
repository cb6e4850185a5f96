import { describe, expect, test } from "bun:test";
import { FileDamage } from "../../../src/collect/processes/file-damage.ts";
import { ProcessAccounts } from "../../../src/collect/processes/process-accounts.ts";
import { UnseenTime } from "../../../src/collect/processes/unseen-time.ts";
import { ProcessTree } from "../../helpers/process-tree.ts";
import { NOBODY } from "./started-accounts.ts";

/** A machine with one CPU on which a command has just started beside another process. */
function setUp() {
  const kernel = new ProcessTree();
  const neighbour = kernel.fork(1, { pid: 700, name: "neighbour", userSeconds: 50 });
  kernel.list();
  kernel.atStart.othersSeconds = kernel.othersCpuSeconds();
  const root = kernel.fork(kernel.self, { name: "sh", ignoresChildren: true });
  const accounts = new ProcessAccounts(kernel, root, NOBODY, new FileDamage());
  let nowMs = 0;
  const unseen = new UnseenTime(kernel, root, () => nowMs);
  unseen.begin();
  accounts.update();
  /** What may be unseen after so many seconds, of which the CPU was idle for so many. */
  const most = (seconds: number, idleSeconds: number) => {
    nowMs = seconds * 1000;
    kernel.idleSeconds = () => idleSeconds;
    accounts.update(true);
    return unseen.most(accounts.tracker);
  };
  return { kernel, neighbour, root, accounts, unseen, most };
}

describe("CPU time that no process accounts for", () => {
  test("is none where no more pids were given than processes are known, however busy the machine", () => {
    const { kernel, root, accounts, most } = setUp();
    const child = kernel.fork(root);
    accounts.update();
    kernel.end(child);
    expect(most(5, 0)).toBe(0);
    kernel.fork(root, { threads: 1 });
    expect(most(5, 0)).toBe(0);
  });

  test("is the time that the CPU was busy, without what all processes used", () => {
    const { kernel, neighbour, root, most } = setUp();
    // It ends between two looks, and its parent ignores that.
    kernel.end(kernel.fork(root, { userSeconds: 0.75 }));
    kernel.burn(root, 0.5);
    kernel.burn(neighbour, 2, 0.25);
    kernel.burn(kernel.self, 0.125);
    // The kernel counts idle time in hundredths of a second.
    expect(most(5, 1.37)).toBeCloseTo(0.755, 6);
  });

  test("is no more than another proof leaves, and then nothing of others is read", () => {
    const { kernel, root, accounts, most, unseen } = setUp();
    kernel.end(kernel.fork(root, { userSeconds: 0.75 }));
    expect(most(5, 4)).toBeCloseTo(1, 6);
    expect(unseen.most(accounts.tracker, 0.8)).toBe(0.8);
    expect(unseen.most(accounts.tracker, 3)).toBeCloseTo(1, 6);
    kernel.othersWaitedForSeconds = () => {
      throw new Error("read");
    };
    expect(unseen.most(accounts.tracker, 0.015)).toBe(0.015);
    expect(() => unseen.most(accounts.tracker)).toThrow("read");
  });

  test("is not proven by pids that may have begun again since the first look", () => {
    const { kernel, root, most } = setUp();
    for (let i = 0; i < 30_001; i++) kernel.end(kernel.fork(1));
    // The newest pid is again that of a process which is known.
    const read = kernel.readMachine.bind(kernel);
    const loadavg = new TextEncoder().encode(`0.00 0.00 0.00 1/3 ${root}\n`);
    kernel.readMachine = (file) => (file === "loadavg" ? loadavg : read(file));
    expect(most(5, 2)).toBeCloseTo(3, 6);
  });

  test("does not grow with others' children, and not with ours, that were waited for", () => {
    const { kernel, neighbour, root, most } = setUp();
    const old = kernel.fork(neighbour, { userSeconds: 30 });
    // 30 s of before the command: the model has no way to make it earlier.
    kernel.atStart.othersSeconds += 30;
    kernel.end(kernel.fork(neighbour, { userSeconds: 1.5 }));
    kernel.end(old);
    kernel.at(root).ignoresChildren = false;
    kernel.end(kernel.fork(root, { userSeconds: 0.5 }));
    kernel.end(root);
    expect(most(3, 1)).toBeCloseTo(0, 6);
  });

  test("is read again where a process ends meanwhile, with all that it had used before", () => {
    const { kernel, neighbour, root, most } = setUp();
    const old = kernel.fork(neighbour, { userSeconds: 30 });
    kernel.atStart.othersSeconds += 30;
    kernel.end(kernel.fork(root, { userSeconds: 0.75 }));
    const { othersCpuSeconds } = kernel;
    kernel.othersCpuSeconds = () => {
      // Just after its parent's children were read.
      if (kernel.has(old)) kernel.end(old);
      return othersCpuSeconds.call(kernel);
    };
    expect(most(3, 2)).toBeCloseTo(1, 6);
  });

  test("is all time of all CPUs where processes used more than that", () => {
    const { kernel, neighbour, root, most } = setUp();
    kernel.end(kernel.fork(root, { userSeconds: 0.75 }));
    kernel.burn(neighbour, 20);
    expect(most(5, 1)).toBe(5);
  });

  test.each(["", "intr 5\n", "cpu  1 2\n"])("is not known where /proc/stat is %p", (text) => {
    const { kernel, root, most } = setUp();
    kernel.end(kernel.fork(root, { userSeconds: 0.75 }));
    const { readMachine } = kernel;
    kernel.readMachine = (file) => (file === "stat" ? new TextEncoder().encode(text) : readMachine.call(kernel, file));
    expect(most(5, 4)).toBe(Number.POSITIVE_INFINITY);
  });

  test("begins late, and is larger for it, where the first look is that of the end", () => {
    const kernel = new ProcessTree();
    kernel.list();
    const root = kernel.fork(kernel.self, { ignoresChildren: true });
    const accounts = new ProcessAccounts(kernel, root, NOBODY, new FileDamage());
    const unseen = new UnseenTime(kernel, root, () => 1000);
    kernel.idleSeconds = () => 0.25;
    kernel.end(kernel.fork(root, { userSeconds: 0.5 }));
    accounts.update();
    expect(unseen.most(accounts.tracker)).toBeCloseTo(0.75, 6);
  });
});
