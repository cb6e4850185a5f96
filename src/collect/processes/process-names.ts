import type { ProgramUse } from "../perf/program-uses.ts";
import type { ProgramIo } from "./io-bytes.ts";

const decoder = new TextDecoder();

/** How many names are kept; what uses any other counts as the rest. */
const MOST_NAMES = 2000;

const NO_IO: ProgramIo = { readBytes: Number.NaN, writeBytes: Number.NaN };

/** What the processes of one name used, as samples saw it. */
interface NameUse extends ProgramIo {
  readonly name: string;
  readonly encoded: Uint8Array;
  /** Own CPU time, without that of their children. */
  cpuSeconds: number;
  /** Their resident memory together, at this sample and at most; NaN: no sample saw them. */
  residentBytes: number;
  peakBytes: number;
  /** How many samples saw. */
  processes: number;
}

/** What the command's processes used by program name, `comm`. Names are compared as bytes: a known one costs little. */
export class ProcessNames {
  private readonly all: NameUse[] = [];
  private readonly byText = new Map<string, number>();

  /** Returns the place of the name `bytes[start, end)`, which is probably `near`; -1: there are too many names. */
  placeOf(bytes: Uint8Array, start: number, end: number, near: number): number {
    const known = this.all[near];
    if (known && isAt(known.encoded, bytes, start, end)) return near;
    const name = decoder.decode(bytes.subarray(start, end));
    const place = this.byText.get(name);
    if (place !== undefined) return place;
    if (this.all.length === MOST_NAMES) return -1;
    this.byText.set(name, this.all.length);
    const encoded = bytes.slice(start, end);
    return this.all.push({ name, encoded, cpuSeconds: 0, residentBytes: 0, peakBytes: 0, processes: 0, ...NO_IO }) - 1;
  }

  at(place: number): NameUse | undefined {
    return this.all[place];
  }

  /** Begins a sample, in which resident memory is added up. */
  clearResident(): void {
    for (const use of this.all) use.residentBytes = 0;
  }

  /** Ends a sample. */
  raisePeaks(): void {
    for (const use of this.all) if (use.residentBytes > use.peakBytes) use.peakBytes = use.residentBytes;
  }

  /**
   * Takes the CPU time and the number of the processes of each name as the kernel's records have them, where these are no less in
   * all than what samples saw: then they have the processes that lived between samples, too. Returns whether it took them.
   */
  takeRecorded(programs: ReadonlyMap<string, ProgramUse>): boolean {
    let [recorded, sampled] = [0, 0];
    for (const { cpuSeconds } of programs.values()) recorded += cpuSeconds;
    for (const { cpuSeconds } of this.all) sampled += cpuSeconds;
    if (recorded < sampled) return false;
    for (const use of this.all) {
      const { cpuSeconds, processes } = programs.get(use.name) ?? { cpuSeconds: 0, processes: 0 };
      use.cpuSeconds = cpuSeconds;
      use.processes = processes;
    }
    const encoder = new TextEncoder();
    for (const [name, use] of programs) {
      if (this.byText.has(name) || this.all.length === MOST_NAMES) continue;
      this.byText.set(name, this.all.length);
      this.all.push({ name, encoded: encoder.encode(name), residentBytes: 0, peakBytes: Number.NaN, ...NO_IO, ...use });
    }
    return true;
  }

  /** Returns up to `most` names, the largest by CPU time, io and memory, in order of CPU time; and the rest. */
  largest(most: number): { readonly named: readonly NameUse[]; readonly rest: readonly NameUse[] } {
    const byCpu = [...this.all].sort((a, b) => b.cpuSeconds - a.cpuSeconds);
    const byMemory = [...this.all].sort((a, b) => (b.peakBytes || 0) - (a.peakBytes || 0));
    const ioOf = ({ readBytes, writeBytes }: NameUse) => (readBytes || 0) + (writeBytes || 0);
    const byIo = this.all.filter((use) => ioOf(use) > 0).sort((a, b) => ioOf(b) - ioOf(a));
    const chosen = new Set([...byCpu.slice(0, Math.ceil(most / 2)), ...byIo.slice(0, Math.floor(most / 4))]);
    for (const use of byMemory) if (chosen.size < most) chosen.add(use);
    // A process may be called like the rest: it is part of it.
    const named = byCpu.filter((use) => chosen.has(use) && use.name !== REST);
    return { named, rest: byCpu.filter((use) => !named.includes(use)) };
  }
}

/** The name of all uses that have no series of their own. */
export const REST = "other";

function isAt(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false;
  return true;
}
