import type { Config } from "../cli/config.ts";
import { SUMMARY_FILE_OPTIONS } from "../cli/options-run.ts";
import { OutputError } from "../errors.ts";
import { printPainted, unlessClosed, warn } from "../os/print.ts";
import type { RunReport } from "../recording/run-report.ts";
import { claimAppended } from "./append-output.ts";
import { claimOther } from "./other-outputs.ts";
import { isSummaryPrinted, SUMMARY_FILE_IDS } from "./results-wanted.ts";
import { SUMMARY_FILES } from "./summary/summary-files.ts";
import { budgetText, summaryLines } from "./summary/summary-lines.ts";
import { summaryText } from "./summary/summary-text.ts";
import { terminalStyle } from "./terminal-style.ts";

const STDERR = 2;

type Environment = Readonly<Record<string, string | undefined>>;

/** A place for a result of the run, taken before the command starts. */
interface ResultSink {
  /** The flag of its path, or what it is. */
  readonly name: string;
  /** What the user should know of its place before the command starts. */
  readonly notice?: string | undefined;
  /** Writes the result of the run whose metrics file is `file`. Throws OutputError. */
  write(report: RunReport, file: string, stopped: () => boolean): void | Promise<void>;
  /** Gives the place back: the run came to nothing. */
  abandon?(): void;
}

/** The places of all results of a run. */
export interface ResultSinks {
  /** What the user should know of the places before the command starts. */
  readonly notices: readonly string[];
  /** Writes every result. `failed` gets the error of each that cannot be written; `stopped` ends waiting for a reader. */
  write(report: RunReport, file: string, failed: (error: unknown) => void, stopped?: () => boolean): Promise<void>;
  abandon(): void;
}

/** Takes the places of the results that a run writes besides its metrics file. Throws OutputError where one is refused. */
export function openResultSinks(config: Config, env: Environment): ResultSinks {
  const sinks: ResultSink[] = [standardError(config, env)];
  const abandon = () => {
    for (const sink of sinks) sink.abandon?.();
  };
  try {
    for (const id of SUMMARY_FILE_IDS) {
      const path = config[id];
      if (path === undefined) continue;
      const { appends, serialize } = SUMMARY_FILES[id];
      const { flag } = SUMMARY_FILE_OPTIONS[id];
      sinks.push(appends ? appendedFile(path, flag, serialize) : wholeFile(path, flag, serialize));
    }
    if (config.remember) sinks.push(history(config.historyFile, env));
  } catch (error) {
    abandon();
    throw error;
  }
  return {
    notices: sinks.flatMap(({ notice }) => notice ?? []),
    abandon,
    async write(report, file, failed, stopped = () => false) {
      for (const sink of sinks) {
        try {
          await sink.write(report, file, stopped);
        } catch (error) {
          failed(error instanceof OutputError ? error : new OutputError(`${sink.name}: ${messageOf(error)}`));
        }
      }
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

type Serialize = (report: RunReport, file: string) => string;

function wholeFile(path: string, flag: string, serialize: Serialize): ResultSink {
  const place = claimOther(path, flag);
  return {
    name: flag,
    notice: place.notice,
    async write(report, file, stopped) {
      await place.ready?.(stopped);
      await place.write((sink) => sink(encoded(serialize(report, file))));
    },
    abandon: () => place.abandon(),
  };
}

function appendedFile(path: string, flag: string, serialize: Serialize): ResultSink {
  const place = claimAppended(path, flag);
  return {
    name: flag,
    async write(report, file, stopped) {
      await place.ready?.(stopped);
      await place.write((sink) => sink(encoded(serialize(report, file))));
    },
  };
}

/** The history. It is opened when the run has ended, so that nothing waits for it, and a failure is only said. */
function history(path: string | undefined, env: Environment): ResultSink {
  const folder = process.cwd();
  return {
    name: "--remember",
    async write(report, file) {
      try {
        const [{ rememberedRun }, { addRun, defaultHistoryFile }] = await Promise.all([
          import("../history/remembered-run.ts"),
          import("../history/history-file.ts"),
        ]);
        addRun(path ?? defaultHistoryFile(env), rememberedRun(report, file, folder));
      } catch (error) {
        warn(`--remember: this run is not in the history: ${messageOf(error)}`);
      }
    },
  };
}

/** The summary; without one, the budgets that were not kept. */
function standardError(config: Config, env: Environment): ResultSink {
  return {
    name: "the summary",
    write(report, file) {
      if (isSummaryPrinted(config)) {
        const style = terminalStyle(STDERR, env);
        return unlessClosed(() => printPainted(STDERR, summaryText(summaryLines(report, file, style.unicode), style)));
      }
      for (const budget of report.budgets) if (budget.verdict !== "kept") warn(`budget ${budgetText(budget)}`);
    },
  };
}

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
