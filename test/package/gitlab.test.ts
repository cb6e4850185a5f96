import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseInvocation } from "../../src/cli/resolve.ts";
import { BIN, runProgram, tempFolder } from "../helpers/statexec.ts";
import { isMissing } from "../helpers/validators.ts";

const ROOT = resolve(import.meta.dir, "../..");
const TEXT = readFileSync(join(ROOT, "integrations/gitlab/statexec.gitlab-ci.yml"), "utf8");
/** Checks pipelines by GitLab's schema, and runs jobs as a runner does. */
const GITLAB = join(ROOT, "node_modules/gitlab-ci-local/dist/index.js");
const AUTHOR = ["-c", "user.name=tests", "-c", "user.email=tests@localhost"];

// It takes a second or two alone, and more on a machine that is busy.
setDefaultTimeout(120_000);

/** Replacements for programs of a runner's image: npm installs nothing; make prints its arguments and fails. */
const PROGRAMS = {
  npm: '#!/bin/sh\necho "npm $*"\n',
  make: '#!/bin/sh\necho "make $*, pipeline $SE_LABEL_PIPELINE"\nexit 3\n',
  statexec: `#!/bin/sh\nexec '${BIN}' "$@"\n`,
};

/** Commits a pipeline into a new repository, and runs gitlab-ci-local on it. */
async function gitlab(text: string, ...words: readonly string[]) {
  const folder = tempFolder();
  const programs = folder.file("programs");
  const project = folder.file("project");
  for (const path of [programs, project]) mkdirSync(path);
  for (const [name, script] of Object.entries(PROGRAMS)) {
    writeFileSync(join(programs, name), script);
    chmodSync(join(programs, name), 0o755);
  }
  writeFileSync(join(project, ".gitlab-ci.yml"), text);
  for (const git of [
    ["init", "-q"],
    ["add", "."],
    [...AUTHOR, "commit", "-q", "-m", "pipeline"],
  ])
    expect(await runProgram(["git", ...git], { cwd: project })).toMatchObject({ code: 0 });
  const env = { PATH: `${programs}:${process.env.PATH}`, HOME: folder.path, CI: undefined, GITLAB_CI: undefined };
  const result = await runProgram([process.execPath, GITLAB, "--no-color", ...words], { cwd: project, env });
  return { ...result, project, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

describe("the GitLab jobs", () => {
  test("fit GitLab's schema, and one of them can run", async () => {
    using result = await gitlab(TEXT, "--list");
    expect(result.code).toBe(0);
    expect(result.stderr + result.stdout).toContain("json schema validated");
    expect(result.stdout).toMatch(/^tests +test +on_success/m);
  });

  test.each([
    ["an unknown keyword", ["before_script:", "before_scripts:"], "'before_scripts' property is not expected"],
    ["an unknown value", ["when: always", "when: sometimes"], "'when' property must be one of"],
    ["a value of the wrong type", ["when: always", "when: always\n    expire_in: [1]"], "expire_in"],
  ] as const)("%s is refused", async (_, [good, bad], message) => {
    expect(TEXT).toContain(good);
    using result = await gitlab(TEXT.replace(good, bad), "--list");
    expect(result.code).toBe(1);
    expect(result.stderr + result.stdout).toContain("Invalid .gitlab-ci.yml configuration!");
    expect(result.stderr + result.stdout).toContain(message);
  });

  test.skipIf(isMissing("rsync"))("a job that fails has the command's status, and keeps the metrics file", async () => {
    using result = await gitlab(TEXT, "tests", "--force-shell-executor", "--artifacts-to-source");
    const said = result.stdout + result.stderr;
    expect(said).toMatch(/npm install --global .*statexec@\d/);
    expect(said).toMatch(/make test, pipeline \d+/);
    expect(said).toMatch(/FAIL +tests/);
    expect(result.code).toBe(1);
    const artifacts = join(result.project, ".gitlab-ci-local/artifacts/tests");
    const recorded = readFileSync(join(artifacts, "statexec_metrics.prom"), "utf8");
    expect(recorded).toEndWith("# EOF\n");
    expect(recorded).toMatch(/statexec_command_exit_status\{[^}]*pipeline="\d+"[^}]*\} 3\b/);
  });

  test("have valid statexec lines, and keep the file that these write", () => {
    const jobs = Bun.YAML.parse(TEXT) as Record<string, Record<string, unknown>>;
    const variables = jobs[".statexec"]!.variables as Record<string, string>;
    for (const line of jobs.tests!.script as string[])
      expect(parseInvocation(line.split(" ").slice(1), variables)).toMatchObject({ warnings: [] });
    const artifacts = jobs[".statexec"]!.artifacts as { when: string; paths: string[] };
    expect(artifacts).toEqual({ when: "always", paths: [variables.SE_FILE!] });
  });
});
