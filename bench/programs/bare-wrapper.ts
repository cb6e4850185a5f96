// The floor for a wrapper that Bun runs: spawn, wait, exit with the command's status. It records nothing.
const child = Bun.spawn(process.argv.slice(2), { stdio: ["inherit", "inherit", "inherit"] });
process.exit(await child.exited);
