import type { DataSource, LinePoints, PointsRequest, Runs } from "../data/model.ts";
import { decodePoints } from "../data/wire.ts";

/** The runs of the server that the page came from. */
export class HttpSource implements DataSource {
  async runs(): Promise<Runs> {
    return (await answered(fetch("api/runs"))).json() as Promise<Runs>;
  }

  async points(run: string, request: PointsRequest): Promise<readonly LinePoints[]> {
    const words = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ run, ...request }),
    };
    return decodePoints(await (await answered(fetch("api/points", words))).arrayBuffer());
  }

  follow(changed: () => void): () => void {
    const changes = new EventSource("api/changes");
    changes.addEventListener("message", () => changed());
    return () => changes.close();
  }
}

/** An answer that is one. Throws Error with what the server says. */
async function answered(asked: Promise<Response>): Promise<Response> {
  const response = await asked;
  if (!response.ok) throw new Error(`the server answered ${response.status}: ${await response.text()}`);
  return response;
}
