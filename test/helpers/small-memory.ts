import { mayMakeV1Cgroups, TestCgroups } from "./cgroups.ts";
import { BIN, cleanEnv, type RunOptions } from "./statexec.ts";

const MOST_BYTES = 256 * 1024 * 1024;

const hasCgroups = mayMakeV1Cgroups();
let count = 0;

interface SmallRun {
  /** 128 plus the signal that ended it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether it was within the limit. */
  readonly isSmall: boolean;
}

/**
 * Runs statexec where it may use 256 MiB: the kernel kills it where it uses more, if control groups can be made here. Else
 * its peak is looked at. It is killed where it does not end in time.
 */
export async function inSmallMemory(words: readonly string[], options: RunOptions & { readonly seconds: number }) {
  if (!hasCgroups) return run([BIN, ...words], options);
  await using group = new TestCgroups(["memory"], `statexec-small-${process.pid}-${++count}`);
  group.limit("memory", "memory.limit_in_bytes", MOST_BYTES);
  return await run(group.words(BIN, ...words), options);
}

async function run(
  words: readonly string[],
  { cwd, env, seconds }: RunOptions & { readonly seconds: number },
): Promise<SmallRun> {
  const child = Bun.spawn([...words], {
    ...{ env: cleanEnv(env), stdin: "ignore", stdout: "pipe", stderr: "pipe", timeout: seconds * 1000, killSignal: 9 },
    ...(cwd === undefined ? {} : { cwd }),
  });
  const [stdout, stderr, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  // The kernel counts what this process had when it made the child; so the peak is only asked where nothing enforces it.
  return { status, stdout, stderr, isSmall: hasCgroups || child.resourceUsage()!.maxRSS < MOST_BYTES };
}
