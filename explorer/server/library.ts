import { basename } from "node:path";
import { type Loaded, loadRecordings } from "../../src/load/load-recordings.ts";
import { fileStatus } from "../../src/os/files.ts";
import type { Problem, Runs } from "../data/model.ts";
import { type Run, runOf } from "../data/run.ts";
import type { Files } from "./files.ts";

/** How often the journals of runs that go on are looked at. */
const LOOK_MS = 500;

/** Of the time, reading a journal anew takes no more than such a part: a long run's is read less often. */
const REST_FACTOR = 10;

/** A file and what it holds. */
interface Entry {
  readonly id: string;
  readonly name: string;
  path: string;
  runs: readonly Run[];
  problems: readonly string[];
  /** The metrics file that its run will make, as long as that goes on. */
  liveTarget: string | undefined;
  /** Size of the journal when it was read. */
  bytes: number;
}

/** The runs of some files. Those that still go on are read again as they grow, until they have ended. */
export class Library {
  private readonly entries: readonly Entry[];
  private readonly _problems: readonly Problem[];
  private readonly _followers = new Set<() => void>();
  private timer: Timer | undefined;
  private isClosed = false;
  /** Settled once all files were read for the first time. */
  readonly ready: Promise<void>;

  constructor({ paths, problems }: Files) {
    const names = paths.map((path) => basename(path));
    this.entries = paths.map((path, i) => {
      const isAlone = names.filter((name) => name === names[i]).length === 1;
      const name = isAlone ? (names[i] as string) : path;
      return { id: String(i + 1), name, path, runs: [], problems: [], liveTarget: undefined, bytes: 0 };
    });
    this._problems = problems;
    this.ready = this.readAll();
  }

  runs(): Runs {
    const problems = this.entries.flatMap((entry) => entry.problems.map((message) => ({ file: entry.name, message })));
    return {
      runs: this.entries.flatMap(({ runs }) => runs.map(({ info }) => info)),
      problems: [...this._problems, ...problems],
    };
  }

  run(id: string): Run | undefined {
    return this.entries.flatMap(({ runs }) => runs).find(({ info }) => info.id === id);
  }

  /** The file that a run is of. */
  pathOf(id: string): string | undefined {
    return this.entries.find(({ runs }) => runs.some(({ info }) => info.id === id))?.path;
  }

  /** Calls back when a run has new points or has ended; the answer ends it. */
  follow(changed: () => void): () => void {
    this._followers.add(changed);
    return () => this._followers.delete(changed);
  }

  get followers(): number {
    return this._followers.size;
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
  }

  private async readAll(): Promise<void> {
    for (const entry of this.entries) await this.read(entry);
    this.lookAgain(LOOK_MS);
  }

  private async read(entry: Entry): Promise<void> {
    const bytes = fileStatus(entry.path)?.bytes ?? 0;
    const loaded = await loadRecordings(entry.path);
    try {
      take(entry, loaded);
      entry.bytes = bytes;
    } finally {
      loaded.close();
    }
  }

  private lookAgain(afterMs: number): void {
    if (this.isClosed || !this.entries.some(({ liveTarget }) => liveTarget !== undefined)) return;
    this.timer = setTimeout(async () => {
      const start = performance.now();
      const changes = [];
      for (const entry of this.entries) if (await this.hasChanged(entry)) changes.push(entry);
      if (changes.length > 0) for (const changed of this._followers) changed();
      this.lookAgain(Math.max(LOOK_MS, REST_FACTOR * (performance.now() - start)));
    }, afterMs);
  }

  /** Reads the journal of a run that goes on where there is more of it, or what the run made of it where it has ended. */
  private async hasChanged(entry: Entry): Promise<boolean> {
    if (entry.liveTarget === undefined) return false;
    const journal = fileStatus(entry.path);
    // One that is as long as before is read too: its run may have been killed.
    const loaded = await loadRecordings(journal ? entry.path : entry.liveTarget);
    try {
      if (loaded.liveTarget !== undefined && journal?.bytes === entry.bytes) return false;
      // Gone between the two looks: the next one finds the metrics file.
      if (journal && loaded.recordings.length === 0 && !fileStatus(entry.path)) return false;
      if (!journal) entry.path = entry.liveTarget;
      take(entry, loaded);
      entry.bytes = journal?.bytes ?? 0;
      return true;
    } finally {
      loaded.close();
    }
  }
}

/** Replaces what an entry holds. Where nothing can be read any more, what was read before stays, as a run that ended. */
function take(entry: Entry, { recordings, problems, liveTarget }: Loaded): void {
  const name = { name: entry.name, live: liveTarget !== undefined };
  const idOf = (i: number) => (i === 0 ? entry.id : `${entry.id}.${i + 1}`);
  const ended = entry.runs.map((run) => ({ ...run, info: { ...run.info, live: false } }));
  entry.runs = recordings.length > 0 ? recordings.map((one, i) => runOf(one, { ...name, id: idOf(i) })) : ended;
  entry.problems = problems;
  entry.liveTarget = liveTarget;
}
