import { backgroundSync } from "../os/background-sync.ts";
import { closeFile, O_RDONLY, openFile, SystemError } from "../os/files.ts";
import { folderToDisk, toDisk } from "../os/to-disk.ts";
import type { NewJournal } from "./journal-files.ts";

/** What was written is on the disk so many milliseconds later, and what that takes. */
const SYNC_MS = 5000;

/** Brings a growing file to the disk again and again. */
export interface FileSync {
  /** Notes that something was written to the file, and syncs it where that is due. It never throws. */
  wrote(file: NewJournal): void;
  /** Syncs file and folder, and waits for it. Throws SystemError. */
  now(file: NewJournal): void;
  /** Why what was written may not reach the disk; undefined: as far as is known, it does. */
  readonly failure: SystemError | undefined;
}

/** Syncs a file every five seconds, without waiting for it where the kernel can do that. */
export function syncLater(now: () => number = () => performance.now()): FileSync {
  return new PeriodicSync(now);
}

class PeriodicSync implements FileSync {
  private readonly background = backgroundSync();
  private fd: number | undefined;
  private syncedAt = Number.NEGATIVE_INFINITY;
  private wroteAt = 0;
  private error: SystemError | undefined;

  constructor(private readonly clock: () => number) {}

  get failure(): SystemError | undefined {
    return this.error;
  }

  wrote({ fd, path }: NewJournal): void {
    const now = this.clock();
    const isNew = fd !== this.fd;
    // The next write may come as late after this one as this one came after the last.
    const isDue = isNew || 2 * now - this.wroteAt - this.syncedAt > SYNC_MS;
    this.wroteAt = now;
    if (!isDue) return;
    this.fd = fd;
    if (this.background.isBusy) return;
    this.error = this.background.error;
    this.background.error = undefined;
    this.syncedAt = now;
    try {
      if (!this.background.begin(fd, true)) toDisk(fd, true);
      if (isNew) this.syncFolder(path);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.error = error;
    }
  }

  now({ fd, path }: NewJournal): void {
    toDisk(fd);
    folderToDisk(folderOf(path));
  }

  /** The file's name is in its folder, which is synced once. */
  private syncFolder(path: string): void {
    const folder = openFile(folderOf(path), O_RDONLY);
    try {
      if (!this.background.begin(folder, false)) toDisk(folder);
    } finally {
      closeFile(folder);
    }
  }
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}
