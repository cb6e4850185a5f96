import { render } from "../openmetrics/render.ts";
import type { Recording } from "../recording/recording.ts";
import { withSummary } from "../recording/summary.ts";
import type { MetricsFile } from "./metrics-file.ts";

/** Writes what was recorded, and its summary, into the place that was taken for it. Throws OutputError. */
export function writeMetrics(file: MetricsFile, recording: Recording): void {
  file.write((chunk) => render(withSummary(recording), chunk));
}
