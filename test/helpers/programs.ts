import { chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmdirSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { BIN } from "./statexec.ts";

const SOURCES = join(import.meta.dir, "../programs");
const ROOT = resolve(import.meta.dir, "../..");

/** Returns a program of test/programs, compiled once for each version of it. Throws with the compiler's output. */
export function program(name: "dump" | "launch" | "count" | "load" | "hidden" | "nested" | "instructions"): string {
  return compiled(name, ["-pthread"]);
}

/** Returns a library of test/programs, likewise; `flags` are the compiler's. */
export function library(name: "glibc-on-musl" | "wide-registers", ...flags: readonly string[]): string {
  return compiled(name, ["-shared", "-fPIC", ...flags]);
}

function compiled(name: string, flags: readonly string[]): string {
  const source = join(SOURCES, `${name}.c`);
  const texts = [source, join(SOURCES, "load.h")].map((path) => readFileSync(path, "utf8"));
  const target = join(tmpdir(), `statexec-${name}-${Bun.hash(texts.join("\0")).toString(16)}`);
  if (existsSync(target)) return target;
  const folder = mkdtempSync(join(tmpdir(), "statexec-compile-"));
  const made = join(folder, name);
  const compiler = Bun.spawnSync(["gcc", "-O1", "-Wall", "-Wextra", "-Werror", ...flags, "-o", made, source]);
  if (compiler.exitCode !== 0) throw new Error(`cannot compile ${source}:\n${compiler.stderr}`);
  // Renamed, since another run may compile it at the same time; executable for every user.
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

/** Returns the binary, and the package's bin, which finds the Bun installed with it. */
export function forms(): Form[] {
  return [
    { form: "binary", path: BIN },
    { form: "package", path: installedBin() },
  ];
}

/** Returns the package's bin as installed: executable, with its modules. */
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
