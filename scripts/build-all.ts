import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { optionalDependencies } from "../package.json";
import { compile } from "./build.ts";

/** A system that there is a binary for: the compiler's name for it, and the package that has its runtime. */
export interface Target {
  readonly target: string;
  readonly runtime: keyof typeof optionalDependencies;
  /** What the binary is called. */
  readonly file: string;
}

export const TARGETS: readonly Target[] = [
  { target: "bun-linux-x64", runtime: "@oven/bun-linux-x64", file: "statexec-linux-x64" },
  { target: "bun-linux-x64-musl", runtime: "@oven/bun-linux-x64-musl", file: "statexec-linux-x64-musl" },
  { target: "bun-linux-arm64", runtime: "@oven/bun-linux-aarch64", file: "statexec-linux-arm64" },
  { target: "bun-linux-arm64-musl", runtime: "@oven/bun-linux-aarch64-musl", file: "statexec-linux-arm64-musl" },
];

/** Where the runtimes stay, each in a folder of its own: a next build needs no network. */
const RUNTIMES = "dist/runtimes";

/** The runtime that a binary is made of, at the version that package.json pins; fetched by npm if it is not there. */
async function runtimeOf({ target, runtime }: Target): Promise<string> {
  const version = optionalDependencies[runtime];
  const folder = join(RUNTIMES, `${target}-${version}`);
  const path = join(folder, "node_modules", runtime, "bin/bun");
  if (existsSync(path)) return path;
  console.log(`fetching ${runtime}@${version}`);
  mkdirSync(folder, { recursive: true });
  // --force: for another machine than this. A folder each, since npm would prune one for the other.
  const words = ["npm", "install", "--prefix", folder, "--no-save", "--force", "--ignore-scripts", "--no-package-lock"];
  const npm = Bun.spawn([...words, "--loglevel=error", `${runtime}@${version}`], { stdout: "ignore", stderr: "pipe" });
  const [status, errors] = await Promise.all([npm.exited, npm.stderr.text()]);
  if (status !== 0 || !existsSync(path)) throw new Error(`npm did not bring ${runtime}@${version}:\n${errors}`);
  return path;
}

/** Compiles one of them into a folder, whole or not at all; its path. */
export async function buildFor(target: Target, folder: string): Promise<string> {
  const path = join(folder, target.file);
  const runtime = await runtimeOf(target);
  // Made under one name, which is written into it, so that the same source makes the same bytes wherever it is put.
  const made = join(folder, `.${target.file}`, "statexec");
  await compile("index.ts", made, [`--target=${target.target}`, `--compile-executable-path=${runtime}`]);
  renameSync(made, path);
  rmSync(join(folder, `.${target.file}`), { recursive: true });
  return path;
}

/** A line a file, as sha256sum(1) makes and checks them. */
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
