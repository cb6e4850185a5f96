import { type ProcessAmounts, ProcessSample } from "../catalog/process-sample.ts";

const PIECE_CHARACTERS = 1 << 18;

/**
 * Yields the lines of samples for the record of processes, as docs/processes.md has them, in pieces of text. `isKept`: whether
 * the record has a line for the process of a number; what others had goes to the rest.
 */
export function* sampleLines(
  samples: Iterable<ProcessSample>,
  isKept?: (id: number) => boolean,
): Generator<Uint8Array> {
  const filter = isKept && new KeptProcesses(isKept);
  let text = "";
  for (const sample of samples) {
    text += lineOf(filter?.of(sample) ?? sample);
    if (text.length < PIECE_CHARACTERS) continue;
    yield new TextEncoder().encode(text);
    text = "";
  }
  if (text !== "") yield new TextEncoder().encode(text);
}

function lineOf(sample: ProcessSample): string {
  const { atMs, fromMs, isWhole, cpu, resident, left, restProcesses, restMicros, restKib, aheadMicros } = sample;
  const line = {
    type: "sample",
    time: atMs / 1000,
    // Of the others it is the time of the line before.
    since: isWhole ? fromMs / 1000 : undefined,
    whole: isWhole,
    used_id: [...cpu.ids.subarray(0, cpu.length)],
    used_cpu_seconds: Array.from(cpu.amounts.subarray(0, cpu.length), (micros) => micros / 1e6),
    held_id: [...resident.ids.subarray(0, resident.length)],
    held_bytes: Array.from(resident.amounts.subarray(0, resident.length), (kib) => kib * 1024),
    left_id: [...left.ids.subarray(0, left.length)],
    rest_processes: restProcesses,
    rest_cpu_seconds: restMicros / 1e6,
    rest_resident_bytes: restKib * 1024,
    // It is rare.
    cpu_ahead_seconds: aheadMicros > 0 ? aheadMicros / 1e6 : undefined,
  };
  return `${JSON.stringify(line)}\n`;
}

/** Moves what processes have that are not kept to the rest. */
class KeptProcesses {
  private readonly sample = new ProcessSample();
  /** Memory of those that are not kept. */
  private readonly others = new Map<number, number>();

  constructor(private readonly isKept: (id: number) => boolean) {}

  of(whole: ProcessSample): ProcessSample {
    const { sample, others } = this;
    sample.clear();
    const { atMs, fromMs, isWhole, aheadMicros } = whole;
    Object.assign(sample, { atMs, fromMs, isWhole, aheadMicros });
    if (isWhole) others.clear();
    let restMicros = whole.restMicros;
    this.divide(whole.cpu, sample.cpu, (_, micros) => {
      restMicros += micros;
    });
    this.divide(whole.left, sample.left, (id) => others.delete(id));
    this.divide(whole.resident, sample.resident, (id, kib) => others.set(id, kib));
    sample.restMicros = restMicros;
    sample.restProcesses = whole.restProcesses + others.size;
    sample.restKib = whole.restKib;
    for (const kib of others.values()) sample.restKib += kib;
    return sample;
  }

  private divide(from: ProcessAmounts, to: ProcessAmounts, other: (id: number, amount: number) => void): void {
    for (let i = 0; i < from.length; i++) {
      const [id, amount] = [from.ids[i]!, from.amounts[i]!];
      if (this.isKept(id)) to.add(id, amount);
      else other(id, amount);
    }
  }
}
