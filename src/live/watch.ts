import { basename, dirname, join } from "node:path";
import type { WatchRequest } from "../cli/mode-requests.ts";
import { OutputError, UsageError } from "../errors.ts";
import { listJournals } from "../journal/journal-files.ts";
import { AWAIT_MS, awaitJournal, loadRecordings } from "../load/load-recordings.ts";
import { fileStatus, isAbsent } from "../os/files.ts";
import { printPainted, repaint } from "../os/print.ts";
import { isTerminal, terminalHeight, whenAskedToEnd } from "../os/process.ts";
import { isScreen, terminalStyle } from "../output/terminal-style.ts";
import type { Limit } from "../recording/budget-results.ts";
import type { Recording } from "../recording/recording.ts";
import type { RunFigures } from "../recording/run-figures.ts";
import { type UsualTime, usualTimeOf } from "./expected-end.ts";
import { screenRows } from "./screen.ts";

const STDOUT = 1;
const REFRESH_MS = 1000;
/** After each picture, a pause of this many times what it took: the journal of a long run is read less often. */
const PAUSE_FACTOR = 20;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Shows a run until it or a signal ends. Where standard output is no terminal, shows it once.
 * @throws UsageError where no run is found, OutputError where it cannot be read
 */
export async function watch({ what, budgets, historyFile }: WatchRequest, env: Environment): Promise<void> {
  const limits = budgets.map(({ limit, ...budget }) => ({ ...budget, value: "value" in limit ? limit.value : 0 }));
  const ended = Promise.withResolvers<"ended">();
  const isStarted = whenAskedToEnd(env, () => ended.resolve("ended"));
  const path = await Promise.race([runOf(what, isStarted ? Number.POSITIVE_INFINITY : AWAIT_MS), ended.promise]);
  if (path === "ended") return;
  const picture = new Picture(limits, env, historyFile);
  for (;;) {
    const began = performance.now();
    if (!(await picture.show(path)) || !picture.isOnTerminal) return;
    const pauseMs = Math.max(REFRESH_MS, PAUSE_FACTOR * (performance.now() - began));
    if ((await Promise.race([Bun.sleep(pauseMs), ended.promise])) === "ended") return;
  }
}

/** What is on the terminal of one run. */
class Picture {
  readonly isOnTerminal = isTerminal(STDOUT);
  private rows = 0;
  /** The metrics file that the run will write; undefined before it was read. */
  private target: string | undefined;
  /** Read once: what is remembered meanwhile is of other runs. Undefined: not yet. */
  private usual: { readonly time: UsualTime | undefined } | undefined;

  constructor(
    private readonly limits: readonly Limit[],
    private readonly env: Environment,
    private readonly historyFile: string | undefined,
  ) {}

  /** Shows the run of a journal, or of its metrics file when it has ended. Returns whether it goes on. Throws OutputError. */
  async show(journal: string): Promise<boolean> {
    // The journal is removed when the metrics file is complete.
    const path = this.target !== undefined && isAbsent(journal) ? this.target : journal;
    const loaded = await loadRecordings(path);
    try {
      const [recording] = loaded.recordings;
      const isLive = loaded.liveTarget !== undefined;
      this.target ??= loaded.liveTarget;
      if (recording) this.paint(recording);
      // It was removed after the look, or its metrics went to a pipe.
      else if (this.target !== undefined) return path === journal && isAbsent(journal) && !isAbsent(this.target);
      else throw new OutputError(loaded.problems[0] ?? `${path}: no run in it`);
      return isLive;
    } finally {
      loaded.close();
    }
  }

  private paint(recording: Recording): void {
    const style = terminalStyle(STDOUT, this.env);
    const rows = screenRows(recording, this.limits, style, (figures) => this.usualTime(figures));
    if (!this.isOnTerminal) {
      printPainted(STDOUT, `${rows.join("\n")}\n`);
    } else {
      // What has scrolled away cannot be painted again.
      const shown = rows.slice(0, Math.max(1, (terminalHeight(STDOUT) ?? rows.length + 1) - 1));
      repaint(STDOUT, shown, isScreen(STDOUT, this.env) ? this.rows : 0);
      this.rows = shown.length;
    }
  }

  private usualTime(figures: RunFigures): UsualTime | undefined {
    this.usual ??= { time: usualTimeOf(figures, { file: this.historyFile, env: this.env }) };
    return this.usual.time;
  }
}

/**
 * Returns the file of a run: the one that is named, its journal, or that of a recorder's pid, which is awaited for so long.
 * Throws UsageError.
 */
async function runOf(what: string | undefined, awaitMs: number): Promise<string> {
  if (what === undefined)
    return newest(".") ?? refuse("no run goes on in this folder; name its metrics file, or its pid");
  if (/^\d+$/.test(what) && !fileStatus(what)) return await awaitJournal("--watch", Number(what), awaitMs);
  const journals = listIn(dirname(what), basename(what));
  if (journals.length > 0) return newestOf(journals);
  if (fileStatus(what)?.kind === "directory") return newest(what) ?? refuse(`no run goes on in ${what}`);
  return fileStatus(what) ? what : refuse(`${what}: no such run; it has a journal from its first second on`);
}

function refuse(message: string): never {
  throw new UsageError(`--watch: ${message}`);
}

function newest(folder: string): string | undefined {
  const journals = listIn(folder);
  return journals.length === 0 ? undefined : newestOf(journals);
}

function listIn(folder: string, metricsFile?: string): string[] {
  if (fileStatus(folder)?.kind !== "directory") return [];
  return listJournals(folder, metricsFile).map((name) => join(folder, name));
}

function newestOf(paths: readonly string[]): string {
  const changed = (path: string) => fileStatus(path)?.changedMs ?? 0;
  return paths.reduce((best, path) => (changed(path) > changed(best) ? path : best));
}
