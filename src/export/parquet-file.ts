import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { SampleTable, TableBatch, TableColumn } from "./sample-table.ts";

type Write = (bytes: Uint8Array) => void;

/** The elements of a file's schema, one a column. */
type SchemaElements = ConstructorParameters<typeof ParquetWriter>[0]["schema"];

/**
 * Writes a table as Parquet, each batch as a row group that is compressed with Zstandard. Absent is null; times are instants
 * in milliseconds, UTC. Between batches others get a turn. Returns the number of rows.
 */
export async function writeParquet({ columns, batches }: SampleTable, write: Write): Promise<number> {
  const bytes = new ByteWriter(1 << 20);
  const flush = () => {
    write(bytes.getBytes());
    bytes.index = 0;
  };
  const writer = new ParquetWriter({
    writer: Object.assign(bytes, { flush, finish: flush }),
    schema: schemaOf(columns),
    codec: "ZSTD",
    compressors: { ZSTD: (input) => Bun.zstdCompressSync(input as Uint8Array<ArrayBuffer>) },
    createdBy: "statexec",
  });
  let rows = 0;
  for (const batch of batches()) {
    rows += batch.rows;
    writer.write({
      columnData: columns.map((column, i) => ({ name: column.name, data: dataOf(column, batch, i) })),
      rowGroupSize: batch.rows,
    });
    await Bun.sleep(0);
  }
  writer.finish();
  return rows;
}

function schemaOf(columns: readonly TableColumn[]): SchemaElements {
  return [{ name: "samples", num_children: columns.length }, ...columns.map(elementOf)];
}

function elementOf({ name, kind, isFull }: TableColumn): SchemaElements[number] {
  const repetition = { name, repetition_type: isFull ? "REQUIRED" : "OPTIONAL" } as const;
  switch (kind) {
    case "time":
      return {
        ...repetition,
        type: "INT64",
        converted_type: "TIMESTAMP_MILLIS",
        logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" },
      };
    case "number":
      return { ...repetition, type: "DOUBLE" };
    case "text":
      return { ...repetition, type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } };
  }
}

/** The cells of a column as the library takes them: absent ones are null, and times are integers. */
function dataOf({ kind, isFull }: TableColumn, { rows, cells }: TableBatch, index: number) {
  const column = cells[index]!;
  if (Array.isArray(column)) return column.slice(0, rows);
  if (kind === "time") return BigInt64Array.from({ length: rows }, (_, row) => BigInt(column[row]!));
  if (isFull) return column.slice(0, rows);
  return Array.from({ length: rows }, (_, row) => (Number.isNaN(column[row]) ? null : column[row]!));
}
