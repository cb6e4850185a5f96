/*
 * This module is loaded first, by the one that loads the C library, since all others need Linux's C library and this runtime. Without them it prints one line
 * and exits with the status of a failure of our own, where the others would print a stack trace.
 */

import { hasCompiler, refuse } from "./refuse.ts";

const NEEDED_BUN = ">=1.4.0";

const { platform } = process;

if (platform !== "linux") refuse(`runs on Linux only, and this is ${platform}; use a container or a virtual machine`);
if (!Bun.semver.satisfies(Bun.version, NEEDED_BUN))
  refuse(`needs Bun ${NEEDED_BUN.slice(2)} or later, and ${process.execPath} is ${Bun.version}; bun upgrade brings it`);

for (const name in process.env) if (name.startsWith("BUN_") && isForRuntime(name)) startPlainly(name);

/** Whether a variable changes what this runtime does, and not only what its package manager does. */
function isForRuntime(name: string): boolean {
  return /^BUN_(JSC_|OPTIONS$|INSPECT|FEATURE_FLAG_|GC_|GARBAGE_|DESTRUCT_|CONFIG_VERBOSE_FETCH$)/.test(name);
}

/** Where that fails, this process goes on as it is; without a JIT compiler it cannot. */
function startPlainly(name: string): void {
  try {
    require("./plain-runtime.ts").startPlain(isForRuntime);
  } catch (error) {
    if (hasCompiler()) return;
    const why = error instanceof Error ? error.message : String(error);
    refuse(`${name} leaves the runtime without its compiler (${why}): set it behind statexec, by env(1)`);
  }
}
