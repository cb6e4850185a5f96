import { chmodSync, chownSync, copyFileSync, existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { as, type Load, type User } from "./loads.ts";
import { Recorded } from "./recorded.ts";
import { BIN, runProgram, tempFolder } from "./statexec.ts";

const NOBODY = 65_534;

/** A private folder that a user can write to, gone when the scope ends. */
export function folderOf(user: User) {
  const folder = tempFolder();
  if (user === "nobody") chownSync(folder.path, NOBODY, NOBODY);
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

/** A load's figures: what was said, and what is true; undefined: this file system has no O_DIRECT. */
export interface Figures {
  readonly said: number;
  readonly truth: number;
  readonly run: Recorded;
}

/** Runs a load as a user, `words` in front of its options, and compares. Throws where it does not end with 0. */
export async function runLoad(load: Load, user: User, words: readonly string[] = []): Promise<Figures | undefined> {
  using folder = folderOf(user);
  const file = folder.file("run.prom");
  const command = [openBinary(), ...words, ...load.options, "-f", file, "--", ...load.command(folder.path)];
  const { code, stderr } = await runProgram([...as(user), ...command]);
  if (/O_DIRECT: Invalid argument/.test(stderr)) return undefined;
  if (code !== 0 || stderr !== "") throw new Error(`${load.what}: status ${code}: ${stderr}`);
  const run = new Recorded(file);
  return { said: load.said(run), truth: load.truth(folder.path), run };
}
