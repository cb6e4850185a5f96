import { basename, dirname, join } from "node:path";
import { OutputError, UsageError } from "../../src/errors.ts";
import { journalOf, listJournals } from "../../src/journal/journal-files.ts";
import { type Loaded, loadRecordings } from "../../src/load/load-recordings.ts";
import { ReadLimit } from "../../src/load/read-limit.ts";
import { latestText } from "../../src/openmetrics/latest.ts";
import { fileStatus, isAbsent, listFolder, SystemError } from "../../src/os/files.ts";
import type { Problem, Runs } from "../data/model.ts";
import { type Run, runOf } from "../data/run-columns.ts";
import { prepareRun } from "./prepared-run.ts";

/** Shown where no file is named: the first of these that exists. */
const METRICS_FILE = "statexec_metrics.prom";
const IMPORT_FOLDER = "explorer/import";

/** A list of more runs is of no use to a reader. */
const MOST_FILES = 1000;

/** Matches the names of metrics files. */
export const METRICS_NAME = /\.prom(\.gz|\.zst)?$/;

/** The files to show, and the problems with the named ones. */
export interface Files {
  readonly paths: readonly string[];
  /** Recorders whose runs are shown from their first second on. */
  readonly pids: readonly number[];
  readonly problems: readonly Problem[];
}

/**
 * Returns the named files, the metrics files and journals in the named folders, the named recorders, or the default files. For
 * a metrics file that does not exist yet, its journal.
 * @throws UsageError where nothing is named and there is no default file, OutputError where nothing named has a run
 */
export function findFiles(named: readonly string[]): Files {
  if (named.length === 0) return { paths: defaultFiles(), pids: [], problems: [] };
  const paths = new Set<string>();
  const pids: number[] = [];
  const problems: Problem[] = [];
  for (const path of named) {
    if (isRecorder(path)) {
      pids.push(Number(path));
      continue;
    }
    try {
      const found = filesOf(path);
      if (found.length === 0) problems.push({ file: path, message: `${path}: no metrics files and no journals in it` });
      for (const one of found) paths.add(one);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      problems.push({ file: path, message: `${path}: ${error.reason}` });
    }
  }
  const all = [...paths];
  if (all.length + pids.length === 0)
    throw new OutputError(`--explore: ${problems.map(({ message }) => message).join("; ")}`);
  if (all.length > MOST_FILES)
    problems.push({ file: "", message: `${all.length} files: only the first ${MOST_FILES} are shown` });
  return { paths: all.slice(0, MOST_FILES), pids, problems };
}

/** Whether a word is the pid of a process, and no file. */
function isRecorder(word: string): boolean {
  return /^[1-9]\d{0,9}$/.test(word) && !fileStatus(word) && !isAbsent(`/proc/${word}`);
}

/** @throws SystemError where there is nothing of that name */
function filesOf(path: string): readonly string[] {
  const status = fileStatus(path);
  if (status?.kind === "directory") return filesIn(path);
  if (status) return [path];
  const folder = dirname(path);
  const journals = fileStatus(folder) ? listJournals(folder, basename(path)) : [];
  if (journals.length === 0) throw new SystemError("ENOENT", "open", path, "No such file or directory");
  return journals.map((name) => join(folder, name));
}

/** Returns the default metrics file and the journal of a run that still writes it; else the import folder's files. */
function defaultFiles(): readonly string[] {
  const here = [...(fileStatus(METRICS_FILE) ? [METRICS_FILE] : []), ...listJournals(".", METRICS_FILE)];
  if (here.length > 0) return here;
  const imported = fileStatus(IMPORT_FOLDER)?.kind === "directory" ? filesIn(IMPORT_FOLDER) : [];
  if (imported.length > 0) return imported;
  throw new UsageError(
    `--explore: neither ${METRICS_FILE} nor ${IMPORT_FOLDER} is in this folder, and no samples come with this version; name files or folders (statexec --explore run.prom), or record a run (statexec -- make)`,
  );
}

/** @throws SystemError where the folder cannot be read */
function filesIn(folder: string): string[] {
  const names = [
    ...listFolder(folder)
      .filter((name) => METRICS_NAME.test(name))
      .sort(),
    ...listJournals(folder),
  ];
  return names.map((name) => `${folder.replace(/\/+$/, "")}/${name}`);
}

/** How often the journals of live runs are polled. */
const POLL_MS = 500;

/** After a poll, a pause of this many times its duration: the journal of a long run is read less often. */
const PAUSE_FACTOR = 10;

/** A file and its runs. */
interface Entry {
  readonly id: string;
  name: string;
  /** Empty as long as the recorder has no journal. */
  path: string;
  /** The recorder whose journal is awaited; undefined: there is a file. */
  pid: number | undefined;
  runs: readonly Run[];
  problems: readonly string[];
  /** The metrics file that a live run will write; undefined: the run has ended. */
  liveTarget: string | undefined;
  /** Device and inode of the file that was read; a name may lead elsewhere later. */
  identity: string;
  /** The size of the journal when it was read. */
  bytes: number;
  /** The latest sample of a run that goes on; undefined: there is none. */
  latest: string | undefined;
}

/** The runs of some files. The journals of live runs are read again as they grow, until the runs have ended. */
export class RunList {
  private readonly entries: readonly Entry[];
  private readonly fileProblems: readonly Problem[];
  private readonly callbacks = new Set<() => void>();
  /** Of all files, since all are kept. */
  private readonly limit = new ReadLimit();
  private timer: Timer | undefined;
  private isClosed = false;
  /** Resolves when all files have been read once. */
  readonly ready: Promise<void>;

  constructor({ paths, pids, problems }: Files) {
    const names = paths.map((path) => basename(path));
    const files = paths.map((path, i) => {
      const isUnique = names.filter((name) => name === names[i]).length === 1;
      return newEntry(i, isUnique ? basename(path) : path, { path });
    });
    this.entries = [...files, ...pids.map((pid, i) => newEntry(files.length + i, `process ${pid}`, { pid }))];
    this.fileProblems = problems;
    this.ready = this.readAll();
  }

  runs(): Runs {
    const problems = this.entries.flatMap((entry) => entry.problems.map((message) => ({ file: entry.name, message })));
    return {
      runs: this.entries.flatMap(({ runs }) => runs.map(({ info }) => info)),
      problems: [...this.fileProblems, ...problems],
    };
  }

  run(id: string): Run | undefined {
    return this.entries.flatMap(({ runs }) => runs).find(({ info }) => info.id === id);
  }

  /** The latest samples of the runs that go on, each as OpenMetrics text. */
  latest(): readonly string[] {
    return this.entries.flatMap(({ latest }) => latest ?? []);
  }

  /** Returns the file of a run, as it was read. */
  fileOf(id: string): { readonly path: string; readonly identity: string } | undefined {
    return this.entries.find(({ runs }) => runs.some(({ info }) => info.id === id));
  }

  /** Calls back when a run has new points or has ended. The returned function stops that. */
  follow(changed: () => void): () => void {
    this.callbacks.add(changed);
    return () => this.callbacks.delete(changed);
  }

  /** The number of callbacks. */
  get followers(): number {
    return this.callbacks.size;
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
  }

  private async readAll(): Promise<void> {
    for (const entry of this.entries) if (entry.path !== "") await this.read(entry);
    this.pollAfter(POLL_MS);
    void this.prepareFirst();
  }

  /** One run only: what is kept of a long one takes much memory. A run that goes on is read again soon. */
  private async prepareFirst(): Promise<void> {
    const [run, ...others] = this.entries.flatMap(({ runs }) => runs);
    if (run && others.length === 0 && !run.info.live) await prepareRun(run, () => this.isClosed);
  }

  private async read(entry: Entry): Promise<void> {
    const { bytes = 0, identity = "" } = fileStatus(entry.path) ?? {};
    const loaded = await loadRecordings(entry.path, this.limit);
    try {
      update(entry, loaded);
      entry.bytes = bytes;
      entry.identity = identity;
    } finally {
      loaded.close();
    }
  }

  private pollAfter(delayMs: number): void {
    if (this.isClosed || !this.entries.some(isGrowing)) return;
    this.timer = setTimeout(async () => {
      const start = performance.now();
      let hasChanged = false;
      for (const entry of this.entries) if (await this.poll(entry)) hasChanged = true;
      if (hasChanged) for (const changed of this.callbacks) changed();
      this.pollAfter(Math.max(POLL_MS, PAUSE_FACTOR * (performance.now() - start)));
    }, delayMs);
  }

  /** Looks for the journal of a recorder. Returns whether anything is new. */
  private async find(entry: Entry, pid: number): Promise<boolean> {
    const journal = journalOf(pid);
    if (journal === undefined && !isAbsent(`/proc/${pid}`)) return false;
    entry.pid = undefined;
    if (journal === undefined) {
      entry.problems = [`process ${pid} ended before it had a journal`];
      return true;
    }
    entry.path = journal;
    entry.name = basename(journal);
    await this.read(entry);
    return true;
  }

  /** Reads the journal of a live run if it has grown, or the metrics file if the run has ended. Returns whether it changed. */
  private async poll(entry: Entry): Promise<boolean> {
    if (entry.pid !== undefined) return await this.find(entry, entry.pid);
    if (entry.liveTarget === undefined) return false;
    const journal = fileStatus(entry.path);
    // A journal that has not grown is loaded too: its run may have been killed.
    const loaded = await loadRecordings(journal ? entry.path : entry.liveTarget);
    try {
      if (loaded.liveTarget !== undefined && journal?.bytes === entry.bytes) return false;
      // The journal was removed between the two calls: the next poll finds the metrics file.
      if (journal && loaded.recordings.length === 0 && !fileStatus(entry.path)) return false;
      if (!journal) {
        entry.path = entry.liveTarget;
        entry.identity = fileStatus(entry.path)?.identity ?? "";
      }
      update(entry, loaded);
      entry.bytes = journal?.bytes ?? 0;
      return true;
    } finally {
      loaded.close();
    }
  }
}

/** Whether there will be more of it. */
function isGrowing({ liveTarget, pid }: Entry): boolean {
  return liveTarget !== undefined || pid !== undefined;
}

function newEntry(at: number, name: string, { path = "", pid }: { path?: string; pid?: number }): Entry {
  const unread = { runs: [], problems: [], liveTarget: undefined, identity: "", bytes: 0, latest: undefined };
  return { id: String(at + 1), name, path, pid, ...unread };
}

/** Replaces the runs of an entry. Where nothing can be read any more, the earlier runs stay, as runs that ended. */
function update(entry: Entry, { recordings, problems, liveTarget }: Loaded): void {
  const name = { name: entry.name, live: liveTarget !== undefined };
  const idOf = (i: number) => (i === 0 ? entry.id : `${entry.id}.${i + 1}`);
  const ended = entry.runs.map((run) => ({ ...run, info: { ...run.info, live: false } }));
  entry.runs = recordings.length > 0 ? recordings.map((one, i) => runOf(one, { ...name, id: idOf(i) })) : ended;
  entry.problems = problems;
  entry.liveTarget = liveTarget;
  const [run] = recordings;
  entry.latest = run && liveTarget !== undefined ? latestText(run) : undefined;
}
