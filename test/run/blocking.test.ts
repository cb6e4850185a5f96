import { expect, test } from "bun:test";
import { join } from "node:path";

const SCRIPT = join(import.meta.dir, "blocking-clock.ts");

/** Runs a case of blocking-clock.ts; the next deadline is an hour away where something else is awaited. */
async function linesOf(name: string): Promise<string[]> {
  const child = Bun.spawn([process.execPath, SCRIPT, name], { stdout: "pipe" });
  const text = await new Response(child.stdout).text();
  expect(await child.exited).toBe(0);
  return text.trimEnd().split("\n");
}

test.each([
  ["deadlines in order", ["first", "second", "third"]],
  ["a deadline with slack, together with the next one", ["the next one", "with it"]],
  ["a deadline with slack, when that has passed", ["alone"]],
  ["promises before the next deadline", ["chain", "next"]],
  ["a child's end", ["ended"]],
  ["what is watched, and no more of it once it is closed", ["readable 1", "readable 0", "2 times"]],
  ["a signal", ["signal"]],
  ["a request", ["answer"]],
  ["timers of others wait, up to a bound", ["ours", "theirs"]],
  ["timers again after it", ["timer", "deadline"]],
  ["an error in a callback", ["error", "next"]],
])("while the clock blocks: %s", async (name, lines) => {
  expect(await linesOf(name)).toEqual(lines);
});
