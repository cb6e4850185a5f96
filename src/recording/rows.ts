import type { SeriesKey } from "../catalog/index.ts";
import type { Block, Fact, Identity, RecordedSeries, Recording, RowSink, RunEvent } from "./recording.ts";

/** Values in one chunk: rows are cut into pieces of about this many, half a MiB. */
const CHUNK_VALUES = 65_536;

/** Rows of one layout that lie one behind the other. */
interface Chunk {
  readonly columns: readonly SeriesKey[];
  readonly times: Float64Array;
  readonly values: Float64Array;
  length: number;
}

/** A recording in memory: rows as they were sampled, read back column by column. */
export class RowStore implements RowSink, Recording {
  readonly facts: Fact[] = [];
  readonly events: RunEvent[] = [];
  readonly #chunks: Chunk[] = [];
  #columns: readonly SeriesKey[] = [];
  #capacity = 0;

  constructor(
    readonly identity: Identity,
    readonly startMs: number,
  ) {}

  layout(columns: readonly SeriesKey[]): void {
    this.#columns = columns;
    this.#capacity = 0;
  }

  row(atMs: number, values: Float64Array): void {
    const chunk = this.#writable();
    chunk.times[chunk.length] = atMs;
    chunk.values.set(values, chunk.length * chunk.columns.length);
    chunk.length++;
  }

  event(event: RunEvent): void {
    this.events.push(event);
  }

  fact(fact: Fact): void {
    const known = this.facts.some(([name, value]) => name === fact[0] && value === fact[1]);
    if (!known) this.facts.push(fact);
  }

  *series(): Iterable<RecordedSeries> {
    const places = new Map<string, { key: SeriesKey; at: [chunk: Chunk, column: number][] }>();
    for (const chunk of this.#chunks) {
      for (const [column, key] of chunk.columns.entries()) {
        const id = [key.metric.name, ...key.labels].join("\0");
        const place = places.get(id);
        if (place) place.at.push([chunk, column]);
        else places.set(id, { key, at: [[chunk, column]] });
      }
    }
    for (const { key, at } of places.values()) yield { ...key, blocks: () => columnBlocks(at) };
  }

  /** The chunk for the next row. The first of a layout is small: most runs are short. */
  #writable(): Chunk {
    const last = this.#chunks.at(-1);
    if (last && this.#capacity > 0 && last.length < this.#capacity) return last;
    const width = Math.max(1, this.#columns.length);
    const most = Math.max(8, Math.floor(CHUNK_VALUES / width));
    this.#capacity = Math.min(most, this.#capacity === 0 ? 8 : this.#capacity * 4);
    const chunk = {
      columns: this.#columns,
      times: new Float64Array(this.#capacity),
      values: new Float64Array(this.#capacity * width),
      length: 0,
    };
    this.#chunks.push(chunk);
    return chunk;
  }
}

function* columnBlocks(places: readonly [chunk: Chunk, column: number][]): Iterable<Block> {
  for (const [chunk, column] of places) {
    const width = chunk.columns.length;
    const values = new Float64Array(chunk.length);
    for (let row = 0; row < chunk.length; row++) values[row] = chunk.values[row * width + column] as number;
    yield { length: chunk.length, times: chunk.times, values };
  }
}
