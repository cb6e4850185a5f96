import { Database, SQLiteError } from "bun:sqlite";
import { closeSync, linkSync, lstatSync, mkdirSync, openSync, renameSync, unlinkSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { OutputError } from "../errors.ts";
import { idOfText, type RememberedRun } from "./remembered-run.ts";

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
  /** Name of the machine; undefined: all. */
  readonly host: string | undefined;
  /** Milliseconds since the epoch, before which no wanted run started; undefined: all. */
  readonly sinceMs: number | undefined;
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
  history.attempt((database) => insertRun(database, run));
}

/**
 * Adds those runs whose id the history does not have: all, or none where it fails. Returns how many were added.
 * @throws OutputError
 */
export function importRuns(path: string, runs: readonly RememberedRun[]): number {
  using history = openHistory(path, true);
  return history.attempt((database) =>
    database
      .transaction(() => {
        const known = new Set<string>();
        for (const { run } of database.query<{ run: string }, []>("SELECT run FROM runs").iterate())
          known.add(storedRun(run).id);
        let added = 0;
        for (const run of runs) {
          if (known.has(run.id)) continue;
          known.add(run.id);
          insertRun(database, run);
          added++;
        }
        return added;
      })
      .immediate(),
  );
}

function insertRun(database: Database, run: RememberedRun): void {
  database
    .query("INSERT INTO runs (project, branch, run) VALUES (?, ?, ?)")
    .run(run.project, run.branch, JSON.stringify(run));
}

/** Returns the runs of a project in the order in which they were remembered: the time of a start may be a made-up one. Throws OutputError. */
export function readRuns(path: string, filter: HistoryFilter): RememberedRun[] {
  return storedTexts(path, filter, (text) => {
    const run = storedRun(text);
    return isWanted(run, filter) ? run : undefined;
  });
}

/** Returns the same runs, each as a line of JSON. Throws OutputError. */
export function readRunLines(path: string, filter: HistoryFilter): string[] {
  const { command, host, sinceMs } = filter;
  const isAnyWanted = command === "" && host === undefined && sinceMs === undefined;
  return storedTexts(path, filter, (text) => {
    // As it was stored it is a line already; to read and write each of ten thousand takes a tenth of a second.
    if (isAnyWanted && text.startsWith(BEGIN)) return text;
    const run = storedRun(text);
    return isWanted(run, filter) ? JSON.stringify(run) : undefined;
  });
}

/** How the text of a run begins that has an id. */
const BEGIN = '{"id":';

/** Returns what `pick` makes of the texts of a project's runs, up to so many of the newest, in their order. */
function storedTexts<T>(path: string, filter: HistoryFilter, pick: (text: string) => T | undefined): T[] {
  using history = openHistory(path, false);
  const { project, branch = null, last = Number.POSITIVE_INFINITY } = filter;
  return history.attempt((database) => {
    if (isEmptyFile(database)) return [];
    const rows = database.query<{ run: string }, [string, string | null]>(
      "SELECT run FROM runs WHERE project = ?1 AND (?2 IS NULL OR branch = ?2) ORDER BY id DESC",
    );
    const kept: T[] = [];
    for (const { run: text } of rows.iterate(project, branch)) {
      const one = pick(text);
      if (one === undefined) continue;
      kept.push(one);
      if (kept.length >= last) break;
    }
    return kept.reverse();
  });
}

function isWanted(run: RememberedRun, { command, host, sinceMs = Number.NEGATIVE_INFINITY }: HistoryFilter): boolean {
  return run.command.startsWith(command) && (host === undefined || run.host === host) && run.startedMs >= sinceMs;
}

/** Runs of the first version have no id: one of their text is always the same, also after an export and import. */
function storedRun(text: string): RememberedRun {
  const run = JSON.parse(text) as RememberedRun & { id?: string };
  return run.id === undefined ? { ...run, id: idOfText(text) } : run;
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
  makeHistory(path);
}

/** Makes a history under another name first: on a full disk no empty file is left that looks like one. */
function makeHistory(path: string): void {
  const part = `${path}.${process.pid}.part`;
  closeSync(openSync(part, "wx", 0o600));
  try {
    const database = new Database(part, { readwrite: true });
    try {
      // Nobody else knows of it, so that it needs no journal, which would be another file to remove.
      database.run("PRAGMA journal_mode = MEMORY");
      database.transaction(() => database.run(SCHEMA)).immediate();
    } finally {
      database.close();
    }
    takeName(part, path);
  } finally {
    if (lstatSync(part, { throwIfNoEntry: false })) unlinkSync(part);
  }
}

/** Gives a new file its name, unless another run was quicker: both then use that one's file. */
function takeName(part: string, path: string): void {
  try {
    linkSync(part, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    // Some file systems have no links.
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "ENOSYS" && code !== "EOPNOTSUPP") throw error;
    renameSync(part, path);
  }
}

function pragma(database: Database, name: string): number {
  return Number(Object.values(database.query<Record<string, number>, []>(`PRAGMA ${name}`).get() ?? {})[0]);
}

/** Whether nothing was ever written into a file. */
function isEmptyFile(database: Database): boolean {
  return pragma(database, "application_id") === 0 && pragma(database, "schema_version") === 0;
}

/** Leaves a database alone that another program or a newer statexec made. An empty file gets its tables from a writer. */
function checkFormat(path: string, database: Database, isWriter: boolean): void {
  const [id, version] = [pragma(database, "application_id"), pragma(database, "user_version")];
  if (isEmptyFile(database)) {
    if (isWriter) database.run(SCHEMA);
  } else if (id !== APPLICATION_ID)
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
