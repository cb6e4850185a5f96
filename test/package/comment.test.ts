import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { validateWorkflow } from "@action-validator/core";
import { parseBudgets } from "../../src/cli/budget-syntax.ts";
import { Fault } from "../../src/cli/option-values.ts";
import { BIN, runProgram, tempFolder } from "../helpers/statexec.ts";
import { isMissing } from "../helpers/validators.ts";

const FOLDER = resolve(import.meta.dir, "../../integrations/github");
const textOf = (name: string) => readFileSync(join(FOLDER, name), "utf8");

interface Step {
  readonly name?: string;
  readonly run?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string>>;
}

const ACTION = Bun.YAML.parse(textOf("action.yml")) as {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly runs: { readonly steps: readonly Step[] };
};
const stepNamed = (name: string) => ACTION.runs.steps.find((step) => step.name === name)!;

interface Note {
  readonly id: number;
  readonly user: { readonly type: string };
  body: string;
}

/** The comments of pull request 7, as GitHub's API has them. */
let notes: Note[] = [];
let refusesWriting = false;
const requests: string[] = [];
let server: Bun.Server<undefined>;

beforeAll(() => {
  server = Bun.serve({ hostname: "127.0.0.1", port: 0, development: false, fetch: answer });
});
afterAll(() => server.stop(true));

async function answer(request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  requests.push(`${request.method} ${pathname}`);
  if (request.headers.get("authorization") !== "Bearer secret") return Response.json({}, { status: 401 });
  if (request.method === "GET" && pathname === "/repos/o/r/issues/7/comments") {
    const [size, page] = ["per_page", "page"].map((name) => Number(searchParams.get(name)));
    return Response.json(notes.slice((page! - 1) * size!, page! * size!));
  }
  if (refusesWriting) return Response.json({ message: "Resource not accessible" }, { status: 403 });
  const { body } = (await request.json()) as { body: string };
  if (request.method === "POST" && pathname === "/repos/o/r/issues/7/comments") {
    notes.push({ id: 1000 + notes.length, user: { type: "Bot" }, body });
    return Response.json({}, { status: 201 });
  }
  const note = notes.find(({ id }) => pathname === `/repos/o/r/issues/comments/${id}`);
  if (request.method !== "PATCH" || !note) return Response.json({}, { status: 404 });
  note.body = body;
  return Response.json({});
}

function runner(cwd: string, event: object): Record<string, string> {
  writeFileSync(join(cwd, "event.json"), JSON.stringify(event));
  return {
    ...{ GITHUB_EVENT_PATH: join(cwd, "event.json"), GITHUB_API_URL: `http://127.0.0.1:${server.port}` },
    ...{ GITHUB_REPOSITORY: "o/r", GITHUB_TOKEN: "secret", no_proxy: "127.0.0.1" },
    ...{ RUNNER_TEMP: cwd, GITHUB_OUTPUT: join(cwd, "output"), GITHUB_STEP_SUMMARY: join(cwd, "summary.md") },
  };
}

const PULL = { pull_request: { number: 7 } };

describe.skipIf(isMissing("curl") || Bun.which("jq") === null)("the comment below a pull request", () => {
  async function comment(text: string, event: object = PULL, env: Record<string, string> = {}) {
    using folder = tempFolder();
    writeFileSync(folder.file("c.md"), text);
    const own = { ...runner(folder.path, event), ...env };
    return await runProgram([join(FOLDER, "comment.sh"), folder.file("c.md")], { cwd: folder.path, env: own });
  }
  const done = { code: 0, stdout: "", stderr: "" };

  test("is one, however many jobs write it, and a person's stays", async () => {
    const people = Array.from({ length: 120 }, (_, id) => ({ id, user: { type: "User" }, body: "<!-- m -->\nmine" }));
    notes = [...people];
    expect(await comment('<!-- m -->\n"first" \\ $x `y`\n')).toMatchObject(done);
    expect(await comment("<!-- m -->\nsecond\n")).toMatchObject(done);
    expect(notes.slice(0, 120)).toEqual(people);
    expect(notes.slice(120).map(({ body }) => body)).toEqual(["<!-- m -->\nsecond\n"]);
  });

  test("is as it was made, whatever stands in it", async () => {
    notes = [];
    const text = '<!-- m -->\n"a" \\ $HOME `id` \u00e9 %s\n\n| x |\n';
    expect(await comment(text)).toMatchObject(done);
    expect(notes.map(({ body }) => body)).toEqual([text]);
  });

  test("is not written without a pull request; where it may not be, that is said, and the job goes on", async () => {
    notes = [];
    requests.length = 0;
    expect(await comment("<!-- m -->\n", { push: true })).toMatchObject(done);
    expect(requests).toEqual([]);
    const wrong = await comment("<!-- m -->\n", PULL, { GITHUB_TOKEN: "other" });
    expect(wrong).toMatchObject({ code: 0, stderr: expect.stringContaining("the comments cannot be read") });
    refusesWriting = true;
    const refused = await comment("<!-- m -->\n");
    refusesWriting = false;
    expect(refused).toMatchObject({ code: 0, stderr: expect.stringContaining("pull-requests: write") });
    expect(notes).toEqual([]);
  });

  test("has the trend of what the action's steps remembered, with the status of the command", async () => {
    using folder = tempFolder();
    notes = [];
    const env = { ...runner(folder.path, PULL), ACTION_PATH: FOLDER, FROM: "binary", VERSION: "1.0.0" };
    await Bun.write(folder.file("statexec-1.0.0/statexec"), `#!/bin/sh\nexec '${BIN}' "$@"\n`);
    await runProgram(["chmod", "755", folder.file("statexec-1.0.0/statexec")]);
    const runOf = async (name: string, more: Record<string, string>) => {
      writeFileSync(folder.file("step.sh"), stepNamed(name).run!);
      const words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "step.sh"];
      return await runProgram(words, { cwd: folder.path, env: { ...env, HISTORY: "kept/h.sqlite", ...more } });
    };
    const recorded = await runOf("Run", { OPTIONS: "", FILE: "run.prom", COMMAND: "exit 3" });
    expect(recorded).toMatchObject({ code: 3, stderr: "" });
    expect(await runOf("Trend", {})).toMatchObject({ code: 0, stderr: "" });
    const [note, ...others] = notes;
    expect(others).toEqual([]);
    expect(note!.body).toContain("**The newest run ended with status 3**");
    expect(readFileSync(folder.file("summary.md"), "utf8")).toBe(note!.body);
    expect(readFileSync(folder.file("output"), "utf8")).toEndWith(`comment=${folder.file("statexec-comment.md")}\n`);
  });
});

test("the workflow for a pull request fits its schema, uses inputs that exist, and keeps what the action writes", () => {
  const text = textOf("pull-request.yml");
  expect(validateWorkflow(text).errors).toEqual([]);
  const { jobs } = Bun.YAML.parse(text) as { jobs: { trend: { env: { SE_BUDGET: string }; steps: Step[] } } };
  const { env, steps } = jobs.trend;
  expect(parseBudgets(env.SE_BUDGET)).not.toBeInstanceOf(Fault);
  const own = steps.find(({ uses }) => uses?.includes("integrations/github"))!.with!;
  for (const name of Object.keys(own)) expect(Object.keys(ACTION.inputs)).toContain(name);
  const caches = steps.filter(({ uses }) => uses?.startsWith("actions/cache/")).map((step) => step.with!);
  expect(caches.map(({ path }) => path)).toEqual([".statexec", ".statexec"]);
  expect(own.history!.startsWith(".statexec/")).toBe(true);
  expect(caches[0]!.key).toBe(caches[1]!.key);
});
