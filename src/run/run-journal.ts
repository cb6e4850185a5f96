import type { Clock } from "../clock.ts";
import { createJournal, type NewJournal } from "../journal/journal-files.ts";
import { JournalWriter } from "../journal/journal-writer.ts";
import { closeFile, removeFile } from "../os/files.ts";
import type { Identity } from "../recording/recording.ts";

/** Where a run's journal belongs, and whose it is. */
export interface JournalParts {
  readonly folder: string;
  /** The metrics file's name, and its path. */
  readonly name: string;
  readonly target: string;
  /** Permission bits, less the umask. */
  readonly mode: number;
  readonly identity: Identity;
  /** Time of the first sample, on the recording's axis and by the wall clock. */
  readonly startMs: number;
  readonly trueStartMs: number;
  readonly clock: Clock;
}

/** The rows of one run: in memory for a second, then in a journal that outlives us. */
export class RunJournal {
  readonly writer: JournalWriter;
  private file: NewJournal | undefined;

  constructor({ folder, name, target, mode, clock, ...start }: JournalParts) {
    const open = () => {
      this.file = createJournal(folder, name, process.pid, mode);
      return this.file.fd;
    };
    this.writer = new JournalWriter({ header: { ...start, pid: process.pid, target }, clock, open });
  }

  /** The metrics file is there: the journal has done its work. */
  discard(): void {
    if (!this.file) return;
    removeFile(this.file.path);
    closeFile(this.file.fd);
    this.file = undefined;
  }

  /** There will be no metrics file: what was recorded goes into the journal, all of it or what can be. In words. */
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

  /** What could not be written for good, in words. */
  get loss(): string | undefined {
    const { failure } = this.writer;
    if (!failure?.lost) return undefined;
    const { rows, fromMs, toMs } = failure.lost;
    const [from, to] = [fromMs, toMs].map((atMs) => new Date(atMs).toISOString());
    return `${rows} samples from ${from} to ${to} are lost: the journal could not be written (${failure.error.message})`;
  }
}
