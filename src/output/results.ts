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
import { isTerminal, terminalWidth } from "../os/process.ts";
import type { RunReport } from "../recording/run-report.ts";
import { claimMetricsFile, type MetricsFile } from "./metrics-file.ts";
import { folderOf } from "./part-file.ts";
import { isPrinted, type ResultsWanted } from "./results-wanted.ts";
import { summaryJson } from "./summary-json.ts";
import { budgetText, summaryLines } from "./summary-lines.ts";
import { summaryMarkdown } from "./summary-markdown.ts";
import { summaryText, type TextStyle } from "./summary-text.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const STDERR = 2;
const USUAL_WIDTH = 80;

/** The places of a run's results, taken before the command starts. */
export class Results {
  private readonly wanted: ResultsWanted;
  private readonly json: MetricsFile | undefined;

  /** Throws OutputError where one of them could not be written. */
  constructor(wanted: ResultsWanted) {
    this.wanted = wanted;
    if (wanted.summaryMarkdown !== undefined) checkAppendable(wanted.summaryMarkdown);
    this.json = wanted.summaryJson === undefined ? undefined : claimMetricsFile(wanted.summaryJson, "--summary-json");
  }

  /** Tells it. What cannot be written is reported, and the rest is told. */
  async tell(report: RunReport, file: string, env: Environment, failed: (error: unknown) => void): Promise<void> {
    const { summaryMarkdown: markdown } = this.wanted;
    if (isPrinted(this.wanted)) this.print(report, file, env);
    else this.printBudgets(report);
    try {
      await this.json?.write(async (sink) => sink(encoded(summaryJson(report, file))));
      if (markdown !== undefined) append(markdown, summaryMarkdown(report, file));
    } catch (error) {
      failed(error);
    }
  }

  /** The run came to nothing. */
  abandon(): void {
    this.json?.abandon();
  }

  private print(report: RunReport, file: string, env: Environment): void {
    const style = styleOf(env);
    say(summaryText(summaryLines(report, file, style.unicode), style));
  }

  /** A breach is told even where nothing else is. */
  private printBudgets({ budgets }: RunReport): void {
    for (const budget of budgets) if (budget.verdict !== "kept") say(`statexec: budget ${budgetText(budget)}\n`);
  }
}

/** How the terminal is, by its environment: NO_COLOR, TERM, COLUMNS, and the locale's character set. */
export function styleOf(env: Environment): TextStyle & { readonly unicode: boolean } {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || "";
  const colour = isTerminal(STDERR) && !env.NO_COLOR && env.TERM !== "dumb" && env.TERM !== undefined;
  const columns = terminalWidth(STDERR) ?? Number(env.COLUMNS);
  return { colour, unicode: /utf-?8/i.test(locale), width: columns > 0 ? columns : USUAL_WIDTH };
}

function checkAppendable(path: string): void {
  const status = fileStatus(path);
  if (status?.kind === "directory") throw new OutputError(`${path}: is a folder; name a file in it`);
  if (status ? !mayAccess(path, "write") : !mayAccess(folderOf(path), "write"))
    throw new OutputError(`${path}: cannot be written; choose another --summary-markdown`);
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

function say(text: string): void {
  try {
    writeAll(STDERR, encoded(text), "/dev/stderr");
  } catch (error) {
    // Nobody reads it, and there is nobody else to tell.
    if (!(error instanceof SystemError)) throw error;
  }
}

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
