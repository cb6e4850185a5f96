import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile } from "../../scripts/build.ts";

/** The root of the repository. */
export const ROOT = join(import.meta.dir, "../..");

/** A private folder for what the benchmarks write, and the programs that are compiled into it. */
export interface Lab {
  /** Fewer and shorter rounds, for a first impression. */
  readonly quick: boolean;
  readonly folder: string;
  /** Compiles `bench/floor/<name>.c`, once; returns the program's path. */
  floor(name: string): Promise<string>;
  /** Compiles `bench/programs/<name>.ts` with the product's flags, once; returns the program's path. */
  program(name: string): Promise<string>;
  /** Compiles `test/programs/load.c`, once; returns the program's path. */
  load(): Promise<string>;
  /** Compiles the product from the working tree, once: the binary in `dist` may be an old one. */
  product(): Promise<string>;
}

/** Makes a lab, passes it to `use`, and removes it afterwards. */
export async function withLab<T>(quick: boolean, use: (lab: Lab) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "statexec-bench-"));
  const compiled = new Map<string, Promise<string>>();
  const once = (
    build: (source: string, outfile: string) => Promise<void>,
    source: string,
    name: string,
  ): Promise<string> => {
    const outfile = join(folder, name);
    const path = compiled.get(name) ?? build(join(ROOT, source), outfile).then(() => outfile);
    compiled.set(name, path);
    return path;
  };
  try {
    return await use({
      quick,
      folder,
      floor: (name) => once(compileC, `bench/floor/${name}.c`, `floor-${name}`),
      program: (name) => once(compile, `bench/programs/${name}.ts`, `program-${name}`),
      load: () => once(compileC, "test/programs/load.c", "load"),
      product: () => once(compile, "index.ts", "statexec"),
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Compiles an optimised C program. Throws with the compiler's messages. */
export async function compileC(source: string, outfile: string): Promise<void> {
  const compiler = Bun.which("cc");
  if (compiler === null) throw new Error("cc: not found; the floors are C programs: install gcc or clang");
  await output([compiler, "-O2", "-std=gnu17", "-Wall", "-Wextra", "-Werror", source, "-o", outfile]);
}

/** Runs a program to its end and returns its standard output. Throws with its standard error unless it exits with 0. */
export async function output(command: readonly string[], extraEnv: Record<string, string> = {}): Promise<string> {
  const child = Bun.spawn([...command], { stdin: "ignore", stderr: "pipe", env: { ...environment(), ...extraEnv } });
  const [out, err, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (status !== 0) throw new Error(`${command.join(" ")}: exit status ${status}\n${err.trim()}`);
  return out;
}

/** Runs a program that prints one line of numbers. Throws if there are fewer than `least`, or one is not a number. */
export async function numbers(
  command: readonly string[],
  least: number,
  extraEnv?: Record<string, string>,
): Promise<readonly number[]> {
  const text = await output(command, extraEnv);
  const values = text.trim().split(" ").map(Number);
  if (values.length >= least && !values.some(Number.isNaN)) return values;
  throw new Error(`${command.join(" ")}: expected ${least} numbers, got ${JSON.stringify(text)}`);
}

/** The environment without the variables that would set options of the program under test. */
export function environment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SE_")));
}
