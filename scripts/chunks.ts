import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { BunPlugin } from "bun";

/*
 * The compiler puts code that is loaded later into files of its own, chunks, and what several of them share into further
 * ones. For a plain run that would be 79 chunks, and each costs about 30 µs and a page of memory. Here what every run loads
 * is put together into two: one before the command starts, one when it runs. All other chunks take from these two.
 */

/** What every run loads once its command runs. */
const LOADED_BY_RUN = [
  "src/run/sampler.ts",
  "src/run/run-journal.ts",
  "src/run/command-task-clock.ts",
  "src/collect/processes/process-collector.ts",
  "src/collect/machine/self.ts",
  "src/output/write-metrics.ts",
];

/** The rows of this table name the collectors, which are loaded with it. */
const COLLECTORS = "src/collect/registry.ts";

/** The name by which the second chunk is loaded. */
const RUN = "statexec:run";

const LATER = /(?<!typeof )\b(require|import)\("(\.[^"]+\.ts)"\)/g;

const transpiler = new Bun.Transpiler({ loader: "ts" });

/** The files of a program, and how they load one another. */
class Files {
  private readonly known = new Map<string, readonly [atOnce: readonly string[], later: readonly string[]]>();

  /** The files that a file is loaded with, and those that it loads later. */
  importsOf(file: string): readonly [atOnce: readonly string[], later: readonly string[]] {
    const known = this.known.get(file);
    if (known) return known;
    const own = transpiler
      .scanImports(readFileSync(file, "utf8").replace(/^#!.*/, ""))
      .filter(({ path }) => /^\..*\.ts$/.test(path));
    const [atOnce, later] = [true, false].map((wanted) =>
      own
        .filter(({ kind }) => (kind === "import-statement") === wanted)
        .map(({ path }) => resolve(dirname(file), path)),
    );
    const imports = [atOnce!, later!] as const;
    this.known.set(file, imports);
    return imports;
  }

  /** These files and all that they are loaded with. */
  loadedWith(files: readonly string[]): Set<string> {
    const found = new Set(files);
    for (const file of found) for (const next of this.importsOf(file)[0]) found.add(next);
    return found;
  }

  /** All files that a program may ever load. */
  all(entry: string): Set<string> {
    const found = new Set([entry]);
    for (const file of found) for (const next of this.importsOf(file).flat()) found.add(next);
    return found;
  }
}

/** Returns the plugin of the compiler that makes fewer chunks of a program. One that runs no command stays as it is. */
export function fewerChunks(entry: string): BunPlugin {
  const texts = joined(resolve(entry));
  return {
    name: "fewer chunks",
    setup(build) {
      build.onResolve({ filter: /^statexec:run$/ }, ({ path }) => ({ path, namespace: "statexec" }));
      build.onLoad({ filter: /^statexec:run$/, namespace: "statexec" }, () => ({
        contents: texts.get(RUN)!,
        loader: "ts",
      }));
      build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const contents = texts.get(path);
        return contents === undefined ? undefined : { contents, loader: "ts" };
      });
    },
  };
}

/** Returns the files whose text is another one, and the text. */
function joined(entry: string): Map<string, string> {
  const files = new Files();
  const all = files.all(entry);
  const texts = new Map<string, string>();
  const ofRun = [...LOADED_BY_RUN.map((file) => resolve(file)), ...files.importsOf(resolve(COLLECTORS))[1]];
  if (!ofRun.every((file) => all.has(file))) return texts;
  const start = files.loadedWith([entry]);
  const run = files.loadedWith(ofRun);
  texts.set(RUN, ofRun.map((file) => `export * from "${file}";\n`).join(""));
  const later = new Set([...all].flatMap((file) => files.importsOf(file)[1]));
  for (const file of all) {
    const own = files.loadedWith([file]);
    const takes: string[] = [];
    // The code of a start is there when another chunk is loaded. The entry itself is not, since it waits for the end.
    if (later.has(file) && !start.has(file) && overlap(own, start)) takes.push(...files.importsOf(entry)[0]);
    if (later.has(file) && !run.has(file) && [...own].some((one) => run.has(one) && !start.has(one))) takes.push(RUN);
    const text = readFileSync(file, "utf8");
    const changed =
      takes.map((path) => `import "${path}";`).join("") +
      text.replace(LATER, (call, how, path) =>
        ofRun.includes(resolve(dirname(file), path)) ? `${how}("${RUN}")` : call,
      );
    if (changed !== text) texts.set(file, changed);
  }
  return texts;
}

function overlap<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): boolean {
  return !a.isDisjointFrom(b);
}
