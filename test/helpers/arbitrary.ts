import fc from "fast-check";
import { type Fact, METRICS, type Metric, RESERVED_LABELS, RUN, type SeriesKey } from "../../src/catalog/index.ts";
import { writable } from "../../src/catalog/label-value.ts";
import type { Recording, RunEvent } from "../../src/recording/recording.ts";
import { type Rows, recordingOf, START_MS } from "./recording.ts";

/** Any UTF-8 text that a label can hold, with many characters that a file must escape. */
const text = fc
  .oneof(
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.string({ unit: fc.constantFrom("\\", '"', "\n", "n", "#", " ", "{", "}", ",", "=", "\t", "\ufeff", "é", "🎉") }),
  )
  .map(writable);

/** A metric that is not in the catalogue, as another version of the program may write it. */
const foreignMetric: fc.Arbitrary<Metric> = fc
  .record({
    name: fc.constantFrom("zeta", "alpha", "mid_bytes").map((name) => `foreign_${name}`),
    labels: fc.subarray(["comm", "resource", "source"]),
    help: text,
  })
  .map(({ name, labels, help }) => ({
    ...{ name, labels, help, type: "gauge" as const, source: "" },
    ...(name.endsWith("_bytes") ? { unit: "bytes" } : {}),
  }));

/** Series of these are made of facts and events. */
const MADE: readonly Metric[] = [RUN.target, RUN.info, RUN.event];
const catalogued = METRICS.filter((metric) => !MADE.includes(metric));

function keysOf(metric: Metric): fc.Arbitrary<SeriesKey[]> {
  const labels = fc.tuple(...metric.labels.map(() => fc.oneof(fc.constantFrom("cpu2", "cpu10", "user"), text)));
  const options = { minLength: 1, maxLength: 4, selector: (values: string[]) => JSON.stringify(values) };
  return fc.uniqueArray(labels, options).map((all) => all.map((values) => ({ metric, labels: values })));
}

const keys: fc.Arbitrary<SeriesKey[]> = fc
  .tuple(
    fc.subarray([...catalogued], { maxLength: 4 }),
    fc.uniqueArray(foreignMetric, { maxLength: 3, selector: (metric) => metric.name }),
  )
  .chain(([known, foreign]) => fc.tuple(...[...known, ...foreign].map(keysOf)))
  .map((all) => all.flat());

const value = fc.oneof(
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.integer({ min: -1_000_000, max: 1_000_000 }).map((cents) => cents / 100),
);

/** Rows of some of the series at some times, with gaps and series that come and go. Counters do not fall. */
function rowsOf(all: readonly SeriesKey[]): fc.Arbitrary<Rows[]> {
  const steps = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 6 });
  const part = fc.tuple(fc.subarray([...all]), steps, fc.infiniteStream(fc.option(value, { nil: undefined, freq: 4 })));
  return fc.array(part, { maxLength: 3 }).map((parts) => {
    let atMs = START_MS;
    const highest = new Map<SeriesKey, number>();
    return parts.map(
      ([columns, gaps, values]): Rows => ({
        columns,
        rows: gaps.map((gap) => {
          atMs += gap;
          return [atMs, ...columns.map((key) => legal(key, values.next().value, highest))];
        }),
      }),
    );
  });
}

function legal(key: SeriesKey, drawn: number | undefined, highest: Map<SeriesKey, number>): number | undefined {
  if (drawn === undefined || key.metric.type === "gauge") return drawn;
  if (key.metric.type === "info") return 1;
  const grown = Math.max(highest.get(key) ?? 0, Math.abs(drawn));
  highest.set(key, grown);
  return grown;
}

const factName = fc.oneof(text, fc.constantFrom("host", "kernel", "cpus", "started_at"));
const facts: fc.Arbitrary<Fact[]> = fc.uniqueArray(fc.tuple(factName, text), {
  maxLength: 4,
  selector: (fact) => JSON.stringify(fact),
});

const events: fc.Arbitrary<RunEvent[]> = fc
  .array(
    fc.record({ atMs: fc.integer({ min: START_MS, max: START_MS + 3 }), event: fc.constantFrom("a", "b"), text }),
    { maxLength: 6 },
  )
  .map((all) => all.sort((a, b) => a.atMs - b.atMs));

const labels = fc
  .dictionary(
    fc.stringMatching(/^[a-z][a-z0-9_]{0,5}$/).filter((name) => !RESERVED_LABELS.includes(name)),
    text,
    { maxKeys: 3 },
  )
  .map((all) => new Map(Object.entries(all)));

/** Any recording that a run may make. It has a fact, as each run has: the time of the facts is the start of a file. */
export const recording: fc.Arbitrary<Recording> = fc
  .record({ instance: text, role: fc.constantFrom("standalone", "client", "server"), labels })
  .chain((identity) =>
    fc.tuple(facts, events, keys.chain(rowsOf)).map(([some, happened, parts]) =>
      recordingOf({
        identity,
        facts: [["version", "1"], ...some.filter(([fact]) => fact !== "version")],
        events: happened,
        parts,
      }),
    ),
  );
