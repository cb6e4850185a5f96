import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The numbers of series and points in a file. */
export interface Counts {
  readonly series: number;
  readonly points: number;
}

/** A program of others that tests need, and its Debian package. */
interface Tool {
  readonly command: readonly [string, ...string[]];
  readonly debian: string;
  /** Arguments with which the program ends at once, with status 0 if it can be used. */
  readonly probe: readonly string[];
  /** The package is large, and only the long tests need it. */
  readonly long: boolean;
}

function tool(
  command: string,
  { debian = command, probe = ["--version"], long = false }: Partial<Omit<Tool, "command">> = {},
): Tool {
  return { command: [command], debian, probe, long };
}

const STRICT_PARSER = join(import.meta.dir, "strict_openmetrics.py");

const TOOLS = {
  promtool: tool("promtool", { debian: "prometheus" }),
  // Only the system's own Python has Debian's packages; another may be first on PATH.
  strictParser: tool("/usr/bin/python3", {
    debian: "python3-prometheus-client",
    probe: ["-c", "import prometheus_client.openmetrics.parser"],
  }),
  // Large, and read by a single test: DuckDB reads the same file.
  pandas: tool("/usr/bin/python3", { debian: "python3-pandas", probe: ["-c", "import pandas"], long: true }),
  victoriaMetrics: tool("victoria-metrics", { probe: ["-version"] }),
  prometheus: tool("prometheus"),
  curl: tool("curl"),
  openssl: tool("openssl", { probe: ["version"] }),
  sar: tool("sar", { debian: "sysstat", probe: ["-V"] }),
  iostat: tool("iostat", { debian: "sysstat", probe: ["-V"] }),
  vmstat: tool("vmstat", { debian: "procps", probe: ["-V"] }),
  ip: tool("ip", { debian: "iproute2", probe: ["-V"] }),
  nstat: tool("nstat", { debian: "iproute2", probe: ["-V"] }),
  userModeLinux: tool("linux.uml", { debian: "user-mode-linux" }),
  man: tool("man", { debian: "man-db" }),
  groff: tool("groff"),
  bash: tool("bash", {
    debian: "bash-completion",
    probe: ["-c", "test -e /usr/share/bash-completion/bash_completion"],
  }),
  file: tool("file"),
  readelf: tool("readelf", { debian: "binutils" }),
  qemuArm64: tool("qemu-aarch64-static", { debian: "qemu-user-static", long: true }),
  arm64Libraries: tool("test", {
    debian: "libc6-arm64-cross",
    probe: ["-e", "/usr/aarch64-linux-gnu/lib/libc.so.6"],
    long: true,
  }),
  // The tests of GitLab's jobs copy files with it.
  rsync: tool("rsync"),
  musl: tool("test", { debian: "musl", probe: ["-e", "/lib/ld-musl-x86_64.so.1"], long: true }),
  zsh: tool("zsh"),
  fish: tool("fish"),
  compiler: tool("gcc"),
  browser: tool("chromium"),
  iperf3: tool("iperf3"),
} satisfies Record<string, Tool>;

export type ToolName = keyof typeof TOOLS;

const present = new Map<ToolName, boolean>();

/**
 * Whether a tool is missing, for `test.skipIf`. A missing tool is reported once on stderr. With CI=true the result is
 * false, so that the test runs and fails.
 */
export function isMissing(...names: readonly ToolName[]): boolean {
  const missing = names.filter((name) => !isPresent(name));
  return missing.length > 0 && process.env.CI !== "true";
}

/** The Debian packages of all missing tools. Each call checks again, since some may have been installed. */
export function missingPackages(long: boolean): string[] {
  present.clear();
  const names = (Object.keys(TOOLS) as ToolName[]).filter((name) => long || !TOOLS[name].long);
  return names.filter((name) => !isPresent(name)).map((name) => TOOLS[name].debian);
}

/** Whether a tool that `expectValid` needs is missing. */
export function areValidatorsMissing(): boolean {
  return isMissing("promtool", "strictParser");
}

/**
 * Expects that promtool and the strict parser accept a metrics file and count the same points.
 * @throws Error with the message of the tool, or the package that is not installed
 */
export async function expectValid(path: string): Promise<Counts> {
  const [strict, promtool] = await Promise.all([countByStrictParser(path), countByPromtool(path)]);
  if (strict.points !== promtool)
    throw new Error(`${path}: promtool has ${promtool} points, the strict parser ${strict.points}`);
  return strict;
}

/** @throws Error where the reference parser, or our checks in addition, refuse the file */
export async function countByStrictParser(path: string): Promise<Counts> {
  return JSON.parse(await output("strictParser", [STRICT_PARSER, path]));
}

/** Why the reference parser, or our checks in addition, refuse each of some texts; null where they take it. */
export function refusals(texts: readonly Uint8Array[]): Promise<readonly (string | null)[]> {
  return ofStrictParser("--each", texts);
}

/** The number of series that the reference parser reads in the answer to a scrape. Throws Error where it refuses one. */
export async function countOfScrape(text: string): Promise<number> {
  const [count = 0] = await ofStrictParser<number[]>("--scrape", [new TextEncoder().encode(text)]);
  return count;
}

/** A sample as another program reads it. */
export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly atMs: number;
  readonly value: number;
}

/** The samples that the reference parser reads in each of some texts. Throws Error where it refuses one. */
export async function samplesByStrictParser(texts: readonly Uint8Array[]): Promise<readonly ReadSample[][]> {
  type Row = [name: string, labels: Record<string, string>, atMs: number, value: string];
  const all = await ofStrictParser<Row[][]>("--samples", texts);
  return all.map((rows) => rows.map(([name, labels, atMs, value]) => ({ name, labels, atMs, value: float(value) })));
}

async function ofStrictParser<T>(mode: string, texts: readonly Uint8Array[]): Promise<T> {
  const input = JSON.stringify(texts.map((bytes) => Buffer.from(bytes).toString("base64")));
  return JSON.parse(await output("strictParser", [STRICT_PARSER, mode], input));
}

/** A number as Go and Python write it. */
function float(text: string): number {
  return Number(text.replace(/inf$/i, "Infinity"));
}

/** The samples in the blocks that promtool makes. Throws Error where it refuses the file. */
export async function samplesByPromtool(path: string): Promise<ReadSample[]> {
  const blocks = await mkdtemp(join(tmpdir(), "statexec-promtool-"));
  try {
    await output("promtool", ["tsdb", "create-blocks-from", "openmetrics", path, blocks]);
    // Without it promtool does not take the folder for a database.
    await mkdir(join(blocks, "wal"));
    const dumped = await output("promtool", ["tsdb", "dump", blocks]);
    return dumped.split("\n").filter(Boolean).map(dumpedSample);
  } finally {
    await rm(blocks, { recursive: true, force: true });
  }
}

/** Reads `{__name__="a", b="c"} 1 1700000000123`, where label values are quoted as Go does. */
function dumpedSample(line: string): ReadSample {
  const end = line.lastIndexOf("} ");
  const pairs = line.slice(1, end).matchAll(/([a-zA-Z_0-9]+)="((?:[^"\\]|\\.)*)"/gs);
  const { __name__: name = "", ...labels } = Object.fromEntries(
    [...pairs].map(([, label, quoted = ""]) => [label, unquoted(quoted)]),
  );
  const [value = "", atMs = ""] = line.slice(end + 2).split(" ");
  return { name, labels, atMs: Number(atMs), value: float(value) };
}

const GO_ESCAPES: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

function unquoted(text: string): string {
  return text.replace(/\\(?:x(..)|u(.{4})|U(.{8})|(.))/gs, (_, x, u, U, character) => {
    const code = x ?? u ?? U;
    return code === undefined ? (GO_ESCAPES[character] ?? character) : String.fromCodePoint(Number.parseInt(code, 16));
  });
}

/**
 * The number of points in the blocks that promtool makes. It silently drops points that go back in time.
 * @throws Error where promtool refuses the file
 */
export async function countByPromtool(path: string): Promise<number> {
  const blocks = await mkdtemp(join(tmpdir(), "statexec-promtool-"));
  try {
    const text = await output("promtool", ["tsdb", "create-blocks-from", "openmetrics", path, blocks]);
    // A table with a line a block of two hours: ULID, times, duration, points, chunks, series, size.
    const rows = text.split("\n").filter((line) => /^[0-9A-Z]{26} /.test(line));
    return rows.reduce((sum, row) => sum + Number(row.split(/\s+/)[4]), 0);
  } finally {
    await rm(blocks, { recursive: true, force: true });
  }
}

/** The whole stdout of a tool with an input. Throws Error where it fails. */
export async function output(name: ToolName, args: readonly string[], input = ""): Promise<string> {
  const stdin = Buffer.from(input);
  const child = Bun.spawn([...commandOf(name), ...args], { stdin, stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr.trim() || stdout.trim()}`);
  return stdout;
}

/** The words that start a tool. */
export function commandOf(name: ToolName): readonly string[] {
  if (!isPresent(name)) throw new Error(`${name} is not installed: apt-get install ${TOOLS[name].debian}`);
  return TOOLS[name].command;
}

function isPresent(name: ToolName): boolean {
  const known = present.get(name);
  if (known !== undefined) return known;
  const { command, probe, debian } = TOOLS[name];
  const path = Bun.which(command[0]);
  const usable = path !== null && Bun.spawnSync([path, ...probe]).exitCode === 0;
  present.set(name, usable);
  if (!usable) console.error(`${name} is missing (Debian: ${debian}): tests that need it are skipped`);
  return usable;
}
