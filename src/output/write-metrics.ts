import { renderInSteps } from "../openmetrics/render.ts";
import { withContradictions } from "../recording/contradictions.ts";
import type { Recording } from "../recording/recording.ts";
import { withSummary } from "../recording/summary-series.ts";
import type { ClaimedOutput } from "./claim-output.ts";

/** How long the file is written before other work gets a turn, such as a signal. */
const TURN_MS = 20;

/**
 * Writes a recording, its summary and what contradicts itself in it to the place that was taken for it. Returns false if `stopped` ended it: then there
 * is no file. `isSynced`: when it is written, it is on the disk. Throws OutputError.
 */
export async function writeMetrics(
  file: ClaimedOutput,
  recording: Recording,
  stopped: () => boolean,
  isSynced = false,
): Promise<boolean> {
  try {
    await file.write(async (write) => {
      let turn = performance.now();
      for (const _ of renderInSteps(withSummary(withContradictions(recording)), write)) {
        if (performance.now() - turn < TURN_MS) continue;
        await Bun.sleep(0);
        if (stopped()) throw new Stopped();
        turn = performance.now();
      }
    }, isSynced);
    return true;
  } catch (error) {
    if (error instanceof Stopped) return false;
    throw error;
  }
}

/** Thrown to leave a file that is being written, which is then removed. */
class Stopped extends Error {}
