import { cp, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../../src/errors.ts";
import { output } from "./lab.ts";

export const ROOT = join(import.meta.dir, "..");

const git = (...words: readonly string[]) => output(["git", "-C", ROOT, ...words]);

/** A commit by any name that Git takes; without one, the last tag before where we are. */
export async function commitOf(ref: string | undefined): Promise<{ readonly name: string; readonly commit: string }> {
  const name = ref ?? (await lastTag());
  if (name === undefined)
    throw new UsageError(
      "--against: there is no tag before this commit; name what to compare with, e.g. --against HEAD",
    );
  try {
    return { name, commit: (await git("rev-parse", "--verify", "--quiet", `${name}^{commit}`)).trim() };
  } catch {
    throw new UsageError(`--against: got "${name}", expected the name of a commit (e.g. HEAD or a tag)`);
  }
}

async function lastTag(): Promise<string | undefined> {
  try {
    return (await git("describe", "--tags", "--abbrev=0")).trim();
  } catch {
    return undefined;
  }
}

/**
 * Hands out a folder in which a commit is checked out, and removes it whatever happens. It is built with the packages
 * that are installed here, whichever it named itself: a newer Bun is no change of ours. What measures it is that of the
 * working tree: two meters cannot be compared.
 */
export async function withWorktree<T>(folder: string, commit: string, use: () => Promise<T>): Promise<T> {
  await git("worktree", "add", "--quiet", "--detach", folder, commit);
  try {
    await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
    await rm(join(folder, "bench"), { recursive: true, force: true });
    await cp(join(ROOT, "bench"), join(folder, "bench"), { recursive: true });
    return await use();
  } finally {
    await git("worktree", "remove", "--force", folder);
  }
}

/** Compiles a program of a version as that version's own build does. Throws with what the compiler says. */
export async function compileIn(folder: string, entry: string, outfile: string): Promise<void> {
  const code = `import { compile } from "./scripts/build.ts"; await compile(...process.argv.slice(1));`;
  await output(["env", "-C", folder, process.execPath, "-e", code, entry, outfile]);
}
