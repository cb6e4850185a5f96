import { ParseError } from "../errors.ts";
import {
  closeFile,
  fileStatus,
  listFolder,
  lockFile,
  O_CREAT,
  O_EXCL,
  O_RDONLY,
  O_RDWR,
  openFile,
  SystemError,
} from "../os/files.ts";
import type { JournalHeader } from "./about.ts";
import { readHeader, readJournal } from "./reader.ts";
import type { JournalRecording } from "./recording.ts";
import { fileSource } from "./source.ts";

/** A journal that was made for this run. */
export interface NewJournal {
  readonly path: string;
  readonly fd: number;
}

/** A process of the same number may have left one, as in a container each does: then the name has a count behind it. */
const MOST_NAMES = 1000;

/**
 * Makes the journal of a metrics file, `.run.prom.1234.journal`, and holds it as long as the process lives: who finds it
 * locked knows that its run goes on. Throws SystemError.
 */
export function createJournal(folder: string, metricsFile: string, pid: number, mode = 0o666): NewJournal {
  for (let count = 1; ; count++) {
    const path = `${folder}/.${metricsFile}.${pid}${count === 1 ? "" : `.${count}`}.journal`;
    try {
      const fd = openFile(path, O_RDWR | O_CREAT | O_EXCL, mode);
      isHeldByOther(fd, pid);
      return { path, fd };
    } catch (error) {
      if (!(error instanceof SystemError) || error.code !== "EEXIST" || count === MOST_NAMES) throw error;
    }
  }
}

/** The names of the journals in a folder, sorted; of one metrics file where it is given. Throws SystemError. */
export function listJournals(folder: string, metricsFile?: string): string[] {
  const isOne = (name: string) => {
    if (metricsFile === undefined) return /^\..+\.\d+\.journal$/s.test(name);
    return name.startsWith(`.${metricsFile}.`) && /^\d+(\.\d+)?\.journal$/.test(name.slice(metricsFile.length + 2));
  };
  return listFolder(folder).filter(isOne).sort();
}

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
    const journal = openJournal(path);
    journal.close();
    return !journal.alive;
  } catch (error) {
    if (error instanceof SystemError || error instanceof ParseError) return false;
    throw error;
  }
}

/** Locks a journal, unless another process has. Where files cannot be locked, one that lives has the process's number. */
function isHeldByOther(fd: number, pid: number): boolean {
  try {
    return !lockFile(fd);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return fileStatus(`/proc/${pid}`) !== undefined;
  }
}

export interface OpenJournal {
  readonly path: string;
  /** Its run goes on: it is not to be recovered yet. */
  readonly alive: boolean;
  readonly header: JournalHeader;
  /** All that is intact in it, for as long as this is open. Throws ParseError, SystemError. */
  recording(): JournalRecording;
  /** Ends the hold that keeps others from recovering it meanwhile. */
  close(): void;
}

/**
 * Opens a journal and, where its run is over, holds it.
 * @throws ParseError where it is no journal, is one of another major version, or lacks its header; SystemError
 */
export function openJournal(path: string): OpenJournal {
  const fd = openFile(path, O_RDONLY);
  try {
    const header = readHeader(fileSource(fd), path);
    const alive = isHeldByOther(fd, header.pid);
    return { path, alive, header, recording: () => readJournal(fileSource(fd), path), close: () => closeFile(fd) };
  } catch (error) {
    closeFile(fd);
    throw error;
  }
}

/** What the user should know of a recording that was recovered: what it has, and what is missing from when. */
export function describeRecovery({ header, rows, lastMs, damage }: JournalRecording): string[] {
  const { startMs } = header;
  const lines = [`${counted(rows, "sample")}${lastMs === undefined ? "" : `, up to ${when(lastMs, startMs)}`}`];
  if (!damage.ended) {
    const end = lastMs === undefined ? "" : ` after ${when(lastMs, startMs)}`;
    lines.push(`missing: all${end}, when the recorder was stopped`);
  }
  for (const { afterMs, beforeMs, rows: missing } of damage.gaps) {
    const from = afterMs === undefined ? "the start" : when(afterMs, startMs);
    const to = beforeMs === undefined ? "the end" : when(beforeMs, startMs);
    lines.push(`missing: ${counted(missing, "sample")} between ${from} and ${to}`);
  }
  if (damage.unnamed > 0)
    lines.push(`missing: ${damage.unnamed} series whose ${damage.unnamed === 1 ? "name is" : "names are"} damaged`);
  if (damage.bytes > 0)
    lines.push(`${counted(damage.bytes, "byte")} of the journal are damaged: facts or events may be missing`);
  return lines;
}

/** `2023-11-14T22:13:20.000Z (12.3 s after the start)`. */
function when(atMs: number, startMs: number): string {
  const date = new Date(atMs);
  const text = Number.isNaN(date.getTime()) ? `${atMs} ms` : date.toISOString();
  return `${text} (${((atMs - startMs) / 1000).toFixed(1)} s after the start)`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
