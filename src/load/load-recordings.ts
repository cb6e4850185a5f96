import { OutputError, ParseError, UsageError } from "../errors.ts";
import { journalOf, openJournal, targetOf } from "../journal/journal-files.ts";
import { MAGIC } from "../journal/journal-format.ts";
import { describeRecovery } from "../journal/journal-recording.ts";
import { type MetricsContent, MetricsReader } from "../openmetrics/metrics-reader.ts";
import { closeFile, isAbsent, readRange, SystemError } from "../os/files.ts";
import { openForeign } from "../os/foreign-files.ts";
import type { Recording } from "../recording/recording.ts";
import { figuresOf, type RunFigures } from "../recording/run-figures.ts";
import { openText } from "./open-text.ts";
import { ReadLimit, TooLargeError } from "./read-limit.ts";

/** The recordings in a file. */
export interface Loaded {
  /** Valid until `close`: the points of a journal are read when they are used. */
  readonly recordings: readonly Recording[];
  /** The parts of the file that could not be read, for a person: a line each, with file and place. */
  readonly problems: readonly string[];
  /** The metrics file that the run will write, where the file is the journal of a run that still goes on. */
  readonly liveTarget: string | undefined;
  close(): void;
}

const nothing = () => undefined;

/**
 * Reads a metrics file or a journal, whatever its name. Errors of reading are problems in the result, not exceptions.
 * `limit` counts what is read as kept; without it, this file is the only one.
 */
export async function loadRecordings(path: string, limit = new ReadLimit()): Promise<Loaded> {
  try {
    if (isJournal(path)) return loadJournal(path);
    return { ...(await readMetrics(path, limit)), liveTarget: undefined, close: nothing };
  } catch (error) {
    if (!(error instanceof SystemError || error instanceof ParseError)) throw error;
    const message = error.message.includes(path) ? error.message : `${path}: ${error.message}`;
    return { recordings: [], problems: [message], liveTarget: undefined, close: nothing };
  }
}

/** The figures of the runs in a file. */
export interface LoadedFigures {
  /** At least one run. */
  readonly runs: readonly RunFigures[];
  /** As of `Loaded`. */
  readonly problems: readonly string[];
  /** Whether the file is the journal of a run that still goes on. */
  readonly isLive: boolean;
}

/** Works out the figures of the runs in a file. Throws OutputError where it has none. */
export async function loadFigures(path: string): Promise<LoadedFigures> {
  const loaded = await loadRecordings(path);
  try {
    const { recordings, problems, liveTarget } = loaded;
    if (recordings.length === 0) throw new OutputError(problems[0] ?? `${path}: no run in it`);
    return { runs: recordings.map(figuresOf), problems, isLive: liveTarget !== undefined };
  } finally {
    loaded.close();
  }
}

/** Whether a file begins as a journal. A pipe is not opened, since its first bytes can be read only once. Throws SystemError. */
function isJournal(path: string): boolean {
  const { fd, kind } = openForeign(path);
  try {
    if (kind !== "file") return false;
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
      liveTarget: journal.alive ? targetOf(journal) : undefined,
      close: () => journal.close(),
    };
  } catch (error) {
    journal.close();
    throw error;
  }
}

/** After this time of reading, other work has a turn: a server answers requests meanwhile. */
const TURN_MS = 20;

/**
 * Reads a metrics file of any size, compressed or not, into memory.
 * @throws SystemError where it cannot be opened or read, or is neither a file nor a pipe; ParseError where it is too large
 */
async function readMetrics(path: string, limit: ReadLimit): Promise<MetricsContent> {
  const text = openText(path);
  const reader = new MetricsReader(path);
  try {
    let turnEnds = performance.now() + TURN_MS;
    while (!reader.isHopeless) {
      const count = await text.read(reader.buffer());
      if (count === 0) break;
      reader.consume(count);
      limit.check(path, reader);
      if (performance.now() < turnEnds) continue;
      await Bun.sleep(0);
      turnEnds = performance.now() + TURN_MS;
    }
    limit.keep(reader);
    return reader.finish();
  } catch (error) {
    if (!(error instanceof ParseError) || error instanceof TooLargeError) throw error;
    return reader.finish(error.message);
  } finally {
    await text.close();
  }
}

/** A recorder that was just started has no journal yet: it has one from its first second on. */
export const AWAIT_MS = 2000;

const POLL_MS = 100;

/**
 * Returns the journal of a recorder, which is awaited for so long. `flag`: of the mode that wants it.
 * @throws UsageError where there is no such process, or it has no journal by then
 */
export async function awaitJournal(flag: string, pid: number, awaitMs: number): Promise<string> {
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    const journal = journalOf(pid);
    if (journal !== undefined) return journal;
    if (isAbsent(`/proc/${pid}`)) throw new UsageError(`${flag}: there is no process ${pid}`);
    if (waitedMs >= awaitMs)
      throw new UsageError(`${flag}: no journal is open in process ${pid}: it records nothing, or is another user's`);
    await Bun.sleep(POLL_MS);
  }
}
