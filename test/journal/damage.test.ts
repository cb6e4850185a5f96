import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { ParseError } from "../../src/errors.ts";
import {
  ByteWriter,
  endRecord,
  MAGIC,
  PROLOGUE_BYTES,
  putRecord,
  RECORD_BYTES,
  TYPE,
} from "../../src/journal/journal-format.ts";
import type { JournalRecording } from "../../src/journal/journal-recording.ts";
import { type IntactRecord, joinedSource, recordsOf } from "../../src/journal/journal-source.ts";
import { effort } from "../helpers/effort.ts";
import { KEYS, pointLines, random, read, Trial, variedRun } from "./journals.ts";

/** A journal of several segments and an unfinished one, and the lines of its points. */
function made(rows = 2600, ended = true) {
  using trial = new Trial();
  variedRun(trial, rows);
  if (ended) trial.writer.end();
  const whole = read(trial.bytes());
  return { bytes: new Uint8Array(trial.bytes()), known: knownOf(whole), rows: whole.rows };
}

function intactRecords(bytes: Uint8Array): IntactRecord[] {
  return [...recordsOf(joinedSource(undefined, 0, bytes), PROLOGUE_BYTES)]
    .filter((item): item is IntactRecord => "payload" in item)
    .map((record) => ({ ...record, payload: record.payload.slice() }));
}

interface Known {
  readonly points: ReadonlySet<string>;
  readonly events: ReadonlySet<string>;
  readonly facts: ReadonlySet<string>;
}

function knownOf(recording: JournalRecording): Known {
  return {
    points: new Set(pointLines(recording)),
    events: new Set(recording.events.map((event) => JSON.stringify(event))),
    facts: new Set(recording.facts.map((fact) => JSON.stringify(fact))),
  };
}

/** The lines of a damaged journal that the whole one does not have. */
function invented(bytes: Uint8Array, known: Known): string[] {
  const recording = read(bytes);
  const said = knownOf(recording);
  return [
    ...[...said.points].filter((point) => !known.points.has(point)),
    ...[...said.events].filter((event) => !known.events.has(event)),
    ...[...said.facts].filter((fact) => !known.facts.has(fact)),
  ];
}

describe("a torn journal", () => {
  test("has every row before the tear, anywhere in its last 4 KiB", () => {
    const { bytes, known, rows } = made(1300);
    let least = rows;
    for (let length = bytes.length - 1; length >= bytes.length - 4096; length--) {
      const torn = read(bytes.subarray(0, length));
      expect(torn.damage.ended).toBe(false);
      expect([torn.damage.gaps, torn.damage.bytes, torn.damage.unnamed]).toEqual([[], 0, 0]);
      // About one row a flush: a tear costs no more than the rows of the record that it is in.
      expect(torn.rows).toBeLessThanOrEqual(least);
      expect(least - torn.rows).toBeLessThanOrEqual(4);
      least = torn.rows;
      if (length % 256 === 0) expect(invented(bytes.subarray(0, length), known)).toEqual([]);
    }
    expect(least).toBeLessThan(rows);
  }, 120_000);

  test("is refused with a message where it ends before its header does", () => {
    const { bytes } = made(30);
    let refused = 0;
    for (let length = 0; length < 200; length++) {
      try {
        read(bytes.subarray(0, length));
      } catch (error) {
        expect(error).toBeInstanceOf(ParseError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(PROLOGUE_BYTES);
    expect(refused).toBeLessThan(200);
  });
});

describe("a flipped byte", () => {
  test("costs few rows, is noticed, and adds no point", () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const { bytes, known, rows } = made();
    const next = random(seed);
    for (let i = 0; i < effort(1000); i++) {
      const at = PROLOGUE_BYTES + 200 + Math.floor(next() * (bytes.length - PROLOGUE_BYTES - 200));
      const was = bytes[at]!;
      bytes[at] = was ^ (1 + Math.floor(next() * 255));
      const place = `seed ${seed}, flip ${i} at byte ${at}`;
      const recording = read(bytes);
      expect(invented(bytes, known), place).toEqual([]);
      expect(recording.rows, place).toBeGreaterThan(rows - 200);
      const { damage } = recording;
      expect(damage.bytes > 0 || !damage.ended, place).toBe(true);
      const missing = damage.gaps.reduce((sum, gap) => sum + gap.rows, 0);
      if (damage.ended) expect(recording.rows + missing, place).toBe(rows);
      bytes[at] = was;
    }
  }, 120_000);

  test("in any record costs the rows that are reported missing, and no row occurs twice", () => {
    const { bytes, rows } = made();
    for (const { type, offset, payload } of intactRecords(bytes)) {
      if (type === TYPE.header) continue;
      const at = offset + Math.min(payload.length - 1, 2);
      bytes[at]! ^= 0x55;
      const { rows: left, damage } = read(bytes);
      const missing = damage.gaps.reduce((sum, gap) => sum + gap.rows, 0);
      if (damage.ended) expect(left + missing, `the record of type ${type} at ${offset}`).toBe(rows);
      bytes[at]! ^= 0x55;
    }
  }, 120_000);

  test("anywhere in the first bytes gives a recording or an error message", () => {
    const { bytes, known } = made(20);
    for (let at = 0; at < 400; at++) {
      bytes[at]! ^= 0x21;
      try {
        expect(invented(bytes, known)).toEqual([]);
      } catch (error) {
        expect(error).toBeInstanceOf(ParseError);
      }
      bytes[at]! ^= 0x21;
    }
  });

  test("in one of the two copies of a row costs no row", () => {
    const { bytes, rows } = made(1500);
    for (let at = bytes.length >> 4; at < bytes.length / 2; at += 997) {
      bytes[at]! ^= 1;
      expect(read(bytes).rows).toBe(rows);
      bytes[at]! ^= 1;
    }
  });
});

describe("other damage", () => {
  test("a lost layout gives no value to another series, and the rows from its next copy on are read", () => {
    using trial = new Trial();
    const columns = KEYS.slice(0, 4);
    const record = (rows: number) => {
      for (let i = 0; i < rows; i++) trial.row([1, 2, 3, 4].map((n) => n * 1e6 + trial.atMs));
    };
    trial.layout(columns);
    record(600);
    // From here on the series are the same, and the next segment has as many columns in another order.
    trial.layout(columns.toReversed());
    record(600);
    trial.writer.end();
    const bytes = new Uint8Array(trial.bytes());
    const known = knownOf(read(bytes));
    const layouts = intactRecords(bytes).filter(({ type }) => type === TYPE.layout);
    const lost = layouts.findLast(({ payload }) => payload[0] === 1 && payload[1] === 0 && payload[3] === 3);
    const first = layouts.find(({ payload }) => payload[0] === 1 && payload[3] === 3);
    expect(lost).not.toBe(first);
    bytes[first!.offset]! ^= 0xff;
    expect(invented(bytes, known)).toEqual([]);
    const { rows, damage } = read(bytes);
    expect(damage.gaps).toMatchObject([{ rows: 1200 - rows }]);
    const lostRows = intactRecords(new Uint8Array(bytes)).filter(({ type }) => type === TYPE.rows);
    expect(1200 - rows).toBeGreaterThan(0);
    expect(lostRows.length).toBeGreaterThan(0);
  });

  test("a page of zeros in the middle costs only its rows", () => {
    const { bytes, known, rows } = made();
    const holed = bytes.slice();
    holed.fill(0, holed.length >> 1, (holed.length >> 1) + 4096);
    const recording = read(holed);
    expect(invented(holed, known)).toEqual([]);
    expect(recording.damage.bytes).toBeGreaterThanOrEqual(4096);
    expect(recording.rows).toBeGreaterThan(rows - 300);
    const zeros = Buffer.concat([bytes, new Uint8Array(5000)]);
    expect(read(zeros).damage).toMatchObject({ ended: true, bytes: 5000 });
    expect(read(zeros).rows).toBe(rows);
  });

  test("missing rows have the times before and after them", () => {
    using trial = new Trial();
    trial.layout(KEYS);
    for (let i = 0; i < 200; i++) trial.row(KEYS.map(() => i));
    trial.writer.end();
    const bytes = new Uint8Array(trial.bytes());
    const start = trial.store.startMs;
    // Records of one row each: without one of the first, the rows up to the next fresh ones are lost.
    const hit = intactRecords(bytes).filter(({ type }) => type === TYPE.rows)[20]!;
    bytes.fill(0, hit.offset, hit.offset + 4);
    const { damage, rows } = read(bytes);
    expect(damage.gaps).toHaveLength(1);
    const [gap] = damage.gaps;
    expect(gap!.rows).toBe(200 - rows);
    expect((gap!.afterMs! - start) / 1000 + gap!.rows + 1).toBe((gap!.beforeMs! - start) / 1000);
    expect(gap!.rows).toBeLessThan(180);
    expect(gap!.rows).toBeGreaterThan(0);
  });
});

describe("versions", () => {
  /** A journal whose first bytes say this version, and whose headers do where `inHeaders` is given. */
  const begin = (major: number, minor: number, inHeaders = major) => {
    const { bytes } = made(20);
    bytes[MAGIC.length] = major;
    bytes[MAGIC.length + 1] = minor;
    for (const { type, offset, payload } of intactRecords(bytes)) {
      if (type !== TYPE.header) continue;
      bytes[offset + payload.length - 1] = inHeaders;
      endRecord(Object.assign(new ByteWriter(), { bytes, at: offset + payload.length }), offset - RECORD_BYTES);
    }
    return bytes;
  };

  test("a later major version is refused with its number", () => {
    expect(() => read(begin(2, 3))).toThrow('test: expected a journal of version 1, got "version 2.3"');
  });

  test("a damaged version is none: the headers have it, too", () => {
    expect(read(begin(65, 0, 1)).rows).toBe(20);
    expect(() => read(begin(1, 0, 2))).not.toThrow();
  });

  test("a journal of version 1.0, whose headers, events and facts have no more than before", async () => {
    const old = new Uint8Array(await Bun.file(join(import.meta.dir, "../fixtures/journal-1.0.journal")).arrayBuffer());
    const recording = read(old);
    expect([recording.rows, recording.facts.length, recording.events.length]).toEqual([30, 3, 4]);
    expect(recording.damage).toEqual({ ended: true, gaps: [], bytes: 0, unnamed: 0 });
    expect(pointLines(recording)).toHaveLength(195);
  });

  test("unknown records and additional payload of a later minor version are ignored", () => {
    const out = new ByteWriter();
    putRecord(out, 77, (more) => more.text("from the future"));
    putRecord(out, TYPE.fact, (more) => {
      more.text("a");
      more.text("b");
      more.word(7);
    });
    const recording = read(Buffer.concat([begin(1, 9), out.bytes.subarray(0, out.at)]));
    expect(recording.facts).toContainEqual(["a", "b"]);
    expect(recording.damage.bytes).toBe(0);
    expect(recording.rows).toBe(20);
  });

  test("another file is refused", () => {
    expect(() => read(new TextEncoder().encode("# TYPE statexec_run info\n"))).toThrow("expected a statexec journal");
  });
});
