import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { basename, dirname, join, normalize, relative } from "node:path";

const ROOT = join(import.meta.dir, "..");

/** Who may import whom, beside the files of the same folder. `errors` and `clock` are open to all. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  "src/catalog": [],
  "src/cli": ["src/catalog"],
  // What comes before the C library.
  "src/os": ["src/supported.ts", "src/refuse.ts"],
  "src/proc": ["src/os"],
  "src/collect": ["src/catalog", "src/proc"],
  "src/cgroup": ["src/collect", "src/proc", "src/os"],
  "src/recording": ["src/catalog"],
  "src/journal": ["src/catalog", "src/recording", "src/os"],
  "src/openmetrics": ["src/catalog", "src/recording"],
  // Requests to other programs and from them: of the runtime alone.
  "src/net": [],
  "src/run": [
    "src/catalog",
    "src/cgroup",
    "src/cli",
    "src/collect",
    "src/journal",
    "src/os",
    "src/proc",
    "src/recording",
  ],
  // Its clock series are a collector of the catalogue's; readiness is the kernel's to say, and the token a file's; before
  // the wait there is a run that records nothing.
  "src/sync": [
    "src/run",
    "src/cli",
    "src/catalog",
    "src/collect",
    "src/journal",
    "src/recording",
    "src/net",
    "src/proc",
    "src/os",
  ],
  // What a run is to write is in its Config.
  "src/output": [
    "src/catalog",
    "src/cli",
    "src/recording",
    "src/journal",
    "src/openmetrics",
    "src/load",
    "src/net",
    "src/os",
    "src/history",
  ],
  // Recordings for other programs, without the places that they are written to.
  "src/export": ["src/catalog", "src/recording", "src/openmetrics", "src/load"],
  // Runs that were remembered; SQLite is loaded by nothing else.
  "src/history": ["src/catalog", "src/recording"],
  // Recordings out of files and journals, for all that show or compare them; how much of them is a variable's to say.
  "src/load": ["src/cli", "src/recording", "src/journal", "src/openmetrics", "src/os"],
  // Beside what design.md names: load and os, since its server lists folders and hands files out.
  // A picture of a run that goes on: its journal, as the summary shows it.
  "src/live": [
    "src/catalog",
    "src/cli",
    "src/recording",
    "src/journal",
    "src/load",
    "src/output",
    "src/os",
    "src/history",
  ],
  explorer: ["src/catalog", "src/recording", "src/journal", "src/openmetrics", "src/load", "src/net", "src/os"],
  // A series of runs: each is a statexec of its own, and its figures come from its file; its table goes to places as a
  // run's summary does.
  "src/repeat": ["src/catalog", "src/cli", "src/recording", "src/load", "src/run", "src/output", "src/os"],
  // Where everything for one run comes together.
  "src/record": ["*"],
  // What runs no command: each mode loads what it needs.
  "src/modes": ["*"],
  "src/main.ts": ["*"],
  "src/supported.ts": ["src/plain-runtime.ts", "src/refuse.ts"],
  "src/refuse.ts": [],
  // It runs where the C library cannot be used.
  "src/plain-runtime.ts": [],
  "index.ts": ["src/supported.ts", "src/main.ts"],
};

/** The files that every other may import: errors of all kinds, the clock, and what makes text safe to show. */
const OPEN_TO_ALL: readonly string[] = ["src/errors.ts", "src/clock.ts", "src/safe-text.ts", "package.json"];

/** A longer file has more than one idea. */
const MOST_LINES = 400;

/** A shorter file in `src` is a part of an idea, unless it is one of these. */
const LEAST_LINES = 30;
const MAY_BE_SHORT: readonly RegExp[] = [
  // Entries.
  /^src\/(supported|log)\.ts$/,
  // Tables.
  /^src\/(catalog\/(reserved-labels|label-value)|cli\/options.*|proc\/units)\.ts$/,
  // Loaded before the command starts, apart from what makes results.
  /^src\/output\/results-wanted\.ts$/,
  // One of a set: a collector, a kernel file's parser.
  /^src\/(collect\/machine\/|proc\/)/,
];

interface Import {
  readonly file: string;
  readonly target: string;
}

function filesBelow(...patterns: string[]): string[] {
  return patterns.flatMap((pattern) => [...new Bun.Glob(pattern).scanSync({ cwd: ROOT })]).sort();
}

function sourceFiles(): string[] {
  return filesBelow("index.ts", "src/**/*.ts", "explorer/**/*.ts");
}

/** The imports of a file that lead to files of ours; a type's too. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const targets = [...text.matchAll(/(?:from|import|require)\s*\(?\s*"(\.[^"]+)"/g)].map(([, target]) => target!);
  return targets.map((target) => ({ file, target: normalize(join(dirname(file), target)) }));
}

function folderOf(file: string): string {
  const [top, second] = file.split("/");
  if (top === "explorer") return top;
  return dirname(file) === "." || dirname(file) === "src" ? file : `${top}/${second}`;
}

/** How a file names one that is loaded with it, and one that it loads when it needs it. */
const AT_ONCE = /^(?:import|export)\s(?!type\b)[^;]*?from\s*"(\.[^"]+)"/gms;
const LATER = /\brequire\("(\.[^"]+)"\)/g;

/** The files that a plain run loads, by these ways from one to the next. */
function reachedBy(...ways: readonly RegExp[]): string[] {
  const reached = new Set<string>();
  const visit = (file: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    const text = readFileSync(join(ROOT, file), "utf8");
    for (const [, target] of ways.flatMap((way) => [...text.matchAll(way)]))
      if (target!.endsWith(".ts")) visit(normalize(join(dirname(file), target!)));
  };
  visit("index.ts");
  return [...reached];
}

describe("the house", () => {
  test("no folder imports another that it may not", () => {
    expect(sourceFiles().length).toBeGreaterThan(50);
    const wrong: string[] = [];
    for (const { file, target } of sourceFiles().flatMap(importsOf)) {
      if (OPEN_TO_ALL.includes(target)) continue;
      const [from, to] = [folderOf(file), folderOf(target)];
      if (from !== to && !ALLOWED[from]?.some((allowed) => allowed === "*" || allowed === to))
        wrong.push(`${file} imports ${target}`);
    }
    expect(wrong).toEqual([]);
  });

  test("there is no cycle", () => {
    const graph = new Map(sourceFiles().map((file) => [file, importsOf(file).map(({ target }) => target)]));
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) throw new Error(`a cycle: ${[...path.slice(path.indexOf(file)), file].join(" → ")}`);
      if (done.has(file)) return;
      for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of graph.keys()) visit(file, []);
    expect(done.size).toBeGreaterThanOrEqual(graph.size);
  });

  test(`no file is longer than ${MOST_LINES} lines`, () => {
    const files = filesBelow("index.ts", ...["src", "explorer", "test", "bench", "scripts"].map((f) => `${f}/**/*.ts`));
    const lines = (file: string) => readFileSync(join(ROOT, file), "utf8").split("\n").length - 1;
    const long = files.filter((file) => lines(file) > MOST_LINES);
    expect(long).toEqual([]);
  });

  test("what a plain run does not need is loaded by nothing that it loads", () => {
    const reached = reachedBy(AT_ONCE, LATER);
    for (const file of reached)
      for (const name of ["citty", "consola", "node:"])
        expect(readFileSync(join(ROOT, file), "utf8"), `${file} loads ${name}`).not.toMatch(
          new RegExp(`^import\\s(?!type\\b)[^;]*?from\\s*"${name}`, "ms"),
        );
    expect(reached.length).toBeGreaterThan(100);
  });

  test("the command's start waits for nothing that measures or keeps", () => {
    const behindTheStart =
      /^src\/(collect\/(?!registry)|run\/(sampler|run-series|run-journal|budget-watch)|journal\/journal-(writer|encoder)|catalog\/index)/;
    expect(reachedBy(AT_ONCE).filter((file) => behindTheStart.test(file))).toEqual([]);
    expect(reachedBy(AT_ONCE, LATER).filter((file) => behindTheStart.test(file)).length).toBeGreaterThan(30);
  });
});

describe("what is printed", () => {
  /** The place that makes text safe for a terminal, what runs before it, and where a library writes what was made safe. */
  const MAY_PRINT: readonly string[] = ["src/os/print.ts", "src/refuse.ts", "src/modes/run-mode.ts"];

  test("passes the one place that makes it safe for a terminal", () => {
    const printing = /\bconsole\.|process\.std(?:out|err)\b|\bwriteAll\((?:1|2|STDERR|STDOUT|output)\b/;
    const files = sourceFiles().filter((file) => !file.startsWith("explorer/page/"));
    const found = files.filter((file) => printing.test(readFileSync(join(ROOT, file), "utf8")));
    expect(found.sort()).toEqual([...MAY_PRINT].sort());
  });
});

describe("src", () => {
  const files = filesBelow("src/**/*.ts");
  const textOf = (file: string) => readFileSync(join(ROOT, file), "utf8");

  /** The names that more than one file has, with these files. */
  const shared = (pairs: readonly (readonly [name: string, file: string])[]): string[] =>
    [...Map.groupBy(pairs, ([name]) => name)]
      .map(([name, places]) => ({ name, in: new Set(places.map(([, file]) => file)) }))
      .filter((found) => found.in.size > 1)
      .map((found) => `${found.name}: ${[...found.in].join(", ")}`);

  test("no two files have the same name", () => {
    expect(shared(files.map((file) => [basename(file), file]))).toEqual([]);
  });

  test("no two files export the same name", () => {
    const exported =
      /^export (?:default |abstract |async |declare )*(?:function\*?|class|const|let|interface|type|enum) ([\w$]+)/gm;
    const pairs = files.flatMap((file) =>
      Array.from(textOf(file).matchAll(exported), ([, name]) => [name!, file] as const),
    );
    expect(pairs.length).toBeGreaterThan(200);
    expect(shared(pairs)).toEqual([]);
  });

  test(`no file is shorter than ${LEAST_LINES} lines, but entries, tables and members of a set`, () => {
    const short = files.filter((file) => textOf(file).split("\n").length - 1 < LEAST_LINES);
    expect(short.filter((file) => !MAY_BE_SHORT.some((pattern) => pattern.test(file)))).toEqual([]);
  });
});

describe("what is committed", () => {
  const committed = Bun.spawnSync(["git", "ls-files", "-z"], { cwd: ROOT })
    .stdout.toString()
    .split("\0")
    .filter(Boolean);

  test("bun.lock names no host", () => {
    expect(readFileSync(join(ROOT, "bun.lock"), "utf8")).not.toMatch(/https?:\/\//);
  });

  test("direct versions are exact", () => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
      readFileSync(join(ROOT, "package.json"), "utf8"),
    );
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }))
      expect(version, name).toMatch(/^\d+\.\d+\.\d+(-r\.\d+)?$/);
  });

  test("no code names a folder of the machine that it was made on", () => {
    const code = committed.filter(
      (file) => /\.(ts|c|py|json|md|toml)$/.test(file) && !file.startsWith("test/fixtures/"),
    );
    expect(code.length).toBeGreaterThan(0);
    // Where it lies now stands for where it lay when it was written: a path that was pasted shows on that machine.
    const folder = relative("/", dirname(ROOT));
    if (folder === "") return;
    const path = new RegExp(`(?<![\\w.])/${RegExp.escape(folder)}/\\w`);
    for (const file of code) expect(readFileSync(join(ROOT, file), "utf8"), file).not.toMatch(path);
  });
});
