import { describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { optionalDependencies } from "../../package.json";
import { buildFor, sumsOf, TARGETS } from "../../scripts/build-all.ts";
import { library } from "../helpers/programs.ts";
import { runProgram, tempFolder } from "../helpers/statexec.ts";
import { isMissing } from "../helpers/validators.ts";

const ALL = { X64: "Advanced Micro Devices X86-64", ARM64: "AArch64" } as const;

test("there is a binary for each runtime that the package can install", () => {
  expect(TARGETS.map(({ runtime }) => runtime).sort()).toEqual(
    (Object.keys(optionalDependencies) as (typeof TARGETS)[number]["runtime"][]).sort(),
  );
});

test("sha256sum(1) accepts the sums, and refuses a changed file", async () => {
  using folder = tempFolder();
  for (const name of ["a", "b"]) await Bun.write(folder.file(name), name.repeat(100_000));
  await Bun.write(folder.file("SHA256SUMS"), await sumsOf(folder.path, ["a", "b"]));
  const check = () => runProgram(["sha256sum", "-c", "--quiet", "SHA256SUMS"], { cwd: folder.path });
  expect(await check()).toMatchObject({ code: 0, stdout: "" });
  await Bun.write(folder.file("b"), "x");
  expect((await check()).code).toBe(1);
});

/**
 * Makes a folder of the libraries that Alpine has and Debian does not. Debian's C++ library is made for glibc; with the few
 * functions that musl lacks it works with musl.
 */
async function muslLibraries(folder: string): Promise<string> {
  const libraries = join(folder, "lib");
  mkdirSync(libraries);
  symlinkSync("/lib/ld-musl-x86_64.so.1", join(libraries, "libc.musl-x86_64.so.1"));
  for (const name of ["libstdc++.so.6", "libgcc_s.so.1"]) {
    const { stdout } = await runProgram(["gcc", `-print-file-name=${name}`]);
    copyFileSync(realpathSync(stdout.trim()), join(libraries, name));
  }
  // Debian's libraries load glibc's loader by this name, and get the missing functions instead.
  copyFileSync(library("glibc-on-musl", "-nostdlib"), join(libraries, "ld-linux-x86-64.so.2"));
  return libraries;
}

test("the package is the same for those whose umask hides what they clone and build", async () => {
  using folder = tempFolder();
  const packed = async (modes: string) => {
    const path = folder.file(modes);
    const script = `mkdir -p "$0/bin" "$0/dist" && cp package.json "$0" && cp bin/statexec "$0/bin" && echo "#" >"$0/index.ts" &&
      cd "$0" && chmod -R "$1" . && bun "$2" && cat dist/*.tgz | sha256sum`;
    const { code, stdout } = await runProgram([
      "sh",
      "-c",
      script,
      path,
      modes,
      join(process.cwd(), "scripts/pack.ts"),
    ]);
    expect(code).toBe(0);
    return stdout;
  };
  expect(await packed("u=rwX,go=")).toBe(await packed("u=rwX,go=rX"));
}, 120_000);

/** Each fetches 40 MB, and some run in an emulator. */
function allSystems(): void {
  test.skipIf(isMissing("file", "readelf")).each([...TARGETS])(
    "$file is a binary for its system",
    async (target) => {
      using folder = tempFolder();
      const path = await buildFor(target, folder.path);
      const sum = await sumsOf(folder.path, [target.file]);
      const header = await runProgram(["readelf", "-hl", path]);
      expect(header.stdout).toContain(target.file.includes("arm64") ? ALL.ARM64 : ALL.X64);
      const arch = target.file.includes("arm64") ? "aarch64" : "x86[-_]64";
      const loader = target.file.endsWith("musl") ? `/lib/ld-musl-${arch}.so.1` : `/lib(64)?/ld-linux-${arch}.so`;
      expect((await runProgram(["file", "-b", path])).stdout).toMatch(new RegExp(`interpreter ${loader}`));
      // The same source makes the same bytes.
      await buildFor(target, folder.path);
      expect(await sumsOf(folder.path, [target.file])).toBe(sum);
    },
    300_000,
  );

  test.skipIf(isMissing("qemuArm64", "arm64Libraries"))(
    "the arm64 binary records a command",
    async () => {
      using folder = tempFolder();
      const path = await buildFor(TARGETS.find(({ file }) => file === "statexec-linux-arm64")!, folder.path);
      const words = ["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu", path, "-f", "run.prom"];
      const result = await runProgram([...words, "sh", "-c", "echo in; exit 4"], { cwd: folder.path });
      expect(result).toEqual({ code: 4, signal: null, stdout: "in\n", stderr: "" });
      expect(await Bun.file(join(folder.path, "run.prom")).text()).toMatch(/statexec_command_status\{.*\} 2 .*\n/);
    },
    300_000,
  );

  test.skipIf(process.arch !== "x64" || isMissing("musl", "compiler"))(
    "the musl binary records a command, with musl's loader and C library",
    async () => {
      using folder = tempFolder();
      const path = await buildFor(TARGETS.find(({ file }) => file === "statexec-linux-x64-musl")!, folder.path);
      const env = { LD_LIBRARY_PATH: await muslLibraries(folder.path) };
      const words = ["-f", "run.prom", "--interval", "0.05", "--budget", "cpu<60s"];
      const script =
        'echo "$0"; sleep 0.3; grep -om1 musl /proc/$PPID/maps; grep -c libc.so.6 /proc/$PPID/maps; exit 4';
      const result = await runProgram([path, ...words, "sh", "-c", script, "in"], { cwd: folder.path, env });
      expect(result).toEqual({ code: 4, signal: null, stdout: "in\nmusl\n0\n", stderr: "" });
      const text = await Bun.file(join(folder.path, "run.prom")).text();
      expect(text).toMatch(/statexec_command_status\{.*\} 2 .*\n/);
      expect(text).toMatch(/statexec_command_memory_peak_bytes\{.*\} [1-9]/);
      expect(text).toEndWith("# EOF\n");
    },
    300_000,
  );
}

/** Copies what git knows of the sources, with the packages: a link to them would be another path to each. */
async function copyOfSources(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const script = `git ls-files -z --cached --others --exclude-standard | tar -c --null --ignore-failed-read -T - | tar -x -C "$0"
    cp -al node_modules "$0" 2>/dev/null || cp -a node_modules "$0"
    mkdir -p dist/runtimes "$0/dist" && cp -a dist/runtimes "$0/dist"`;
  expect(await runProgram(["sh", "-c", script, folder])).toMatchObject({ code: 0 });
}

/** Makes the files of a release from sources and returns their sums. */
async function sumsOfRelease(folder: string, env: Record<string, string>): Promise<string> {
  const script = `umask "$MASK" && bun scripts/build-all.ts && bun scripts/pack.ts &&
    bun -e 'import { makeSbom, SBOM } from "./scripts/supply-chain.ts"; await Bun.write("dist/" + SBOM, await makeSbom());' &&
    cd dist && sha256sum statexec-linux-* *.tgz *.json`;
  const path = `${folder}/node_modules/.bin:${process.env.PATH}`;
  const { code, stdout, stderr } = await runProgram(["sh", "-c", script], { cwd: folder, env: { ...env, PATH: path } });
  expect(code, stderr).toBe(0);
  return stdout
    .split("\n")
    .filter((line) => /^[0-9a-f]{64} /.test(line))
    .join("\n");
}

function twoPlaces(): void {
  test("two people who build the release in different places get the same bytes", async () => {
    using folder = tempFolder();
    const [a, b] = [folder.file("a"), folder.file("much/deeper/in b")];
    await copyOfSources(a);
    const sums = await sumsOfRelease(a, { TZ: "UTC", LC_ALL: "C", MASK: "022" });
    expect(sums.split("\n")).toHaveLength(TARGETS.length + 2);
    await copyOfSources(b);
    expect(await sumsOfRelease(b, { TZ: "Asia/Tokyo", LC_ALL: "C.UTF-8", MASK: "077" })).toBe(sums);
  }, 1_200_000);
}

if (process.env.STATEXEC_TEST_LONG) describe("the files of a release", twoPlaces);
if (process.env.STATEXEC_TEST_LONG) describe("the binaries of all systems", allSystems);
