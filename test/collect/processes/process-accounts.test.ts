import { describe, expect, test } from "bun:test";
import { FileDamage } from "../../../src/collect/processes/file-damage.ts";
import { ProcessAccounts } from "../../../src/collect/processes/process-accounts.ts";
import { ProcessTree } from "../../helpers/process-tree.ts";
import { NOBODY, pids, seconds, started } from "./started-accounts.ts";

describe("CPU time", () => {
  test("begins at 0, whatever our children have used before", () => {
    const kernel = new ProcessTree();
    kernel.end(kernel.fork(kernel.self, { userSeconds: 12, minorFaults: 5 }));
    kernel.list();
    const accounts = new ProcessAccounts(kernel, kernel.fork(kernel.self), NOBODY, new FileDamage());
    accounts.update();
    expect([accounts.userSeconds, accounts.minorFaults, accounts.reaped.voluntarySwitches]).toEqual([0, 0, 0]);
  });

  test("that moves from a child to its parent while they are read is not counted twice, and does not fall", () => {
    const { kernel, root, update } = started();
    const child = kernel.fork(root, { userSeconds: 2 });
    expect(seconds(update())).toBe(2);
    kernel.burn(child, 1);
    kernel.beforeRead = (pid) => {
      // The parent has been read by now.
      if (pid === child && kernel.has(child)) kernel.end(child);
    };
    const before = update();
    expect(seconds(before)).toBe(2);
    expect(before.lostSeconds).toBe(0);
    expect(seconds(update())).toBe(3);
  });

  test("of a process that ends between the list and its stat comes with its parent's", () => {
    const { kernel, root, update } = started();
    update();
    const child = kernel.fork(root, { userSeconds: 0.5 });
    kernel.beforeRead = (pid) => {
      if (pid === child && kernel.has(child)) kernel.end(child);
    };
    expect(pids(update())).toEqual([root]);
    expect(seconds(update())).toBe(0.5);
  });

  test("of an orphan that we wait for is exact", () => {
    const { kernel, root, accounts, update } = started();
    const child = kernel.fork(root);
    const daemon = kernel.fork(child);
    kernel.end(child);
    kernel.burn(daemon, 0.123_456, 0.000_044);
    update();
    kernel.exit(daemon);
    expect(accounts.beforeReap(daemon)).toBeUndefined();
    kernel.wait(daemon);
    expect(seconds(update())).toBe(0.1235);
    expect(accounts.lostSeconds).toBe(0);
  });

  test("of an orphan that is no descendant is not counted, and hides no lost time", () => {
    const { kernel, root, accounts, update } = started();
    kernel.at(root).ignoresChildren = true;
    const child = kernel.fork(root, { userSeconds: 1 });
    const stranger = kernel.fork(700, { userSeconds: 7 });
    update();
    kernel.at(stranger).parent = kernel.self;
    kernel.exit(stranger);
    const afterwards = accounts.beforeReap(stranger);
    kernel.wait(stranger);
    afterwards?.();
    kernel.exit(child);
    expect(seconds(update())).toBe(1);
    expect(accounts.lostSeconds).toBeCloseTo(0.98, 6);
  });

  test("and page faults of helpers are not counted, also of those that ended before the command began", () => {
    const used = { userSeconds: 0.25, systemSeconds: 0, voluntarySwitches: 1, involuntarySwitches: 0 };
    const helpers = { ...used, isHelper: (pid: number) => pid >= 1002 };
    const kernel = new ProcessTree();
    kernel.end(kernel.fork(kernel.self, { pid: 1002, userSeconds: 0.25, minorFaults: 90 }));
    kernel.list();
    const root = kernel.fork(kernel.self, { pid: 900, userSeconds: 1, minorFaults: 7 });
    const accounts = new ProcessAccounts(kernel, root, helpers, new FileDamage());
    const helper = kernel.fork(kernel.self, { pid: 1003, userSeconds: 0.5, minorFaults: 80 });
    const afterwards = accounts.helperEnding(helper);
    accounts.update();
    expect(accounts.minorFaults).toBe(7);
    kernel.end(helper);
    afterwards?.();
    Object.assign(helpers, { userSeconds: 0.75, voluntarySwitches: 2 });
    accounts.update();
    expect([seconds(accounts), accounts.minorFaults, accounts.reaped.voluntarySwitches]).toEqual([1, 7, 0]);
  });

  test("of children whose parent ignores SIGCHLD is added once, as far as samples saw it", () => {
    const { kernel, root, accounts, update } = started();
    kernel.at(root).ignoresChildren = true;
    const child = kernel.fork(root, { userSeconds: 0.6, systemSeconds: 0.2 });
    update();
    kernel.burn(child, 0.3);
    kernel.exit(child);
    for (let i = 0; i < 3; i++) expect(seconds(update())).toBeCloseTo(0.8, 6);
    expect(accounts.lostSeconds).toBeCloseTo(0.78, 6);
    kernel.burn(root, 1);
    expect(seconds(update())).toBeCloseTo(1.78, 1);
  });

  test("of a child that ends after it was read, while its parent is read once more, is not called lost", () => {
    const { kernel, root, accounts, update } = started();
    const [first, second] = [1, 2].map(() => kernel.fork(root, { userSeconds: 1, minorFaults: 30 })) as [
      number,
      number,
    ];
    update();
    kernel.end(first);
    let rootReads = 0;
    kernel.beforeRead = (pid) => {
      if (pid === root && ++rootReads === 2) kernel.end(second);
    };
    update();
    kernel.beforeRead = () => undefined;
    expect([rootReads, kernel.has(second)]).toEqual([2, false]);
    expect(seconds(update())).toBe(2);
    expect([accounts.hasLost, accounts.lostSeconds]).toEqual([false, 0]);
  });

  test("of an orphan that has waited for a child since the last sample is not called lost", () => {
    const { kernel, root, accounts, update } = started();
    const daemon = kernel.fork(kernel.fork(root));
    kernel.end(kernel.at(daemon).parent);
    const child = kernel.fork(daemon, { userSeconds: 2, minorFaults: 30 });
    update();
    kernel.end(child);
    kernel.exit(daemon);
    accounts.beforeReap(daemon);
    kernel.wait(daemon);
    expect(seconds(update())).toBe(2);
    expect([accounts.hasLost, accounts.lostSeconds]).toEqual([false, 0]);
  });

  test("of a child that is lost is known to be missing, however short it was, by its page faults", () => {
    const { kernel, root, accounts, update } = started();
    kernel.at(root).ignoresChildren = true;
    kernel.end(kernel.fork(root, { userSeconds: 0.005, minorFaults: 30 }));
    update();
    expect(accounts.hasLost).toBe(false);
    const child = kernel.fork(root, { userSeconds: 0.005, minorFaults: 30 });
    update();
    kernel.exit(child);
    update();
    expect([accounts.hasLost, accounts.lostSeconds]).toEqual([true, 0]);
  });

  test("that goes to an adopter between the parent and us is not lost", () => {
    const { kernel, root, accounts, update } = started();
    kernel.at(root).adopts = true;
    const middle = kernel.fork(root);
    const parent = kernel.fork(middle);
    const orphan = kernel.fork(parent, { userSeconds: 2 });
    update();
    kernel.end(parent);
    kernel.end(orphan);
    expect(seconds(update())).toBe(2);
    expect(accounts.lostSeconds).toBe(0);
  });

  test("of a process that became another user's stays as it was last seen", () => {
    const { kernel, root, accounts, update } = started();
    const sudo = kernel.fork(root, { userSeconds: 2 });
    update();
    kernel.at(sudo).forbidden.add("stat");
    kernel.burn(sudo, 1);
    expect(seconds(update())).toBe(2);
    kernel.end(sudo);
    expect(seconds(update())).toBe(3);
    expect(accounts.lostSeconds).toBe(0);
  });
});
