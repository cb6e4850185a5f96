import type { Clock } from "../clock.ts";
import { fallbackFolders, makeFallbackFolder } from "../journal/fallback-folders.ts";
import type { JournalMaker } from "../journal/journal-file.ts";
import { createJournal, type JournalPlace, seenPath } from "../journal/journal-files.ts";
import { JournalWriter, type SnapshotSource, type UnsavedProcesses } from "../journal/journal-writer.ts";
import { SystemError } from "../os/files.ts";
import type { Identity } from "../recording/recording.ts";
import { shellQuoted } from "../safe-text.ts";

/** The place of a run's journal. */
export interface RunJournalPlace extends JournalPlace {
  /** The metrics file's absolute path. */
  readonly target: string;
  /** Whether it is brought to the disk while the command runs. */
  readonly isSynced: boolean;
  /** As in `JournalWriterParts`. */
  readonly flushed?: () => void;
}

export interface RunJournalParts extends RunJournalPlace {
  readonly identity: Identity;
  /** Time of the first sample, on the recording's axis and by the wall clock. */
  readonly startMs: number;
  readonly trueStartMs: number;
  readonly clock: Clock;
  readonly processes: UnsavedProcesses | undefined;
  readonly snapshots: () => readonly SnapshotSource[];
}

/** Only we may read a journal that is not in the metrics file's own folder. */
const PRIVATE_MODE = 0o600;

/** The rows of one run: in memory for a second, then in a journal file that outlives this process. */
export class RunJournal {
  readonly writer: JournalWriter;
  private readonly target: string;
  /** Whether the journal is in another folder than the metrics file from the start on. */
  private readonly isApart: boolean;

  constructor({
    folder,
    shared,
    name,
    target,
    mode,
    clock,
    isSynced,
    flushed,
    processes,
    snapshots,
    ...start
  }: RunJournalParts) {
    this.target = target;
    this.isApart = shared && !target.startsWith("/dev/");
    const { pid } = process;
    const usual = () => createJournal(folder, name, pid, mode);
    const places = [usual, ...elsewhere(folder, name)];
    const header = { ...start, pid, target };
    this.writer = new JournalWriter({ header, clock, places, isSynced, flushed, processes, snapshots });
  }

  /** Whether the run took more than a second, and so had a file. */
  get hadFile(): boolean {
    return this.writer.file !== undefined;
  }

  /** Removes the file of a run whose command was never started. */
  abandon(): void {
    // No write may come after the file is closed.
    this.writer.end();
    this.discard();
  }

  /** Removes the file of a run that is over: the metrics file has all of it. */
  discard(): void {
    this.writer.file?.discard();
  }

  /** Writes all rows to the file, since there will be no metrics file. Returns what was kept and lost, in words. */
  keep(): string {
    this.writer.flush();
    this.writer.end();
    const { seconds, all } = this.writer.unsaved;
    const { file } = this.writer;
    const path = file?.file && seenPath(file.file);
    if (path === undefined || all) {
      this.discard();
      return `nothing of the recording could be kept: ${inSeconds(seconds)} are lost`;
    }
    const unsynced = synced(() => file?.syncNow());
    const make = `make the file of it by: statexec --recover ${shellQuoted(path)}${file?.hasMoved || this.isApart ? ` -f ${shellQuoted(this.target)}` : ""}`;
    if (seconds === 0) return `what was recorded is kept${file?.failure ? " (0 s are lost)" : ""}${unsynced}; ${make}`;
    return `${inSeconds(seconds)} of the recording are lost, and the rest is kept${unsynced}; ${make}`;
  }

  /** Which rows were lost since the file could not be written, in words; undefined: none. */
  get loss(): string | undefined {
    const { failure } = this.writer;
    if (!failure?.lost) return undefined;
    const { rows, fromMs, toMs } = failure.lost;
    const [from, to] = [fromMs, toMs].map((atMs) => new Date(atMs).toISOString());
    return `${rows} samples from ${from} to ${to} are lost: the journal could not be written (${failure.error.message})`;
  }
}

/** The journal's places beside the usual folder. Their folders are looked up only when a journal moves to them. */
function elsewhere(usual: string, name: string): JournalMaker[] {
  const places: JournalMaker[] = [];
  for (const folder of fallbackFolders()) {
    if (folder === usual) continue;
    places.push(() => {
      makeFallbackFolder(folder);
      return createJournal(folder, name, process.pid, PRIVATE_MODE);
    });
  }
  return places;
}

/** Brings a file to the disk. Returns a note where that failed. */
function synced(sync: () => void): string {
  try {
    sync();
    return "";
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return `, but may not survive a power loss (${error.reason})`;
  }
}

function inSeconds(seconds: number): string {
  return `${Number(seconds.toFixed(1))} s`;
}
