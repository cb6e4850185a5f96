import { chmodSync } from "node:fs";
import { buildTemplate } from "../explorer/page/page-template.ts";

/** The explorer's page, as it becomes a part of the binary: there is no bundler in that. */
const PAGE = "explorer/page/page.generated.txt";

/**
 * The flags of every binary, here and in the benchmark. The user's `.env` and `bunfig.toml` change nothing; bytecode
 * and split chunks keep the start short, and so does an engine that compiles late: src/run/start.ts has the reasons.
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

/** Compiles one program, for this system unless flags say another. Throws with the compiler's own words. */
export async function compile(entry: string, outfile: string, flags: readonly string[] = []): Promise<void> {
  await Bun.write(PAGE, await buildTemplate());
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
