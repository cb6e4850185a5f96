import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** The binary under test: the built one, or the one that `BIN` names. */
export const BIN = resolve(process.env.BIN ?? join(import.meta.dir, "../../dist/statexec"));
if (!existsSync(BIN)) throw new Error(`${BIN} is not there: run \`npm run build\` first`);

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string | undefined>;
  readonly stdin?: string;
}

export interface RunResult {
  /** Exit status; null where a signal ended it. */
  readonly code: number | null;
  readonly signal: string | number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment of a run: the caller's without what tests or CI add to it. */
export function cleanEnv(extra: Record<string, string | undefined> = {}): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...process.env, ...extra }))
    if (value !== undefined && (name in extra || (name !== "NODE_ENV" && !name.startsWith("SE_")))) env[name] = value;
  return env;
}

/** Runs any program to its end. */
export async function runProgram(words: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const child = Bun.spawn([...words], {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: cleanEnv(options.env),
    stdin: options.stdin === undefined ? "ignore" : new Blob([options.stdin]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code: child.exitCode, signal: child.signalCode, stdout, stderr };
}

/** Runs statexec with these words to its end. */
export function statexec(words: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return runProgram([BIN, ...words], options);
}

/** A private folder that is gone when the scope ends: `using folder = tempFolder()`. */
export function tempFolder(parent = tmpdir()): Disposable & { readonly path: string; file(name: string): string } {
  const path = mkdtempSync(join(parent, "statexec-test-"));
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
