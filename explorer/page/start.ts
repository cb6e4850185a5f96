import { decodePoints } from "../data/message-format.ts";
import type { DataSource, LinePoints, PointsRequest, Runs } from "../data/model.ts";
import type { ProcessList, ProcessSource } from "../processes/process-list.ts";
import { readReport } from "../report/report-source.ts";
import { App } from "./app.ts";
import type { Extras } from "./extras.ts";

/** The runs of the server that sent the page. */
class HttpSource implements DataSource, ProcessSource {
  async runs(): Promise<Runs> {
    return (await fetched("api/runs")).json() as Promise<Runs>;
  }

  async points(run: string, request: PointsRequest): Promise<readonly LinePoints[]> {
    const response = await fetched("api/points", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ run, ...request }),
    });
    return decodePoints(await response.arrayBuffer());
  }

  async processes(run: string): Promise<ProcessList | null> {
    return (await fetched(`api/runs/${run}/processes`)).json() as Promise<ProcessList | null>;
  }

  follow(changed: () => void): () => void {
    const changes = new EventSource("api/changes");
    changes.addEventListener("message", () => changed());
    return () => changes.close();
  }
}

/** @throws Error with the server's message, where the answer is not a success */
async function fetched(path: string, options?: RequestInit): Promise<Response> {
  const response = await fetch(path, options);
  if (!response.ok) throw new Error(`the server answered ${response.status}: ${await response.text()}`);
  return response;
}

/** Starts the page, of a server or of a report. */
export async function startPage(extras: Extras): Promise<void> {
  // Holds the data of a report; the page of a server has no such element.
  const embedded = document.getElementById("data");
  const root = document.querySelector("main");
  if (!root) return;
  const source = embedded ? await readReport(embedded.textContent ?? "") : new HttpSource();
  const app = new App(source, root, extras);
  Object.assign(globalThis, { statexec: app });
  await app.start();
}
