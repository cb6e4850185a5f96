import { encodePoints } from "../../explorer/data/message-format.ts";
import type { PointsRequest, Problem } from "../../explorer/data/model.ts";
import type { Run } from "../../explorer/data/run-columns.ts";
import { pageHtml } from "../../explorer/page/page-template.ts";
import { ReportSource } from "../../explorer/report/report-source.ts";

/** Returns a run as it was after this time, still live. */
export function liveUntil(run: Run, seconds: number): Run {
  const endMs = run.info.startMs + seconds * 1000;
  const cut = (index: number) => {
    const { times, values, ...rest } = run.columns.series(index);
    const length = times.findLastIndex((atMs) => atMs <= endMs) + 1;
    return { times: times.subarray(0, length), values: values.subarray(0, length), ...rest };
  };
  const command = run.info.command && { ...run.info.command, toMs: endMs };
  const events = run.info.events.filter(({ atMs }) => atMs <= endMs);
  return { info: { ...run.info, events, endMs, command, live: true }, columns: { series: cut } };
}

/** A server of the page, whose runs a test changes while the page is open. */
export class PageServer {
  readonly url: string;
  runs: readonly Run[];
  problems: readonly Problem[] = [];
  /** Answers with points wait for this promise. */
  hold: Promise<void> = Promise.resolve();
  /** The requests for points, in order. */
  readonly requests: PointsRequest[] = [];
  private readonly server: Bun.Server<undefined>;
  private readonly listeners = new Set<ReadableStreamDirectController | ReadableStreamDefaultController>();

  constructor(runs: readonly Run[]) {
    this.runs = runs;
    this.server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      development: false,
      idleTimeout: 0,
      routes: {
        "/": async () => new Response(await pageHtml(), { headers: { "content-type": "text/html" } }),
        "/api/runs": async () => Response.json(await this.source().runs()),
        "/api/points": { POST: (request) => this.points(request) },
        "/api/runs/:id/processes": () => Response.json(null),
        "/api/changes": () => this.changes(),
      },
      fetch: () => new Response("not found", { status: 404 }),
    });
    this.url = `http://127.0.0.1:${this.server.port}/`;
  }

  /** Sends a change to the open pages. */
  sendChange(): void {
    for (const listener of this.listeners) (listener as ReadableStreamDefaultController).enqueue("data: \n\n");
  }

  async stop(): Promise<void> {
    await this.server.stop(true);
  }

  private source(): ReportSource {
    return new ReportSource({ runs: this.runs, problems: this.problems });
  }

  private async points(request: Request): Promise<Response> {
    const { run, ...wanted } = (await request.json()) as PointsRequest & { run: string };
    this.requests.push(wanted);
    await this.hold;
    return new Response(encodePoints(await this.source().points(run, wanted)));
  }

  private changes(): Response {
    let own: ReadableStreamDefaultController | undefined;
    const stream = new ReadableStream({
      start: (controller) => {
        own = controller;
        this.listeners.add(controller);
        controller.enqueue(": following\n\n");
      },
      cancel: () => {
        if (own) this.listeners.delete(own);
      },
    });
    return new Response(stream, { headers: { "content-type": "text/event-stream" } });
  }
}
