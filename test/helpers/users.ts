import { chmodSync, chownSync, copyFileSync, existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BIN, tempFolder } from "./statexec.ts";

const NUMBERS = { root: 0, nobody: 65_534 } as const;

/** Who runs a program. */
export type User = keyof typeof NUMBERS;

/** The words in front of a program that is to run as someone. */
export function as(user: User): readonly string[] {
  return user === "root" ? [] : ["setpriv", `--reuid=${NUMBERS[user]}`, `--regid=${NUMBERS[user]}`, "--clear-groups"];
}

/** A private folder that a user can write to, gone when the scope ends. */
export function folderOf(user: User) {
  const folder = tempFolder();
  if (user === "nobody") chownSync(folder.path, NUMBERS.nobody, NUMBERS.nobody);
  return folder;
}

let copy: string | undefined;

/** The binary under test where every user can execute it: a copy, if its folder keeps others out. */
export function openBinary(): string {
  if (Bun.spawnSync([...as("nobody"), "test", "-x", BIN]).exitCode === 0) return BIN;
  if (copy && existsSync(copy)) return copy;
  const folder = mkdtempSync(join(tmpdir(), "statexec-open-"));
  chmodSync(folder, 0o755);
  copy = join(folder, "statexec");
  copyFileSync(BIN, copy);
  chmodSync(copy, 0o755);
  process.on("exit", () => Bun.spawnSync(["rm", "-r", folder]));
  return copy;
}
