import { closeFile, fileStatus, readRange, removeFile, SystemError, truncateFile, writeRange } from "../os/files.ts";
import { type FileSync, syncLater } from "./file-sync.ts";
import { type NewJournal, seenPath } from "./journal-files.ts";
import { ByteWriter } from "./journal-format.ts";
import { type JournalSource, joinedSource } from "./journal-source.ts";
import { dropRows, firstRows, type Loss, wholeRecords } from "./lost-rows.ts";

/** Creates the file of a journal at one place, readable and writable. Throws SystemError. */
export type JournalMaker = () => NewJournal;

/** The limit of records in memory that cannot be written. Beyond it, rows are dropped: all but the current segment's. */
const MOST_UNWRITTEN_BYTES = 8 * 1024 * 1024;

/** The first write has the names of all series. A buffer that grew to that would be copied four times. */
const FIRST_WRITE_BYTES = 64 * 1024;

/** A journal that moves is copied in steps of this size, one at each write, so that no step delays a sample. */
const MOVED_AT_ONCE_BYTES = 4 * 1024 * 1024;
const COPY_BYTES = 256 * 1024;

/** A failure to write the journal, and its consequences. */
export interface JournalFailure {
  /** The first error. */
  readonly error: SystemError;
  readonly lost: Loss | undefined;
  /** Whether records are in memory that are not in the file. */
  readonly hasUnwritten: boolean;
}

/** A new file to which the journal moves, and what it has of it. */
interface Move {
  readonly file: NewJournal;
  copiedBytes: number;
}

/**
 * A file that grows by whole records, and the records that are not written to it yet. Where the file cannot be written, or
 * was removed, it goes on in another one at the first place that takes it.
 */
export class JournalFile {
  /** Records are appended here. */
  readonly unwritten = new ByteWriter(FIRST_WRITE_BYTES);
  private readonly places: readonly JournalMaker[];
  private readonly sync: FileSync | undefined;
  private _file: NewJournal | undefined;
  /** The index of its place. */
  private place = 0;
  private move: (Move & { readonly place: number }) | undefined;
  private _writtenBytes = 0;
  /** The offset in `unwritten` of the segment's first record: the records from there on do not need those before it. */
  private segmentStart = 0;
  private error: SystemError | undefined;
  private lost: Loss | undefined;

  /** `places`: the usual one, and those to which it moves, best first. */
  constructor(places: readonly JournalMaker[], { isSynced }: { readonly isSynced: boolean }) {
    this.places = places;
    this.sync = isSynced ? syncLater() : undefined;
  }

  /** The file; undefined as long as none could be created. */
  get file(): NewJournal | undefined {
    return this._file;
  }

  /** Whether it is not at its usual place. */
  get hasMoved(): boolean {
    return this.place > 0;
  }

  /** The length of the file. */
  get writtenBytes(): number {
    return this._writtenBytes;
  }

  /** The length of file and unwritten records. */
  get length(): number {
    return this._writtenBytes + this.unwritten.at;
  }

  /** Notes that the next records can be read without the rows before them. */
  beginSegment(): void {
    this.segmentStart = this.unwritten.at;
  }

  /** Undefined as long as every write has succeeded. */
  get failure(): JournalFailure | undefined {
    return this.error && { error: this.error, lost: this.lost, hasUnwritten: this.unwritten.at > 0 };
  }

  /** The number and the time of the first row that is not in the file; undefined: all are. */
  get firstUnwritten(): { readonly row: number; readonly atMs: number } | undefined {
    const { unwritten } = this;
    const head = firstRows(unwritten.bytes.subarray(0, unwritten.at), this._writtenBytes === 0);
    return head && { row: head.firstRow, atMs: head.firstMs };
  }

  /** A snapshot of the file and the unwritten records after it. */
  source(): JournalSource {
    return joinedSource(this._file?.fd, this._writtenBytes, this.unwritten.bytes.slice(0, this.unwritten.at));
  }

  /**
   * Writes the unwritten records, by one call where the kernel takes them all. It never throws: what cannot be written
   * stays in memory. `isLast`: what is to be done for the disk is the caller's.
   */
  write(isLast = false): void {
    this.append();
    if (this.unwritten.at > 0 || !this.isThere) this.goElsewhere();
    else if (this.move) this.cancelMove();
    while (isLast && this.move) this.goElsewhere();
    if (this._file && !isLast) this.sync?.wrote(this._file);
    if (this.unwritten.at > MOST_UNWRITTEN_BYTES) this.drop();
  }

  /** Brings the file to the disk, and waits for it. Throws SystemError. */
  syncNow(): void {
    if (this._file) this.sync?.now(this._file);
  }

  /** Removes the file, if it is still ours, and closes it. No write may come later. */
  discard(): void {
    this.cancelMove();
    if (this._file) dispose(this._file);
    this._file = undefined;
  }

  /** Whether the file has a name, and what was written of it is not lost. */
  private get isThere(): boolean {
    return this._file !== undefined && (fileStatus(this._file.fd)?.links ?? 0) > 0 && !this.sync?.failure;
  }

  private append(): void {
    const { unwritten } = this;
    let done = 0;
    try {
      this._file ??= this.places[0]!();
      while (done < unwritten.at)
        done += writeRange(this._file.fd, unwritten.bytes.subarray(done, unwritten.at), this._writtenBytes + done);
    } catch (error) {
      this.failed(error);
      done = wholeRecords(unwritten.bytes.subarray(0, unwritten.at), this._writtenBytes === 0, done);
    }
    this.taken(done);
    if (unwritten.at > 0) this.cutBack();
  }

  /** Notes that so many of the unwritten bytes are in the file. */
  private taken(bytes: number): void {
    const { unwritten } = this;
    this._writtenBytes += bytes;
    unwritten.bytes.copyWithin(0, bytes, unwritten.at);
    unwritten.at -= bytes;
    this.segmentStart = Math.max(0, this.segmentStart - bytes);
  }

  private failed(error: unknown): void {
    if (!(error instanceof SystemError)) throw error;
    this.error ??= error;
  }

  /** Removes a torn record from the end of the file. */
  private cutBack(): void {
    if (this._file === undefined) return;
    try {
      truncateFile(this._file.fd, this._writtenBytes);
    } catch (error) {
      // The next write begins at the same offset all the same, and readers skip a torn record.
      if (!(error instanceof SystemError)) throw error;
    }
  }

  /** Moves the journal to the first place that takes it, or on with that. */
  private goElsewhere(): void {
    if (this.move && this.copyTo(this.move)) return;
    const canStay = this.isThere;
    for (let place = 0; place < this.places.length; place++) {
      if (place === this.place && (canStay || !this._file)) continue;
      const file = this.created(place);
      if (!file) continue;
      this.move = { file, place, copiedBytes: 0 };
      if (this.copyTo(this.move)) return;
    }
  }

  private created(place: number): NewJournal | undefined {
    try {
      return this.places[place]!();
    } catch (error) {
      this.failed(error);
      return undefined;
    }
  }

  /** Copies the next part of the journal. Returns false where the new file does not take it; then that is removed. */
  private copyTo(move: Move): boolean {
    const { unwritten } = this;
    try {
      const end = Math.min(this._writtenBytes, move.copiedBytes + MOVED_AT_ONCE_BYTES);
      if (this._file) copyRange(this._file.fd, move.file.fd, move.copiedBytes, end);
      move.copiedBytes = end;
      if (end < this._writtenBytes) return true;
      writeWhole(move.file.fd, unwritten.bytes.subarray(0, unwritten.at), end);
    } catch (error) {
      this.failed(error);
      this.cancelMove();
      return false;
    }
    this.finishMove();
    return true;
  }

  private finishMove(): void {
    const { move, _file: old } = this;
    if (!move) return;
    this._file = move.file;
    this.place = move.place;
    this.move = undefined;
    this.taken(this.unwritten.at);
    if (old) this.guarded(() => dispose(old));
  }

  private cancelMove(): void {
    const { move } = this;
    this.move = undefined;
    if (move) this.guarded(() => dispose(move.file));
  }

  private guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.failed(error);
    }
  }

  private drop(): void {
    const { unwritten } = this;
    const segmentBytes = unwritten.at - this.segmentStart;
    this.lost = dropRows(unwritten, this._writtenBytes === 0, this.segmentStart, this.lost);
    this.segmentStart = unwritten.at - segmentBytes;
  }
}

function writeWhole(fd: number, bytes: Uint8Array, offset: number): void {
  for (let done = 0; done < bytes.length; ) done += writeRange(fd, bytes.subarray(done), offset + done);
}

function copyRange(from: number, to: number, start: number, end: number): void {
  const buffer = new Uint8Array(Math.min(COPY_BYTES, end - start));
  for (let at = start; at < end; ) {
    const got = readRange(from, at, buffer, Math.min(buffer.length, end - at));
    if (got === 0) throw new SystemError("EIO", "pread", "", "the journal became shorter");
    writeWhole(to, buffer.subarray(0, got), at);
    at += got;
  }
}

/** Removes a journal's name, wherever it is by now and never another file's, and closes it. */
function dispose(journal: NewJournal): void {
  const path = fileStatus(journal.fd)?.kind === "file" ? seenPath(journal) : undefined;
  if (path !== undefined) removeFile(path);
  closeFile(journal.fd);
}
