import { fileStatus, listFolder, lockFile, O_CREAT, O_EXCL, O_RDWR, openFile, SystemError } from "../os/files.ts";

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

/** Locks a journal, unless another process has. Where files cannot be locked, one that lives has the process's number. */
export function isHeldByOther(fd: number, pid: number): boolean {
  try {
    return !lockFile(fd);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return fileStatus(`/proc/${pid}`) !== undefined;
  }
}
