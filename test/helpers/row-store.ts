import type { Fact, SeriesKey } from "../../src/catalog/index.ts";
import type { Block, Identity, RecordedSeries, Recording, RowSink, RunEvent } from "../../src/recording/recording.ts";

/** Values in one chunk, half a MiB of them. */
const CHUNK_VALUES = 65_536;

/** Consecutive rows of one layout. */
interface Chunk {
  readonly columns: readonly SeriesKey[];
  readonly times: Float64Array;
  readonly values: Float64Array;
  length: number;
}

/** A recording in memory, kept as simple as possible: the reference for journals. */
export class RowStore implements RowSink, Recording {
  readonly facts: Fact[] = [];
  readonly events: RunEvent[] = [];
  private readonly chunks: Chunk[] = [];
  private _columns: readonly SeriesKey[] = [];
  private capacity = 0;

  constructor(
    readonly identity: Identity,
    readonly startMs: number,
  ) {}

  layout(columns: readonly SeriesKey[]): void {
    this._columns = columns;
    this.capacity = 0;
  }

  row(atMs: number, values: Float64Array): void {
    const chunk = this.writable();
    chunk.times[chunk.length] = atMs;
    chunk.values.set(values, chunk.length * chunk.columns.length);
    chunk.length++;
  }

  end(): void {
    // All rows are complete.
  }

  recording(): Recording {
    return this;
  }

  event(event: RunEvent): void {
    this.events.push(event);
  }

  fact(fact: Fact): void {
    const known = this.facts.some(([name, value]) => name === fact[0] && value === fact[1]);
    if (!known) this.facts.push(fact);
  }

  series(): Iterable<RecordedSeries> {
    const places = new Map<string, Place[]>();
    const all: RecordedSeries[] = [];
    for (const chunk of this.chunks) {
      for (let column = 0; column < chunk.columns.length; column++) {
        const { metric, labels } = chunk.columns[column]!;
        const id = `${metric.name}\0${labels.join("\0")}`;
        const known = places.get(id);
        if (known) {
          known.push({ chunk, column });
          continue;
        }
        const own = [{ chunk, column }];
        places.set(id, own);
        all.push({ metric, labels, blocks: () => own.map(blockOf) });
      }
    }
    return all;
  }

  /** The chunk for the next row. The first of a layout is small, since most runs are short. */
  private writable(): Chunk {
    const last = this.chunks.at(-1);
    if (last && this.capacity > 0 && last.length < this.capacity) return last;
    const width = Math.max(1, this._columns.length);
    const most = Math.max(8, Math.floor(CHUNK_VALUES / width));
    this.capacity = Math.min(most, this.capacity === 0 ? 8 : this.capacity * 4);
    const chunk = {
      columns: this._columns,
      times: new Float64Array(this.capacity),
      values: new Float64Array(this.capacity * width),
      length: 0,
    };
    this.chunks.push(chunk);
    return chunk;
  }
}

/** The place of some points of a series. */
interface Place {
  readonly chunk: Chunk;
  readonly column: number;
}

function blockOf({ chunk, column }: Place): Block {
  const width = chunk.columns.length;
  const values = new Float64Array(chunk.length);
  for (let row = 0; row < chunk.length; row++) values[row] = chunk.values[row * width + column]!;
  return { length: chunk.length, times: chunk.times, values };
}
