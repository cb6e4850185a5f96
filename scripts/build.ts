import { chmodSync } from "node:fs";
import { buildTemplate } from "../explorer/page/page-template.ts";
import { fewerChunks } from "./chunks.ts";

/** The explorer's bundled pages. They are compiled into the binary, which has no bundler. */
const PAGES = ["plain", "full"] as const;

/** The system that a binary is for: the compiler's name for it, and the path of its runtime. */
export interface BinarySystem {
  readonly target: Bun.Build.CompileTarget;
  readonly executablePath: string;
}

/**
 * Compiles a program, for this system unless another is named. The user's `.env` and `bunfig.toml` are not read. Bytecode,
 * few chunks and a JIT compiler that waits longer make the start short: src/run/start.ts has the reasons. Throws with the
 * compiler's messages.
 */
export async function compile(entry: string, outfile: string, system?: BinarySystem): Promise<void> {
  for (const kind of PAGES) await Bun.write(`explorer/page/${kind}.generated.txt`, await buildTemplate(kind));
  const made = await Bun.build({
    entrypoints: [entry],
    compile: { outfile, ...system, autoloadDotenv: false, autoloadBunfig: false, jitPolicy: 100 },
    minify: true,
    bytecode: true,
    format: "esm",
    splitting: true,
    plugins: [fewerChunks(entry)],
    throw: false,
  });
  if (!made.success) throw new Error(`cannot compile ${entry}:\n${made.logs.join("\n")}`);
  chmodSync(outfile, 0o755);
}

if (import.meta.main) {
  await compile("index.ts", "dist/statexec");
  console.log(`dist/statexec, ${(Bun.file("dist/statexec").size / 2 ** 20).toFixed(1)} MiB`);
}
