import { inflateRawSync } from "node:zlib";
import type { ProcessSample } from "../catalog/process-sample.ts";
import type { UnsavedSamples } from "../journal/journal-records.ts";
import { MergedSamples } from "../journal/merged-samples.ts";
import { SampleReader } from "../journal/sample-encoding.ts";
import { SampleStore } from "../journal/sample-store.ts";

/** More than ours ever have: a journal that another program made must not fill the memory. */
const MOST_UNPACKED_BYTES = 8 * 1024 * 1024;

/** The samples of the largest processes in a journal, in bounded memory as those of a run that goes on. */
export class RecoveredSamples {
  /** Some could not be read, or are missing: after them the next whole sample is taken. */
  damaged = false;
  private readonly store = new SampleStore(false);
  private readonly reader = new SampleReader();
  private readonly merged = new MergedSamples();

  constructor(saved: Iterable<UnsavedSamples>) {
    for (const piece of saved) this.add(piece);
  }

  /** How many samples the run had taken that are known. */
  get taken(): number {
    return this.store.taken;
  }

  /** Yields all; the object is used again for the next one. */
  samples(): Iterable<ProcessSample> {
    return this.store.samples();
  }

  private add({ first, packed }: UnsavedSamples): void {
    const { reader, store, merged } = this;
    if (first !== reader.count) this.interrupted(first);
    try {
      for (const sample of reader.read(inflateRawSync(packed, { maxOutputLength: MOST_UNPACKED_BYTES }))) {
        merged.add(sample);
        store.take(merged.take(sample.isWhole || store.wantsWhole(sample.atMs)));
      }
    } catch (error) {
      // Neither a damaged text nor a damaged sample is thrown for what we wrote.
      if (!(error instanceof Error)) throw error;
      this.interrupted(Number.NaN);
    }
  }

  private interrupted(next: number): void {
    this.damaged = true;
    this.reader.interrupt();
    this.reader.count = next;
  }
}
