import type { Config } from "../cli/config.ts";
import type { Given } from "../cli/options.ts";
import { systemClock } from "../clock.ts";
import { EXIT_STATUS, OutputError } from "../errors.ts";
import { print, unlessClosed, warn } from "../os/print.ts";
import { isTerminal, wallMs } from "../os/process.ts";
import { durationText } from "../recording/quantities.ts";
import { describeEnding, type Ending, type Launch, startChild } from "../run/child.ts";
import { launchExactly } from "../run/exact-child.ts";
import { findCommand, type Inherited } from "../run/inherited.ts";
import { ownCommand, type ResolvedCommand } from "../run/resolve-command.ts";
import { signalNumber } from "../run/signal-names.ts";
import { SignalRelay } from "../run/signals.ts";
import { type CommandOutput, openCommandOutput } from "./command-output.ts";
import type { DoneRun } from "./done-runs.ts";
import { fileOfRun, wordsOfRun } from "./run-words.ts";
import type { RunsFiles } from "./runs-files.ts";
import { substituted, type Variant, variantsOf } from "./variants.ts";

/*
 * `--runs`: one statexec process for each run, started by this one, which only waits. So a run of a series is what it is
 * alone: the accounts of children, the signals, the journal and the terminal are those of one run.
 */

/** What a series is made of. */
interface RepeatRequest {
  readonly config: Config;
  readonly flags: readonly Given[];
  readonly inherited: Inherited;
}

type KnownEnding = Exclude<Ending, { kind: "unknown" }>;

/**
 * Runs a command several times, or several in turns, prints the table of the runs, and returns how statexec ends. Throws
 * CommandError, OutputError, UsageError.
 */
export async function repeatCommand(request: RepeatRequest): Promise<KnownEnding> {
  const { config, inherited } = request;
  const variants = variantsOf(config);
  const files = await filesOf(config);
  const series = new Series(request, variants, openCommandOutput(config.output, inherited));
  try {
    const ending = await series.run();
    return (await series.report(files)) ? ending : failedUnless(ending);
  } catch (error) {
    files?.abandon();
    throw error;
  } finally {
    series.close();
  }
}

/** Loaded only where a file is wanted: a series shall begin as soon as a run. */
async function filesOf(config: Config): Promise<RunsFiles | undefined> {
  const { runsJson, runsMarkdown, runsCsv } = config;
  if (runsJson === undefined && runsMarkdown === undefined && runsCsv === undefined) return undefined;
  const { openRunsFiles } = await import("./runs-files.ts");
  return openRunsFiles(config);
}

/** A file that is missing fails a series that did not fail already. */
function failedUnless(ending: KnownEnding): KnownEnding {
  return isSuccess(ending) ? { kind: "exited", code: EXIT_STATUS.failed } : ending;
}

const STDERR = 2;

/** These end a command because a person or a scheduler wants an end, which is no failure to pass over. */
const ASKED_ENDS = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"].map(signalNumber);

const SHELL_PATH = "/bin/sh";

const DONE: KnownEnding = { kind: "exited", code: EXIT_STATUS.done };

class Series {
  private readonly signals: SignalRelay;
  /** The runs of each variant that count, in their order. */
  private readonly done: readonly DoneRun[][];
  /** Of these runs, where `--precision` asks for them. */
  private readonly wallSeconds: readonly number[][];
  /** When the first run started, on the monotonic clock; undefined: none has. */
  private beganMs: number | undefined;
  private runsDone = 0;
  /** A signal that came while nothing ran. */
  private idleSignal: number | undefined;

  constructor(
    private readonly request: RepeatRequest,
    private readonly variants: readonly Variant[],
    private readonly output: CommandOutput,
  ) {
    this.done = variants.map(() => []);
    this.wallSeconds = variants.map(() => []);
    this.signals = new SignalRelay(request.inherited, systemClock);
    this.signals.onIdle = (signal) => {
      this.idleSignal ??= signal;
    };
  }

  /** Runs all, or those up to a failure or a signal. The variants take turns, so that what changes with time meets all. */
  async run(): Promise<KnownEnding> {
    const { warmup, runs } = this.request.config;
    for (let run = 1; run <= warmup; run++)
      for (const variant of this.variants) {
        const ended = await this.warmUp(named(variant, `warm-up ${run} of ${warmup}`), variant);
        if (ended) return ended;
      }
    this.beganMs = systemClock.now();
    for (let run = 1; run <= runs; run++) {
      for (const [index, variant] of this.variants.entries()) {
        const ended = await this.preparedRun(index, variant, run);
        if (ended) return ended;
      }
      if (run < runs && (this.isTimeUp() || (await this.isPrecise()))) break;
    }
    return DONE;
  }

  private isTimeUp(): boolean {
    const { maxSeconds } = this.request.config;
    return maxSeconds !== undefined && systemClock.now() - this.beganMs! >= maxSeconds * 1000;
  }

  /** Whether the wall time of every variant is known as well as was asked for. */
  private async isPrecise(): Promise<boolean> {
    const { precision } = this.request.config;
    if (precision === undefined) return false;
    const [{ measuredRuns }, { isMeanKnown }] = await Promise.all([
      import("./done-runs.ts"),
      import("./repeat-statistics.ts"),
    ]);
    for (const [index, walls] of this.wallSeconds.entries()) {
      const { runs } = await measuredRuns(this.done[index]!.slice(-1));
      for (const { figures } of runs) if (figures.wallSeconds !== undefined) walls.push(figures.wallSeconds);
    }
    return this.wallSeconds.every((walls) => isMeanKnown(walls, precision));
  }

  /** Runs the command without recording it. Returns how the series ends, if it ends by this. */
  private async warmUp(name: string, variant: Variant): Promise<KnownEnding | undefined> {
    const { inherited } = this.request;
    const unprepared = await this.prepareRun(name, variant);
    if (unprepared) return unprepared;
    this.say(name);
    const ending = await this.child(findCommand(inherited, variant.command), this.output.launch);
    return this.endedBy(name, ending) ?? this.endAsked(name);
  }

  private async preparedRun(index: number, variant: Variant, run: number): Promise<KnownEnding | undefined> {
    const name = named(variant, `run ${run} of ${this.request.config.runs}`);
    return (await this.prepareRun(name, variant)) ?? (await this.recordedRun(name, index, run));
  }

  /** Runs the command as `statexec` alone would. Returns how the series ends, if it ends by this. */
  private async recordedRun(name: string, index: number, run: number): Promise<KnownEnding | undefined> {
    const { config, flags } = this.request;
    const variant = this.variants[index]!;
    this.say(`${name}${this.timeToGo()}`);
    const startedMs = wallMs();
    const words = wordsOfRun(config, flags, variant, run);
    const ended = this.endedBy(name, await this.child(ownCommand(words), this.output.launch));
    if (ended) return ended;
    this.runsDone++;
    this.done[index]!.push({ run, file: fileOfRun(config.file, variant, run), startedMs });
    return this.runsDone === this.runsAsked ? undefined : this.endAsked(name);
  }

  /** Returns how the series ends, if what ran failed. What a signal cut short says nothing of the command in any case. */
  private endedBy(name: string, ending: KnownEnding): KnownEnding | undefined {
    const { ignoreFailure } = this.request.config;
    if (isSuccess(ending) || (ignoreFailure && !wasAsked(ending))) return undefined;
    warn(`${name}: ${describeEnding(ending)}; the series ends`);
    return ending;
  }

  /** Returns how the series ends where a signal asked for that, though what ran then ended well. */
  private endAsked(name: string): KnownEnding | undefined {
    const { idleSignal: signal, signals } = this;
    if (signal === undefined && !signals.endAsked) return undefined;
    warn(`${name}: a signal asked for the end; the series ends`);
    return signal === undefined ? { kind: "exited", code: EXIT_STATUS.failed } : { kind: "signaled", signal };
  }

  /** Runs what `--prepare` names. Returns how the series ends, if that failed or a signal came. */
  private async prepareRun(name: string, { parameters }: Variant): Promise<KnownEnding | undefined> {
    const { prepare } = this.request.config;
    if (prepare === undefined) return this.endAsked(name);
    const script = substituted([prepare], parameters)[0]!;
    const ending = await this.child({ path: SHELL_PATH, argv: [SHELL_PATH, "-c", script] }, launchExactly);
    if (isSuccess(ending)) return this.endAsked(name);
    warn(`--prepare before ${name}: ${describeEnding(ending)}; the series ends`);
    return ending;
  }

  /** Starts a process with all that our caller set up, and waits for it. */
  private async child(command: ResolvedCommand, launch: Launch): Promise<KnownEnding> {
    const { signals } = this;
    const child = signals.starting(() => startChild(command, this.request.inherited, launch));
    signals.attach(child);
    try {
      const ending = await child.ended;
      if (ending.kind === "unknown") throw new OutputError("the end of a run could not be read");
      return ending;
    } finally {
      signals.detach();
    }
  }

  private get runsAsked(): number {
    return this.request.config.runs * this.variants.length;
  }

  /** Returns how long the other runs are likely to take, where each variant has shown it. */
  private timeToGo(): string {
    const { runsDone, runsAsked } = this;
    if (runsDone < this.variants.length) return "";
    const eachSeconds = (systemClock.now() - this.beganMs!) / 1000 / runsDone;
    return `; about ${durationText(eachSeconds * (runsAsked - runsDone))} to go`;
  }

  /** Says what goes on, to a person. */
  private say(text: string): void {
    const { quiet } = this.request.config;
    if (!quiet && isTerminal(STDERR)) unlessClosed(() => print(STDERR, `statexec: ${text}\n`));
  }

  /** Prints the table of the runs that ended, and writes the files. Returns whether all could be written. */
  async report(files: RunsFiles | undefined): Promise<boolean> {
    const { config } = this.request;
    if ((config.quiet && !files) || this.runsDone === 0) {
      files?.abandon();
      return true;
    }
    const [{ measuredSeries }, { tableOfSeries }] = await Promise.all([
      import("./measured-series.ts"),
      import("./versus-table.ts"),
    ]);
    const series = await measuredSeries(config, this.variants, this.done);
    for (const warning of series.warnings) warn(warning);
    if (!config.quiet) unlessClosed(() => print(STDERR, tableOfSeries(series)));
    return files === undefined || (await files.write(series, warn));
  }

  close(): void {
    this.output.close();
    this.signals.close();
  }
}

/** Returns what goes on, with the variant where there are several. */
function named({ name }: Variant, what: string): string {
  return name === "" ? what : `${name}: ${what}`;
}

function isSuccess(ending: KnownEnding): boolean {
  return ending.kind === "exited" && ending.code === 0;
}

function wasAsked(ending: KnownEnding): boolean {
  return ending.kind === "signaled" && ASKED_ENDS.includes(ending.signal);
}
