import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { missingPackages } from "../test/helpers/validators.ts";
import { compile } from "./build.ts";
import { installPackages } from "./packages.ts";

/** So many files at once: most wait for what they started. More of them would take each other's CPU time. */
const AT_ONCE = 2;

/** A test that does not wait for ever ends within this time, on a machine that is several times slower, too. */
const TIMEOUT_MS = 120_000;

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
    const report = join(folder, "report.xml");
    const words = [
      "test",
      `--parallel=${AT_ONCE}`,
      `--timeout=${TIMEOUT_MS}`,
      "--reporter=junit",
      `--reporter-outfile=${report}`,
      ...filters(),
    ];
    const env = { ...process.env, ...(long ? { STATEXEC_TEST_LONG: "1" } : {}) };
    const runner = Bun.spawn([process.execPath, ...words], { env, stdio: ["ignore", "inherit", "inherit"] });
    const status = await runner.exited;
    const { passed, failed, skipped } = await readReport(report);
    console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
    process.exitCode = status === 0 && failed === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function filters(): string[] {
  return process.argv.slice(2).filter((word) => word !== "--long");
}

/** The counts of a JUnit report. Throws where the runner left none, or one without tests. */
async function readReport(path: string): Promise<{ passed: number; failed: number; skipped: number }> {
  const file = Bun.file(path);
  if (!(await file.exists())) throw new Error("the test runner left no report");
  const head = /<testsuites\b[^>]*>/.exec(await file.text())?.[0] ?? "";
  const count = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  const [tests, failed, skipped] = [count("tests"), count("failures"), count("skipped")];
  if (tests - skipped <= 0) throw new Error("the test runner's report holds no test");
  return { passed: tests - failed - skipped, failed, skipped };
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.log("0 passed, 1 failed");
  process.exitCode = 1;
}
