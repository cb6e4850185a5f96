import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { BunPlugin } from "bun";

/*
 * The compiler puts code that is loaded later into files of its own, chunks, and what several of them share into further
 * ones. For a plain run that would be 79 chunks, and each costs about 30 µs and a page of memory. Here what every run loads
 * is put together into two, one before the command starts and one when it runs, and what a longer run loads into a third.
 * All other chunks take from these.
 */

/** The rows of this table name the collectors, which are loaded when the command runs. */
const COLLECTORS = "src/collect/registry.ts";

/** The name by which a chunk is loaded, and the files that are in it with all that they are loaded with. */
type Chunk = readonly [name: string, files: readonly string[]];

/** What is loaded together, in this order. */
const LOADED_BY_RUN: readonly Chunk[] = [
  [
    "statexec:run",
    [
      "src/run/sampler.ts",
      "src/run/run-journal.ts",
      "src/run/oom-watch.ts",
      "src/run/command-task-clock.ts",
      "src/collect/processes/process-collector.ts",
      "src/collect/machine/self.ts",
      "src/output/write-metrics.ts",
      "src/os/event-loop.ts",
    ],
  ],
  ["statexec:journal", ["src/journal/journal-encoder.ts", "src/journal/journal-file.ts", "src/proc/last-parsed.ts"]],
];

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
  const texts = changedTexts(resolve(entry));
  const load = ({ path }: { readonly path: string }) => {
    const contents = texts.get(path);
    return contents === undefined ? undefined : { contents, loader: "ts" as const };
  };
  return {
    name: "fewer chunks",
    setup(build) {
      build.onResolve({ filter: /^statexec:/ }, ({ path }) => ({ path, namespace: "statexec" }));
      build.onLoad({ filter: /./, namespace: "statexec" }, load);
      build.onLoad({ filter: /\.ts$/ }, load);
    },
  };
}

/** Returns the text of the new chunks, and of the files whose text changes since they load them. */
function changedTexts(entry: string): Map<string, string> {
  const files = new Files();
  const texts = new Map<string, string>();
  const all = files.all(entry);
  if (!all.has(resolve(COLLECTORS))) return texts;
  const start = files.loadedWith([entry]);
  const chunkOf = new Map<string, string>();
  const added: (readonly [name: string, files: ReadonlySet<string>])[] = [];
  const before = new Set(start);
  for (const [name, own] of LOADED_BY_RUN) {
    const first = own.map((file) => resolve(file));
    if (added.length === 0) first.push(...files.importsOf(resolve(COLLECTORS))[1]);
    texts.set(name, first.map((file) => `export * from "${file}";\n`).join(""));
    for (const file of first) chunkOf.set(file, name);
    added.push([name, files.loadedWith(first).difference(before)]);
    for (const file of added.at(-1)![1]) before.add(file);
  }
  const later = new Set([...all].flatMap((file) => files.importsOf(file)[1]));
  for (const file of all) {
    const text = readFileSync(file, "utf8");
    const redirected = text.replace(LATER, (call, how, path) => {
      const chunk = chunkOf.get(resolve(dirname(file), path));
      return chunk === undefined ? call : `${how}("${chunk}")`;
    });
    const takes = later.has(file) && !start.has(file) ? takenBy(file) : [];
    const changed = takes.map((path) => `import "${path}";`).join("") + redirected;
    if (changed !== text) texts.set(file, changed);
  }
  return texts;

  /** What a file that is loaded later has in common with what is there by then. */
  function takenBy(file: string): readonly string[] {
    const own = files.loadedWith([file]);
    // The entry itself is never loaded to its end, since it waits for the run's.
    const ofStart = own.isDisjointFrom(start) ? [] : files.importsOf(entry)[0];
    const ofRun = added.filter(([name, those]) => chunkOf.get(file) !== name && !own.isDisjointFrom(those));
    return [...ofStart, ...ofRun.map(([name]) => name)];
  }
}
