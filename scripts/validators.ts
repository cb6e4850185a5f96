/** What the tests check against beside our own code, and the Debian package that holds it. */
const VALIDATORS = [
  { package: "prometheus", present: () => Bun.which("promtool") !== null },
  {
    package: "python3-prometheus-client",
    present: () => succeeds("/usr/bin/python3", "-c", "import prometheus_client"),
  },
  { package: "victoria-metrics", present: () => Bun.which("victoria-metrics") !== null },
  { package: "sysstat", present: () => Bun.which("sar") !== null },
  { package: "gcc", present: () => Bun.which("gcc") !== null },
];

function succeeds(...words: string[]): boolean {
  return Bun.which(words[0]!) !== null && Bun.spawnSync(words, { stdout: "ignore", stderr: "ignore" }).success;
}

function missing(): string[] {
  return VALIDATORS.filter((validator) => !validator.present()).map((validator) => validator.package);
}

/** Installs what is missing where that may be (root, apt). Answers what is missing still. */
export function installValidators(): string[] {
  const wanted = missing();
  if (wanted.length === 0 || process.getuid?.() !== 0 || !Bun.which("apt-get")) return wanted;
  console.log(`installing from Debian's packages: ${wanted.join(" ")}`);
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
