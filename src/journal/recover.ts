import { closeFile, O_RDONLY, openFile } from "../os/files.ts";
import type { JournalHeader } from "./about.ts";
import { isHeldByOther } from "./folder.ts";
import { readHeader, readJournal } from "./reader.ts";
import type { JournalRecording } from "./recording.ts";
import { fileSource } from "./source.ts";

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
