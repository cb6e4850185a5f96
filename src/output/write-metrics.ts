import { renderInSteps } from "../openmetrics/render.ts";
import type { Recording } from "../recording/recording.ts";
import { withSummary } from "../recording/summary-series.ts";
import type { MetricsFile } from "./metrics-file.ts";

/** So long the file is written without a look at what else there is, such as a signal. */
const TURN_MS = 20;

/**
 * Writes what was recorded, and its summary, into the place that was taken for it; false where that was stopped.
 * Throws OutputError.
 */
export async function writeMetrics(file: MetricsFile, recording: Recording, stopped: () => boolean): Promise<boolean> {
  try {
    await file.write(async (write) => {
      let turn = performance.now();
      for (const _ of renderInSteps(withSummary(recording), write)) {
        if (performance.now() - turn < TURN_MS) continue;
        await Bun.sleep(0);
        if (stopped()) throw new Stopped();
        turn = performance.now();
      }
    });
    return true;
  } catch (error) {
    if (error instanceof Stopped) return false;
    throw error;
  }
}

/** Leaves the making of a file, which is then taken back. */
class Stopped extends Error {}
