import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { gitState, parseGitStatus, projectOf } from "../../src/history/git-state.ts";
import { runProgram, tempFolder } from "../helpers/statexec.ts";

const git = async (cwd: string, ...words: string[]) =>
  await runProgram(["git", "-c", "user.name=a", "-c", "user.email=a@example.com", ...words], { cwd });

test.each([
  ["# branch.oid abc\n# branch.head main\n", { commit: "abc", branch: "main", isDirty: false }],
  ["# branch.oid abc\n# branch.head (detached)\n1 .M N... a\n", { commit: "abc", branch: undefined, isDirty: true }],
  ["# branch.oid (initial)\n# branch.head x/y\n", { commit: undefined, branch: "x/y", isDirty: false }],
])("%j", (text, state) => {
  expect(parseGitStatus(text)).toEqual(state);
});

test("a repository says commit, branch and change, also from a folder in it", async () => {
  using folder = tempFolder();
  expect(gitState(folder.path)).toBeUndefined();
  await git(folder.path, "init", "-q", "-b", "topic");
  writeFileSync(folder.file("a"), "1");
  await git(folder.path, "add", "a");
  await git(folder.path, "commit", "-q", "-m", "a");
  mkdirSync(folder.file("sub"));
  const commit = (await git(folder.path, "rev-parse", "HEAD")).stdout.trim();
  expect(commit).toMatch(/^[0-9a-f]{40}$/);
  expect(gitState(folder.file("sub"))).toEqual({ commit, branch: "topic", isDirty: false });
  writeFileSync(folder.file("a"), "2");
  expect(gitState(folder.file("sub"))).toEqual({ commit, branch: "topic", isDirty: true });
  expect(projectOf(folder.file("sub"))).toBe(folder.path);
});
