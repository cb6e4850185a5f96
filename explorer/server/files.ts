import { UsageError } from "../../src/errors.ts";
import { listJournals } from "../../src/journal/journal-files.ts";
import { fileStatus, listFolder, SystemError } from "../../src/os/files.ts";
import type { Problem } from "../data/model.ts";

/** What is shown where nothing is named: the first of these that has something. */
const METRICS_FILE = "statexec_metrics.prom";
const IMPORT_FOLDER = "explorer/import";

/** A page with more says nothing to anybody. */
const MOST_FILES = 1000;

const METRICS_NAME = /\.prom(\.gz|\.zst)?$/;

/** The files to show, and what of the named ones is none. */
export interface Files {
  readonly paths: readonly string[];
  readonly problems: readonly Problem[];
}

/**
 * The files that are named, those in the folders that are named, or what is in this folder. In a folder these are
 * metrics files by their names, and journals. Throws UsageError where there is nothing at all.
 */
export function filesOf(named: readonly string[]): Files {
  if (named.length === 0) return { paths: defaultFiles(), problems: [] };
  const paths = new Set<string>();
  const problems: Problem[] = [];
  for (const path of named) {
    try {
      const found = fileStatus(path)?.kind === "directory" ? filesIn(path) : [path];
      if (found.length === 0) problems.push({ file: path, message: `${path}: no metrics files and no journals in it` });
      for (const one of found) paths.add(one);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      problems.push({ file: path, message: `${path}: ${error.reason}` });
    }
  }
  const all = [...paths];
  if (all.length > MOST_FILES)
    problems.push({ file: "", message: `${all.length} files: only the first ${MOST_FILES} are shown` });
  return { paths: all.slice(0, MOST_FILES), problems };
}

/** The metrics file that a run has by default, the journal of one that goes on; or what the import folder has. */
function defaultFiles(): readonly string[] {
  const here = [...(fileStatus(METRICS_FILE) ? [METRICS_FILE] : []), ...listJournals(".", METRICS_FILE)];
  if (here.length > 0) return here;
  const imported = fileStatus(IMPORT_FOLDER)?.kind === "directory" ? filesIn(IMPORT_FOLDER) : [];
  if (imported.length > 0) return imported;
  throw new UsageError(
    `--explore: neither ${METRICS_FILE} nor ${IMPORT_FOLDER} is in this folder, and no samples come with this version; name files or folders (statexec --explore run.prom), or record a run (statexec -- make)`,
  );
}

/** Throws SystemError. */
function filesIn(folder: string): string[] {
  const names = [
    ...listFolder(folder)
      .filter((name) => METRICS_NAME.test(name))
      .sort(),
    ...listJournals(folder),
  ];
  return names.map((name) => `${folder.replace(/\/+$/, "")}/${name}`);
}
