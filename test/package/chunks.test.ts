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
  const start = loadedWith("index.js");
  expect(start.size).toBeLessThanOrEqual(4);
  const code = [...start].map((name) => texts.get(name)).join("");
  expect(code).toContain("function startCommand(");
  expect(code).not.toMatch(/class (Sampler|ProcessCollector|JournalWriter|KernelSource) /);
  const chunks = [
    "{ Sampler }",
    "{ RunJournal }",
    "{ ProcessCollector }",
    "{ writeMetrics }",
    "load: () => import",
  ].map((use) => code.slice(code.indexOf(use)).match(/"\.\/([\w-]+\.js)"/)![1]!);
  expect(new Set(chunks).size).toBe(1);
  expect(loadedWith(chunks[0]!).difference(start).size).toBeLessThanOrEqual(6);
});
