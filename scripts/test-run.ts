import { join } from "node:path";

/** A test that does not wait for ever ends within this time, on a machine that is several times slower, too. */
const TIMEOUT_MS = 120_000;

export interface TestRun {
  /** Files or folders; none: all. */
  readonly filters: readonly string[];
  /** So many files at the same time. */
  readonly atOnce: number;
  readonly env: NodeJS.ProcessEnv;
  /** Where the runner's report is written. */
  readonly folder: string;
  /** Nothing of what the runner prints is shown. */
  readonly isQuiet?: boolean;
}

/** What a test run came to. */
export interface TestCounts {
  readonly tests: number;
  readonly skipped: number;
  /** The names of tests that failed, by file. */
  readonly failed: ReadonlyMap<string, readonly string[]>;
  /** Whether something failed outside of the tests, as a file that cannot be loaded: no test tells of it. */
  readonly hasErrors: boolean;
}

/** Runs tests; what the runner prints goes on to our own streams. Throws where it left no report, or one without tests. */
export async function runTests({ filters, atOnce, env, folder, isQuiet = false }: TestRun): Promise<TestCounts> {
  const report = join(folder, "report.xml");
  const words = [
    ...["test", `--parallel=${atOnce}`, `--timeout=${TIMEOUT_MS}`],
    ...["--reporter=junit", `--reporter-outfile=${report}`, ...filters],
  ];
  const stdout = isQuiet ? "ignore" : "inherit";
  const runner = Bun.spawn([process.execPath, ...words], { env, stdin: "ignore", stdout, stderr: "pipe" });
  let end = "";
  const decoder = new TextDecoder();
  for await (const bytes of runner.stderr) {
    if (!isQuiet) process.stderr.write(bytes);
    end = (end + decoder.decode(bytes, { stream: true })).slice(-MOST_SUMMARY);
  }
  const status = await runner.exited;
  const file = Bun.file(report);
  if (!(await file.exists())) throw new Error("the test runner left no report");
  const counts = countsOf(await file.text());
  if (counts.tests - counts.skipped <= 0) throw new Error("the test runner's report holds no test");
  const isUnexplained = status !== 0 && counts.failed.size === 0;
  return { ...counts, hasErrors: isUnexplained || /^\s*[1-9]\d* errors?$/m.test(end) };
}

/** The runner's last lines are within so many characters. */
const MOST_SUMMARY = 2000;

/** Reads a JUnit report. */
export function countsOf(report: string): Omit<TestCounts, "hasErrors"> {
  const head = /<testsuites\b[^>]*>/.exec(report)?.[0] ?? "";
  const failed = new Map<string, string[]>();
  for (const [, attributes = "", , body = ""] of report.matchAll(/<testcase\b([^>]*?)(\/>|>([\s\S]*?)<\/testcase>)/g)) {
    if (!body.includes("<failure")) continue;
    const file = attribute(attributes, "file");
    const name = [attribute(attributes, "classname"), attribute(attributes, "name")].filter(Boolean).join(" > ");
    failed.set(file, [...(failed.get(file) ?? []), name]);
  }
  return { tests: Number(attribute(head, "tests")), skipped: Number(attribute(head, "skipped")), failed };
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function attribute(text: string, name: string): string {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(text)?.[1] ?? "";
  return value.replace(/&(?:#(\d+)|(\w+));/g, (_, code, word) =>
    code === undefined ? (ENTITIES[word] ?? "") : String.fromCodePoint(Number(code)),
  );
}
