import { ParseError } from "../errors.ts";
import {
  closeFile,
  fileStatus,
  isAbsent,
  linkStatus,
  linkTarget,
  listFolder,
  lockFile,
  O_CREAT,
  O_EXCL,
  O_RDWR,
  openFile,
  SystemError,
} from "../os/files.ts";
import type { JournalRecording } from "./journal-recording.ts";
import type { JournalHeader, ProcessLines, UnsavedSamples } from "./journal-records.ts";

/** Where the journal of a metrics file is created. */
export interface JournalPlace {
  /** The folder of the metrics file, or that of temporary files. */
  readonly folder: string;
  /** Whether other users can write to the folder. */
  readonly shared: boolean;
  /** The metrics file's name. */
  readonly name: string;
  /** Permission bits, before the umask. */
  readonly mode: number;
}

/** A journal file created for this run. */
export interface NewJournal {
  readonly path: string;
  readonly fd: number;
}

/** An earlier process with the same pid, as in containers, may have left a journal: then a count is added to the name. */
const MOST_NAMES = 1000;

/**
 * Creates the journal of a metrics file, `.run.prom.1234.journal`, and locks it as long as the process lives: the lock
 * shows that the run still goes on. Throws SystemError.
 */
export function createJournal(folder: string, metricsFile: string, pid: number, mode = 0o666): NewJournal {
  for (let count = 1; ; count++) {
    const path = `${folder}/.${metricsFile}.${pid}${count === 1 ? "" : `.${count}`}.journal`;
    try {
      const fd = openFile(path, O_RDWR | O_CREAT | O_EXCL, mode);
      lockJournal(fd, pid);
      return { path, fd };
    } catch (error) {
      if (!(error instanceof SystemError) || error.code !== "EEXIST" || count === MOST_NAMES) throw error;
    }
  }
}

/** Returns a path at which a journal is now; undefined: it has none. */
export function seenPath({ path, fd }: NewJournal): string | undefined {
  const ours = fileStatus(fd)?.identity;
  const isAt = (one: string | undefined) => one !== undefined && linkStatus(one)?.identity === ours;
  if (isAt(path)) return path;
  // Its folder may have been renamed: the kernel knows where it is.
  const moved = linkTarget(`/proc/self/fd/${fd}`);
  return isAt(moved) ? moved : undefined;
}

/** The names of the journals in a folder, sorted: all, or those of one metrics file. Throws SystemError. */
export function listJournals(folder: string, metricsFile?: string): string[] {
  const isOne = (name: string) => {
    if (metricsFile === undefined) return /^\..+\.\d+\.journal$/s.test(name);
    return name.startsWith(`.${metricsFile}.`) && /^\d+(\.\d+)?\.journal$/.test(name.slice(metricsFile.length + 2));
  };
  return listFolder(folder).filter(isOne).sort();
}

/**
 * Locks a journal. Returns false where another process holds the lock. Where the file system has no locks, a living
 * process with the journal's pid counts as the holder.
 */
function lockJournal(fd: number, pid: number): boolean {
  try {
    return lockFile(fd);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return fileStatus(`/proc/${pid}`) === undefined;
  }
}

/** A journal file that is open, and locked where its run is over. */
export interface OpenJournal {
  readonly path: string;
  /** As in `FileStatus`. */
  readonly identity: string;
  /** Permission bits of the file. */
  readonly mode: number;
  /** Whether its run still goes on, so that it must not be recovered. */
  readonly alive: boolean;
  readonly header: JournalHeader;
  /** All that is intact in the journal. It can be used until `close`. Throws ParseError, SystemError. */
  recording(): JournalRecording;
  /** The lines of processes in it, read while they are asked for. Throws likewise. */
  processes(): Iterable<ProcessLines>;
  /** The samples of the largest processes, likewise. */
  samples(): Iterable<UnsavedSamples>;
  /** Closes the file, and so releases the lock, which keeps other processes from recovering the journal meanwhile. */
  close(): void;
}

/**
 * Opens a journal and, where its run is over, locks it.
 * @throws ParseError where it is no journal, has another major version, or lacks its header; SystemError
 */
export function openJournal(path: string): OpenJournal {
  // Loaded here, since this file is loaded before the command starts, and most runs open no journal.
  const { openForeign } = require("../os/foreign-files.ts") as typeof import("../os/foreign-files.ts");
  const { readHeader, readJournal } = require("./journal-reader.ts") as typeof import("./journal-reader.ts");
  const { processesIn, samplesIn } = require("./journal-reader.ts") as typeof import("./journal-reader.ts");
  const { fileSource } = require("./journal-source.ts") as typeof import("./journal-source.ts");
  const { fd, kind } = openForeign(path);
  try {
    if (kind !== "file") throw new ParseError(path, "a journal", `a ${kind}`);
    const { identity, mode } = fileStatus(fd)!;
    const header = readHeader(fileSource(fd), path);
    const alive = !lockJournal(fd, header.pid);
    return {
      path,
      identity,
      mode,
      alive,
      header,
      recording: () => readJournal(fileSource(fd), path),
      processes: () => processesIn(fileSource(fd), path),
      samples: () => samplesIn(fileSource(fd), path),
      close: () => closeFile(fd),
    };
  } catch (error) {
    closeFile(fd);
    throw error;
  }
}

/** Our journals of a metrics file whose recorders were killed, as paths: they are not locked, and not recovered. */
export function abandonedJournals(folder: string, metricsFile: string): string[] {
  const abandoned: string[] = [];
  try {
    for (const name of listJournals(folder, metricsFile))
      if (isOurs(`${folder}/${name}`) && isAbandoned(`${folder}/${name}`)) abandoned.push(`${folder}/${name}`);
  } catch (error) {
    // The run itself reports a folder that it cannot use.
    if (!(error instanceof SystemError)) throw error;
  }
  return abandoned;
}

/**
 * The paths of the journals in the fallback folders that are ours and whose recorders were killed, for the metrics files
 * that are wanted, by their absolute paths. `metricsFile`: only those with this name, so that no other journal is opened.
 */
export function journalsElsewhere(isWanted: (target: string) => boolean, metricsFile?: string): string[] {
  const { fallbackFolders } = require("./fallback-folders.ts") as typeof import("./fallback-folders.ts");
  const found: string[] = [];
  for (const folder of fallbackFolders())
    for (const name of isAbsent(folder) ? [] : namesIn(folder, metricsFile))
      if (isOurs(`${folder}/${name}`) && isAbandoned(`${folder}/${name}`, isWanted)) found.push(`${folder}/${name}`);
  return found;
}

/** A folder that is refused to us has none of our journals. */
function namesIn(folder: string, metricsFile: string | undefined): string[] {
  try {
    return listJournals(folder, metricsFile);
  } catch (error) {
    if (error instanceof SystemError) return [];
    throw error;
  }
}

/** Returns the path of a journal's metrics file in the journal's own folder. */
export function besideJournal(path: string): string {
  const slash = path.lastIndexOf("/") + 1;
  const [, name] = /^\.(.+?)\.\d+(?:\.\d+)?\.journal$/s.exec(path.slice(slash)) ?? [];
  return path.slice(0, slash) + (name ?? `${path.slice(slash)}.prom`);
}

/** Returns the path of the metrics file of a journal: where we made the journal, it says so, else beside it. */
export function targetOf({ path, header }: Pick<OpenJournal, "path" | "header">): string {
  return isOurs(path) ? header.target : besideJournal(path);
}

/** Others may put files into a folder for all. */
function isOurs(path: string): boolean {
  const status = linkStatus(path);
  return status?.kind === "file" && status.owner === process.geteuid?.();
}

/**
 * Whether the run of a journal is over. A journal that cannot be read cannot be recovered, and does not count; --recover
 * says why it cannot.
 */
function isAbandoned(path: string, isWanted: (target: string) => boolean = () => true): boolean {
  try {
    const journal = openJournal(path);
    journal.close();
    return !journal.alive && isWanted(journal.header.target);
  } catch (error) {
    if (error instanceof SystemError || error instanceof ParseError) return false;
    throw error;
  }
}

/** The journal that a process has open; undefined: none that we may see. */
export function journalOf(pid: number): string | undefined {
  const folder = `/proc/${pid}/fd`;
  const name = new RegExp(`\\.${pid}(\\.\\d+)?\\.journal$`);
  try {
    return listFolder(folder)
      .map((fd) => linkTarget(`${folder}/${fd}`) ?? "")
      .find((target) => name.test(target));
  } catch (error) {
    // Another user's, or it has ended.
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}
