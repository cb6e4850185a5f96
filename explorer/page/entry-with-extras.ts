import { comparisonView } from "./comparison-view.ts";
import { withDerivedCharts } from "./derived-lines.ts";
import { startPage } from "./start.ts";

/** The page of a server, and of a report of several runs. */
await startPage({ comparison: comparisonView, withDerivedCharts });
