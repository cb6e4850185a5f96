import { describe, expect, test } from "bun:test";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { decodePoints } from "../../../explorer/data/message-format.ts";
import type { RunInfo, Runs } from "../../../explorer/data/model.ts";
import type { ProcessList } from "../../../explorer/processes/process-list.ts";
import { MACHINE, RUN, series } from "../../../src/catalog/index.ts";
import { fileStatus } from "../../../src/os/files.ts";
import { openSame } from "../../../src/os/owned-files.ts";
import { startExplorer } from "../../helpers/explorer.ts";
import { recordingOf, renderBytes, START_MS } from "../../helpers/recording.ts";
import { statexec, tempFolder } from "../../helpers/statexec.ts";
import { madeBuild, processRecord } from "../made-processes.ts";

/** Returns a metrics file with three samples. */
function fileOf(instance: string): Uint8Array<ArrayBuffer> {
  const columns = [series(RUN.commandStatus), series(MACHINE.networkSent, { interface: "eth0" })];
  const rows = [0, 1, 2].map((i) => [START_MS + i * 1000, i, i * 50] as const);
  return renderBytes(recordingOf({ identity: { instance }, parts: [{ columns, rows }] })) as Uint8Array<ArrayBuffer>;
}

function folderOf(files: Readonly<Record<string, Uint8Array | string>>) {
  const folder = tempFolder();
  for (const [name, bytes] of Object.entries(files)) writeFileSync(folder.file(name), bytes);
  return folder;
}

const runsOf = async (response: Response): Promise<Runs> => (await response.json()) as Runs;
const placeOf = ({ series }: RunInfo, name: string) => series.findIndex((one) => one.name === name);

describe("the shown runs", () => {
  test("are the files of a folder, also compressed ones, and the problems with others", async () => {
    using folder = folderOf({
      "a.prom": fileOf("a"),
      "b.prom.gz": Bun.gzipSync(fileOf("b")),
      "c.prom.zst": Bun.zstdCompressSync(fileOf("c")),
      "d.prom": "",
      "e.prom": "node_load1 1 1\n",
      "notes.txt": "ignored",
    });
    await using site = await startExplorer(["."], folder.path);
    const { runs, problems } = await runsOf(await site.get("api/runs"));
    expect(runs.map(({ name, instance, live }) => [name, instance, live])).toEqual([
      ["a.prom", "a", false],
      ["b.prom.gz", "b", false],
      ["c.prom.zst", "c", false],
    ]);
    expect(problems).toEqual([
      { file: "d.prom", message: './d.prom: expected a metrics file with samples, got "an empty file"' },
      { file: "e.prom", message: expect.stringContaining("./e.prom:1: expected a metric of statexec") },
    ]);
    const { code, stderr } = await site.end("SIGINT");
    expect(code).toBe(0);
    expect(stderr).toContain("d.prom: expected");
  });

  test("have different ids, and different names where two files have the same", async () => {
    using folder = folderOf(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`${i}.prom`, fileOf("a")])));
    mkdirSync(folder.file("more"));
    writeFileSync(folder.file("more/7.prom"), fileOf("a"));
    await using site = await startExplorer([".", "more"], folder.path);
    const { runs, problems } = await runsOf(await site.get("api/runs"));
    expect(problems).toEqual([]);
    expect(new Set(runs.map(({ id }) => id)).size).toBe(201);
    expect(runs.map(({ name }) => name).filter((name) => name.endsWith("7.prom") && name.includes("/"))).toEqual([
      "./7.prom",
      "more/7.prom",
    ]);
  });

  test("have the record of their processes, if there is one, and say what is wrong with it", async () => {
    using folder = folderOf({
      "a.prom": fileOf("a"),
      "b.prom.gz": Bun.gzipSync(fileOf("b")),
      "b.processes.jsonl.gz": processRecord(madeBuild(20)),
      "c.prom": fileOf("c"),
      "c.processes.jsonl.gz": processRecord(madeBuild(20)).subarray(0, 90),
    });
    await using site = await startExplorer(["."], folder.path);
    const list = async (id: number) =>
      (await (await site.get(`api/runs/${id}/processes`)).json()) as ProcessList | null;
    expect(await list(1)).toBeNull();
    expect(await list(2)).toMatchObject({ total: 20, left: 0, problem: null });
    expect((await list(3))?.problem).toContain("c.processes.jsonl.gz");
    expect((await site.get("api/runs/9/processes")).status).toBe(404);
    expect((await fetch(`${site.url}api/runs/1/processes`, { method: "POST" })).status).toBe(405);
  });

  test("can be those of the original program", async () => {
    using folder = tempFolder();
    symlinkSync(`${import.meta.dir}/../../fixtures/original/sleep.prom`, folder.file("statexec_metrics.prom"));
    await using site = await startExplorer([], folder.path);
    const { runs, problems } = await runsOf(await site.get("api/runs"));
    expect(problems).toEqual([]);
    expect(runs[0]?.events.map(({ event }) => event)).toEqual(["command_started", "command_done"]);
  });

  test("must exist: else an error says what to do", async () => {
    using folder = tempFolder();
    const { code, stdout, stderr } = await statexec(["--explore"], { cwd: folder.path });
    expect({ code, stdout }).toEqual({ code: 125, stdout: "" });
    expect(stderr).toMatch(
      /neither statexec_metrics\.prom nor explorer\/import is in this folder.*name files or folders/,
    );
  });

  test.each([
    ["missing.prom", "--explore: missing.prom: No such file or directory"],
    ["nowhere/missing.prom", "--explore: nowhere/missing.prom: No such file or directory"],
    [".", "--explore: .: no metrics files and no journals in it"],
  ])("must exist where they are named: %s", async (name, message) => {
    using folder = tempFolder();
    const { code, stdout, stderr } = await statexec(["--explore", "--no-open", name], { cwd: folder.path });
    expect({ code, stdout, stderr }).toEqual({ code: 125, stdout: "", stderr: `statexec: ${message}\n` });
  });

  test("are shown although another file is missing", async () => {
    using folder = folderOf({ "a.prom": fileOf("a") });
    await using site = await startExplorer(["missing.prom", "a.prom"], folder.path);
    const { runs, problems } = await runsOf(await site.get("api/runs"));
    expect(runs.length).toBe(1);
    expect(problems[0]?.message).toMatch(/missing\.prom.*No such file/i);
  });
});

describe("points", () => {
  test("are those of the file", async () => {
    using folder = folderOf({ "a.prom": fileOf("a") });
    await using site = await startExplorer(["a.prom"], folder.path);
    const [run] = (await runsOf(await site.get("api/runs"))).runs;
    const sent = placeOf(run!, "network_sent_bytes");
    const lines = [
      { series: [sent], as: "value" },
      { series: [sent], as: "rate" },
    ];
    const request = { run: run!.id, lines, fromMs: run!.startMs, toMs: run!.endMs, pixels: 100 };
    const answer = decodePoints(await (await site.post("api/points", request)).arrayBuffer());
    expect(answer.map(({ times, values }) => [[...times].map((at) => at - START_MS), [...values]])).toEqual([
      [
        [0, 1000, 2000],
        [0, 50, 100],
      ],
      [
        [1000, 2000],
        [50, 50],
      ],
    ]);
  });

  test("are refused for an invalid request, an unknown run or an unknown series", async () => {
    using folder = folderOf({ "a.prom": fileOf("a") });
    await using site = await startExplorer(["a.prom"], folder.path);
    const good = { run: "1", lines: [{ series: [0], as: "value" }], fromMs: 0, toMs: 1, pixels: 1 };
    const status = async (body: unknown, headers?: Record<string, string>) =>
      (await site.post("api/points", body, headers)).status;
    expect(await status(good)).toBe(200);
    expect(await status({ ...good, run: "2" })).toBe(404);
    for (const wrong of [
      ...[{ pixels: 0 }, { pixels: 1e9 }, { pixels: 1.5 }, { fromMs: "0" }, { fromMs: 2 }, { toMs: null }, { run: 1 }],
      ...[{ lines: {} }, { lines: [{ series: [9], as: "value" }] }, { lines: [{ series: [-1], as: "value" }] }],
      ...[{ lines: [{ series: [0], as: "mean" }] }, { lines: Array(3000).fill(good.lines[0]) }],
    ])
      expect(await status({ ...good, ...wrong }), JSON.stringify(wrong).slice(0, 80)).toBe(400);
    for (const body of ["", "{", "null", "[]", '"x"']) expect(await status(body), body).toBe(400);
    expect(await status(good, { "content-type": "text/plain" })).toBe(415);
    expect(await status(`{"run":"${"x".repeat(2 ** 21)}"}`)).toBe(413);
  });
});

describe("the server refuses", () => {
  test("other host names, origins and methods", async () => {
    using folder = folderOf({ "a.prom": fileOf("a") });
    await using site = await startExplorer(["a.prom"], folder.path);
    const own = `127.0.0.1:${site.port}`;
    const status = async (headers: Record<string, string>, path = "api/runs") => (await site.get(path, headers)).status;
    expect(await status({ host: own })).toBe(200);
    expect(await status({ host: `localhost:${site.port}`, origin: `http://localhost:${site.port}` })).toBe(200);
    expect(await status({ "sec-fetch-site": "same-origin" })).toBe(200);
    for (const host of [
      "evil.example",
      `evil.example:${site.port}`,
      "127.0.0.1",
      "127.0.0.1:1",
      `127.0.0.1.evil.example:${site.port}`,
      "",
    ])
      for (const path of ["", "api/runs", "api/runs/1/raw", "api/changes"])
        expect(await status({ host }, path), host).toBe(403);
    for (const origin of ["http://evil.example", "null", `https://${own}`, "http://127.0.0.1:1"])
      expect(await status({ origin }), origin).toBe(403);
    expect(await status({ "sec-fetch-site": "cross-site" })).toBe(403);
    for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS"])
      expect((await fetch(`${site.url}api/runs`, { method })).status, method).toBe(405);
    for (const path of ["", "api/runs", "api/changes", "api/runs/1/raw"])
      expect((await site.post(path, {})).status, path).toBe(405);
    expect(await status({}, "api/points")).toBe(405);
  });

  test("paths of files", async () => {
    using folder = folderOf({ "a.prom": fileOf("a"), "secret.prom": fileOf("secret") });
    await using site = await startExplorer(["a.prom"], folder.path);
    for (const path of [
      ...["secret.prom", "../secret.prom", "api/runs/../../secret.prom/raw", "api/runs/%2e%2e%2fsecret.prom/raw"],
      ...["api/runs/2/raw", "api/runs//raw", "api/runs/1/raw/..%2f..", "etc/passwd", "//etc/passwd", "a.prom"],
    ]) {
      const request = [`GET /${path} HTTP/1.1`, `host: 127.0.0.1:${site.port}`, "connection: close", "", ""];
      expect(await raw(site.port, request.join("\r\n")), path).toMatch(/^HTTP\/1\.1 404 /);
    }
  });

  test("framing, sniffing and reading by other sites, in the headers of every answer", async () => {
    using folder = folderOf({ "a.prom": fileOf("a") });
    await using site = await startExplorer(["a.prom"], folder.path);
    for (const path of ["", "api/runs", "api/runs/1/raw", "nothing"]) {
      const { headers } = await site.get(path);
      expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'.*; frame-ancestors 'none'$/);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
      expect(headers.get("access-control-allow-origin")).toBeNull();
    }
  });
});

test("the page and the file of a run can be downloaded", async () => {
  using folder = folderOf({ "a b.prom": fileOf("a") });
  await using site = await startExplorer(["a b.prom"], folder.path);
  expect((await site.get("")).headers.get("content-type")).toBe("text/html; charset=utf-8");
  const file = await site.get("api/runs/1/raw");
  expect(file.headers.get("content-disposition")).toBe("attachment; filename*=UTF-8''a%20b.prom");
  expect(await file.bytes()).toEqual(fileOf("a"));
});

test("a port in use is an error", async () => {
  using folder = folderOf({ "a.prom": fileOf("a") });
  await using site = await startExplorer(["a.prom"], folder.path);
  const { code, stderr } = await statexec(["--explore", "--explore-port", String(site.port), "a.prom"], {
    cwd: folder.path,
  });
  expect(code).toBe(125);
  expect(stderr).toMatch(new RegExp(`127.0.0.1:${site.port}: the port is taken; take another one`));
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s ends the server with status 0", async (signal) => {
  using folder = folderOf({ "a.prom": fileOf("a") });
  const site = await startExplorer(["a.prom"], folder.path);
  expect(await site.end(signal)).toEqual({ code: 0, stderr: "" });
});

/** Sends bytes to the server; returns its answer. */
async function raw(port: number, text: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let answer = "";
  await Bun.connect({
    ...{ hostname: "127.0.0.1", port },
    socket: {
      open: (socket) => void socket.write(text),
      data(_, bytes) {
        answer += bytes.toString();
      },
      close: () => resolve(answer),
    },
  });
  return promise;
}

test("a fifo that has a file's name and inode by now is not sent", async () => {
  using folder = folderOf({ "a.prom": fileOf("a") });
  await using site = await startExplorer(["a.prom"], folder.path);
  const { runs } = await runsOf(await site.get("api/runs"));
  rmSync(folder.file("a.prom"));
  expect(Bun.spawnSync(["mkfifo", folder.file("a.prom")]).success).toBe(true);
  expect((await site.get(`api/runs/${runs[0]!.id}/raw`)).status).toBe(404);
  // Whether the inode is used again is up to the file system.
  expect(openSame(folder.file("a.prom"), fileStatus(folder.file("a.prom"))!.identity)).toBeUndefined();
});
