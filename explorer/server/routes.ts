import { basename } from "node:path";
import { linePoints } from "../data/lines.ts";
import { encodePoints } from "../data/wire.ts";
import { notAllowed, plain, policyOf, refusal, sealed } from "./guard.ts";
import type { Library } from "./library.ts";
import { isOf, readRequest } from "./request.ts";

/** Pages that follow at once; each holds a connection. */
const MOST_FOLLOWERS = 64;

/** What answers need of the server. */
export interface Site {
  readonly library: Library;
  readonly html: string;
  readonly port: number;
  /** Keeps a connection that says nothing for long. */
  keep(request: Request): void;
}

/**
 * Answers a request: the page, what runs there are, points of one, its file, and when something has changed. Files are
 * named by the runs that they hold, never by a path.
 */
export async function answer(request: Request, site: Site): Promise<Response> {
  const refused = refusal(request, site.port);
  if (refused) return sealed(refused);
  const { pathname } = new URL(request.url);
  if (pathname === "/") return request.method === "POST" ? sealed(notAllowed("GET, HEAD")) : page(site.html);
  return sealed(await data(pathname, request, site));
}

function page(html: string): Response {
  return sealed(new Response(html, { headers: { "content-type": "text/html; charset=utf-8" } }), policyOf(html));
}

async function data(pathname: string, request: Request, site: Site): Promise<Response> {
  if (pathname === "/api/points") return request.method === "POST" ? points(request, site) : notAllowed("POST");
  const [, raw] = /^\/api\/runs\/([\d.]+)\/raw$/.exec(pathname) ?? [];
  if (raw === undefined && pathname !== "/api/runs" && pathname !== "/api/changes")
    return plain(404, "There is nothing here; the page is at /.");
  if (request.method === "POST") return notAllowed("GET, HEAD");
  if (raw !== undefined) return file(raw, site);
  if (pathname === "/api/changes") return changes(request, site);
  await site.library.ready;
  return Response.json(site.library.runs());
}

async function points(request: Request, { library }: Site): Promise<Response> {
  // A form of another page cannot send this type without asking first.
  if (!/^application\/json\b/.test(request.headers.get("content-type") ?? ""))
    return plain(415, "A request for points is JSON, with the content type application/json.");
  const sent = readRequest(await bodyOf(request));
  if (!sent) return plain(400, "A request for points is {run, lines: [{series, as}], fromMs, toMs, pixels}.");
  await library.ready;
  const run = library.run(sent.run);
  if (!run) return plain(404, "There is no such run.");
  if (!isOf(sent.request, run.info.series.length)) return plain(400, "The run has no such series.");
  const bytes = encodePoints(linePoints(run.columns, sent.request));
  return new Response(bytes, { headers: { "content-type": "application/octet-stream" } });
}

async function bodyOf(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function file(id: string, { library }: Site): Promise<Response> {
  await library.ready;
  const path = library.pathOf(id);
  if (path === undefined) return plain(404, "There is no such run.");
  const found = Bun.file(path);
  if (!(await found.exists())) return plain(404, "The file of this run is gone.");
  const headers = {
    "content-type": "application/octet-stream",
    "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(basename(path))}`,
  };
  return new Response(found.stream(), { headers });
}

/** Server-sent events: a message each time that a run has new points or has ended. */
function changes(request: Request, { library, keep }: Site): Response {
  if (library.followers >= MOST_FOLLOWERS) return plain(503, "Too many pages follow these runs; close some.");
  keep(request);
  const encoder = new TextEncoder();
  let leave: (() => void) | undefined;
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(": following\n\n"));
      leave = library.follow(() => controller.enqueue(encoder.encode("data: changed\n\n")));
    },
    cancel: () => leave?.(),
  });
  request.signal.addEventListener("abort", () => leave?.());
  return new Response(stream, { headers: { "content-type": "text/event-stream" } });
}
