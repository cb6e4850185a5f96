import { ProcessSample } from "../catalog/process-sample.ts";

/** More processes do not have CPU time of their own in a sample that several were merged to: it is in the rest. */
const MOST_WITH_CPU = 200;

/**
 * Puts samples together to one that is right for all of their time: CPU time adds up, memory is what the last one says. Such a
 * sample builds on the one that was taken before, or is a whole one.
 */
export class MergedSamples {
  /** Memory of those that are listed, by the samples that were added, and by what was taken. */
  private readonly listed = new Map<number, number>();
  private readonly taken = new Map<number, number>();
  private readonly micros = new Map<number, number>();
  private readonly merged = new ProcessSample();
  private restMicros = 0;
  private fromMs = Number.NaN;
  /** How many were added since one was taken. */
  count = 0;

  add(sample: ProcessSample): void {
    const { listed, micros, merged } = this;
    const { cpu, resident, left } = sample;
    if (sample.isWhole) listed.clear();
    for (let i = 0; i < left.length; i++) listed.delete(left.ids[i]!);
    for (let i = 0; i < resident.length; i++) listed.set(resident.ids[i]!, resident.amounts[i]!);
    for (let i = 0; i < cpu.length; i++) micros.set(cpu.ids[i]!, (micros.get(cpu.ids[i]!) ?? 0) + cpu.amounts[i]!);
    if (this.count === 0) this.fromMs = sample.fromMs;
    this.restMicros += sample.restMicros;
    merged.atMs = sample.atMs;
    merged.restProcesses = sample.restProcesses;
    merged.restKib = sample.restKib;
    merged.aheadMicros = sample.aheadMicros;
    this.count++;
  }

  /** Returns what was added since the last call as one sample; the object is used again. */
  take(isWhole: boolean): ProcessSample {
    const { merged, listed, taken } = this;
    merged.clear();
    merged.isWhole = isWhole;
    merged.fromMs = this.fromMs;
    this.takeCpu();
    for (const id of taken.keys()) if (!listed.has(id) && !isWhole) merged.left.add(id, 0);
    for (const [id, kib] of listed) if (isWhole || taken.get(id) !== kib) merged.resident.add(id, kib);
    taken.clear();
    for (const [id, kib] of listed) taken.set(id, kib);
    this.count = 0;
    return merged;
  }

  private takeCpu(): void {
    const { merged, micros } = this;
    let bound = 0;
    if (micros.size > MOST_WITH_CPU) bound = [...micros.values()].sort((a, b) => b - a)[MOST_WITH_CPU - 1]!;
    let equals = MOST_WITH_CPU;
    for (const amount of micros.values()) if (amount > bound) equals--;
    for (const [id, amount] of micros) {
      if (amount > bound || equals-- > 0) merged.cpu.add(id, amount);
      else this.restMicros += amount;
    }
    merged.restMicros = this.restMicros;
    this.restMicros = 0;
    micros.clear();
  }
}
