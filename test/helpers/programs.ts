import { chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmdirSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { BIN } from "./statexec.ts";

const SOURCES = join(import.meta.dir, "../programs");
const ROOT = resolve(import.meta.dir, "../..");

/** A program of test/programs, compiled once for each text that it ever had. Throws with the compiler's words. */
export function program(name: "dump" | "launch" | "count" | "load" | "hidden"): string {
  return compiled(name, ["-pthread"]);
}

/** A library of test/programs, likewise; `flags` are the compiler's. */
export function library(name: "glibc-on-musl" | "wide-registers", ...flags: readonly string[]): string {
  return compiled(name, ["-shared", "-fPIC", ...flags]);
}

function compiled(name: string, flags: readonly string[]): string {
  const source = join(SOURCES, `${name}.c`);
  const target = join(tmpdir(), `statexec-${name}-${Bun.hash(readFileSync(source)).toString(16)}`);
  if (existsSync(target)) return target;
  const folder = mkdtempSync(join(tmpdir(), "statexec-compile-"));
  const made = join(folder, name);
  const compiler = Bun.spawnSync(["gcc", "-O1", "-Wall", "-Wextra", "-Werror", ...flags, "-o", made, source]);
  if (compiler.exitCode !== 0) throw new Error(`cannot compile ${source}:\n${compiler.stderr}`);
  // Whole or not at all, should another run compile it too; and for every user.
  chmodSync(made, 0o755);
  renameSync(made, target);
  rmdirSync(folder);
  return target;
}

/** statexec in one of the forms that people install. */
export interface Form {
  readonly form: "binary" | "package";
  /** The file to execute. */
  readonly path: string;
}

/** The compiled program, and the package's bin, which finds the Bun beside it. */
export function forms(): Form[] {
  return [
    { form: "binary", path: BIN },
    { form: "package", path: installedBin() },
  ];
}

/** The package's bin as an install leaves it: executable, its modules beside it. */
function installedBin(): string {
  const texts = ["bin/statexec", "index.ts"].map((name) => readFileSync(join(ROOT, name), "utf8"));
  const folder = join(tmpdir(), `statexec-package-${Bun.hash([ROOT, ...texts].join("\0")).toString(16)}`);
  const bin = join(folder, "bin/statexec");
  if (existsSync(bin)) return bin;
  const made = mkdtempSync(join(tmpdir(), "statexec-package-"));
  chmodSync(made, 0o755);
  for (const name of ["src", "package.json", "node_modules", "explorer"])
    symlinkSync(join(ROOT, name), join(made, name));
  for (const name of ["bin/statexec", "index.ts"])
    Bun.spawnSync(["install", "-D", "-m", "755", join(ROOT, name), join(made, name)]);
  try {
    renameSync(made, folder);
  } catch (error) {
    if (!existsSync(bin)) throw error;
  }
  return bin;
}
