import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { sampleName } from "../../src/catalog/index.ts";
import { writable } from "../../src/catalog/label-value.ts";
import { familiesOf } from "../../src/openmetrics/families.ts";
import { MetricsReader } from "../../src/openmetrics/metrics-reader.ts";
import { JOB } from "../../src/openmetrics/render.ts";
import type { Recording } from "../../src/recording/recording.ts";
import { recording } from "../helpers/arbitrary.ts";
import { effort } from "../helpers/effort.ts";
import { pointsOf, renderBytes } from "../helpers/recording.ts";
import { parseStrictly } from "../helpers/strict-reader.ts";
import { isMissing, type ReadSample, samplesByPromtool, samplesByStrictParser } from "../helpers/validators.ts";
import { startVictoria } from "../helpers/victoria.ts";

/*
 * What we write is read by everyone to the samples that were recorded, whatever is in the labels. A run of this test has
 * recordings of its own; the seed is in the message of a failure.
 */

const SEED = Number(process.env.STATEXEC_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const RECORDINGS = fc.sample(recording, { numRuns: effort(100), seed: SEED });
const TEXTS = RECORDINGS.map(renderBytes);

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "statexec-round-trip-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function written(text: Uint8Array, name: string): Promise<string> {
  const path = join(folder, name);
  await Bun.write(path, text);
  return path;
}

/** The samples of a recording. */
function samplesOf(recording: Recording): ReadSample[] {
  const { identity } = recording;
  const all = { instance: identity.instance, job: JOB, role: identity.role, ...Object.fromEntries(identity.labels) };
  // What no label can hold is not written.
  const common = Object.fromEntries(Object.entries(all).map(([label, text]) => [label, writable(text)]));
  return familiesOf(recording)
    .flat()
    .flatMap((one) => {
      const own = one.metric.labels.map((label, i) => [label, one.labels[i] ?? ""]);
      const labels = { ...common, ...Object.fromEntries(own) };
      return pointsOf(one).map(([atMs, value]) => ({ name: sampleName(one.metric), labels, atMs, value }));
    });
}

/** Samples in one order, without labels that have no value: for all readers those are labels that are not there. */
function sorted(samples: readonly ReadSample[]) {
  return samples
    .map(({ name, labels, atMs, value }) => {
      const pairs = Object.entries(labels).filter(([, text]) => text !== "");
      return { id: JSON.stringify([name, pairs.sort(([a], [b]) => (a < b ? -1 : 1))]), atMs, value };
    })
    .sort((a, b) => (a.id === b.id ? a.atMs - b.atMs : a.id < b.id ? -1 : 1));
}

function expectSamples(read: readonly ReadSample[], index: number): void {
  expect(sorted(read), `recording ${index} of seed ${SEED}`).toEqual(sorted(samplesOf(RECORDINGS[index]!)));
}

/**
 * VictoriaMetrics keeps the values of a series as whole numbers with one exponent: small ones beside large ones are 0, and
 * so are those near the smallest double.
 */
const STORED_PRECISION = 1e-12;
const STORED_LEAST = 1e-290;

/** The same, with values as VictoriaMetrics stores them. */
function expectStored(read: readonly ReadSample[], index: number): void {
  const expected = sorted(samplesOf(RECORDINGS[index]!));
  const largest = new Map<string, number>();
  for (const { id, value } of expected)
    if (Number.isFinite(value)) largest.set(id, Math.max(largest.get(id) ?? 0, Math.abs(value)));
  const got = sorted(read);
  const nearby = expected.map((sample, i) => {
    const value = got[i]?.value ?? Number.NaN;
    const tolerance = Math.max(STORED_LEAST, STORED_PRECISION * (largest.get(sample.id) ?? 0));
    const isNear = Math.abs(value - sample.value) <= tolerance;
    return isNear ? { ...sample, value } : sample;
  });
  expect(got, `recording ${index} of seed ${SEED}`).toEqual(nearby);
}

describe("what we write is read to the same samples", () => {
  test("by ourselves, strictly and not", () => {
    for (const [index, text] of TEXTS.entries()) {
      expectSamples(samplesOf(parseStrictly(text, "run.prom")), index);
      const reader = new MetricsReader("run.prom");
      reader.buffer().set(text);
      reader.consume(text.length);
      const { recordings, problems } = reader.finish();
      expect(problems).toEqual([]);
      expectSamples(recordings.flatMap(samplesOf), index);
    }
  });

  test.skipIf(isMissing("strictParser"))("by the reference parser", async () => {
    for (const [index, read] of (await samplesByStrictParser(TEXTS)).entries()) expectSamples(read, index);
  });

  test.skipIf(isMissing("promtool"))(
    "by promtool",
    async () => {
      for (const [index, text] of TEXTS.entries())
        expectSamples(await samplesByPromtool(await written(text, `${index}.prom`)), index);
    },
    300_000,
  );

  test.skipIf(isMissing("victoriaMetrics", "curl"))(
    "by VictoriaMetrics",
    async () => {
      const victoria = await startVictoria();
      try {
        for (const [index, text] of TEXTS.entries())
          await victoria.import(await written(text, `victoria-${index}.prom`), `recording_index=${index}`);
        const stored = await victoria.export();
        for (const index of RECORDINGS.keys()) {
          const own = stored.filter(({ labels }) => labels.recording_index === String(index));
          const read = own.flatMap(({ name, labels: { recording_index, ...labels }, times, values }) =>
            times.map((atMs, i): ReadSample => ({ name, labels, atMs, value: values[i]! })),
          );
          expectStored(read, index);
        }
      } finally {
        await victoria.stop();
      }
    },
    300_000,
  );
});
