import type { Clock } from "../clock.ts";
import { createJournal, type JournalPlace, type NewJournal } from "../journal/journal-files.ts";
import { JournalWriter } from "../journal/journal-writer.ts";
import { closeFile, removeFile } from "../os/files.ts";
import type { Identity } from "../recording/recording.ts";

/** The place of a run's journal. */
export interface RunJournalPlace extends JournalPlace {
  /** The metrics file's absolute path. */
  readonly target: string;
}

export interface RunJournalParts extends RunJournalPlace {
  readonly identity: Identity;
  /** Time of the first sample, on the recording's axis and by the wall clock. */
  readonly startMs: number;
  readonly trueStartMs: number;
  readonly clock: Clock;
}

/** The rows of one run: in memory for a second, then in a journal file that outlives this process. */
export class RunJournal {
  readonly writer: JournalWriter;
  private file: NewJournal | undefined;

  constructor({ folder, shared: _, name, target, mode, clock, ...start }: RunJournalParts) {
    const open = () => {
      this.file = createJournal(folder, name, process.pid, mode);
      return this.file.fd;
    };
    this.writer = new JournalWriter({ header: { ...start, pid: process.pid, target }, clock, open });
  }

  /** Removes the file of a run whose command was never started. */
  abandon(): void {
    // No write may come after the file is closed.
    this.writer.end();
    this.discard();
  }

  /** Removes the file of a run that is over: the metrics file has all of it. */
  discard(): void {
    if (!this.file) return;
    removeFile(this.file.path);
    closeFile(this.file.fd);
    this.file = undefined;
  }

  /** Writes all rows to the file, since there will be no metrics file. Returns what was kept, in words. */
  keep(): string {
    this.writer.flush();
    this.writer.end();
    const { failure } = this.writer;
    if (!this.file) return "nothing of the recording could be kept";
    const { path } = this.file;
    return failure?.hasUnwritten
      ? `what could be kept of the recording is in ${path}; make a file of it by: statexec --recover ${path}`
      : `what was recorded is kept; make the file of it by: statexec --recover ${path}`;
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
