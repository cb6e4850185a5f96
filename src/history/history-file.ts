import { Database, SQLiteError } from "bun:sqlite";
import { closeSync, lstatSync, mkdirSync, openSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { OutputError } from "../errors.ts";
import type { RememberedRun } from "./remembered-run.ts";

/*
 * The runs that were remembered: one SQLite file for all projects of a user. Its journal is SQLite's rollback journal, since a
 * write-ahead log needs memory that hosts share, which a network file system has not.
 */

/** Marks a file of ours, in the header of the database (`application_id`): "stex". */
const APPLICATION_ID = 0x73746578;
/** Grows with a change that a statexec of before would not understand. */
const VERSION = 1;
/** Others may write meanwhile. */
const WAIT_MS = 5000;

const SCHEMA = `
CREATE TABLE runs (id INTEGER PRIMARY KEY, project TEXT NOT NULL, branch TEXT, run TEXT NOT NULL);
CREATE INDEX runs_of_project ON runs (project, id);
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${VERSION};`;

/** Which runs are wanted. */
export interface HistoryFilter {
  readonly project: string;
  /** Undefined: all. */
  readonly branch: string | undefined;
  /** How the command begins; empty: all. */
  readonly command: string;
  /** How many of the newest; undefined: all. */
  readonly last: number | undefined;
}

/** Returns where the history is, if no option says it. Throws OutputError where there is no such place. */
export function defaultHistoryFile(env: Readonly<Record<string, string | undefined>>): string {
  const { XDG_STATE_HOME: state = "", HOME: home = "" } = env;
  if (isAbsolute(state)) return join(state, "statexec", "history.sqlite");
  if (isAbsolute(home)) return join(home, ".local", "state", "statexec", "history.sqlite");
  throw new OutputError("no place for the history, since HOME is not set; name a file with --history-file");
}

/** Adds a run. Throws OutputError. */
export function addRun(path: string, run: RememberedRun): void {
  using history = openHistory(path, true);
  history.attempt((database) =>
    database
      .query("INSERT INTO runs (project, branch, run) VALUES (?, ?, ?)")
      .run(run.project, run.branch, JSON.stringify(run)),
  );
}

/** Returns the runs of a project in the order in which they were remembered: the time of a start may be a made-up one. Throws OutputError. */
export function readRuns(path: string, { project, branch, command, last }: HistoryFilter): RememberedRun[] {
  using history = openHistory(path, false);
  const rows = history.attempt((database) =>
    database
      .query<{ run: string }, [string, string | null, string, number]>(
        `SELECT run FROM runs WHERE project = ?1 AND (?2 IS NULL OR branch = ?2)
         AND substr(json_extract(run, '$.command'), 1, length(?3)) = ?3 ORDER BY id DESC LIMIT ?4`,
      )
      .all(project, branch ?? null, command, last ?? -1),
  );
  return rows.map(({ run }) => JSON.parse(run) as RememberedRun).reverse();
}

interface OpenHistory extends Disposable {
  /** Throws OutputError for an error of SQLite's. */
  attempt<T>(action: (database: Database) => T): T;
}

/** Opens a history after a look at what it is; for a writer it is made where there is none. Throws OutputError. */
function openHistory(path: string, isWriter: boolean): OpenHistory {
  attemptWith(path, () => checkFile(path, isWriter));
  const database = attemptWith(path, () => new Database(path, isWriter ? { readwrite: true } : { readonly: true }));
  const close = () => database.close();
  try {
    attemptWith(path, () => {
      database.run(`PRAGMA busy_timeout = ${WAIT_MS}`);
      if (isWriter) database.transaction(() => checkFormat(path, database, true)).immediate();
      else checkFormat(path, database, false);
    });
  } catch (error) {
    close();
    throw error;
  }
  return { attempt: (action) => attemptWith(path, () => action(database)), [Symbol.dispose]: close };
}

/** A name in a folder that others write to may be a link to a file that we must not change. */
function checkFile(path: string, isWriter: boolean): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found && !found.isFile())
    throw new OutputError(`${path}: not a regular file, so not a history; name another file with --history-file`);
  if (found) return;
  if (!isWriter) throw new OutputError(`${path}: no such file; --remember makes it`);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, "a", 0o600));
}

/** Leaves a database alone that another program or a newer statexec made. A new file gets its tables. */
function checkFormat(path: string, database: Database, isWriter: boolean): void {
  const pragma = (name: string) =>
    Number(Object.values(database.query<Record<string, number>, []>(`PRAGMA ${name}`).get() ?? {})[0]);
  const [id, version] = [pragma("application_id"), pragma("user_version")];
  const isEmpty = id === 0 && pragma("schema_version") === 0;
  if (isEmpty && isWriter) database.run(SCHEMA);
  else if (id !== APPLICATION_ID)
    throw new OutputError(`${path}: not a history of statexec; name another file with --history-file`);
  else if (version > VERSION)
    throw new OutputError(
      `${path}: of a newer statexec (format ${version}; this one knows ${VERSION}); update statexec`,
    );
}

function attemptWith<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof OutputError) throw error;
    if (error instanceof SQLiteError && error.code === "SQLITE_NOTADB")
      throw new OutputError(`${path}: not a history of statexec; name another file with --history-file`);
    throw new OutputError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
