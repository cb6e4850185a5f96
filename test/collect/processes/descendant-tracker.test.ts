import { describe, expect, test } from "bun:test";
import { FileDamage } from "../../../src/collect/processes/file-damage.ts";
import { ProcessAccounts } from "../../../src/collect/processes/process-accounts.ts";
import { ProcessTree } from "../../helpers/process-tree.ts";
import { NOBODY, pids, seconds, started } from "./started-accounts.ts";

describe("the descendants", () => {
  test("are the command and what descends from it, and nothing else", () => {
    const { kernel, root, update } = started();
    const child = kernel.fork(root);
    const grandchild = kernel.fork(child);
    kernel.fork(700, { userSeconds: 50 });
    kernel.fork(1);
    expect(pids(update())).toEqual([root, child, grandchild]);
  });

  test("stat of processes that ran before the command is not read, and of later ones once", () => {
    const { kernel, root, update } = started();
    kernel.hasChildren = false;
    update();
    expect(kernel.reads).toEqual([`${root}/stat`]);
    const later = kernel.fork(700);
    update();
    expect(kernel.reads).toEqual([`${root}/stat`, `${later}/stat`]);
    update();
    expect(kernel.reads).toEqual([`${root}/stat`]);
  });

  test("do not include a child that was ours before the command, as `daemon & exec statexec` leaves one", () => {
    const kernel = new ProcessTree();
    const before = kernel.fork(kernel.self, { userSeconds: 5 });
    kernel.list();
    const root = kernel.fork(kernel.self);
    const accounts = new ProcessAccounts(kernel, root, NOBODY, new FileDamage());
    accounts.update();
    expect(pids(accounts)).toEqual([root]);
    // Short of memory, the kernel makes its folder anew.
    kernel.at(before).inode += 100_000;
    accounts.update();
    expect(pids(accounts)).toEqual([root]);
    kernel.burn(before, 2);
    kernel.exit(before);
    const afterwards = accounts.beforeReap(before);
    kernel.wait(before);
    afterwards?.();
    accounts.update();
    expect(seconds(accounts)).toBe(0);
  });

  test("include a child that is listed before its parent, after the parent", () => {
    const { kernel, root, update } = started();
    const child = kernel.fork(root);
    const [a, b] = [kernel.fork(child), kernel.fork(child)];
    kernel.order = (all) => all.sort((x, y) => y - x);
    expect(pids(update())).toEqual([root, child, b, a]);
  });

  test("include children whose pid is below that of their parent", () => {
    const { kernel, root, update } = started();
    const child = kernel.fork(root, { pid: 32_000 });
    kernel.fork(child, { pid: 300 });
    kernel.fork(300, { pid: 200 });
    expect(pids(update()).sort()).toEqual([root, 32_000, 300, 200].sort());
  });

  test("include an orphan that was left to us, also if its parent ended in the sample in which it began", () => {
    const { kernel, root, update } = started();
    update();
    const child = kernel.fork(root);
    const daemon = kernel.fork(child, { userSeconds: 1 });
    kernel.end(child);
    expect(pids(update())).toEqual([root, daemon]);
    expect(seconds(update())).toBe(1);
  });

  test("do not include helpers, whose time does not count", () => {
    const helpers = { ...NOBODY, isHelper: (pid: number) => pid === 1002, userSeconds: 0 };
    const { kernel, root, update } = started(helpers);
    const helper = kernel.fork(kernel.self, { pid: 1002, userSeconds: 3 });
    expect(pids(update())).toEqual([root]);
    kernel.end(helper);
    helpers.userSeconds = 3;
    expect(seconds(update())).toBe(0);
  });

  test("do not include a process whose parent is hidden, or one whose stat is refused", () => {
    const { kernel, root, update } = started();
    update();
    kernel.hide(1);
    const lonely = kernel.fork(1, { userSeconds: 9 });
    const refused = kernel.fork(root, { userSeconds: 9 });
    kernel.at(refused).forbidden.add("stat");
    for (let i = 0; i < 3; i++) expect(pids(update())).toEqual([root]);
    expect(kernel.reads).not.toContain(`${lonely}/stat`);
  });
});

describe("a pid that goes to another process", () => {
  test("of the tree: both count, each for itself", () => {
    const { kernel, root, update } = started();
    const child = kernel.fork(root, { pid: 1500, userSeconds: 1 });
    update();
    kernel.end(child);
    kernel.fork(root, { pid: 1500, userSeconds: 0.25 });
    const accounts = update();
    expect(pids(accounts)).toEqual([root, 1500]);
    expect(seconds(accounts)).toBe(1.25);
    expect(accounts.lostSeconds).toBe(0);
  });

  test("outside the tree", () => {
    const { kernel, root, update } = started();
    kernel.fork(root, { pid: 1500, userSeconds: 1 });
    update();
    kernel.end(1500);
    kernel.fork(700, { pid: 1500, userSeconds: 77 });
    expect(pids(update())).toEqual([root]);
    expect(seconds(update())).toBe(1);
  });

  test("of the tree, from one outside it", () => {
    const { kernel, root, update } = started();
    kernel.fork(700, { pid: 1500, userSeconds: 77 });
    update();
    kernel.end(1500);
    kernel.fork(root, { pid: 1500, userSeconds: 1 });
    expect(pids(update())).toEqual([root, 1500]);
    expect(seconds(update())).toBe(1);
  });

  test("is found by its start if the folder has the same inode", () => {
    const { kernel, root, update } = started();
    kernel.fork(root, { pid: 1500, userSeconds: 2, inode: 5000 });
    update();
    kernel.end(1500);
    kernel.fork(root, { pid: 1500, userSeconds: 0.5, inode: 5000 });
    update();
    expect(seconds(update())).toBe(2.5);
  });
});

test("a descendant whose folder gets another inode, as memory runs short, is still counted once", () => {
  const { kernel, root, update } = started();
  const child = kernel.fork(root, { userSeconds: 1, residentPages: 10 });
  update();
  kernel.at(child).inode += 1000;
  kernel.at(root).inode += 1000;
  for (let i = 0; i < 2; i++) expect(pids(update())).toEqual([root, child]);
  expect(seconds(update())).toBe(1);
  expect(update().residentBytes).toBe(11 * 4096);
  expect(kernel.reads).toEqual([`${root}/stat`, `${child}/stat`]);
});

describe("the living", () => {
  test("do not include a zombie, whose time counts", () => {
    const { kernel, root, update } = started();
    const child = kernel.fork(root, { userSeconds: 1, threads: 4, residentPages: 100 });
    expect(update()).toMatchObject({ processes: 2, threads: 5, residentBytes: 101 * 4096 });
    kernel.exit(child);
    expect(update()).toMatchObject({ processes: 1, threads: 1, residentBytes: 4096, userSeconds: 1 });
  });

  test("include a process whose first thread has ended", () => {
    const { kernel, root, update } = started();
    Object.assign(kernel.at(root), { zombie: true, threads: 3, residentPages: 0 });
    expect(update()).toMatchObject({ processes: 1, threads: 3 });
  });

  test("a child that has its parent's memory counts as without memory, until it executes a program", () => {
    const { kernel, root, update } = started();
    kernel.at(root).residentPages = 1000;
    const child = kernel.fork(root, { residentPages: 1000, memoryOf: root });
    expect(update().residentBytes).toBe(1000 * 4096);
    expect(update().residentBytes).toBe(1000 * 4096);
    Object.assign(kernel.at(child), { memoryOf: undefined, residentPages: 5 });
    expect(update().residentBytes).toBe(1005 * 4096);
  });
});
