import { ParseError } from "../errors.ts";
import { SystemError } from "../os/files.ts";
import { listJournals } from "./folder.ts";

/** The journals of a metrics file whose runs were killed: nobody holds them, and nobody has recovered them. */
export function staleJournals(folder: string, metricsFile: string): string[] {
  const stale: string[] = [];
  try {
    for (const name of listJournals(folder, metricsFile))
      if (isStale(`${folder}/${name}`)) stale.push(`${folder}/${name}`);
  } catch (error) {
    // A folder that cannot be listed: a run has other ways to find out, and to say so.
    if (!(error instanceof SystemError)) throw error;
  }
  return stale;
}

/** What cannot be read is nothing that could be recovered; --recover says why. */
function isStale(path: string): boolean {
  try {
    const { openJournal } = require("./recover.ts") as typeof import("./recover.ts");
    const journal = openJournal(path);
    journal.close();
    return !journal.alive;
  } catch (error) {
    if (error instanceof SystemError || error instanceof ParseError) return false;
    throw error;
  }
}
