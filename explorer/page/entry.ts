import { startPage } from "./start.ts";

/** The page of a report of one run without a record of its processes. */
await startPage({});
