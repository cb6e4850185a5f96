import { chmodSync, statSync } from "node:fs";

/** Files that anyone may read, and those that its owner may execute. */
const MODES = { plain: 0o644, executable: 0o755 } as const;

const OWNER_EXECUTES = 0o100;

/**
 * Packs the package into a folder. Its files first get the modes that git knows: npm packs those that they have, which come
 * from the umask of whoever cloned and built, and the same sources shall make the same bytes. Throws with npm's messages.
 */
export async function pack(folder: string): Promise<void> {
  const [{ files }] = JSON.parse(await npm("pack", "--dry-run", "--json")) as [{ files: { readonly path: string }[] }];
  for (const { path } of files) {
    const isExecutable = (statSync(path).mode & OWNER_EXECUTES) !== 0;
    chmodSync(path, isExecutable ? MODES.executable : MODES.plain);
  }
  await npm("pack", "--silent", "--pack-destination", folder);
}

/** Returns the output of npm. Throws with its messages if it fails. */
async function npm(...words: readonly string[]): Promise<string> {
  const child = Bun.spawn(["npm", ...words], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [status, text, errors] = await Promise.all([child.exited, child.stdout.text(), child.stderr.text()]);
  if (status !== 0) throw new Error(`npm ${words.join(" ")} ended with ${status}:\n${errors}`);
  return text;
}

if (import.meta.main) await pack("dist");
