import { expect, test } from "bun:test";
import { fewerChunks } from "../../scripts/chunks.ts";

const AT_ONCE = /(?:^import\s*|from\s*)"\.\/([\w-]+\.js)"/gm;

test("what every run loads is in few chunks, and what measures is in none of those that come before the command", async () => {
  const plugins = [fewerChunks("index.ts")];
  const { outputs } = await Bun.build({ entrypoints: ["index.ts"], target: "bun", splitting: true, plugins });
  const texts = new Map<string, string>();
  for (const output of outputs) texts.set(output.path.replace("./", ""), await output.text());
  const loadedWith = (first: string): Set<string> => {
    const found = new Set([first]);
    for (const name of found) for (const [, next] of texts.get(name)!.matchAll(AT_ONCE)) found.add(next!);
    return found;
  };
  const codeOf = (names: Iterable<string>) => Array.from(names, (name) => texts.get(name)).join("");
  /** The chunk from which all of these are taken. */
  const chunkOf = (code: string, uses: readonly string[]): string => {
    const found = uses.map((use) => /"\.\/([\w-]+\.js)"/.exec(code.slice(code.indexOf(use)))![1]!);
    expect(new Set(found).size, uses.join()).toBe(1);
    return found[0]!;
  };
  const start = loadedWith("index.js");
  expect(start.size).toBeLessThanOrEqual(4);
  expect(codeOf(start)).toContain("function startCommand(");
  expect(codeOf(start)).not.toMatch(/class (Sampler|ProcessCollector|JournalWriter|KernelSource) /);
  const ofRun = ["{ Sampler }", "{ RunJournal }", "{ ProcessCollector }", "{ writeMetrics }", "load: () => import"];
  const run = loadedWith(chunkOf(codeOf(start), ofRun)).difference(start);
  expect(run.size).toBeLessThanOrEqual(4);
  expect(codeOf(run)).toContain("class Sampler");
  expect(codeOf(run)).not.toContain("class JournalEncoder");
  const journal = loadedWith(chunkOf(codeOf(run), ["{ JournalEncoder }", "{ JournalFile }"]));
  expect(journal.difference(start).difference(run).size).toBeLessThanOrEqual(4);
});
