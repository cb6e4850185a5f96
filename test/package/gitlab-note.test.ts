import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { BIN, runProgram, tempFolder } from "../helpers/statexec.ts";

const TEXT = readFileSync(resolve(import.meta.dir, "../../integrations/gitlab/statexec.gitlab-ci.yml"), "utf8");

interface Job {
  readonly variables: Readonly<Record<string, string>>;
  readonly cache: { readonly paths: readonly string[] };
  readonly artifacts: { readonly paths: readonly string[] };
  readonly after_script: readonly string[];
}

const JOBS = Bun.YAML.parse(TEXT) as Readonly<Record<string, Job>>;
const JOB = JOBS[".statexec-history"]!;

interface Note {
  readonly id: number;
  readonly author: { readonly id: number };
  body: string;
}

const NOTES = "/api/projects/5/merge_requests/7/notes";
let notes: Note[] = [];
let server: Bun.Server<undefined>;

beforeAll(() => {
  server = Bun.serve({ hostname: "127.0.0.1", port: 0, development: false, fetch: answer });
});
afterAll(() => server.stop(true));

/** Answers as GitLab's API does to the user 3. */
async function answer(request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  if (request.headers.get("private-token") !== "secret") return Response.json({}, { status: 401 });
  if (pathname === "/api/user") return Response.json({ id: 3 });
  const [size, page] = ["per_page", "page"].map((name) => Number(searchParams.get(name)));
  if (request.method === "GET" && pathname === NOTES)
    return Response.json(notes.slice((page! - 1) * size!, page! * size!));
  const { body } = (await request.json()) as { body: string };
  const note = notes.find(({ id }) => pathname === `${NOTES}/${id}`);
  if (request.method === "PUT" && note) note.body = body;
  else if (request.method === "POST" && pathname === NOTES)
    notes.push({ id: 100 + notes.length, author: { id: 3 }, body });
  else return Response.json({}, { status: 404 });
  return Response.json({});
}

describe.skipIf(Bun.which("node") === null)("the note below a merge request", () => {
  /** Remembers a run as a job does, then runs what a job does after it. */
  async function job(folder: { readonly path: string; file(name: string): string }, env: Record<string, string>) {
    const programs = folder.file("programs");
    mkdirSync(programs, { recursive: true });
    writeFileSync(join(programs, "statexec"), `#!/bin/sh\nexec '${BIN}' "$@"\n`);
    chmodSync(join(programs, "statexec"), 0o755);
    const own = {
      ...{ ...JOBS[".statexec"]!.variables, ...JOB.variables, PATH: `${programs}:${process.env.PATH}` },
      ...{ CI_API_V4_URL: `http://127.0.0.1:${server.port}/api`, CI_PROJECT_ID: "5", no_proxy: "127.0.0.1", ...env },
    };
    const at = { cwd: folder.path, env: own };
    expect(await runProgram(["statexec", "-q", "true"], at)).toMatchObject({ code: 0, stderr: "" });
    return await runProgram(["sh", "-c", JOB.after_script.join("\n")], at);
  }
  const request = { STATEXEC_TOKEN: "secret", CI_MERGE_REQUEST_IID: "7" };

  test("is one, however many jobs write it, and those of others stay", async () => {
    using folder = tempFolder();
    const others = Array.from({ length: 101 }, (_, id) => ({
      ...{ id, author: { id: 4 }, body: "<!-- statexec history -->\nmine" },
    }));
    notes = [...others];
    for (const before of [0, 1]) {
      expect(await job(folder, request)).toMatchObject({ code: 0, stdout: "", stderr: "" });
      expect(notes.slice(101).map(({ body }) => body)).toEqual([
        readFileSync(folder.file("statexec_comment.md"), "utf8"),
      ]);
      expect(notes[101]!.body).toContain(`not judged: ${before} earlier`);
    }
    expect(notes.slice(0, 101)).toEqual(others);
  });

  test("needs a token and a merge request; where it is refused that is said, and the job goes on", async () => {
    using folder = tempFolder();
    notes = [];
    for (const env of [{ STATEXEC_TOKEN: "secret" }, { CI_MERGE_REQUEST_IID: "7" }])
      expect(await job(folder, env)).toMatchObject({ code: 0, stdout: "", stderr: "" });
    const refused = await job(folder, { ...request, STATEXEC_TOKEN: "other" });
    expect(refused).toMatchObject({ code: 0, stderr: expect.stringMatching(/no note was written: .*status 401/) });
    expect(notes).toEqual([]);
  });
});

test("the job caches the history, and keeps what it writes", () => {
  expect(JOB.cache.paths).toEqual([".statexec/"]);
  expect(JOB.variables.SE_HISTORY_FILE).toStartWith(".statexec/");
  expect(JOB.artifacts.paths).toEqual([...JOBS[".statexec"]!.artifacts.paths, "statexec_comment.md"]);
});
