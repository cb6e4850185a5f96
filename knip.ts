import type { KnipConfiguration } from "knip";

interface Arguments {
  readonly production?: boolean;
}

/**
 * Adds an import for each name that is taken from a `require`, as in `require(file).name` and `const { name } =
 * require(file)`: knip overlooks those.
 */
function withNamesOfRequires(text: string): string {
  const names = [...text.matchAll(/\brequire\(("[^"]+")\)\.(\w+)/g)].map(([, file, name]) => ({
    file,
    names: [name!],
  }));
  const destructured = [...text.matchAll(/\bconst \{([^}]+)\} = require\(("[^"]+")\)/g)].map(([, list, file]) => ({
    file,
    names: list!.split(",").flatMap((name) => name.trim() || []),
  }));
  const imports = [...names, ...destructured].flatMap(({ file, names }) => names.map((name) => ({ file, name })));
  return text + imports.map(({ file, name }, i) => `import { ${name} as required${i} } from ${file};`).join("");
}

/**
 * Finds dead code, in two runs. `knip` lists the files, packages and exports that nothing uses, and what is exported though
 * only its own file uses it. `knip --production` lists what only tests use; a function that its own file uses as well may be
 * exported so that a test can call it.
 */
export default ({ production = false }: Arguments): KnipConfiguration => ({
  entry: [
    "index.ts!",
    "explorer/page/entry*.ts!",
    "scripts/*.ts!",
    "bench/*.ts!",
    "bench/programs/*.ts!",
    "test/**/*.test.ts",
    // Programs that tests start by their names.
    "test/collect/growth.ts",
    "test/run/blocking-clock.ts",
    "test/journal/{endless,footprint,limited}.ts",
    "test/helpers/faults.ts",
  ],
  project: ["{src,explorer,scripts,bench}/**/*.ts!", "test/**/*.ts"],
  // Started by their paths: they export nothing.
  ignoreDependencies: ["gitlab-ci-local", "@cyclonedx/cyclonedx-npm"],
  ignoreExportsUsedInFile: production,
  compilers: { ts: withNamesOfRequires },
});
