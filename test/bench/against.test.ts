import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commitOf, withWorktree } from "../../bench/lib/against.ts";

describe("another version", () => {
  test("is found by any name that Git takes", async () => {
    const { name, commit } = await commitOf("HEAD");
    expect(name).toBe("HEAD");
    expect(commit).toMatch(/^[0-9a-f]{40}$/);
  });

  test("that does not exist is named in the error", async () => {
    await expect(commitOf("no-such-name")).rejects.toThrow(
      '--against: got "no-such-name", expected the name of a commit',
    );
  });

  test("is checked out with the packages of this one while it is used, and removed afterwards", async () => {
    const folder = await mkdtemp(join(tmpdir(), "statexec-test-"));
    const tree = join(folder, "tree");
    try {
      const { commit } = await commitOf("HEAD");
      const used = withWorktree(tree, commit, async () => {
        expect(existsSync(join(tree, "index.ts"))).toBe(true);
        expect(existsSync(join(tree, "node_modules/typescript"))).toBe(true);
        throw new Error("as a failing build does");
      });
      await expect(used).rejects.toThrow("as a failing build does");
      expect(existsSync(tree)).toBe(false);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
