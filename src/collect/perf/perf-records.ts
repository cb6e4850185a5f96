/*
 * The records of a perf ring, perf_event_open(2): a header of type (32 bits), flags (16) and length (16), then the
 * fields, and at the end pid, thread and time of whom it is of.
 */

/** Types of records that are read; all others are passed over. */
const [LOST, COMM, EXIT, FORK, READ] = [2, 3, 4, 7, 8];

/** `PERF_RECORD_MISC_COMM_EXEC`: the name is that of a program that was executed. */
const EXECUTED = 1 << 13;

const HEADER_BYTES = 8;
/** What ends every record: pid, thread, time. */
const ID_BYTES = 16;
/** Fields of the records, without header and end. */
const FIELD_BYTES: Readonly<Record<number, number>> = { [LOST]: 16, [COMM]: 8, [EXIT]: 24, [FORK]: 24, [READ]: 16 };

const NO_BYTES = new Uint8Array(0);

/** What is told of a process or thread; times are in nanoseconds by CLOCK_MONOTONIC. */
export interface PerfRecord {
  readonly kind: "fork" | "exec" | "name" | "exit" | "cpu" | "lost";
  readonly pid: number;
  /** The same as `pid`: it is of the process. */
  readonly thread: number;
  readonly parent: number;
  readonly atNs: number;
  /** Of an ended thread on one CPU in nanoseconds, or the number of lost records. */
  readonly amount: number;
  /** Name of the process, as bytes; at most 15. */
  readonly name: Uint8Array;
}

/** A part of memory that the kernel writes in circles. */
export interface RecordSource {
  readonly data: Uint8Array;
  /** The place of the first byte to read, counted from the first that was ever written. */
  readonly from: number;
  readonly waiting: number;
  release(bytes: number): void;
}

/** The longest record that events of ours have, and one of lost records before it, take less. */
const MOST_RECORD_BYTES = 256;

/** Reads what a ring holds now. A record that is cut or of no legal length ends it: the rest is void. */
export class PerfRecords {
  /** A record that reaches the ring's end is put together here. */
  private readonly whole = new Uint8Array(65_536);
  private readonly view = new DataView(this.whole.buffer);
  /** Something was no record. */
  isDamaged = false;
  /** How far the rings that were full were written then, counted from the first byte ever. */
  private readonly fullAt = new Map<RecordSource, number>();

  /**
   * Whether the kernel may have had no room for a record of which it has not told yet: it tells before the next record that it
   * has room for, and so never of what was lost at the end.
   */
  get mayLack(): boolean {
    return this.fullAt.size > 0;
  }

  /** Calls `take` for each record, and releases them. */
  read(source: RecordSource, take: (record: PerfRecord) => void): void {
    const { from, waiting } = source;
    if (waiting === 0) return;
    let at = 0;
    while (at + HEADER_BYTES <= waiting) {
      this.copy(source.data, from + at, HEADER_BYTES);
      const bytes = this.view.getUint16(6, true);
      if (bytes < HEADER_BYTES || at + bytes > waiting) break;
      this.copy(source.data, from + at, bytes);
      const record = this.recordOf(bytes);
      if (record) take(record);
      at += bytes;
    }
    if (at !== waiting) this.isDamaged = true;
    this.noteFull(source, from + waiting);
    source.release(waiting);
  }

  /** To be called before what was read is released. */
  private noteFull(source: RecordSource, readTo: number): void {
    const { fullAt } = this;
    if (fullAt.size > 0 && readTo > (fullAt.get(source) ?? readTo)) fullAt.delete(source);
    // More may have come while we read.
    const written = source.waiting;
    if (written > source.data.length - MOST_RECORD_BYTES) fullAt.set(source, source.from + written);
  }

  private copy(data: Uint8Array, from: number, bytes: number): void {
    const start = from % data.length;
    const first = Math.min(bytes, data.length - start);
    this.whole.set(data.subarray(start, start + first));
    if (first < bytes) this.whole.set(data.subarray(0, bytes - first), first);
  }

  private recordOf(bytes: number): PerfRecord | undefined {
    const { view } = this;
    const type = view.getUint32(0, true);
    const fields = FIELD_BYTES[type];
    if (fields === undefined) return undefined;
    if (bytes < HEADER_BYTES + fields + ID_BYTES) {
      this.isDamaged = true;
      return undefined;
    }
    const [first, second, third] = [view.getUint32(8, true), view.getUint32(12, true), view.getUint32(16, true)];
    const atNs = this.long(bytes - 8);
    switch (type) {
      case FORK:
        return made("fork", first, third, second, this.long(24), 0, NO_BYTES);
      case EXIT:
        return made("exit", first, third, second, this.long(24), 0, NO_BYTES);
      case COMM: {
        const isExec = (this.view.getUint16(4, true) & EXECUTED) !== 0;
        return made(isExec ? "exec" : "name", first, second, 0, atNs, 0, this.name(bytes));
      }
      case READ:
        // Two CPUs may write at once where neither knows of the other: then the parts are of two records.
        if (first !== view.getUint32(bytes - 16, true) || second !== view.getUint32(bytes - 12, true)) return undefined;
        return made("cpu", first, second, 0, atNs, this.long(16), NO_BYTES);
      default:
        return made("lost", 0, 0, 0, atNs, this.long(16), NO_BYTES);
    }
  }

  private name(bytes: number): Uint8Array {
    const end = this.whole.indexOf(0, 16);
    return this.whole.slice(16, Math.min(end < 0 ? bytes : end, bytes - ID_BYTES));
  }

  /** A number of 64 bits; above 2 ** 53 it is rounded. */
  private long(at: number): number {
    return this.view.getUint32(at, true) + this.view.getUint32(at + 4, true) * 2 ** 32;
  }
}

/** One object each, since there are some for every process. */
function made(
  kind: PerfRecord["kind"],
  pid: number,
  thread: number,
  parent: number,
  atNs: number,
  amount: number,
  name: Uint8Array,
): PerfRecord {
  return { kind, pid, thread, parent, atNs, amount, name };
}
