import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { validateAction, validateWorkflow } from "@action-validator/core";
import { sumsOf, TARGETS } from "../../scripts/build-all.ts";
import { signerLine, signSums } from "../../scripts/supply-chain.ts";
import { parseInvocation } from "../../src/cli/resolve.ts";
import { BIN, runProgram, tempFolder } from "../helpers/statexec.ts";
import { isMissing } from "../helpers/validators.ts";

const FOLDER = resolve(import.meta.dir, "../../integrations");
const textOf = (name: string) => readFileSync(join(FOLDER, name), "utf8");

interface Step {
  readonly name?: string;
  readonly run?: string;
  readonly uses?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, string>>;
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  readonly runs: { readonly steps: readonly Step[] };
}

const ACTION = Bun.YAML.parse(textOf("github/action.yml")) as Action;
const [FETCH, RUN] = ACTION.runs.steps;

/** The files of a simulated release, by their path below the server's root. */
const released = new Map<string, Blob>();
let server: Bun.Server<undefined>;

beforeAll(() => {
  server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    development: false,
    fetch: ({ url }) => {
      const file = released.get(new URL(url).pathname);
      return file ? new Response(file) : new Response("", { status: 404 });
    },
  });
});
afterAll(() => server.stop(true));

/** Makes a release that has this machine's binary under the name of each system. */
async function release(version: string): Promise<void> {
  using folder = tempFolder();
  const files = TARGETS.map(({ file }) => file);
  for (const file of files) {
    writeFileSync(folder.file(file), `#!/bin/sh\nexec '${BIN}' "$@"\n`);
    released.set(`/v${version}/${file}`, new Blob([readFileSync(folder.file(file))]));
  }
  released.set(`/v${version}/SHA256SUMS`, new Blob([await sumsOf(folder.path, files)]));
}

/** Runs a step of the action as the runner does; the caller passes the values of its expressions. */
function step({ run }: Step, cwd: string, env: Readonly<Record<string, string>>) {
  writeFileSync(join(cwd, "step.sh"), run!);
  mkdirSync(join(cwd, "temp"), { recursive: true });
  const own = { RUNNER_TEMP: join(cwd, "temp"), GITHUB_OUTPUT: join(cwd, "output"), no_proxy: "127.0.0.1" };
  return runProgram(["bash", "--noprofile", "--norc", "-eo", "pipefail", "step.sh"], { cwd, env: { ...own, ...env } });
}

const fetchStep = (cwd: string, VERSION: string) =>
  step(FETCH!, cwd, {
    ACTION_PATH: join(FOLDER, "github"),
    RELEASES: `http://127.0.0.1:${server.port}`,
    VERSION,
    SIGNERS: "",
  });

const runStep = (cwd: string, env: Readonly<Record<string, string>>) =>
  step(RUN!, cwd, { FROM: "binary", VERSION: "1.2.3", OPTIONS: "", FILE: "run.prom", ...env });

describe("the GitHub Action", () => {
  test("action and example fit their schemas", () => {
    expect(validateAction(textOf("github/action.yml")).errors).toEqual([]);
    expect(validateWorkflow(textOf("github/example.yml")).errors).toEqual([]);
    expect(validateAction(textOf("github/action.yml").replace("composite", "compost")).errors).not.toEqual([]);
  });

  test("the example uses inputs that exist", () => {
    const { jobs } = Bun.YAML.parse(textOf("github/example.yml")) as { jobs: { test: { steps: readonly Step[] } } };
    const used = jobs.test.steps.find(({ uses }) => uses?.includes("statexec"))!;
    for (const name of Object.keys(used.with!)) expect(Object.keys(ACTION.inputs)).toContain(name);
    expect(parseInvocation([...used.with!.options!.split(" "), "--", "true"], {}).mode).toBe("run");
  });

  test("no script contains an expression, which would be run as code", () => {
    for (const { run } of ACTION.runs.steps) expect(run).not.toContain("${{");
  });

  test.skipIf(isMissing("curl"))("fetches the binary, checks its sum, and runs the command with it", async () => {
    using folder = tempFolder();
    await release("1.2.3");
    expect(await fetchStep(folder.path, "1.2.3")).toMatchObject({ code: 0, stderr: "" });
    const COMMAND = 'echo "a  b"; false; echo never';
    const result = await runStep(folder.path, { COMMAND, OPTIONS: "--interval 0.5 -l env=ci" });
    expect(result).toEqual({ code: 1, signal: null, stdout: "a  b\n", stderr: "" });
    expect(readFileSync(folder.file("run.prom"), "utf8")).toContain('env="ci"');
    expect(readFileSync(folder.file("output"), "utf8")).toBe("file=run.prom\n");
  });

  test.skipIf(isMissing("curl"))("refuses a file that does not match its sum", async () => {
    using folder = tempFolder();
    await release("1.2.4");
    for (const { file } of TARGETS) released.set(`/v1.2.4/${file}`, new Blob(["#!/bin/sh\necho evil\n"]));
    const result = await fetchStep(folder.path, "1.2.4");
    expect(result.code).toBe(125);
    expect(result.stderr).toContain("is not what SHA256SUMS says");
    expect(readdirSync(folder.file("temp/statexec-1.2.4"))).not.toContain("statexec");
  });

  describe.skipIf(isMissing("curl") || Bun.which("ssh-keygen") === null)("with public keys of signers", () => {
    /** Makes a release that is signed by a new key. Returns the line that allows the key. */
    async function signed(version: string, folder: { readonly path: string; file(name: string): string }) {
      await release(version);
      const key = folder.file(`key-${version}`);
      Bun.spawnSync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key]);
      await Bun.write(folder.file("SHA256SUMS"), released.get(`/v${version}/SHA256SUMS`)!);
      await signSums(folder.path, key);
      released.set(`/v${version}/SHA256SUMS.sig`, new Blob([readFileSync(folder.file("SHA256SUMS.sig"))]));
      return signerLine(readFileSync(`${key}.pub`, "utf8"));
    }

    const fetched = (cwd: string, VERSION: string, SIGNERS: string) =>
      step(FETCH!, cwd, {
        ...{ ACTION_PATH: join(FOLDER, "github"), RELEASES: `http://127.0.0.1:${server.port}` },
        ...{ VERSION, SIGNERS },
      });

    test("takes a release that one of them signed", async () => {
      using folder = tempFolder();
      const [other, own] = [await signed("2.0.0", folder), await signed("2.0.1", folder)];
      expect(await fetched(folder.path, "2.0.1", other + own)).toMatchObject({ code: 0, stderr: "" });
      expect(readdirSync(folder.file("temp/statexec-2.0.1"))).toEqual(["statexec"]);
    });

    test("refuses sums that were changed, another's signature, one for another use, and none", async () => {
      using folder = tempFolder();
      const refused = async (version: string, signers: string, why: string) => {
        const result = await fetched(folder.path, version, signers);
        expect(result.code).toBe(125);
        expect(result.stderr).toContain(why);
        expect(existsSync(folder.file(`temp/statexec-${version}/statexec`))).toBe(false);
      };
      const [other, own] = [await signed("2.1.0", folder), await signed("2.1.1", folder)];
      await refused("2.1.1", other, "is not signed by any of");
      await refused("2.1.1", own.replace("statexec-release", "git"), "is not signed by any of");
      released.set("/v2.1.1/SHA256SUMS", new Blob([`${await released.get("/v2.1.1/SHA256SUMS")!.text()}\n`]));
      await refused("2.1.1", own, "is not signed by any of");
      released.delete("/v2.1.0/SHA256SUMS.sig");
      await refused("2.1.0", other, "cannot fetch");
    });
  });

  test.skipIf(isMissing("curl"))("names a release that does not exist", async () => {
    using folder = tempFolder();
    const result = await fetchStep(folder.path, "9.9.9");
    expect(result.code).toBe(125);
    expect(result.stderr).toMatch(/statexec: cannot fetch \S+\/v9\.9\.9\/statexec-linux-/);
  });

  test("takes the options of all lines", async () => {
    using folder = tempFolder();
    const OPTIONS = "--interval 0.5 -l a=1\n\n  -l b=2\r\n-l c=*";
    await release("1.2.5");
    expect((await fetchStep(folder.path, "1.2.5")).code).toBe(0);
    const result = await runStep(folder.path, { VERSION: "1.2.5", COMMAND: "true", OPTIONS });
    expect([result.code, result.stderr]).toEqual([0, ""]);
    const text = readFileSync(folder.file("run.prom"), "utf8");
    for (const label of ['a="1"', 'b="2"', 'c="*"']) expect(text).toContain(label);
  });

  test.each(["x\nother=1", "x\rother=1"])("refuses a file whose name makes another output (%j)", async (FILE) => {
    using folder = tempFolder();
    const result = await runStep(folder.path, { FILE, COMMAND: "true" });
    expect([result.code, result.stderr]).toEqual([125, "statexec: file: expected a name without line breaks\n"]);
    expect(existsSync(folder.file("output"))).toBe(false);
  });

  test.skipIf(isMissing("curl")).each([
    ["http://releases.example", "expected one that begins with https://"],
    ["file:///etc", "expected one that begins with https://"],
  ])("fetches nothing from %s", async (RELEASES, said) => {
    using folder = tempFolder();
    const result = await step(FETCH!, folder.path, {
      ACTION_PATH: join(FOLDER, "github"),
      RELEASES,
      VERSION: "1",
      SIGNERS: "",
    });
    expect(result.code).toBe(125);
    expect(result.stderr).toContain(said);
  });

  test.skipIf(isMissing("curl"))("follows no redirect to what is no web server", async () => {
    using folder = tempFolder();
    writeFileSync(folder.file("SHA256SUMS"), "");
    const target = `file://${folder.file("SHA256SUMS")}`;
    const redirecting = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => Response.redirect(target) });
    const RELEASES = `http://127.0.0.1:${redirecting.port}`;
    const result = await step(FETCH!, folder.path, {
      ACTION_PATH: join(FOLDER, "github"),
      RELEASES,
      VERSION: "1",
      SIGNERS: "",
    });
    redirecting.stop(true);
    expect([result.code, result.stderr.includes("cannot fetch")]).toEqual([125, true]);
  });

  test("lists the sources that it can come from", async () => {
    using folder = tempFolder();
    const result = await runStep(folder.path, { FROM: "docker", COMMAND: "true" });
    expect(result.code).toBe(125);
    expect(result.stderr).toContain('from: got "docker", expected binary or npx');
  });
});

test("the Dockerfile copies binaries that exist, and its entry point is statexec", () => {
  const text = textOf("docker/Dockerfile");
  const copied = [...text.matchAll(/^COPY dist\/(\S+)/gm)].map(([, file]) => file!);
  expect(copied).toEqual(["statexec-linux-x64", "statexec-linux-arm64"]);
  for (const file of copied) expect(TARGETS.map((target) => target.file)).toContain(file);
  const [, words] = /^ENTRYPOINT (\[.*\])$/m.exec(text)!;
  const [, path] = /^COPY --from=binary --chmod=755 \/statexec (\S+)$/m.exec(text)!;
  expect(JSON.parse(words!)).toEqual([path, "--"]);
});
