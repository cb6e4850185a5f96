import { COMMAND, type SeriesKey, type Snapshot, series } from "../../catalog/index.ts";
import { ABSENT } from "../collector.ts";
import type { Descendant } from "./descendant-tracker.ts";
import type { ProcessAccounts } from "./process-accounts.ts";
import { type ProcessNames, REST } from "./process-names.ts";

/** So many processes are kept each; all others are kept together. */
const MOST_HOLDERS = 16;

/** How the memory of each holder is known: `pss` where pages that n processes map count as an nth. */
type HeldBy = "pss" | "resident";

/**
 * Who held the memory at the highest memory of the command's processes: the largest of them, each with its own. They are kept
 * at each new maximum, and so allocate nothing until someone asks for them.
 */
export class MemoryHolders {
  readonly topic = "memory_holders";
  /** Grows with each new maximum; 0: there was none. */
  version = 0;
  private atMs = ABSENT;
  private count = 0;
  private readonly pids = new Float64Array(MOST_HOLDERS);
  private readonly parents = new Float64Array(MOST_HOLDERS);
  private readonly places = new Int32Array(MOST_HOLDERS);
  private readonly bytes = new Float64Array(MOST_HOLDERS);
  private restBytes = 0;
  private restProcesses = 0;
  private heldBy: HeldBy = "resident";

  /** The peak that they are of. */
  private peakBytes = ABSENT;
  private names: ProcessNames | undefined;

  /**
   * Takes those that live now where the peak is a new one; NaN: none is known. `hasPss`: the PSS of each was just read. Where
   * none has memory, the last ones stay.
   */
  takeAt(peakBytes: number, { tracker, names }: ProcessAccounts, hasPss: boolean, atMs: number): void {
    if (peakBytes === this.peakBytes || Number.isNaN(peakBytes)) return;
    this.peakBytes = peakBytes;
    const { descendants } = tracker;
    if (!haveMemory(descendants)) return;
    this.names = names;
    this.atMs = atMs;
    this.count = 0;
    this.restBytes = 0;
    this.restProcesses = 0;
    this.heldBy = hasPss ? "pss" : "resident";
    this.version++;
    for (let i = 0; i < descendants.length; i++) {
      const one = descendants[i]!;
      if (one.ended) continue;
      const bytes = hasPss ? one.memory.pssBytes : one.memory.residentBytes;
      if (bytes > 0) this.add(one, bytes);
    }
  }

  /** The processes and what each holds, the largest first; the rest of them last, without a pid. */
  snapshot(): Snapshot {
    const { atMs, bytes, heldBy: source } = this;
    const order = Array.from({ length: this.count }, (_, slot) => slot).sort((a, b) => bytes[b]! - bytes[a]!);
    const keys: SeriesKey[] = [];
    const values: number[] = [];
    for (const slot of order) {
      const comm = this.names?.at(this.places[slot]!)?.name ?? "";
      const [process_id, parent_id] = [String(this.pids[slot]), String(this.parents[slot])];
      keys.push(series(COMMAND.memoryHolder, { process_id, parent_id, comm, source }));
      values.push(bytes[slot]!);
    }
    if (this.restProcesses > 0) {
      keys.push(series(COMMAND.memoryHolder, { process_id: "", parent_id: "", comm: REST, source }));
      values.push(this.restBytes);
    }
    return { atMs, keys, values };
  }

  /** Adds one; where there are too many, the smallest goes to the rest. */
  private add({ pid, parent, name }: Descendant, bytes: number): void {
    let slot = this.count;
    if (slot < MOST_HOLDERS) this.count++;
    else {
      this.restProcesses++;
      slot = this.smallest();
      if (this.bytes[slot]! >= bytes) {
        this.restBytes += bytes;
        return;
      }
      this.restBytes += this.bytes[slot]!;
    }
    this.pids[slot] = pid;
    this.parents[slot] = parent;
    this.places[slot] = name;
    this.bytes[slot] = bytes;
  }

  private smallest(): number {
    let found = 0;
    for (let slot = 1; slot < MOST_HOLDERS; slot++) if (this.bytes[slot]! < this.bytes[found]!) found = slot;
    return found;
  }
}

function haveMemory(descendants: readonly Descendant[]): boolean {
  for (let i = 0; i < descendants.length; i++) {
    const { ended, memory } = descendants[i]!;
    if (!ended && memory.residentBytes > 0) return true;
  }
  return false;
}
