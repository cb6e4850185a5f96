import { fileStatus, listFolder, lockFile, O_CREAT, O_EXCL, O_RDWR, openFile, SystemError } from "../os/files.ts";

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
export function lockJournal(fd: number, pid: number): boolean {
  try {
    return lockFile(fd);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return fileStatus(`/proc/${pid}`) === undefined;
  }
}
