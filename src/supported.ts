/*
 * This module is loaded first, since all others need Linux's C library and this runtime. Without them it prints one line
 * and exits with the status of a failure of our own, where the others would print a stack trace.
 */

import { safeLine } from "./safe-text.ts";

const NEEDED_BUN = ">=1.4.0";

const { platform } = process;

if (platform !== "linux") refuse(`runs on Linux only, and this is ${platform}; use a container or a virtual machine`);
if (!Bun.semver.satisfies(Bun.version, NEEDED_BUN))
  refuse(`needs Bun ${NEEDED_BUN.slice(2)} or later, and ${process.execPath} is ${Bun.version}; bun upgrade brings it`);

function refuse(why: string): never {
  console.error(`statexec: ${safeLine(why)}`);
  process.exit(125);
}
