import type { Config } from "../cli/config.ts";
import { SUMMARY_FILE_OPTIONS } from "../cli/options-run.ts";
import { OutputError } from "../errors.ts";
import {
  closeFile,
  fileStatus,
  mayAccess,
  O_APPEND,
  O_CREAT,
  O_WRONLY,
  openFile,
  SystemError,
  writeAll,
} from "../os/files.ts";
import { printPainted, unlessClosed, warn } from "../os/print.ts";
import { isTerminal, terminalWidth } from "../os/process.ts";
import type { RunReport } from "../recording/run-report.ts";
import { claimOutput } from "./claim-output.ts";
import { folderOf } from "./part-file.ts";
import { isSummaryPrinted, SUMMARY_FILE_IDS } from "./results-wanted.ts";
import { SUMMARY_FILES } from "./summary/summary-files.ts";
import { budgetText, summaryLines } from "./summary/summary-lines.ts";
import { summaryText, type TextStyle } from "./summary/summary-text.ts";

const STDERR = 2;
const USUAL_WIDTH = 80;

type Environment = Readonly<Record<string, string | undefined>>;

/** A place for a result of the run, taken before the command starts. */
interface ResultSink {
  /** Writes the result of the run whose metrics file is `file`. Throws OutputError. */
  write(report: RunReport, file: string): void | Promise<void>;
  /** Gives the place back: the run came to nothing. */
  abandon?(): void;
}

/** The places of all results of a run. */
export interface ResultSinks {
  /** Writes every result. `failed` gets the error of one that cannot be written; those after it are not written then. */
  write(report: RunReport, file: string, failed: (error: unknown) => void): Promise<void>;
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
  } catch (error) {
    abandon();
    throw error;
  }
  return {
    abandon,
    async write(report, file, failed) {
      try {
        for (const sink of sinks) await sink.write(report, file);
      } catch (error) {
        failed(error);
      }
    },
  };
}

type Serialize = (report: RunReport, file: string) => string;

function wholeFile(path: string, flag: string, serialize: Serialize): ResultSink {
  const place = claimOutput(path, flag);
  return {
    write: (report, file) => place.write((sink) => sink(encoded(serialize(report, file)))),
    abandon: () => place.abandon(),
  };
}

function appendedFile(path: string, flag: string, serialize: Serialize): ResultSink {
  checkAppendable(path, flag);
  return { write: (report, file) => append(path, serialize(report, file)) };
}

/** The summary; without one, the budgets that were not kept. */
function standardError(config: Config, env: Environment): ResultSink {
  return {
    write(report, file) {
      if (isSummaryPrinted(config)) {
        const style = terminalStyle(env);
        return unlessClosed(() => printPainted(STDERR, summaryText(summaryLines(report, file, style.unicode), style)));
      }
      for (const budget of report.budgets) if (budget.verdict !== "kept") warn(`budget ${budgetText(budget)}`);
    },
  };
}

/** Returns what the terminal can show, by its environment: NO_COLOR, TERM, COLUMNS and the locale's character set. */
function terminalStyle(env: Environment): TextStyle & { readonly unicode: boolean } {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || "";
  const colour = isTerminal(STDERR) && !env.NO_COLOR && env.TERM !== "dumb" && env.TERM !== undefined;
  const columns = terminalWidth(STDERR) ?? Number(env.COLUMNS);
  return { colour, unicode: /utf-?8/i.test(locale), width: columns > 0 ? columns : USUAL_WIDTH };
}

function checkAppendable(path: string, flag: string): void {
  const status = fileStatus(path);
  if (status?.kind === "directory") throw new OutputError(`${path}: is a folder; name a file in it`);
  if (status ? !mayAccess(path, "write") : !mayAccess(folderOf(path), "write"))
    throw new OutputError(`${path}: cannot be written; choose another ${flag}`);
}

function append(path: string, text: string): void {
  try {
    const fd = openFile(path, O_WRONLY | O_CREAT | O_APPEND);
    try {
      writeAll(fd, encoded(text), path);
    } finally {
      closeFile(fd);
    }
  } catch (error) {
    throw error instanceof SystemError ? new OutputError(`${path}: cannot be written (${error.reason})`) : error;
  }
}

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
