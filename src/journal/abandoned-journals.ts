import { ParseError } from "../errors.ts";
import { SystemError } from "../os/files.ts";
import { listJournals } from "./journal-files.ts";

/** The paths of the journals of a metrics file whose recorders were killed: they are not locked, and not recovered. */
export function abandonedJournals(folder: string, metricsFile: string): string[] {
  const abandoned: string[] = [];
  try {
    for (const name of listJournals(folder, metricsFile))
      if (isAbandoned(`${folder}/${name}`)) abandoned.push(`${folder}/${name}`);
  } catch (error) {
    // The run itself reports a folder that it cannot use.
    if (!(error instanceof SystemError)) throw error;
  }
  return abandoned;
}

/**
 * Whether the run of a journal is over. A journal that cannot be read cannot be recovered, and does not count; --recover
 * says why it cannot.
 */
function isAbandoned(path: string): boolean {
  try {
    const { openJournal } = require("./journal-reader.ts") as typeof import("./journal-reader.ts");
    const journal = openJournal(path);
    journal.close();
    return !journal.alive;
  } catch (error) {
    if (error instanceof SystemError || error instanceof ParseError) return false;
    throw error;
  }
}
