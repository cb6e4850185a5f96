import { fileStatus, readRange } from "../os/files.ts";

/** Bytes that can be read anywhere: a file's, or some in memory. */
export interface Source {
  readonly length: number;
  /** Puts so many bytes from an offset at the start of `into`; how many there were. Throws SystemError. */
  read(offset: number, into: Uint8Array, size: number): number;
}

export function fileSource(fd: number): Source {
  return { length: fileStatus(fd)?.bytes ?? 0, read: (offset, into, size) => readRange(fd, offset, into, size) };
}

/** What of a file is written, and what should follow. `fd` is undefined where there is no file. */
export function joinedSource(fd: number | undefined, written: number, rest: Uint8Array): Source {
  return {
    length: written + rest.length,
    read(offset, into, size) {
      const fromFile = Math.max(0, Math.min(size, written - offset));
      const got = fd === undefined || fromFile === 0 ? 0 : readRange(fd, offset, into, fromFile);
      if (got < fromFile || got === size) return got;
      const from = offset + got - written;
      const more = rest.subarray(from, from + size - got);
      into.set(more, got);
      return got + more.length;
    },
  };
}

/** A part of a source is read at a time; the views of it are valid until the next. */
export class Window {
  private readonly source: Source;
  private readonly ahead: number;
  private bytes: Uint8Array;
  private start = 0;
  private _length = 0;

  /** `ahead`: how much is read at once where less is asked for. */
  constructor(source: Source, ahead: number) {
    this.source = source;
    this.ahead = ahead;
    this.bytes = new Uint8Array(ahead);
  }

  /** The bytes from an offset on: as many as asked for, or less at the end of the source. */
  view(offset: number, length: number): Uint8Array {
    if (offset < this.start || offset + length > this.start + this._length) this.load(offset, length);
    const from = offset - this.start;
    return this.bytes.subarray(from, Math.min(from + length, this._length));
  }

  /** What is at hand from an offset on, at least a byte where there is one. */
  rest(offset: number): Uint8Array {
    const { length } = this.view(offset, 1);
    return length === 0 ? this.bytes.subarray(0, 0) : this.bytes.subarray(offset - this.start, this._length);
  }

  private load(offset: number, length: number): void {
    const wanted = Math.max(length, this.ahead);
    if (wanted > this.bytes.length) this.bytes = new Uint8Array(wanted);
    this.start = offset;
    this._length = this.source.read(offset, this.bytes, wanted);
  }
}
