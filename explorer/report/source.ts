import { linePoints } from "../data/lines.ts";
import type { DataSource, LinePoints, PointsRequest, Runs } from "../data/model.ts";
import { type ReportData, unpackReport } from "./unpack.ts";

/** Runs whose points are all at hand: what a report's page reads. */
export class ReportSource implements DataSource {
  private readonly data: ReportData;

  constructor(data: ReportData) {
    this.data = data;
  }

  async runs(): Promise<Runs> {
    return { runs: this.data.runs.map(({ info }) => info), problems: this.data.problems };
  }

  async points(id: string, request: PointsRequest): Promise<readonly LinePoints[]> {
    const run = this.data.runs.find(({ info }) => info.id === id);
    if (!run) throw new RangeError(`there is no run ${id}`);
    return linePoints(run.columns, request);
  }
}

/** The data of a report, as its page holds it: base64 of gzip. */
export async function readReport(text: string): Promise<ReportSource> {
  const packed = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new ReportSource(unpackReport(new Uint8Array(await new Response(stream).arrayBuffer())));
}
