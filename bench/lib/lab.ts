import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile } from "../../scripts/build.ts";

/** Where the benchmarks keep what they build and write: a private folder, and the programs in it. */
export interface Lab {
  /** Fewer and shorter rounds, for a first look. */
  readonly quick: boolean;
  readonly folder: string;
  /** Compiles `bench/floor/<name>.c`, once; the program's path. */
  c(name: string): Promise<string>;
  /** Compiles `bench/<name>.ts` as the product is, once; the program's path. */
  bun(name: string): Promise<string>;
  /** Compiles the product as the working tree has it, once: what `dist` holds may be of yesterday. */
  product(): Promise<string>;
}

/** Makes a lab, hands it out, and removes it whatever happens. */
export async function withLab<T>(quick: boolean, use: (lab: Lab) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "statexec-bench-"));
  const programs = new Map<string, Promise<string>>();
  const once = (name: string, build: (outfile: string) => Promise<void>): Promise<string> => {
    const outfile = join(folder, name);
    const program = programs.get(name) ?? build(outfile).then(() => outfile);
    programs.set(name, program);
    return program;
  };
  try {
    return await use({
      quick,
      folder,
      c: (name) => once(name, (outfile) => compileC(join(import.meta.dir, "floor", `${name}.c`), outfile)),
      bun: (name) => once(name, (outfile) => compile(join(import.meta.dir, `${name}.ts`), outfile)),
      product: () => once("statexec", (outfile) => compile(join(import.meta.dir, "..", "index.ts"), outfile)),
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Compiles a C program as one that is meant to be fast is. Throws, with what the compiler says, where it cannot. */
export async function compileC(source: string, outfile: string): Promise<void> {
  const compiler = Bun.which("cc");
  if (compiler === null) throw new Error("cc: not found; the floors are C programs: install gcc or clang");
  await output([compiler, "-O2", "-std=gnu17", "-Wall", "-Wextra", "-Werror", source, "-o", outfile]);
}

/** Runs a program to its end; its standard output. Throws, with its standard error, where it does not exit with 0. */
export async function output(command: readonly string[], extraEnv: Record<string, string> = {}): Promise<string> {
  const child = Bun.spawn([...command], { stdin: "ignore", stderr: "pipe", env: { ...environment(), ...extraEnv } });
  const [out, err, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (status !== 0) throw new Error(`${command.join(" ")}: exit status ${status}\n${err.trim()}`);
  return out;
}

/** The environment less the variables that would set options of the program under test. */
export function environment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SE_")));
}
