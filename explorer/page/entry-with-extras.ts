import { comparisonView } from "./comparison-view.ts";
import { withDerivedCharts } from "./derived-lines.ts";
import { ProcessLanes } from "./process-lanes.ts";
import { startPage } from "./start.ts";

/** The page of a server, and of a report of several runs or with a record of processes. */
await startPage({
  comparison: comparisonView,
  withDerivedCharts,
  processLanes: (parts) => new ProcessLanes(parts),
});
