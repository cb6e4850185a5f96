import { loadRecordings } from "../../src/load/load-recordings.ts";
import type { Problem } from "../data/model.ts";
import { type Run, runOf } from "../data/run.ts";
import type { ReportData } from "./unpack.ts";

/** Reads metrics files and journals whole; what cannot be read is named, with its reason, and the rest is there. */
export async function loadRuns(paths: readonly string[]): Promise<ReportData> {
  const runs: Run[] = [];
  const problems: Problem[] = [];
  for (const path of paths) {
    const loaded = await loadRecordings(path);
    for (const recording of loaded.recordings) {
      const live = loaded.liveTarget !== undefined;
      runs.push(runOf(recording, { id: String(runs.length), name: path, live }));
    }
    problems.push(...loaded.problems.map((message) => ({ file: path, message })));
    loaded.close();
  }
  return { runs, problems };
}
