import { ParseError } from "../errors.ts";
import { MAGIC } from "../journal/format.ts";
import { describeRecovery, openJournal } from "../journal/recover.ts";
import { closeFile, fileStatus, O_RDONLY, openFile, readRange, SystemError } from "../os/files.ts";
import type { Recording } from "../recording/recording.ts";
import { readMetrics } from "./metrics.ts";

/** What a file holds. */
export interface Loaded {
  /** Good until `close`: of a journal, the points are read when they are asked for. */
  readonly recordings: readonly Recording[];
  /** What could not be read, for people: a line each, with file and place. */
  readonly problems: readonly string[];
  /** Where it is the journal of a run that still goes on: the metrics file that the run will make. */
  readonly liveTarget: string | undefined;
  close(): void;
}

const nothing = () => undefined;

/** Reads a metrics file or a journal, whatever its name. What cannot be read is told, never thrown. */
export async function load(path: string): Promise<Loaded> {
  try {
    if (isJournal(path)) return loadJournal(path);
    return { ...(await readMetrics(path)), liveTarget: undefined, close: nothing };
  } catch (error) {
    if (!(error instanceof SystemError || error instanceof ParseError)) throw error;
    const message = error.message.includes(path) ? error.message : `${path}: ${error.message}`;
    return { recordings: [], problems: [message], liveTarget: undefined, close: nothing };
  }
}

/** Whether a path leads to a file that begins as a journal; a pipe is not opened. Throws SystemError. */
function isJournal(path: string): boolean {
  if (fileStatus(path)?.kind !== "file") return false;
  const fd = openFile(path, O_RDONLY);
  try {
    const start = new Uint8Array(MAGIC.length);
    return readRange(fd, 0, start, start.length) === start.length && new TextDecoder().decode(start) === MAGIC;
  } finally {
    closeFile(fd);
  }
}

function loadJournal(path: string): Loaded {
  const journal = openJournal(path);
  try {
    const recording = journal.recording();
    const [, ...missing] = journal.alive ? [] : describeRecovery(recording);
    return {
      recordings: [recording],
      problems: missing.map((line) => `${path}: ${line}`),
      liveTarget: journal.alive ? journal.header.target : undefined,
      close: () => journal.close(),
    };
  } catch (error) {
    journal.close();
    throw error;
  }
}
