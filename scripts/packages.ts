/**
 * Installs missing Debian packages, if this user is root and has apt-get. Returns the names of those that are still missing.
 * @param missing returns the names of the missing packages; it is called again after the installation
 */
export function installPackages(missing: () => string[]): string[] {
  const wanted = missing();
  if (wanted.length === 0 || process.getuid?.() !== 0 || !Bun.which("apt-get")) return wanted;
  console.error(`installing from Debian's packages: ${wanted.join(" ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const words of [
    ["apt-get", "update", "-qq"],
    ["apt-get", "install", "-y", "-qq", "--no-install-recommends", ...wanted],
  ]) {
    const run = Bun.spawnSync(words, { env, stdout: "pipe", stderr: "pipe" });
    if (!run.success) console.error(`${words.join(" ")} failed:\n${run.stderr}`);
  }
  return missing();
}
