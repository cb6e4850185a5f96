import { type ProcessAmounts, ProcessSample } from "../catalog/process-sample.ts";
import { ByteReader, type ByteWriter, MalformedRecord } from "./journal-format.ts";

/*
 * Samples of the largest processes as bytes. Each is a byte of flags, its time, and what the flags say is there:
 *
 *   whole     count sample's milliseconds, count milliseconds since the sample before; else only the latter
 *   cpu       count processes, their numbers, the CPU time of each
 *   resident  count processes, their numbers, count KiB of each
 *   left      count processes, their numbers
 *   rest      count processes, count KiB
 *   restCpu   CPU time
 *   ahead     CPU time
 *
 * A number is a count of the difference to the one before, with its sign as the lowest bit; a CPU time is a count of
 * hundredths of a second, doubled, or of microseconds, doubled and one more.
 */

const [WHOLE, CPU, RESIDENT, LEFT, REST, REST_CPU, AHEAD] = [1, 2, 4, 8, 16, 32, 64] as const;

/** What /proc counts in. */
const TICK_MICROS = 10_000;

/** What the samples before have said. */
class LastSample {
  atMs = 0;
  restProcesses = -1;
  restKib = -1;
}

/** Writes samples one after the other; the first is to be a whole one. */
export class SampleWriter {
  private readonly last = new LastSample();

  put(out: ByteWriter, sample: ProcessSample): void {
    const { last } = this;
    const { cpu, resident, left, restProcesses, restKib, restMicros, aheadMicros, isWhole } = sample;
    const hasRest = isWhole || restProcesses !== last.restProcesses || restKib !== last.restKib;
    out.byte(
      (isWhole ? WHOLE : 0) |
        (cpu.length > 0 ? CPU : 0) |
        (resident.length > 0 ? RESIDENT : 0) |
        (left.length > 0 ? LEFT : 0) |
        (hasRest ? REST : 0) |
        (restMicros > 0 ? REST_CPU : 0) |
        (aheadMicros > 0 ? AHEAD : 0),
    );
    if (isWhole) out.count(sample.atMs);
    out.count(sample.atMs - sample.fromMs);
    if (cpu.length > 0) {
      putIds(out, cpu);
      for (let i = 0; i < cpu.length; i++) putMicros(out, cpu.amounts[i]!);
    }
    if (resident.length > 0) {
      putIds(out, resident);
      for (let i = 0; i < resident.length; i++) out.count(resident.amounts[i]!);
    }
    if (left.length > 0) putIds(out, left);
    if (hasRest) {
      out.count(restProcesses);
      out.count(restKib);
    }
    if (restMicros > 0) putMicros(out, restMicros);
    if (aheadMicros > 0) putMicros(out, aheadMicros);
    last.restProcesses = restProcesses;
    last.restKib = restKib;
  }
}

/** Reads what a SampleWriter has written, in as many pieces as there are. */
export class SampleReader {
  private readonly last = new LastSample();
  private readonly sample = new ProcessSample();
  private hasBegun = false;
  /** How many samples were read, those included that were passed over. */
  count = 0;

  /** What follows is lost: samples are passed over until a whole one. */
  interrupt(): void {
    this.hasBegun = false;
  }

  /** Yields the samples of a piece; the object is used again for the next one. Throws MalformedRecord. */
  *read(bytes: Uint8Array): Generator<ProcessSample> {
    const reader = new ByteReader(bytes);
    while (reader.at < bytes.length) {
      this.next(reader);
      this.count++;
      this.hasBegun ||= this.sample.isWhole;
      if (this.hasBegun) yield this.sample;
    }
  }

  private next(reader: ByteReader): void {
    const { sample, last } = this;
    const flags = reader.byte();
    sample.clear();
    sample.isWhole = (flags & WHOLE) > 0;
    if (sample.isWhole) {
      sample.atMs = reader.count();
      sample.fromMs = sample.atMs - reader.count();
    } else {
      sample.fromMs = last.atMs;
      sample.atMs = last.atMs + reader.count();
    }
    last.atMs = sample.atMs;
    if (flags & CPU) {
      takeIds(reader, sample.cpu);
      for (let i = 0; i < sample.cpu.length; i++) sample.cpu.amounts[i] = takeMicros(reader);
    }
    if (flags & RESIDENT) {
      takeIds(reader, sample.resident);
      for (let i = 0; i < sample.resident.length; i++) sample.resident.amounts[i] = reader.count();
    }
    if (flags & LEFT) takeIds(reader, sample.left);
    if (flags & REST) {
      sample.restProcesses = reader.count();
      sample.restKib = reader.count();
    }
    sample.restMicros = flags & REST_CPU ? takeMicros(reader) : 0;
    sample.aheadMicros = flags & AHEAD ? takeMicros(reader) : 0;
  }
}

function putIds(out: ByteWriter, { ids, length }: ProcessAmounts): void {
  out.count(length);
  let before = 0;
  for (let i = 0; i < length; i++) {
    const step = ids[i]! - before;
    before = ids[i]!;
    out.count(step < 0 ? -2 * step + 1 : 2 * step);
  }
}

function takeIds(reader: ByteReader, list: ProcessAmounts): void {
  const count = reader.length();
  let id = 0;
  for (let i = 0; i < count; i++) {
    const step = reader.count();
    id += step % 2 === 0 ? step / 2 : -(step - 1) / 2;
    if (id < 1) throw new MalformedRecord("a number of a process from 1 on");
    list.add(id, 0);
  }
}

function putMicros(out: ByteWriter, micros: number): void {
  out.count(micros % TICK_MICROS === 0 ? (micros / TICK_MICROS) * 2 : micros * 2 + 1);
}

function takeMicros(reader: ByteReader): number {
  const amount = reader.count();
  return amount % 2 === 0 ? (amount / 2) * TICK_MICROS : (amount - 1) / 2;
}
