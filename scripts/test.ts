import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { missingPackages } from "../test/helpers/validators.ts";
import { compile } from "./build.ts";
import { installPackages } from "./packages.ts";
import { runTests, type TestCounts } from "./test-run.ts";

/** So many files at once: most wait for what they started. More of them would take each other's CPU time. */
const AT_ONCE = 2;

/**
 * Files of which a test failed run once more, alone, if there are no more of them: a machine that others keep busy for
 * seconds makes a test of signals or times fail now and then. What needed that is named, so that it can be mended.
 */
const MOST_TRIED_AGAIN = 3;

/** Runs the tests against a fresh binary, and prints the counts of the runner's report. */
async function main(): Promise<void> {
  const long = process.argv.includes("--long");
  const missing = installPackages(() => missingPackages(long));
  if (missing.length > 0) {
    console.log(`skipped: what needs ${missing.join(", ")} (not installed; as root on Debian this would install them)`);
    if (process.env.CI === "true") throw new Error("with CI=true nothing may be skipped");
  }
  await compile("index.ts", "dist/statexec");
  const folder = mkdtempSync(join(tmpdir(), "statexec-report-"));
  try {
    const env = { ...process.env, ...(long ? { STATEXEC_TEST_LONG: "1" } : {}) };
    const first = await runTests({ filters: filters(), atOnce: AT_ONCE, env, folder });
    const files = [...first.failed.keys()];
    const isWorthTrying = files.length > 0 && files.length <= MOST_TRIED_AGAIN && !first.hasErrors;
    const last = isWorthTrying
      ? await tryAgain(first, { filters: files.map((file) => `./${file}`), atOnce: 1, env, folder })
      : first;
    const failed = [...last.failed.values()].flat().length;
    const passed = first.tests - first.skipped - failed;
    console.log(`${passed} passed, ${failed} failed${first.skipped > 0 ? `, ${first.skipped} skipped` : ""}`);
    process.exitCode = failed === 0 && !last.hasErrors ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs the files of tests that failed again, and names what passes now. */
async function tryAgain(first: TestCounts, run: Parameters<typeof runTests>[0]): Promise<TestCounts> {
  console.log(`\nOnce more, alone: ${run.filters.join(", ")}`);
  const second = await runTests(run);
  for (const [file, names] of first.failed)
    for (const name of names)
      if (!second.failed.get(file)?.includes(name)) console.log(`passed at the second try: ${file}: ${name}`);
  return second;
}

function filters(): string[] {
  return process.argv.slice(2).filter((word) => word !== "--long");
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.log("0 passed, 1 failed");
  process.exitCode = 1;
}
