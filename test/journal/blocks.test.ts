import { describe, expect, test } from "bun:test";
import { MACHINE, type SeriesKey, series } from "../../src/catalog/index.ts";
import { ByteReader, PROLOGUE_BYTES, TYPE } from "../../src/journal/journal-format.ts";
import type { JournalRecording } from "../../src/journal/journal-recording.ts";
import { decodeColumnsHead, decodeRowsHead } from "../../src/journal/journal-records.ts";
import { joinedSource, recordsOf } from "../../src/journal/journal-source.ts";
import { effort } from "../helpers/effort.ts";
import { KEYS, random, read, Trial } from "./journals.ts";

const BLOCK_BYTES = 4096;

/** As many series as a small machine has, so that the names take several blocks. */
const COLUMNS: readonly SeriesKey[] = [
  ...KEYS,
  ...Array.from({ length: 150 }, (_, i) => series(MACHINE.networkSent, { interface: `interface-${i}` })),
];

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Where rows are in a journal: the bytes of each of their records, by the numbers of its rows. */
interface RowsAt extends Range {
  readonly firstRow: number;
  readonly rows: number;
}

interface Made {
  readonly bytes: Uint8Array;
  readonly whole: JournalRecording;
  readonly rowsAt: readonly RowsAt[];
  /** Records that have the rows before `firstOnce` once more, by columns. */
  readonly columnsAt: readonly Range[];
  /** The first row that is only in `rows` records. */
  readonly firstOnce: number;
}

/** A journal with this many rows at a sample a second, some of them with an event, which new series join. */
function made(rows: number, ended: boolean): Made {
  using trial = new Trial();
  const next = random(rows);
  let columns: readonly SeriesKey[] = COLUMNS.slice(0, -20);
  trial.layout(columns);
  for (let i = 0; i < 12; i++) trial.fact(`fact${i}`, `value ${i}`);
  for (let i = 0; i < rows; i++) {
    if (i === 20) {
      columns = COLUMNS;
      trial.layout(columns);
    }
    if (i % 9 === 0 && i < rows - 60) trial.event("clock_jumped", `number ${i}`);
    trial.row(columns.map((_, column) => (column % 5 ? column : Math.round(next() * 1e6))));
  }
  if (ended) trial.writer.end();
  const bytes = new Uint8Array(trial.bytes());
  return { bytes, whole: read(bytes), ...placesIn(bytes) };
}

function placesIn(bytes: Uint8Array): Pick<Made, "rowsAt" | "columnsAt" | "firstOnce"> {
  const rowsAt: RowsAt[] = [];
  const columnsAt: Range[] = [];
  let firstOnce = 0;
  let layoutAt: number | undefined;
  for (const item of recordsOf(joinedSource(undefined, 0, bytes), PROLOGUE_BYTES)) {
    if (!("payload" in item)) throw new Error("the journal is damaged from the start");
    if (item.type === TYPE.layout) layoutAt ??= item.offset - 12;
    if (item.type === TYPE.rows) {
      const { firstRow, rows } = decodeRowsHead(new ByteReader(item.payload));
      rowsAt.push({ start: layoutAt ?? item.offset - 12, end: item.offset + item.payload.length, firstRow, rows });
      layoutAt = undefined;
    }
    if (item.type !== TYPE.columns) continue;
    const { firstRow, rows } = decodeColumnsHead(item.payload);
    firstOnce = firstRow + rows;
    columnsAt.push({ start: item.offset - 12, end: item.offset + item.payload.length });
  }
  return { rowsAt, columnsAt, firstOnce };
}

/** The rows that damage to a range of bytes may cost: those of the records in it, unless they are elsewhere, too. */
function rowsIn({ rowsAt, columnsAt, firstOnce }: Made, from: number, to: number): Set<number> {
  const rows = new Set<number>();
  const isHit = ({ start, end }: Range) => end > from && start < to;
  const firstLost = columnsAt.some(isHit) ? 0 : firstOnce;
  for (const one of rowsAt) {
    if (!isHit(one) || one.firstRow < firstLost) continue;
    for (let row = one.firstRow; row < one.firstRow + one.rows; row++) rows.add(row);
  }
  return rows;
}

/** The numbers of the rows in a recording: the journal has a row a second. */
function rowNumbers(recording: JournalRecording): Set<number> {
  const rows = new Set<number>();
  const [status] = [...recording.series()];
  for (const { length, times } of status!.blocks())
    for (let i = 0; i < length; i++) rows.add((times[i]! - recording.startMs) / 1000 - 1);
  return rows;
}

/** The points of every tenth series: time and value. */
function somePoints(recording: JournalRecording): [number, number][] {
  const points: [number, number][] = [];
  let number = 0;
  for (const one of recording.series()) {
    if (number++ % 10 !== 0) continue;
    for (const { length, times, values } of one.blocks())
      for (let i = 0; i < length; i++) if (!Number.isNaN(values[i])) points.push([times[i]!, values[i]!]);
  }
  return points;
}

/** Checks that damage to a range cost nothing but the rows in it. */
function expectOnlyRows(journal: Made, damaged: Uint8Array, from: number, to: number, place: string): number {
  const { whole } = journal;
  const left = read(damaged);
  const mayBeLost = rowsIn(journal, from, to);
  const present = rowNumbers(left);
  const lost = [...rowNumbers(whole)].filter((row) => !present.has(row));
  expect(
    lost.filter((row) => !mayBeLost.has(row)),
    place,
  ).toEqual([]);
  expect([left.header, left.facts, left.events, left.damage.unnamed], place).toEqual([
    ...[whole.header, whole.facts, whole.events, 0],
  ]);
  const lostTimes = new Set(lost.map((row) => whole.startMs + (row + 1) * 1000));
  expect(somePoints(left), place).toEqual(somePoints(whole).filter(([at]) => !lostTimes.has(at)));
  return lost.length;
}

describe.each([
  ["a run that was killed after two minutes", made(120, false)],
  ["a run of several segments", made(900, true)],
])("%s", (_, journal) => {
  const { bytes } = journal;
  const blocks = Math.ceil(bytes.length / BLOCK_BYTES);
  const chosen = Array.from({ length: blocks }, (_, block) => block);

  test("loses with any one block of 4 KiB no more than the rows in it", () => {
    let lost = 0;
    // The first blocks have the names; of the others, as many as there is time for.
    for (const block of chosen.filter((one) => one < 30 || one % Math.ceil(blocks / effort(300)) === 0)) {
      const [from, to] = [block * BLOCK_BYTES, Math.min((block + 1) * BLOCK_BYTES, bytes.length)];
      const damaged = bytes.slice();
      damaged.fill(block % 2 ? 0 : 0xa7, from, to);
      lost += expectOnlyRows(journal, damaged, from, to, `block ${block} of ${blocks}`);
    }
    if (journal.firstOnce === 0) expect(lost).toBeGreaterThan(50);
  }, 120_000);

  test("loses with any one bit no more than the rows in its block", () => {
    const seed = Number(process.env.SEED ?? Date.now() % 1e9);
    const next = random(seed);
    for (let i = 0; i < effort(800); i++) {
      // Half of the bits are among the first bytes, on which everything depends.
      const at = Math.floor(next() * (i % 2 ? bytes.length : 40_000));
      const damaged = bytes.slice();
      damaged[at]! ^= 1 << Math.floor(next() * 8);
      const block = Math.floor(at / BLOCK_BYTES) * BLOCK_BYTES;
      expectOnlyRows(journal, damaged, block, block + BLOCK_BYTES, `SEED=${seed}, flip ${i} in byte ${at}`);
    }
  }, 120_000);
});
