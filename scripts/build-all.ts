import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { optionalDependencies } from "../package.json";
import { compile } from "./build.ts";

/** A system that a binary is made for: the compiler's name for it, and the package of its runtime. */
export interface Target {
  readonly target: Bun.Build.CompileTarget;
  readonly runtime: keyof typeof optionalDependencies;
  /** The name of the binary. */
  readonly file: string;
}

export const TARGETS: readonly Target[] = [
  { target: "bun-linux-x64", runtime: "@oven/bun-linux-x64", file: "statexec-linux-x64" },
  { target: "bun-linux-x64-musl", runtime: "@oven/bun-linux-x64-musl", file: "statexec-linux-x64-musl" },
  { target: "bun-linux-arm64", runtime: "@oven/bun-linux-aarch64", file: "statexec-linux-arm64" },
  { target: "bun-linux-arm64-musl", runtime: "@oven/bun-linux-aarch64-musl", file: "statexec-linux-arm64-musl" },
];

/** The runtimes stay here, each in its own folder, so that the next build needs no network. */
const RUNTIMES = "dist/runtimes";

/** Returns the path of a system's runtime, at the version of package.json; npm fetches it if it is missing. */
async function runtimeOf({ target, runtime }: Target): Promise<string> {
  const version = optionalDependencies[runtime];
  const folder = join(RUNTIMES, `${target}-${version}`);
  const path = join(folder, "node_modules", runtime, "bin/bun");
  if (existsSync(path)) return path;
  console.log(`fetching ${runtime}@${version}`);
  mkdirSync(folder, { recursive: true });
  // --force, because it is for another machine. Each has its own folder, because npm would prune the others.
  const words = ["npm", "install", "--prefix", folder, "--no-save", "--force", "--ignore-scripts", "--no-package-lock"];
  const npm = Bun.spawn([...words, "--loglevel=error", `${runtime}@${version}`], { stdout: "ignore", stderr: "pipe" });
  const [status, errors] = await Promise.all([npm.exited, npm.stderr.text()]);
  if (status !== 0 || !existsSync(path)) throw new Error(`npm did not bring ${runtime}@${version}:\n${errors}`);
  return path;
}

/** Compiles the binary of a system into a folder and returns its path. A failure leaves no partial file. */
export async function buildFor(target: Target, folder: string): Promise<string> {
  const path = join(folder, target.file);
  const runtime = await runtimeOf(target);
  // The binary contains its name: it is always compiled as `statexec`, so that the same sources make the same bytes.
  const made = join(folder, `.${target.file}`, "statexec");
  await compile("index.ts", made, { target: target.target, executablePath: resolve(runtime) });
  renameSync(made, path);
  rmSync(join(folder, `.${target.file}`), { recursive: true });
  return path;
}

/** The sums of files, one line each, in the format of sha256sum(1). */
export async function sumsOf(folder: string, files: readonly string[]): Promise<string> {
  const lines: string[] = [];
  for (const file of files) {
    const hash = new Bun.CryptoHasher("sha256");
    for await (const bytes of Bun.file(join(folder, file)).stream()) hash.update(bytes);
    lines.push(`${hash.digest("hex")}  ${file}\n`);
  }
  return lines.join("");
}

if (import.meta.main) {
  const folder = "dist";
  for (const target of TARGETS) {
    const path = await buildFor(target, folder);
    console.log(`${path}, ${(Bun.file(path).size / 2 ** 20).toFixed(1)} MiB`);
  }
  const files = TARGETS.map(({ file }) => file);
  await Bun.write(join(folder, "SHA256SUMS"), await sumsOf(folder, files));
  console.log(`${folder}/SHA256SUMS`);
}
