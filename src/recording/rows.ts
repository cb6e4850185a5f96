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

  series(): Iterable<RecordedSeries> {
    const layouts = Map.groupBy(this.#chunks, ({ columns }) => columns);
    const all = new Map<string, RecordedSeries & { readonly places: Place[] }>();
    for (const [columns, chunks] of layouts) {
      for (const [column, key] of columns.entries()) {
        const places = chunks.map((chunk): Place => ({ chunk, column }));
        const id = `${key.metric.name}\0${key.labels.join("\0")}`;
        const known = all.get(id);
        if (known) known.places.push(...places);
        else all.set(id, { metric: key.metric, labels: key.labels, places, blocks: () => columnBlocks(places) });
      }
    }
    return all.values();
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

/** Where some points of a series are. */
interface Place {
  readonly chunk: Chunk;
  readonly column: number;
}

function* columnBlocks(places: readonly Place[]): Iterable<Block> {
  for (const { chunk, column } of places) {
    const width = chunk.columns.length;
    const values = new Float64Array(chunk.length);
    for (let row = 0; row < chunk.length; row++) values[row] = chunk.values[row * width + column] as number;
    yield { length: chunk.length, times: chunk.times, values };
  }
}
