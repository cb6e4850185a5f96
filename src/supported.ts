/*
 * The first thing that is loaded: what comes after it calls Linux's C library and needs this runtime. So it says in one
 * line what is wrong, with the status of a failure of our own, where there would be a stack trace.
 */

const NEEDED_BUN = ">=1.4.0";

const { platform } = process;

if (platform !== "linux") refuse(`runs on Linux only, and this is ${platform}; use a container or a virtual machine`);
if (!Bun.semver.satisfies(Bun.version, NEEDED_BUN))
  refuse(`needs Bun ${NEEDED_BUN.slice(2)} or later, and ${process.execPath} is ${Bun.version}; bun upgrade brings it`);

function refuse(why: string): never {
  console.error(`statexec: ${why}`);
  process.exit(125);
}
