/**
 * Installs what is missing where that may be (root, apt). Answers what is missing still.
 * @param missing the names of Debian packages, asked anew after an installation
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
