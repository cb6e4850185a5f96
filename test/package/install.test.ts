import { beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { version } from "../../package.json";
import { cleanEnv, runProgram, tempFolder } from "../helpers/statexec.ts";

const ROOT = resolve(import.meta.dir, "../..");
const INSTALL_MS = 120_000;

/** The folder of what `npm pack` made; it is removed when the process ends. */
const packed = tempFolder();
process.on("exit", () => packed[Symbol.dispose]());
const TARBALL = packed.file(`statexec-${version}.tgz`);

beforeAll(async () => {
  for (const folder of ["npm", "bun"]) mkdirSync(packed.file(folder));
  mkdirSync(packed.file("home"));
  await run(["npm", "pack", "--silent", "--pack-destination", packed.path], { cwd: ROOT, env: {} });
}, INSTALL_MS);

/**
 * An environment without Bun in PATH and with an empty HOME. What `npm install` fetched here before is not fetched again; the
 * long tests start with an empty cache, as a new machine does.
 */
function bareEnv(): Record<string, string> {
  const cache = process.env.STATEXEC_TEST_LONG ? packed.path : homedir();
  return {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    HOME: packed.file("home"),
    npm_config_cache: join(cache, ".npm"),
    npm_config_prefer_offline: "true",
    BUN_INSTALL_CACHE_DIR: join(cache, ".bun/install/cache"),
  };
}

/** Returns a program's output. Throws if it fails. */
async function run(words: readonly string[], { cwd, env = bareEnv() }: { cwd: string; env?: Record<string, string> }) {
  const result = await runProgram(words, { cwd, env: isolated(env) });
  if (result.code !== 0) throw new Error(`${words.join(" ")}: status ${result.code}\n${result.stdout}${result.stderr}`);
  return result.stdout;
}

/** Removes the variables of the tests' own environment, but for a few that the network needs. */
function isolated(env: Record<string, string>): Record<string, string | undefined> {
  if (Object.keys(env).length === 0) return {};
  const kept = new Set(["SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "npm_config_registry"]);
  const others = Object.keys(cleanEnv()).filter((name) => !kept.has(name));
  return { ...Object.fromEntries(others.map((name) => [name, undefined])), ...env };
}

/** The files below a folder, by their relative paths. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

describe("what npm pack makes", () => {
  test("holds the program and its documents, and no files for development", async () => {
    const folder = packed.file("content");
    mkdirSync(folder);
    await run(["tar", "-xzf", TARBALL, "-C", folder], { cwd: packed.path });
    const files = filesOf(join(folder, "package"));
    expect(files).toContain("bin/statexec");
    expect(files).toContain("src/main.ts");
    expect(files.filter((file) => !/^(bin|completions|docs|explorer|man|schemas|src)\//.test(file)).sort()).toEqual(
      ["CHANGELOG.md", "LICENSE.md", "README.md", "index.ts", "package.json"].sort(),
    );
    expect(Bun.file(TARBALL).size).toBeLessThan(2 ** 20);
  });
});

const INSTALLERS = {
  npm: { add: ["npm", "install", "--no-audit", "--no-fund"], execute: ["npx", "--no-install"] },
  bun: { add: [process.execPath, "add"], execute: [process.execPath, "x", "--no-install"] },
} as const;

describe.each(Object.keys(INSTALLERS) as ("npm" | "bun")[])("installed by %s, with no Bun in PATH", (name) => {
  const { add, execute } = INSTALLERS[name];
  const cwd = packed.file(name);
  const installed = join(cwd, "node_modules/.bin/statexec");

  beforeAll(() => run([...add, TARBALL], { cwd }).then(() => undefined), INSTALL_MS);

  const start = (words: readonly string[]) => runProgram(words, { cwd, env: isolated(bareEnv()) });

  test("the installer's way to run programs runs it", async () => {
    const result = await start([
      ...execute,
      "statexec",
      "-f",
      "run.prom",
      "sh",
      "-c",
      'echo "$0 $#"; exit 3',
      "a",
      "",
      "b",
    ]);
    expect(result).toEqual({ code: 3, signal: null, stdout: "a 2\n", stderr: "" });
    expect(await Bun.file(join(cwd, "run.prom")).text()).toEndWith("# EOF\n");
  });

  test("the linked file runs it, and so does a link to that", async () => {
    const link = join(cwd, "link of ours");
    symlinkSync("node_modules/.bin/statexec", link);
    for (const path of [installed, link]) {
      const result = await start([path, "-f", "run.prom", "sh", "-c", "kill -TERM $$"]);
      expect(result).toEqual({ code: null, signal: "SIGTERM", stdout: "", stderr: "" });
    }
  });

  test("an environment larger than the limit of a variable arrives complete", async () => {
    const large = Object.fromEntries(["A", "B", "C"].map((key) => [key, key.repeat(100_000)]));
    const script = 'printf %s "$A$B$C" | wc -c; env | grep -c STATEXEC_ENVIRON';
    const words = [installed, "-f", "run.prom", "sh", "-c", script];
    const result = await runProgram(words, { cwd, env: { ...isolated(bareEnv()), ...large } });
    expect(result).toEqual({ code: 1, signal: null, stdout: "300000\n0\n", stderr: "" });
  });
});

describe("without its own Bun", () => {
  const folder = join(packed.path, "alone");
  const launcher = join(folder, "bin/statexec");

  beforeAll(() => {
    cpSync(join(ROOT, "src"), join(folder, "src"), { recursive: true });
    mkdirSync(join(folder, "bin"));
    for (const name of ["index.ts", "package.json", "bin/statexec"]) copyFileSync(join(ROOT, name), join(folder, name));
  });

  test("it takes the one in PATH", async () => {
    const PATH = `${join(ROOT, "node_modules/.bin")}:/usr/bin:/bin`;
    const result = await runProgram([launcher, "--version"], { cwd: packed.path, env: { PATH } });
    expect(result).toEqual({ code: 0, signal: null, stdout: `statexec ${version}\n`, stderr: "" });
  });

  test.skipIf(existsSync("/usr/bin/bun"))("and if there is none, one line says what to do", async () => {
    const result = await runProgram([launcher, "true"], { cwd: packed.path, env: { PATH: "/usr/bin:/bin" } });
    expect(result).toMatchObject({ code: 125, stdout: "" });
    expect(result.stderr).toMatch(/^statexec: no Bun, .*npm install -g bun.*\n$/);
  });
});

describe("on a system where it cannot run", () => {
  /** Loads index.ts in a runtime with false properties. */
  const pretend = (object: "process" | "Bun", values: Record<string, string>) => {
    const lies = Object.entries(values).map(
      ([key, value]) => `Object.defineProperty(${object}, "${key}", { value: "${value}" });`,
    );
    const script = `${lies.join("")} await import("${join(ROOT, "index.ts")}");`;
    return runProgram([process.execPath, "-e", script], { cwd: packed.path });
  };

  test.each(["darwin", "win32", "freebsd"])("%s: one line says so, with 125", async (platform) => {
    expect(await pretend("process", { platform })).toEqual({
      code: 125,
      signal: null,
      stdout: "",
      stderr: `statexec: runs on Linux only, and this is ${platform}; use a container or a virtual machine\n`,
    });
  });
});
