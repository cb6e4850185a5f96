import { startPage } from "./start.ts";

/** The page of a report of one run: nothing to compare. */
await startPage({});
