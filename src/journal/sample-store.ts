import type { ProcessSample } from "../catalog/process-sample.ts";
import { ByteWriter } from "./journal-format.ts";
import type { UnsavedSamples } from "./journal-records.ts";
import { MergedSamples } from "./merged-samples.ts";
import { SampleReader, SampleWriter } from "./sample-encoding.ts";

/** Samples are compressed in pieces of this length. */
const PIECE_BYTES = 64 * 1024;

/** All pieces have at most so many bytes: above it the samples of the oldest ones are merged, two to one. */
const MOST_BYTES = 6 * 1024 * 1024;

/** A reader of the journal that lacks a part of it finds the whole again after so long. */
const WHOLE_EVERY_MS = 60_000;

interface Piece {
  readonly packed: Uint8Array<ArrayBuffer>;
  /** How often its samples were merged, two to one. */
  readonly merges: number;
}

/** Keeps the samples of a run in bounded memory: of a long one the older ones become coarser, and none is dropped. */
export class SampleStore {
  /** How many samples were taken. */
  taken = 0;
  /** When the command started, on the file's time axis. */
  startMs = 0;
  private readonly out: ByteWriter;
  private writer = new SampleWriter();
  private pieces: Piece[] = [];
  private bytes = 0;
  private wholeAtMs = Number.NaN;
  /** Those up to here are with the journal. */
  private savedAt = 0;
  private firstUnsaved = 0;
  private unsaved: UnsavedSamples[] = [];

  /** `isSaved`: the journal asks for them. */
  constructor(
    private readonly isSaved: boolean,
    private readonly mostBytes = MOST_BYTES,
    private readonly pieceBytes = PIECE_BYTES,
  ) {
    this.out = new ByteWriter(pieceBytes + pieceBytes / 4);
  }

  wantsWhole(atMs: number): boolean {
    return this.out.at === 0 || atMs - this.wholeAtMs >= WHOLE_EVERY_MS;
  }

  take(sample: ProcessSample): void {
    if (sample.isWhole) this.wholeAtMs = sample.atMs;
    this.writer.put(this.out, sample);
    this.taken++;
    if (this.out.at >= this.pieceBytes) this.endPiece();
  }

  /** Returns what the journal lacks. */
  takeUnsaved(): readonly UnsavedSamples[] {
    this.packUnsaved();
    const { unsaved } = this;
    if (unsaved.length > 0) this.unsaved = [];
    return unsaved;
  }

  /** The length of all pieces. */
  get storedBytes(): number {
    return this.bytes;
  }

  /** Yields all samples; the object is used again for the next one. */
  *samples(): Generator<ProcessSample> {
    const reader = new SampleReader();
    for (const { packed } of this.pieces) yield* reader.read(Bun.inflateSync(packed));
    yield* reader.read(this.out.bytes.subarray(0, this.out.at));
  }

  private packUnsaved(): void {
    const { out, savedAt, firstUnsaved: first } = this;
    if (!this.isSaved || out.at === savedAt) return;
    // Quickly, since it is done while the command runs, and read only where this process is killed.
    this.unsaved.push({ first, packed: Bun.deflateSync(out.bytes.slice(savedAt, out.at), { level: 1 }) });
    this.savedAt = out.at;
    this.firstUnsaved = this.taken;
  }

  private endPiece(): void {
    const { out } = this;
    this.packUnsaved();
    this.keep({ packed: Bun.deflateSync(out.bytes.slice(0, out.at)), merges: 0 });
    out.at = 0;
    this.savedAt = 0;
    this.writer = new SampleWriter();
    while (this.bytes > this.mostBytes && this.pieces.length > 1) this.coarsen();
  }

  private keep(piece: Piece): void {
    this.pieces.push(piece);
    this.bytes += piece.packed.length;
  }

  /** Puts the two oldest of those pieces together that were merged least; that is done often, so these are equal in the end. */
  private coarsen(): void {
    const at = this.pieces.findIndex(
      ({ merges }, i) => this.pieces[i + 1]?.merges === merges && this.isLeast(merges, i),
    );
    const first = Math.max(0, at);
    const [one, other] = this.pieces.splice(first, 2);
    if (!one || !other) return;
    const merged = { packed: mergedPiece([one, other]), merges: Math.max(one.merges, other.merges) + 1 };
    this.bytes += merged.packed.length - one.packed.length - other.packed.length;
    this.pieces.splice(first, 0, merged);
  }

  /** Whether no two neighbours after this place were both merged less often. */
  private isLeast(merges: number, from: number): boolean {
    for (let i = from + 1; i + 1 < this.pieces.length; i++) {
      const [one, next] = [this.pieces[i]!, this.pieces[i + 1]!];
      if (one.merges < merges && next.merges === one.merges) return false;
    }
    return true;
  }
}

/** Returns a piece with half as many samples. */
function mergedPiece(pieces: readonly Piece[]): Uint8Array<ArrayBuffer> {
  const [out, writer, reader, merged] = [new ByteWriter(), new SampleWriter(), new SampleReader(), new MergedSamples()];
  const put = () => writer.put(out, merged.take(out.at === 0));
  for (const { packed } of pieces) {
    for (const sample of reader.read(Bun.inflateSync(packed))) {
      merged.add(sample);
      if (merged.count === 2) put();
    }
  }
  if (merged.count > 0) put();
  return Bun.deflateSync(out.bytes.slice(0, out.at));
}
