import { chmodSync } from "node:fs";
import { buildTemplate } from "../explorer/page/page-template.ts";

/** The explorer's bundled pages. They are compiled into the binary, which has no bundler. */
const PAGES = ["plain", "full"] as const;

/**
 * The flags of every binary, also in the benchmark. The user's `.env` and `bunfig.toml` are not read. Bytecode, split
 * chunks and a JIT compiler that waits longer make the start short: src/run/start.ts has the reasons.
 */
export const COMPILE_FLAGS = [
  "--compile",
  "--minify",
  "--bytecode",
  "--format=esm",
  "--splitting",
  "--compile-jit-policy=100",
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig",
] as const;

/** Compiles a program, for this system unless the flags name another. Throws with the compiler's messages. */
export async function compile(entry: string, outfile: string, flags: readonly string[] = []): Promise<void> {
  for (const kind of PAGES) await Bun.write(`explorer/page/${kind}.generated.txt`, await buildTemplate(kind));
  const words = [process.execPath, "build", ...COMPILE_FLAGS, ...flags, entry, "--outfile", outfile];
  const compiler = Bun.spawn(words, {
    stdout: "pipe",
    stderr: "pipe",
  });
  const [code, out, err] = await Promise.all([compiler.exited, compiler.stdout.text(), compiler.stderr.text()]);
  if (code !== 0) throw new Error(`cannot compile ${entry}:\n${out}${err}`);
  chmodSync(outfile, 0o755);
}

if (import.meta.main) {
  await compile("index.ts", "dist/statexec");
  console.log(`dist/statexec, ${(Bun.file("dist/statexec").size / 2 ** 20).toFixed(1)} MiB`);
}
