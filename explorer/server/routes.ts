import { basename } from "node:path";
import type { Listener } from "../../src/net/cross-site.ts";
import { closeFile, readRange, SystemError } from "../../src/os/files.ts";
import { openSame } from "../../src/os/owned-files.ts";
import { linePoints } from "../data/lines.ts";
import { encodePoints } from "../data/message-format.ts";
import type { LineRequest, PointsRequest } from "../data/model.ts";
import { processListOf } from "../processes/read-processes.ts";
import type { RunList } from "./run-list.ts";
import { notAllowed, policyOf, refusal, secured, textResponse } from "./security.ts";

/** The most pages that may follow the runs; each holds a connection. */
const MOST_FOLLOWERS = 64;

/** Limits of one request for points: far above what a screen shows, and still answered quickly. */
const MOST_LINES = 2000;
const MOST_SERIES = 20_000;
const MOST_PIXELS = 10_000;

const METRICS_PATH = "/metrics";

/** OpenMetrics 1.0, as Prometheus asks for it. */
const METRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/** The parts of the server that answers need. */
export interface Site {
  readonly runList: RunList;
  readonly html: string;
  readonly listener: Listener;
  /** Turns off the idle timeout of a request's connection. */
  keepOpen(request: Request): void;
}

/**
 * Answers a request for the page, the runs, points of a run, its processes, its file, or a stream of changes. A file is named by its
 * run, never by a path.
 */
export async function answer(request: Request, site: Site): Promise<Response> {
  const refused = refusal(request, site.listener);
  if (refused) return secured(refused);
  const { pathname } = new URL(request.url);
  if (pathname === "/") return request.method === "POST" ? secured(notAllowed("GET, HEAD")) : page(site.html);
  return secured(await apiResponse(pathname, request, site));
}

function page(html: string): Response {
  return secured(new Response(html, { headers: { "content-type": "text/html; charset=utf-8" } }), policyOf(html));
}

async function apiResponse(pathname: string, request: Request, site: Site): Promise<Response> {
  if (pathname === "/api/points") return request.method === "POST" ? points(request, site) : notAllowed("POST");
  const [, listed] = /^\/api\/runs\/([\d.]+)\/processes$/.exec(pathname) ?? [];
  if (listed !== undefined) return request.method === "POST" ? notAllowed("GET, HEAD") : processes(listed, site);
  const [, raw] = /^\/api\/runs\/([\d.]+)\/raw$/.exec(pathname) ?? [];
  const isKnown = raw !== undefined || ["/api/runs", "/api/changes", METRICS_PATH].includes(pathname);
  if (!isKnown) return textResponse(404, "Nothing was found here. The page is at /.");
  if (request.method === "POST") return notAllowed("GET, HEAD");
  if (raw !== undefined) return rawFile(raw, site);
  if (pathname === "/api/changes") return changes(request, site);
  await site.runList.ready;
  if (pathname === METRICS_PATH) return latest(site);
  return Response.json(site.runList.runs());
}

/** The latest sample of the run that goes on, for a Prometheus. */
function latest({ runList }: Site): Response {
  const texts = runList.latest();
  if (texts.length === 1) return new Response(texts[0], { headers: { "content-type": METRICS_TYPE } });
  return texts.length === 0
    ? textResponse(503, "No run that goes on has a sample yet. One has it within two seconds of its start.")
    : textResponse(404, "Several runs go on here, which a scrape cannot tell apart. Show one of them alone.");
}

async function points(request: Request, { runList }: Site): Promise<Response> {
  // A form of another page cannot send this content type without a preflight request.
  if (!/^application\/json\b/.test(request.headers.get("content-type") ?? ""))
    return textResponse(415, "A request for points is JSON, with the content type application/json.");
  const sent = readPointsRequest(await bodyOf(request));
  if (!sent) return textResponse(400, "A request for points is {run, lines: [{series, as}], fromMs, toMs, pixels}.");
  await runList.ready;
  const run = runList.run(sent.run);
  if (!run) return textResponse(404, "This run does not exist.");
  const count = run.info.series.length;
  if (!sent.request.lines.every(({ series }) => series.every((index) => index < count)))
    return textResponse(400, "The run has no such series.");
  const bytes = encodePoints(linePoints(run.columns, sent.request));
  return new Response(bytes, { headers: { "content-type": "application/octet-stream" } });
}

/** The processes of a run; null where it has no record of them. */
async function processes(id: string, { runList }: Site): Promise<Response> {
  await runList.ready;
  const [run, file] = [runList.run(id), runList.fileOf(id)];
  if (!run || !file) return textResponse(404, "This run does not exist.");
  // A record belongs to the run that wrote the file, which is its first.
  return Response.json(id.includes(".") ? null : await processListOf(file.path, run.info.endMs));
}

async function bodyOf(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function rawFile(id: string, { runList }: Site): Promise<Response> {
  await runList.ready;
  const file = runList.fileOf(id);
  if (file === undefined) return textResponse(404, "This run does not exist.");
  const { path, identity } = file;
  const fd = openRead(path, identity);
  if (fd === undefined) return textResponse(404, "The file of this run does not exist any more.");
  const headers = {
    "content-type": "application/octet-stream",
    "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(basename(path))}`,
  };
  return new Response(streamOf(fd), { headers });
}

/** Opens the file that was read, or undefined: it is gone, or its name leads to another file by now. */
function openRead(path: string, identity: string): number | undefined {
  try {
    return openSame(path, identity);
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}

const PIECE_BYTES = 1 << 18;

/** A file from its start to its end, in pieces that are read when they are sent; then it is closed. */
function streamOf(fd: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      const piece = new Uint8Array(PIECE_BYTES);
      const count = readRange(fd, at, piece, PIECE_BYTES);
      at += count;
      if (count > 0) return controller.enqueue(piece.subarray(0, count));
      closeFile(fd);
      controller.close();
    },
    cancel: () => closeFile(fd),
  });
}

/** Server-sent events: one message whenever a run has new points or has ended. */
function changes(request: Request, { runList, keepOpen }: Site): Response {
  if (runList.followers >= MOST_FOLLOWERS) return textResponse(503, "Too many pages follow these runs; close some.");
  keepOpen(request);
  const encoder = new TextEncoder();
  let unfollow: (() => void) | undefined;
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(": following\n\n"));
      unfollow = runList.follow(() => controller.enqueue(encoder.encode("data: changed\n\n")));
    },
    cancel: () => unfollow?.(),
  });
  request.signal.addEventListener("abort", () => unfollow?.());
  return new Response(stream, { headers: { "content-type": "text/event-stream" } });
}

/** Checks the body of a request for points; undefined: it is none. The caller checks that the run has the series. */
function readPointsRequest(body: unknown): { readonly run: string; readonly request: PointsRequest } | undefined {
  if (!isRecord(body)) return undefined;
  const { run, lines, fromMs, toMs, pixels } = body;
  if (typeof run !== "string" || !Array.isArray(lines) || lines.length > MOST_LINES) return undefined;
  if (!isTime(fromMs) || !isTime(toMs) || toMs < fromMs) return undefined;
  if (!isNatural(pixels) || pixels < 1 || pixels > MOST_PIXELS) return undefined;
  if (!lines.every(isLine)) return undefined;
  if (lines.reduce((sum, line) => sum + line.series.length, 0) > MOST_SERIES) return undefined;
  return { run, request: { lines, fromMs, toMs, pixels } };
}

function isLine(line: unknown): line is LineRequest {
  if (!isRecord(line)) return false;
  const { series, as } = line;
  return (as === "value" || as === "rate") && Array.isArray(series) && series.every(isNatural);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTime(value: unknown): value is number {
  return Number.isFinite(value);
}

function isNatural(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
