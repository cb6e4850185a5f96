import type { Config } from "../cli/config.ts";
import type { Given } from "../cli/options.ts";
import { systemClock } from "../clock.ts";
import { EXIT_STATUS, OutputError } from "../errors.ts";
import { print, unlessClosed, warn } from "../os/print.ts";
import { isTerminal, wallMs } from "../os/process.ts";
import { durationText } from "../recording/quantities.ts";
import { describeEnding, type Ending, startChild } from "../run/child.ts";
import { launchExactly } from "../run/exact-child.ts";
import { findCommand, type Inherited } from "../run/inherited.ts";
import { ownCommand, type ResolvedCommand } from "../run/resolve-command.ts";
import { signalNumber } from "../run/signal-names.ts";
import { SignalRelay } from "../run/signals.ts";
import type { DoneRun } from "./done-runs.ts";
import { numberedFile, wordsOfRun } from "./run-words.ts";

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

/** Runs a command several times, prints the table of its runs, and returns how statexec ends. Throws CommandError, OutputError. */
export async function repeatCommand(request: RepeatRequest): Promise<KnownEnding> {
  const series = new Series(request);
  try {
    const ending = await series.run();
    await series.printTable();
    return ending;
  } finally {
    series.close();
  }
}

const STDERR = 2;

/** These end a command because a person or a scheduler wants an end, which is no failure to pass over. */
const ASKED_ENDS = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"].map(signalNumber);

const SHELL_PATH = "/bin/sh";

const DONE: KnownEnding = { kind: "exited", code: EXIT_STATUS.done };

class Series {
  private readonly signals: SignalRelay;
  /** The runs that count, in their order. */
  private readonly done: DoneRun[] = [];
  /** Of these runs, where `--precision` asks for them. */
  private readonly wallSeconds: number[] = [];
  /** A signal that came while nothing ran. */
  private idleSignal: number | undefined;

  constructor(private readonly request: RepeatRequest) {
    this.signals = new SignalRelay(request.inherited, systemClock);
    this.signals.onIdle = (signal) => {
      this.idleSignal ??= signal;
    };
  }

  /** Runs all, or those up to a failure or a signal. */
  async run(): Promise<KnownEnding> {
    const { config, flags } = this.request;
    for (let run = 1; run <= config.warmup; run++) {
      const ended = await this.warmUp(`warm-up ${run} of ${config.warmup}`);
      if (ended) return ended;
    }
    for (let run = 1; run <= config.runs; run++) {
      const name = `run ${run} of ${config.runs}`;
      const ended =
        (await this.prepareRun(name)) ?? (await this.recordedRun(name, run, wordsOfRun(config, flags, run)));
      if (ended) return ended;
      if (run < config.runs && (await this.isPrecise())) break;
    }
    return DONE;
  }

  /** Whether the wall time is known as well as was asked for. */
  private async isPrecise(): Promise<boolean> {
    const { precision } = this.request.config;
    const last = this.done.at(-1);
    if (precision === undefined || !last) return false;
    const [{ measuredRuns }, { isMeanKnown }] = await Promise.all([
      import("./done-runs.ts"),
      import("./repeat-statistics.ts"),
    ]);
    const { runs } = await measuredRuns([last]);
    for (const { figures } of runs) if (figures.wallSeconds !== undefined) this.wallSeconds.push(figures.wallSeconds);
    return isMeanKnown(this.wallSeconds, precision);
  }

  /** Runs the command without recording it. Returns how the series ends, if it ends by this. */
  private async warmUp(name: string): Promise<KnownEnding | undefined> {
    const { config, inherited } = this.request;
    const unprepared = await this.prepareRun(name);
    if (unprepared) return unprepared;
    this.say(name);
    const ending = await this.child(findCommand(inherited, config.command));
    return this.endedBy(name, ending) ?? this.endAsked(name);
  }

  /** Runs the command as `statexec` alone would. Returns how the series ends, if it ends by this. */
  private async recordedRun(name: string, run: number, words: readonly string[]): Promise<KnownEnding | undefined> {
    const { runs, file } = this.request.config;
    this.say(`${name}${this.timeToGo(run)}`);
    const startedMs = wallMs();
    const ended = this.endedBy(name, await this.child(ownCommand(words)));
    if (ended) return ended;
    this.done.push({ run, file: numberedFile(file, run), startedMs });
    return run === runs ? undefined : this.endAsked(name);
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
  private async prepareRun(name: string): Promise<KnownEnding | undefined> {
    const { prepare } = this.request.config;
    if (prepare === undefined) return this.endAsked(name);
    const ending = await this.child({ path: SHELL_PATH, argv: [SHELL_PATH, "-c", prepare] });
    if (isSuccess(ending)) return this.endAsked(name);
    warn(`--prepare before ${name}: ${describeEnding(ending)}; the series ends`);
    return ending;
  }

  /** Starts a process with all that our caller set up, and waits for it. */
  private async child(command: ResolvedCommand): Promise<KnownEnding> {
    const { signals } = this;
    const child = signals.starting(() => startChild(command, this.request.inherited, launchExactly));
    signals.attach(child);
    try {
      const ending = await child.ended;
      if (ending.kind === "unknown") throw new OutputError("the end of a run could not be read");
      return ending;
    } finally {
      signals.detach();
    }
  }

  /** Returns how long the other runs are likely to take, where a run has shown it. */
  private timeToGo(run: number): string {
    const [first] = this.done;
    if (!first) return "";
    const eachSeconds = (wallMs() - first.startedMs) / 1000 / (run - first.run);
    return `; about ${durationText(eachSeconds * (this.request.config.runs - run + 1))} to go`;
  }

  /** Says what goes on, to a person. */
  private say(text: string): void {
    const { quiet } = this.request.config;
    if (!quiet && isTerminal(STDERR)) unlessClosed(() => print(STDERR, `statexec: ${text}\n`));
  }

  /** Prints the table of the runs that ended. */
  async printTable(): Promise<void> {
    const { quiet, command } = this.request.config;
    if (quiet || this.done.length === 0) return;
    const { tableOfRuns } = await import("./repeat-table.ts");
    const { text, warnings } = await tableOfRuns(command.join(" "), this.done);
    for (const warning of warnings) warn(warning);
    unlessClosed(() => print(STDERR, text));
  }

  close(): void {
    this.signals.close();
  }
}

function isSuccess(ending: KnownEnding): boolean {
  return ending.kind === "exited" && ending.code === 0;
}

function wasAsked(ending: KnownEnding): boolean {
  return ending.kind === "signaled" && ASKED_ENDS.includes(ending.signal);
}
