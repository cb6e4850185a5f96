import { comparisonView } from "./comparison-view.ts";
import { withDerivedCharts } from "./derived-lines.ts";
import { HttpSource } from "./http-source.ts";
import { ProcessLanes } from "./process-lanes.ts";
import { startPage } from "./start.ts";

/** The page of a server, and of a report of several runs or with a record of processes. */
await startPage({
  serverSource: () => new HttpSource(),
  comparison: comparisonView,
  withDerivedCharts,
  processLanes: (parts) => new ProcessLanes(parts),
});
