import { decodePoints } from "../data/message-format.ts";
import type { DataSource, LinePoints, PointsRequest, Runs } from "../data/model.ts";
import type { ProcessList, ProcessSource } from "../processes/process-list.ts";

/** The runs of the server that sent the page. */
export class HttpSource implements DataSource, ProcessSource {
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
