import { describe, expect, test } from "bun:test";
import { NOBODY, pids, started } from "./started-accounts.ts";

/** Updates until all processes are known, and returns a function that says whether an update listed them. */
function settled(helpers = NOBODY) {
  const clock = { ms: 0 };
  const tree = started(helpers, () => clock.ms);
  for (let i = 0; i < 3; i++) tree.update();
  const hasListed = (isCertain = false) => {
    const before = tree.kernel.lists;
    tree.update(isCertain);
    return tree.kernel.lists > before;
  };
  return { ...tree, clock, hasListed };
}

describe("all processes are listed", () => {
  test("not where none was forked, but every ten seconds, and where it has to be certain", () => {
    const { hasListed, clock } = settled();
    expect(hasListed()).toBe(false);
    clock.ms += 9999;
    expect(hasListed()).toBe(false);
    clock.ms += 1;
    expect([hasListed(), hasListed(), hasListed(true)]).toEqual([true, false, true]);
  });

  test("not where others fork, as long as the tree's processes have no new child", () => {
    const { kernel, root, neighbour, accounts, hasListed } = settled();
    for (let i = 0; i < 5; i++) {
      kernel.fork(neighbour);
      expect(hasListed()).toBe(false);
    }
    const child = kernel.fork(root);
    expect(hasListed()).toBe(true);
    expect(pids(accounts)).toEqual([root, child]);
    const grandchild = kernel.fork(child);
    expect(hasListed()).toBe(true);
    expect(pids(accounts)).toEqual([root, child, grandchild]);
    // The neighbour's, twice: a look at the newest pid alone would list them all.
    kernel.fork(neighbour);
    expect([hasListed(), hasListed()]).toEqual([false, false]);
  });

  test("where others fork and the kernel does not say whose child is whose", () => {
    const { kernel, neighbour, hasListed } = settled();
    kernel.hasChildren = false;
    kernel.fork(neighbour);
    // A process has its pid a moment before it is listed: so it is listed once more.
    expect([hasListed(), hasListed(), hasListed()]).toEqual([true, true, false]);
  });

  test("where others fork and a process has threads, each of which may have children", () => {
    const { kernel, root, neighbour, hasListed } = settled();
    kernel.at(root).threads = 2;
    expect(hasListed()).toBe(false);
    kernel.fork(neighbour);
    expect(hasListed()).toBe(true);
  });

  test("where an orphan was left to us, but not for a helper", () => {
    const helpers = new Set<number>();
    const { kernel, root, accounts, hasListed } = settled({ ...NOBODY, isHelper: (pid) => helpers.has(pid) });
    const helper = kernel.fork(kernel.self);
    helpers.add(helper);
    expect(hasListed()).toBe(false);
    const orphan = kernel.fork(kernel.self);
    expect(hasListed()).toBe(true);
    expect(pids(accounts)).toEqual([root, orphan]);
  });

  test("where one has ended, whose pid may be another's by now", () => {
    const { kernel, root, hasListed } = settled();
    const child = kernel.fork(root);
    expect([hasListed(), hasListed(), hasListed()]).toEqual([true, false, false]);
    kernel.end(child);
    expect(hasListed()).toBe(true);
  });
});
