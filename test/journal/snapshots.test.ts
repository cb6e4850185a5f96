import { describe, expect, test } from "bun:test";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { COMMAND, type Snapshot, series } from "../../src/catalog/index.ts";
import { JournalWriter, type SnapshotSource } from "../../src/journal/journal-writer.ts";
import { FakeClock } from "../helpers/fake-clock.ts";
import { HEADER, KEYS, pointLines, read, Trial } from "./journals.ts";

const held = (process_id: string) =>
  series(COMMAND.memoryHolder, { process_id, parent_id: "1", comm: 'a"ö', source: "pss" });

/** A source whose snapshot is what was put there last. */
class Source implements SnapshotSource {
  readonly topic: string;
  version = 0;
  private last: Snapshot | undefined;

  constructor(topic: string) {
    this.topic = topic;
  }

  put(atMs: number, bytes: Readonly<Record<string, number>>): void {
    this.version++;
    this.last = { atMs, keys: Object.keys(bytes).map(held), values: Object.values(bytes) };
  }

  snapshot(): Snapshot {
    return this.last!;
  }
}

/** A writer with snapshots in a folder of its own. */
function written(trial: Trial, ...sources: readonly Source[]) {
  const path = join(trial.folder, "own.journal");
  const fd = openSync(path, "w+");
  const places = [() => ({ path, fd })];
  const parts = { header: HEADER, clock: new FakeClock(), places, isSynced: false, snapshots: () => sources };
  const writer = new JournalWriter(parts);
  writer.layout(KEYS);
  let row = 0;
  const flush = () => {
    writer.row(HEADER.startMs + row++ * 1000, new Float64Array(KEYS.length));
    writer.flush();
    return readFileSync(path).length;
  };
  return { writer, flush, bytes: () => readFileSync(path), close: () => closeSync(fd) };
}

function snapshotLines(recording: Parameters<typeof pointLines>[0]): string[] {
  return pointLines(recording).filter((line) => line.startsWith(COMMAND.memoryHolder.name));
}

const line = (pid: number, bytes: number, atMs: number) =>
  `${COMMAND.memoryHolder.name}{${pid},1,a"ö,pss} ${bytes} ${atMs}`;

describe("a snapshot", () => {
  test("is in the journal with the next flush, and the last of each topic is in the recording", () => {
    using trial = new Trial();
    const [first, second] = [new Source("one"), new Source("two")];
    const { writer, flush, bytes, close } = written(trial, first, second);
    flush();
    expect(snapshotLines(read(bytes()))).toEqual([]);
    first.put(7, { 10: 100, 11: 50 });
    flush();
    expect(snapshotLines(read(bytes()))).toEqual([line(10, 100, 7), line(11, 50, 7)]);
    first.put(8, { 12: 200 });
    second.put(9, { 99: 5 });
    flush();
    const now = [line(12, 200, 8), line(99, 5, 9)];
    expect(snapshotLines(read(bytes()))).toEqual(now);
    expect(snapshotLines(writer.recording())).toEqual(now);
    close();
  });

  test("is written once, however many flushes follow", () => {
    using trial = new Trial();
    const source = new Source("one");
    const { flush, close } = written(trial, source);
    const lengths = [flush(), flush(), flush()];
    source.put(7, Object.fromEntries(Array.from({ length: 16 }, (_, i) => [String(i + 100), i + 1])));
    const withIt = flush();
    const after = flush();
    const plain = lengths[2]! - lengths[1]!;
    expect(withIt - lengths[2]!).toBeGreaterThan(plain + 16 * 10);
    expect(after - withIt).toBe(plain);
    close();
  });

  test("of a run without a file is in the recording", () => {
    using trial = new Trial();
    const source = new Source("one");
    const { writer, close } = written(trial, source);
    source.put(3, { 10: 4 });
    writer.row(HEADER.startMs, new Float64Array(KEYS.length));
    expect(snapshotLines(writer.recording())).toEqual([line(10, 4, 3)]);
    close();
  });

  test("that is damaged leaves the one before it", () => {
    using trial = new Trial();
    const source = new Source("one");
    const { flush, bytes, close } = written(trial, source);
    source.put(7, { 10: 100 });
    const before = flush();
    source.put(8, { 10: 300 });
    flush();
    const damaged = new Uint8Array(bytes());
    const at = damaged.indexOf("p".charCodeAt(0), before);
    expect(new TextDecoder().decode(damaged.subarray(at, at + 3))).toBe("pss");
    damaged[at] = 0;
    expect(snapshotLines(read(damaged))).toEqual([line(10, 100, 7)]);
    close();
  });
});
