import { csvCell } from "../safe-text.ts";
import type { SampleTable, TableBatch } from "./sample-table.ts";

/** Text is written in pieces of about this length. */
const PIECE_CHARACTERS = 1 << 17;

const MS_PER_MINUTE = 60_000;

type Write = (bytes: Uint8Array) => void;

/**
 * Writes a table as CSV, RFC 4180 but for its line ends: a line of names, then a line for each row. Absent is an empty cell;
 * times are those of ISO 8601, in UTC. Between batches others get a turn. Returns the number of rows.
 */
export async function writeCsv({ columns, batches }: SampleTable, write: Write): Promise<number> {
  const encoder = new TextEncoder();
  const cellOf = columns.map(({ kind }) =>
    kind === "time" ? new TimeCells().text : kind === "text" ? textCells() : number,
  );
  let text = `${columns.map(({ name }) => csvCell(name)).join(",")}\n`;
  let rows = 0;
  for (const batch of batches()) {
    rows += batch.rows;
    for (let row = 0; row < batch.rows; row++) {
      text += lineOf(batch, row, cellOf);
      if (text.length < PIECE_CHARACTERS) continue;
      write(encoder.encode(text));
      text = "";
    }
    await Bun.sleep(0);
  }
  write(encoder.encode(text));
  return rows;
}

type Cell = number | string | null;
type CellText = (cell: never) => string;

function lineOf({ cells }: TableBatch, row: number, cellOf: readonly CellText[]): string {
  let line = "";
  for (let column = 0; column < cells.length; column++) {
    const cell: Cell = cells[column]![row]!;
    line += (column > 0 ? "," : "") + cellOf[column]!(cell as never);
  }
  return `${line}\n`;
}

/** Infinities are as pandas, DuckDB and R read them. */
function number(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "" : value > 0 ? "inf" : "-inf";
}

/** Texts of one column: mostly the same one again. */
function textCells(): (text: string | null) => string {
  let last: string | null = null;
  let lastCell = "";
  return (text) => {
    if (text !== last) {
      last = text;
      lastCell = text === null ? "" : csvCell(text);
    }
    return lastCell;
  };
}

/** Times of one column: mostly of the same minute as the one before. */
class TimeCells {
  private minute = Number.NaN;
  private start = "";

  readonly text = (atMs: number): string => {
    const minute = Math.floor(atMs / MS_PER_MINUTE);
    if (minute !== this.minute) {
      this.minute = minute;
      this.start = new Date(minute * MS_PER_MINUTE).toISOString().slice(0, -"00.000Z".length);
    }
    const ms = atMs - minute * MS_PER_MINUTE;
    return `${this.start}${(ms / 1000).toFixed(3).padStart("00.000".length, "0")}Z`;
  };
}
