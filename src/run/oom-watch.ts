import { COMMAND, CONTAINER, type Fact, KERNEL, MACHINE, type SeriesKey, type Snapshot } from "../catalog/index.ts";
import type { Cgroup } from "../collect/cgroup/cgroup-hierarchy.ts";
import type { SnapshotSource } from "../journal/journal-writer.ts";
import type { Recording, RunEvent } from "../recording/recording.ts";
import type { OomContext, OomEvidence } from "./oom-evidence.ts";
import type { Store } from "./session-parts.ts";

/** Counts of processes that the kernel killed for memory, those of the command alone first. */
const COUNTS = [COMMAND.oomKills.name, CONTAINER.oomKills.name, KERNEL.oomKills.name] as const;
const MACHINES = 2;

/** Notices at each sample on its way to the store that the kernel has killed a process for memory, and finds out whom, and why. */
export class OomWatch implements Store, SnapshotSource {
  readonly topic = "oom";
  version = 0;
  private columns: readonly number[] = [];
  private memoryColumn = -1;
  private readonly counts = COUNTS.map(() => Number.NaN);
  /** How much each has grown since the first sample. */
  private readonly grown = COUNTS.map(() => 0);
  private atMs = Number.NaN;
  private machineBytes = Number.NaN;
  private evidence: OomEvidence | undefined;
  private store!: Store;

  private readonly startedAtMs = performance.now();

  constructor(
    private readonly tree: () => OomContext["tree"],
    private readonly groups: readonly Cgroup[] | undefined,
  ) {}

  /** Returns itself as the store, which passes everything on to `store`. */
  inFrontOf(store: Store): Store {
    this.store = store;
    return this;
  }

  /** What the journal keeps beside the rows: this, and who held the memory. */
  readonly sources = (): readonly SnapshotSource[] => {
    const holders = this.tree()?.holders;
    return holders ? [holders, this] : [this];
  };

  snapshot(): Snapshot {
    return { atMs: this.atMs, keys: this.evidence?.keys ?? [], values: this.evidence?.values ?? [] };
  }

  layout(columns: readonly SeriesKey[]): void {
    this.columns = COUNTS.map((name) => columns.findIndex(({ metric }) => metric.name === name));
    this.memoryColumn = columns.findIndex(({ metric }) => metric.name === MACHINE.memoryTotal.name);
    this.store.layout(columns);
  }

  row(atMs: number, values: Float64Array): void {
    this.store.row(atMs, values);
    let isNew = false;
    for (let i = 0; i < this.columns.length; i++) {
      const count = values[this.columns[i]!] ?? Number.NaN;
      if (count > this.counts[i]!) {
        this.grown[i]! += count - this.counts[i]!;
        isNew = true;
      }
      if (!Number.isNaN(count)) this.counts[i] = count;
    }
    if (!isNew) return;
    this.atMs = atMs;
    this.machineBytes = values[this.memoryColumn] ?? Number.NaN;
    this.lookUp();
  }

  get writtenBytes(): number | undefined {
    return this.store.writtenBytes;
  }

  event(event: RunEvent): void {
    this.store.event(event);
  }

  fact(fact: Fact): void {
    this.store.fact(fact);
  }

  end(): void {
    // The kernel counts a kill before it logs it.
    if (!Number.isNaN(this.atMs)) this.lookUp();
    this.store.end();
  }

  recording(): Recording {
    return this.store.recording();
  }

  private lookUp(): void {
    const { oomEvidence } = require("./oom-evidence.ts") as typeof import("./oom-evidence.ts");
    const [own, container, machine] = this.grown;
    const [isOwnGroup, isContainer] = [own! > 0, container! > 0];
    const machineKills = Number.isNaN(this.counts[MACHINES]!) ? Number.NaN : machine!;
    const { atMs, startedAtMs, machineBytes, groups } = this;
    const tree = this.tree();
    const found = oomEvidence({ atMs, startedAtMs, isOwnGroup, isContainer, machineKills, machineBytes, tree, groups });
    if (!found || found.text === this.evidence?.text) return;
    this.evidence = found;
    this.version++;
    this.event({ atMs, event: "oom_kill", text: found.text });
  }
}
